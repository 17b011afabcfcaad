/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/event_list.h"

#include "client/wording.h"

#include <string.h>

static const char *const fields[] = { "kind", "user", "vm", "name", "text" };

struct _VmcEvent {
	GObject parent;
	guint64 number;
	gint64 time_us;
	char *texts[G_N_ELEMENTS(fields)];
};

G_DEFINE_TYPE(VmcEvent, vmc_event, G_TYPE_OBJECT)

static void vmc_event_finalize(GObject *object)
{
	VmcEvent *event = VMC_EVENT(object);

	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++)
		g_free(event->texts[i]);
	G_OBJECT_CLASS(vmc_event_parent_class)->finalize(object);
}

static void vmc_event_class_init(VmcEventClass *class)
{
	G_OBJECT_CLASS(class)->finalize = vmc_event_finalize;
}

static void vmc_event_init(VmcEvent *event)
{
}

static VmcEvent *event_new(GVariant *dict)
{
	VmcEvent *event = g_object_new(VMC_TYPE_EVENT, NULL);

	g_variant_lookup(dict, "number", "t", &event->number);
	g_variant_lookup(dict, "time", "x", &event->time_us);
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		const char *text = "";

		g_variant_lookup(dict, fields[i], "&s", &text);
		event->texts[i] = vmc_plain_text(text);
	}
	return event;
}

guint64 vmc_event_number(VmcEvent *event)
{
	return event->number;
}

gint64 vmc_event_time(VmcEvent *event)
{
	return event->time_us / G_USEC_PER_SEC;
}

const char *vmc_event_text(VmcEvent *event, const char *field)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strcmp(fields[i], field) == 0)
			return event->texts[i];
	return "";
}

/* --- the list ------------------------------------------------------------------------------------------- */

struct vmc_event_list {
	GDBusConnection *bus;
	GListStore *store;
	GCancellable *cancel;
	char *vm, *problem;
	guint added;
};

/* In front, unless it came already: with the answer of Query, or with a signal before it. */
static void add(struct vmc_event_list *list, GVariant *dict)
{
	VmcEvent *event = event_new(dict), *first = g_list_model_get_item(G_LIST_MODEL(list->store), 0);
	guint64 newest = first ? first->number : 0;

	g_clear_object(&first);
	if (event->number > newest && (!*list->vm || strcmp(vmc_event_text(event, "vm"), list->vm) == 0))
		g_list_store_insert(list->store, 0, event);
	g_object_unref(event);
	if (g_list_model_get_n_items(G_LIST_MODEL(list->store)) > VMC_EVENTS_MAX)
		g_list_store_remove(list->store, VMC_EVENTS_MAX);
}

static void on_added(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		     const char *signal, GVariant *parameters, gpointer list)
{
	GVariant *dict;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(a{sv})")))
		return;
	dict = g_variant_get_child_value(parameters, 0);
	add(list, dict);
	g_variant_unref(dict);
}

/* Those that came by a signal meanwhile are in the answer, or newer than all of it. */
static void take(struct vmc_event_list *list, GVariant *events)
{
	gsize count = g_variant_n_children(events);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_object_unref);
	VmcEvent *oldest = NULL;
	guint64 newest = 0;

	for (gsize i = count; i > 0; i--) {
		GVariant *dict = g_variant_get_child_value(events, i - 1);
		VmcEvent *event = event_new(dict);

		newest = MAX(newest, event->number);
		g_ptr_array_add(all, event);
		g_variant_unref(dict);
	}
	for (guint i = g_list_model_get_n_items(G_LIST_MODEL(list->store)); i > 0; i--) {
		oldest = g_list_model_get_item(G_LIST_MODEL(list->store), i - 1);
		if (oldest->number <= newest)
			g_list_store_remove(list->store, i - 1);
		g_object_unref(oldest);
	}
	g_list_store_splice(list->store, g_list_model_get_n_items(G_LIST_MODEL(list->store)), 0, all->pdata,
			    all->len);
	g_ptr_array_unref(all);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GError *local = NULL, *error = NULL;
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &local), *events;
	struct vmc_event_list *list = opaque;

	if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_error_free(local); /* the list is gone */
		return;
	}
	if (!answer) {
		vmc_propagate(&error, local);
		g_free(list->problem);
		list->problem = g_strdup(error->message);
		g_error_free(error);
		return;
	}
	g_variant_get(answer, "(@aa{sv})", &events);
	take(list, events);
	g_variant_unref(events);
	g_variant_unref(answer);
}

static GVariant *filter_of(const char *vm)
{
	GVariantBuilder filter;

	g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
	if (*vm)
		g_variant_builder_add(&filter, "{sv}", "vm", g_variant_new_string(vm));
	g_variant_builder_add(&filter, "{sv}", "limit", g_variant_new_uint32(VMC_EVENTS_MAX));
	return g_variant_new("(a{sv})", &filter);
}

struct vmc_event_list *vmc_event_list_new(struct vmc_connection *connection, const char *vm)
{
	struct vmc_event_list *list = g_new0(struct vmc_event_list, 1);

	list->bus = g_object_ref(vmc_bus(connection));
	list->store = g_list_store_new(VMC_TYPE_EVENT);
	list->cancel = g_cancellable_new();
	list->vm = g_strdup(vm);
	list->problem = g_strdup("");
	list->added =
	    g_dbus_connection_signal_subscribe(list->bus, NULL, API_EVENTS_INTERFACE, "Added", NULL, NULL,
					       G_DBUS_SIGNAL_FLAGS_NONE, on_added, list, NULL);
	g_dbus_connection_call(list->bus, NULL, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Query", filter_of(vm),
			       NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, list->cancel, on_answer, list);
	return list;
}

struct vmc_event_list *vmc_event_list_free(struct vmc_event_list *list)
{
	if (!list)
		return NULL;
	g_cancellable_cancel(list->cancel);
	g_dbus_connection_signal_unsubscribe(list->bus, list->added);
	g_object_unref(list->bus);
	g_object_unref(list->cancel);
	g_object_unref(list->store);
	g_free(list->vm);
	g_free(list->problem);
	g_free(list);
	return NULL;
}

GListModel *vmc_event_list_model(struct vmc_event_list *list)
{
	return G_LIST_MODEL(list->store);
}

const char *vmc_event_list_problem(struct vmc_event_list *list)
{
	return list->problem;
}
