/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listings of machines. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(GVariant *properties, const char *name)
{
	const char *text = "";

	g_variant_lookup(properties, name, "&s", &text);
	return text;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return g_utf8_collate(text_of(*(GVariant **)a, "Name"), text_of(*(GVariant **)b, "Name"));
}

static void unref(gpointer value)
{
	g_variant_unref(value);
}

/* The properties of each machine, by name; NULL: said. */
static GPtrArray *list_machines(struct invocation *invocation)
{
	GVariant *result = manage_call(invocation, API_ROOT, "org.freedesktop.DBus.ObjectManager",
				       "GetManagedObjects", NULL);
	GPtrArray *list = g_ptr_array_new_with_free_func(unref);
	GVariant *objects, *interfaces, *vm;
	GVariantIter iter;

	if (!result) {
		g_ptr_array_unref(list);
		return NULL;
	}
	objects = g_variant_get_child_value(result, 0);
	g_variant_iter_init(&iter, objects);
	while (g_variant_iter_next(&iter, "{&o@a{sa{sv}}}", NULL, &interfaces)) {
		vm = g_variant_lookup_value(interfaces, API_VM_INTERFACE, G_VARIANT_TYPE_VARDICT);
		if (vm)
			g_ptr_array_add(list, vm);
		g_variant_unref(interfaces);
	}
	g_variant_unref(objects);
	g_variant_unref(result);
	g_ptr_array_sort(list, by_name);
	return list;
}

static void print_as_json(GPtrArray *list)
{
	GVariant *array = g_variant_ref_sink(
	    g_variant_new_array(G_VARIANT_TYPE_VARDICT, (GVariant **)list->pdata, list->len));

	manage_print_json(array);
	g_variant_unref(array);
}

/* "7/7" of a machine that runs. */
static char *confinement_text(struct invocation *invocation, GVariant *vm)
{
	GVariant *result, *statistics;
	const char *text = "";
	char *short_text;
	guint32 pid = 0;

	g_variant_lookup(vm, "WorkerPid", "u", &pid);
	result = pid ? manage_call_vm(invocation, text_of(vm, "Id"), "GetStatistics", NULL) : NULL;
	if (!result)
		return g_strdup("");
	statistics = g_variant_get_child_value(result, 0);
	g_variant_lookup(statistics, "confinement", "&s", &text);
	short_text = g_strndup(text, strcspn(text, ";"));
	g_variant_unref(statistics);
	g_variant_unref(result);
	return short_text;
}

static char **make_row(struct invocation *invocation, GVariant *vm)
{
	gint64 started = 0;
	guint32 processors = 0;
	guint64 memory = 0;

	g_variant_lookup(vm, "StartedAt", "x", &started);
	g_variant_lookup(vm, "Processors", "u", &processors);
	g_variant_lookup(vm, "MemoryMib", "t", &memory);
	return manage_row(vmc_plain_text(text_of(vm, "Name")), vmc_state_text(text_of(vm, "State")),
			  vmc_memory_text(memory), g_strdup_printf("%u", processors),
			  vmc_uptime_text(started), vmc_plain_text(text_of(vm, "Reason")),
			  invocation_has(invocation, "confinement") ? confinement_text(invocation, vm) : NULL,
			  NULL);
}

int vm_list(struct invocation *invocation)
{
	static const char *const headings[] = { "Name",	  "State",  "Memory",	"Processors",
						"Uptime", "Status", "Confined", NULL };
	const char *const usual[] = { headings[0], headings[1], headings[2], headings[3],
				      headings[4], headings[5], NULL };
	GPtrArray *list = list_machines(invocation), *rows;

	if (!list)
		return STATUS_FAILED;
	rows = g_ptr_array_new();
	for (guint i = 0; i < list->len && !invocation->wants_json; i++)
		if (invocation_has(invocation, "names"))
			manage_print_plain("", text_of(list->pdata[i], "Name"));
		else
			g_ptr_array_add(rows, make_row(invocation, list->pdata[i]));
	if (invocation->wants_json)
		print_as_json(list);
	if (invocation->wants_json || invocation_has(invocation, "names"))
		g_ptr_array_unref(rows);
	else
		manage_print_table(invocation_has(invocation, "confinement") ? headings : usual, rows);
	g_ptr_array_unref(list);
	return STATUS_DONE;
}

/* --- one machine ----------------------------------------------------------------------------------- */

/* "ide:0:1 disk, /srv/a.vhdx, read-only"; "nat"; or what it is in GVariant's own words. */
static char *device_text(GVariant *device)
{
	const char *media = NULL, *controller = "", *path = "", *name = "", *kind = "";
	guint64 number = 0, location = 0;
	gboolean is_read_only = FALSE, is_pass_through = FALSE;
	char *plain, *text;

	g_variant_lookup(device, "media", "&s", &media);
	g_variant_lookup(device, "controller", "&s", &controller);
	g_variant_lookup(device, "controller-number", "t", &number);
	g_variant_lookup(device, "location", "t", &location);
	g_variant_lookup(device, "path", "&s", &path);
	g_variant_lookup(device, "switch", "&s", &name);
	g_variant_lookup(device, "kind", "&s", &kind);
	g_variant_lookup(device, "read-only", "b", &is_read_only);
	g_variant_lookup(device, "pass-through", "b", &is_pass_through);
	plain = vmc_plain_text(media ? path : name);
	if (media)
		text =
		    g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " %s, %s%s%s", controller,
				    number, location, media, *plain ? plain : "empty",
				    is_read_only ? ", read-only" : "", is_pass_through ? ", physical" : "");
	else
		text = g_strdup_printf("on the virtual switch %s%s", *plain ? plain : "(none)",
				       strcmp(kind, "legacy") == 0 ? ", legacy" : "");
	g_free(plain);
	return text;
}

static void print_devices(const char *name, GVariant *list)
{
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *device = g_variant_get_child_value(list, i);
		char *text = device_text(device),
		     *label = g_strdup_printf("%.*s %zu", (int)strlen(name) - 1, name, i);

		printf("%-28s %s\n", label, text);
		g_free(label);
		g_free(text);
		g_variant_unref(device);
	}
}

/* What holds a worker, part by part. */
static void print_protections(GVariant *list)
{
	const char *name, *text, *remedy;
	GVariantIter iter;
	gboolean is_on;

	g_variant_iter_init(&iter, list);
	while (g_variant_iter_next(&iter, "(&sb&s&s)", &name, &is_on, &text, &remedy)) {
		char *label = g_strdup_printf("confinement: %s", name);

		printf("%-28s %s%s%s%s\n", label, is_on ? "" : "MISSING: ", text,
		       *remedy ? "; to get it: " : "", remedy);
		g_free(label);
	}
}

static char *value_text(GVariant *value)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		return vmc_plain_text(g_variant_get_string(value, NULL));
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT64)) /* only times have this type */
		return g_variant_get_int64(value) ? vmc_time_text(g_variant_get_int64(value)) : g_strdup("");
	return g_variant_print(value, FALSE);
}

static void print_pairs(GVariant *dict)
{
	GVariantIter iter;
	const char *name;
	GVariant *value;

	g_variant_iter_init(&iter, dict);
	while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		if (g_variant_is_of_type(value, G_VARIANT_TYPE("aa{sv}"))) {
			print_devices(name, value);
		} else if (g_variant_is_of_type(value, G_VARIANT_TYPE("a(sbss)"))) {
			print_protections(value);
		} else {
			char *text = value_text(value);

			if (*text)
				printf("%-28s %s\n", name, text);
			g_free(text);
		}
		g_variant_unref(value);
	}
}

/* All that there is about it, in one dictionary. */
static GVariant *gather(struct invocation *invocation, const char *name)
{
	static const struct {
		const char *key, *method;
	} calls[] = { { "settings", "GetSettings" }, { "statistics", "GetStatistics" } };
	GError *error = NULL;
	char *path = vmc_find_vm(invocation->connection, name, &error);
	GVariantBuilder all;
	GVariant *result = NULL;

	if (!path) {
		manage_fail(error);
		return NULL;
	}
	g_variant_builder_init(&all, G_VARIANT_TYPE("a{sa{sv}}"));
	result = manage_call(invocation, path, "org.freedesktop.DBus.Properties", "GetAll",
			     g_variant_new("(s)", API_VM_INTERFACE));
	if (result)
		g_variant_builder_add(&all, "{s@a{sv}}", "state", g_variant_get_child_value(result, 0));
	for (unsigned i = 0; i < G_N_ELEMENTS(calls) && result; i++) {
		g_variant_unref(result);
		result = manage_call(invocation, path, API_VM_INTERFACE, calls[i].method, NULL);
		if (result)
			g_variant_builder_add(&all, "{s@a{sv}}", calls[i].key,
					      g_variant_get_child_value(result, 0));
	}
	g_free(path);
	if (!result) {
		g_variant_builder_clear(&all);
		return NULL;
	}
	g_variant_unref(result);
	return g_variant_ref_sink(g_variant_builder_end(&all));
}

int vm_show(struct invocation *invocation)
{
	GVariant *all = gather(invocation, invocation->operands[0]), *part;
	GVariantIter iter;

	if (!all)
		return invocation->failure ? invocation->failure : STATUS_FAILED;
	if (invocation->wants_json)
		manage_print_json(all);
	g_variant_iter_init(&iter, all);
	while (!invocation->wants_json && g_variant_iter_next(&iter, "{&s@a{sv}}", NULL, &part)) {
		print_pairs(part);
		g_variant_unref(part);
	}
	g_variant_unref(all);
	return STATUS_DONE;
}

int vm_why(struct invocation *invocation)
{
	GVariant *result = manage_call_vm(invocation, invocation->operands[0], "Why", NULL), *evidence;
	const char *cause, *line, *remedy;
	GVariantIter iter;

	if (!result)
		return STATUS_FAILED;
	g_variant_get(result, "(&s@as&s)", &cause, &evidence, &remedy);
	if (invocation->wants_json) {
		manage_print_json(result);
	} else {
		manage_print_plain("", cause);
		g_variant_iter_init(&iter, evidence);
		while (g_variant_iter_next(&iter, "&s", &line))
			manage_print_plain("  ", line);
		manage_print_plain("What to do: ", remedy);
	}
	g_variant_unref(evidence);
	g_variant_unref(result);
	return STATUS_DONE;
}

int vm_trash(struct invocation *invocation)
{
	static const char *const headings[] = { "Name", "Identity", "Deleted", NULL };
	GVariant *result = manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "ListTrash", NULL),
		 *list;
	GPtrArray *rows;

	if (!result)
		return STATUS_FAILED;
	list = g_variant_get_child_value(result, 0);
	rows = g_ptr_array_new();
	for (gsize i = 0; i < g_variant_n_children(list) && !invocation->wants_json; i++) {
		GVariant *machine = g_variant_get_child_value(list, i);
		gint64 deleted = 0;

		g_variant_lookup(machine, "deleted", "x", &deleted);
		g_ptr_array_add(rows, manage_row(vmc_plain_text(text_of(machine, "name")),
						 vmc_plain_text(text_of(machine, "id")),
						 vmc_time_text(deleted), NULL));
		g_variant_unref(machine);
	}
	if (invocation->wants_json) {
		manage_print_json(list);
		g_ptr_array_unref(rows);
	} else {
		manage_print_table(headings, rows);
	}
	g_variant_unref(list);
	g_variant_unref(result);
	return STATUS_DONE;
}
