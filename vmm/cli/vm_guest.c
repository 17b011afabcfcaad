/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that do something inside of a running guest: copy, kvp, freeze, thaw. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>

/* A call of org.bulkhead.Guest1; NULL: said. `parameters` floating. */
static GVariant *call_guest(struct invocation *invocation, const char *method, GVariant *parameters)
{
	return manage_call_vm_on(invocation, invocation->operands[0], API_GUEST_INTERFACE, method,
				 parameters);
}

/* --- copy -------------------------------------------------------------------------------------------- */

/* ":/tmp/" is a folder, ":/tmp/a" a file; a guest may be Windows. FALSE: it is no path in the guest. */
static gboolean split_target(const char *target, gboolean are_several, const char *file, char **ret_folder,
			     char **ret_name)
{
	const char *path = target + 1, *slash = strrchr(path, '/'), *backslash = strrchr(path, '\\');
	const char *last = slash > backslash ? slash : backslash;

	if (target[0] != ':' || !last)
		return FALSE;
	if (last[1] && are_several) {
		*ret_folder = g_strdup(path);
		*ret_name = g_path_get_basename(file);
		return TRUE;
	}
	*ret_folder = g_strndup(path, (gsize)MAX(last - path, 1));
	*ret_name = last[1] ? g_strdup(last + 1) : g_path_get_basename(file);
	return TRUE;
}

static int copy_one(struct invocation *invocation, const char *file, const char *target, gboolean are_several)
{
	char *path, *folder, *name;
	int status;

	if (!split_target(target, are_several, file, &folder, &name)) {
		say("%s: this is no place in the guest; give : and an absolute path there, such as :/tmp/",
		    target);
		return STATUS_USAGE;
	}
	path = invocation->host ? g_strdup(file) : g_canonicalize_filename(file, NULL);
	status = manage_wait_for_job(
	    invocation,
	    call_guest(invocation, "CopyFile",
		       g_variant_new("(sssbb@a{sv})", path, folder, name, invocation_has(invocation, "force"),
				     invocation_has(invocation, "create-path"),
				     vmc_options(invocation->wants_plan))));
	g_free(path);
	g_free(folder);
	g_free(name);
	return status;
}

int vm_copy(struct invocation *invocation)
{
	guint last = invocation->operand_count - 1;
	int status = STATUS_DONE;

	for (guint i = 1; i < last && status == STATUS_DONE; i++)
		status = copy_one(invocation, invocation->operands[i], invocation->operands[last], last > 2);
	return status;
}

/* --- kvp --------------------------------------------------------------------------------------------- */

static gboolean is_wanted(const struct invocation *invocation, const char *pool, const char *key)
{
	const char *wanted_pool = invocation_option(invocation, "pool"),
		   *wanted_key = invocation->operand_count > 2 ? invocation->operands[2] : NULL;

	return (!wanted_pool || strcmp(wanted_pool, pool) == 0) &&
	       (!wanted_key || strcmp(wanted_key, key) == 0);
}

/* The pairs that are asked for, a(sss). */
static GVariant *choose_pairs(struct invocation *invocation, GVariant *pairs)
{
	const char *pool, *key, *value;
	GVariantBuilder list;
	GVariantIter iter;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{ss}"));
	g_variant_iter_init(&iter, pairs);
	while (g_variant_iter_next(&iter, "(&s&s&s)", &pool, &key, &value)) {
		if (!is_wanted(invocation, pool, key))
			continue;
		g_variant_builder_open(&list, G_VARIANT_TYPE("a{ss}"));
		g_variant_builder_add(&list, "{ss}", "pool", pool);
		g_variant_builder_add(&list, "{ss}", "key", key);
		g_variant_builder_add(&list, "{ss}", "value", value);
		g_variant_builder_close(&list);
	}
	return g_variant_ref_sink(g_variant_builder_end(&list));
}

static char *text_of(GVariant *pair, const char *name)
{
	const char *text = "";

	g_variant_lookup(pair, name, "&s", &text);
	return vmc_plain_text(text);
}

static void print_pairs(GVariant *list, gboolean is_one)
{
	static const char *const headings[] = { "Pool", "Key", "Value", NULL };
	GPtrArray *rows = g_ptr_array_new();

	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *pair = g_variant_get_child_value(list, i);

		if (is_one) {
			char *value = text_of(pair, "value");

			printf("%s\n", value);
			g_free(value);
		} else {
			g_ptr_array_add(rows, manage_row(text_of(pair, "pool"), text_of(pair, "key"),
							 text_of(pair, "value"), NULL));
		}
		g_variant_unref(pair);
	}
	if (is_one)
		g_ptr_array_unref(rows);
	else
		manage_print_table(headings, rows);
}

static int get_pairs(struct invocation *invocation)
{
	GVariant *result = call_guest(invocation, "GetPairs", NULL), *pairs, *list;
	gboolean is_one = invocation->operand_count > 2, is_found;

	if (!result)
		return invocation->failure;
	pairs = g_variant_get_child_value(result, 0);
	list = choose_pairs(invocation, pairs);
	is_found = !is_one || g_variant_n_children(list) > 0;
	if (!is_found)
		say("%s: %s has no such pair; `bulkhead vm kvp %s` shows them", invocation->operands[2],
		    invocation->operands[0], invocation->operands[0]);
	else if (invocation->wants_json)
		manage_print_json(list);
	else
		print_pairs(list, is_one);
	g_variant_unref(list);
	g_variant_unref(pairs);
	g_variant_unref(result);
	return is_found ? STATUS_DONE : STATUS_FAILED;
}

int vm_kvp(struct invocation *invocation)
{
	const char *verb = invocation->operand_count > 1 ? invocation->operands[1] : "get";
	guint count = invocation->operand_count;
	GVariant *options;

	if (strcmp(verb, "get") == 0 && count <= 3)
		return get_pairs(invocation);
	options = vmc_options(invocation->wants_plan);
	if (strcmp(verb, "set") == 0 && count == 4)
		return manage_print_steps(invocation,
					  call_guest(invocation, "SetPair",
						     g_variant_new("(ss@a{sv})", invocation->operands[2],
								   invocation->operands[3], options)));
	if (strcmp(verb, "delete") == 0 && count == 3)
		return manage_print_steps(
		    invocation, call_guest(invocation, "DeletePair",
					   g_variant_new("(s@a{sv})", invocation->operands[2], options)));
	g_variant_unref(g_variant_ref_sink(options));
	say("vm kvp: give get [KEY], set KEY VALUE or delete KEY behind the name; see `bulkhead vm kvp "
	    "--help`");
	return STATUS_USAGE;
}

/* --- addresses --------------------------------------------------------------------------------------- */

/* "10.0.0.5/24", "fd00::5/64" or "dhcp": what SetAddresses wants; NULL: it is none of these. */
static GVariant *address_values(const struct invocation *invocation, const char *text, gboolean *ret_is_ipv6)
{
	const char *gateway = invocation_option(invocation, "gateway"),
		   *dns = invocation_option(invocation, "dns");
	gboolean is_dhcp = strcmp(text, "dhcp") == 0;
	char **parts = g_strsplit(text, "/", 2);
	GVariantBuilder values;
	guint64 bits = 0;

	*ret_is_ipv6 = strchr(text, ':') != NULL;
	if (!is_dhcp &&
	    (!parts[0] || !parts[1] ||
	     !g_ascii_string_to_unsigned(parts[1], 10, 1, *ret_is_ipv6 ? 128 : 32, &bits, NULL))) {
		g_strfreev(parts);
		return NULL;
	}
	g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&values, "{sv}", "dhcp", g_variant_new_boolean(is_dhcp));
	if (!is_dhcp) {
		guint32 mask = bits < 32 ? ~(G_MAXUINT32 >> bits) : G_MAXUINT32;
		char *netmask = *ret_is_ipv6 ? g_strdup(parts[1])
					     : g_strdup_printf("%u.%u.%u.%u", mask >> 24, mask >> 16 & 255,
							       mask >> 8 & 255, mask & 255);

		g_variant_builder_add(&values, "{sv}", "address", g_variant_new_string(parts[0]));
		g_variant_builder_add(&values, "{sv}", "netmask", g_variant_new_take_string(netmask));
	}
	if (gateway)
		g_variant_builder_add(&values, "{sv}", "gateway", g_variant_new_string(gateway));
	if (dns)
		g_variant_builder_add(&values, "{sv}", "dns", g_variant_new_string(dns));
	g_strfreev(parts);
	return g_variant_builder_end(&values);
}

static int print_addresses(struct invocation *invocation, GVariant *result)
{
	static const char *const names[] = { "address", "netmask", "gateway", "dns" };
	GVariant *values;
	gboolean is_dhcp = FALSE;

	if (!result)
		return invocation->failure;
	values = g_variant_get_child_value(result, 0);
	if (invocation->wants_json)
		manage_print_json(values);
	for (unsigned i = 0; i < G_N_ELEMENTS(names) && !invocation->wants_json; i++) {
		char *text = text_of(values, names[i]);

		if (*text)
			printf("%-8s %s\n", names[i], text);
		g_free(text);
	}
	g_variant_lookup(values, "dhcp", "b", &is_dhcp);
	if (!invocation->wants_json)
		printf("%-8s %s\n", "dhcp", is_dhcp ? "yes" : "no");
	g_variant_unref(values);
	g_variant_unref(result);
	return STATUS_DONE;
}

int vm_address(struct invocation *invocation)
{
	const char *text = invocation_option(invocation, "adapter"),
		   *given = invocation->operand_count > 1 ? invocation->operands[1] : NULL;
	guint64 adapter = 0;
	gboolean is_ipv6 = FALSE;
	GVariant *values;

	if (text && !g_ascii_string_to_unsigned(text, 10, 0, 7, &adapter, NULL)) {
		say("--adapter %s: give the number of a network adapter, 0 to 7", text);
		return STATUS_USAGE;
	}
	if (!given)
		return print_addresses(
		    invocation,
		    call_guest(invocation, "GetAddresses",
			       g_variant_new("(ub)", (guint32)adapter, invocation_has(invocation, "ipv6"))));
	values = address_values(invocation, given, &is_ipv6);
	if (!values) {
		say("%s: this is no address; give one with the bits of its network, such as 192.168.1.2/24, "
		    "or dhcp",
		    given);
		return STATUS_USAGE;
	}
	return manage_print_steps(invocation,
				  call_guest(invocation, "SetAddresses",
					     g_variant_new("(ub@a{sv}@a{sv})", (guint32)adapter, is_ipv6,
							   values, vmc_options(invocation->wants_plan))));
}

/* --- freeze and thaw --------------------------------------------------------------------------------- */

int vm_freeze(struct invocation *invocation)
{
	const char *text = invocation_option(invocation, "limit");
	guint64 limit_s = 0;

	if (text && !g_ascii_string_to_unsigned(text, 10, 1, 600, &limit_s, NULL)) {
		say("--limit %s: give 1 to 600 seconds", text);
		return STATUS_USAGE;
	}
	return manage_print_steps(invocation, call_guest(invocation, "Freeze",
							 g_variant_new("(u@a{sv})", (guint32)limit_s,
								       vmc_options(invocation->wants_plan))));
}

int vm_thaw(struct invocation *invocation)
{
	return manage_print_steps(
	    invocation,
	    call_guest(invocation, "Thaw", g_variant_new("(@a{sv})", vmc_options(invocation->wants_plan))));
}
