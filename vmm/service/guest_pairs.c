/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/guest_pairs.h"
#include "service/vm.h"

#include "api/api_error.h"

#include <string.h>

/* Hyper-V's pools, by number. */
static const char *const pools[] = { "host", "guest", "guest-facts", "host-facts", "guest-internal" };

enum { POOL_HOST = 0 };

/* In the table: the pool's digit, then the key. */
static char *name_of(guint64 pool, const char *key)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT "%s", pool, key);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of the configuration that are pairs; g_strfreev(). */
static char **lines_of(const struct vm *vm)
{
	return g_strsplit(vm->config->guest_pairs, "\n", -1);
}

static gboolean is_key(const char *line, const char *key)
{
	gsize size = strlen(key);

	return strncmp(line, key, size) == 0 && line[size] == '=';
}

gboolean guest_pairs_has(const struct vm *vm, const char *key)
{
	char **lines = lines_of(vm);
	gboolean has = FALSE;

	for (guint i = 0; lines[i]; i++)
		has |= is_key(lines[i], key);
	g_strfreev(lines);
	return has;
}

/* What the guest is to have, whether it runs or not. */
static void add_host_pairs(const struct vm *vm, GVariantBuilder *list)
{
	char **lines = lines_of(vm);

	for (guint i = 0; lines[i]; i++) {
		char **parts = g_strsplit(lines[i], "=", 2);

		if (parts[0] && parts[1])
			g_variant_builder_add(list, "(sss)", pools[POOL_HOST], parts[0], parts[1]);
		g_strfreev(parts);
	}
	g_strfreev(lines);
}

GVariant *guest_pairs_list(const struct vm *vm)
{
	GPtrArray *names = g_ptr_array_new();
	GVariantBuilder list;
	GHashTableIter iter;
	gpointer name;

	g_variant_builder_init(&list, G_VARIANT_TYPE("a(sss)"));
	add_host_pairs(vm, &list);
	if (vm->guest_pairs) {
		g_hash_table_iter_init(&iter, vm->guest_pairs);
		while (g_hash_table_iter_next(&iter, &name, NULL))
			g_ptr_array_add(names, name);
	}
	g_ptr_array_sort(names, by_text);
	for (guint i = 0; i < names->len; i++) {
		const char *text = names->pdata[i];

		if (text[0] - '0' != POOL_HOST)
			g_variant_builder_add(&list, "(sss)", pools[text[0] - '0'], text + 1,
					      g_hash_table_lookup(vm->guest_pairs, text));
	}
	g_ptr_array_unref(names);
	return g_variant_builder_end(&list);
}

/* --- to the guest ---------------------------------------------------------------------------------- */

static void send_change(struct vm *vm, const char *key, const char *value)
{
	struct link_message *message;

	if (!vm->worker || link_message_new(value ? "kvp-set" : "kvp-delete", &message) < 0)
		return;
	link_add(message, "key", key);
	if (value)
		link_add(message, "value", value);
	vm_send(vm, message, NULL);
}

static char *changed_text(const struct vm *vm, const char *key, const char *value)
{
	GString *text = g_string_new(NULL);
	char **lines = lines_of(vm);

	for (guint i = 0; lines[i]; i++)
		if (*lines[i] && !is_key(lines[i], key))
			g_string_append_printf(text, "%s%s", text->len ? "\n" : "", lines[i]);
	if (value)
		g_string_append_printf(text, "%s%s=%s", text->len ? "\n" : "", key, value);
	g_strfreev(lines);
	return g_string_free(text, FALSE);
}

gboolean guest_pairs_change(struct vm *vm, const char *key, const char *value, gboolean is_plan,
			    GError **error)
{
	struct vm_config *config;
	GVariantBuilder changes;
	GVariant *dict;
	gboolean is_good;

	if (!*key || strchr(key, '=') || strchr(key, '\n') || (value && strchr(value, '\n'))) {
		g_set_error(
		    error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
		    "\"%s\": a key is not empty and has no =, and neither has line ends; give another", key);
		return FALSE;
	}
	config = vm_config_copy(vm->config);
	g_variant_builder_init(&changes, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&changes, "{sv}", "guest.pairs",
			      g_variant_new_take_string(changed_text(vm, key, value)));
	dict = g_variant_ref_sink(g_variant_builder_end(&changes));
	is_good = vm_config_change(config, dict, FALSE, FALSE, error);
	g_variant_unref(dict);
	if (!is_good || is_plan || !vm_set_config(vm, config, error)) {
		vm_config_free(config);
		return is_good && is_plan;
	}
	send_change(vm, key, value);
	return TRUE;
}

static void send_all(struct vm *vm)
{
	char **lines = lines_of(vm);

	for (guint i = 0; lines[i]; i++) {
		char **parts = g_strsplit(lines[i], "=", 2);

		if (parts[0] && parts[1])
			send_change(vm, parts[0], parts[1]);
		g_strfreev(parts);
	}
	g_strfreev(lines);
}

/* The guest keeps them in a file: what was deleted while it was off is still there. */
static void delete_stale(struct vm *vm)
{
	GHashTableIter iter;
	gpointer name;

	if (!vm->guest_pairs)
		return;
	g_hash_table_iter_init(&iter, vm->guest_pairs);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (*(char *)name - '0' == POOL_HOST && !guest_pairs_has(vm, (char *)name + 1))
			send_change(vm, (char *)name + 1, NULL);
}

/* --- from the worker --------------------------------------------------------------------------------- */

/* Whatever a worker says: of a known pool, with a key that is text. NULL: nonsense. */
static char *take_name(const struct link_message *message)
{
	const char *key = link_get(message, "key");
	guint64 pool;

	if (!key || !g_utf8_validate(key, -1, NULL) ||
	    link_get_number(message, "pool", G_N_ELEMENTS(pools) - 1, &pool) < 0)
		return NULL;
	return name_of(pool, key);
}

void guest_pairs_take(struct vm *vm, const struct link_message *message)
{
	const char *value = link_get(message, "value");
	char *name = value ? take_name(message) : NULL;

	if (!name)
		return;
	if (!vm->guest_pairs)
		vm->guest_pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (g_hash_table_size(vm->guest_pairs) < GUEST_PAIRS_MAX ||
	    g_hash_table_contains(vm->guest_pairs, name))
		g_hash_table_replace(vm->guest_pairs, name, g_utf8_make_valid(value, -1));
	else
		g_free(name);
}

void guest_pairs_drop(struct vm *vm, const struct link_message *message)
{
	char *name = take_name(message);

	if (name && vm->guest_pairs)
		g_hash_table_remove(vm->guest_pairs, name);
	g_free(name);
}

void guest_pairs_exchange(struct vm *vm, const char *state)
{
	if (strcmp(state, "ready") == 0)
		send_all(vm);
	else if (strcmp(state, "read") == 0)
		delete_stale(vm);
	else if (strcmp(state, "none") == 0)
		guest_pairs_forget(vm);
}

void guest_pairs_forget(struct vm *vm)
{
	g_clear_pointer(&vm->guest_pairs, g_hash_table_unref);
}
