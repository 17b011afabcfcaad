/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/inventory.h"

#include <string.h>

#define MANAGER_INTERFACE    "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"

/* --- one object -------------------------------------------------------------------------------------- */

struct _VmcObject {
	GObject parent;
	char *path;
	GVariant *properties;
	char *order; /* by the name; NULL: not known yet */
	gboolean is_news;
};

G_DEFINE_TYPE(VmcObject, vmc_object, G_TYPE_OBJECT)

static guint changed_signal;

static void vmc_object_finalize(GObject *gobject)
{
	VmcObject *object = VMC_OBJECT(gobject);

	g_free(object->path);
	g_free(object->order);
	g_variant_unref(object->properties);
	G_OBJECT_CLASS(vmc_object_parent_class)->finalize(gobject);
}

static void vmc_object_class_init(VmcObjectClass *class)
{
	G_OBJECT_CLASS(class)->finalize = vmc_object_finalize;
	changed_signal =
	    g_signal_new("changed", VMC_TYPE_OBJECT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void vmc_object_init(VmcObject *object)
{
}

static VmcObject *object_new(const char *path, GVariant *properties, gboolean is_news)
{
	VmcObject *object = g_object_new(VMC_TYPE_OBJECT, NULL);

	object->path = g_strdup(path);
	object->properties = g_variant_ref(properties);
	object->is_news = is_news;
	return object;
}

const char *vmc_object_path(VmcObject *object)
{
	return object->path;
}

gboolean vmc_object_is_news(VmcObject *object)
{
	return object->is_news;
}

GVariant *vmc_object_properties(VmcObject *object)
{
	return object->properties;
}

const char *vmc_object_text(VmcObject *object, const char *name)
{
	GVariant *value = g_variant_lookup_value(object->properties, name, NULL);
	const char *text = "";

	if (value && (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ||
		      g_variant_is_of_type(value, G_VARIANT_TYPE_OBJECT_PATH)))
		text = g_variant_get_string(value, NULL); /* points into the properties */
	if (value)
		g_variant_unref(value);
	return text;
}

guint64 vmc_object_number(VmcObject *object, const char *name)
{
	GVariant *value = g_variant_lookup_value(object->properties, name, NULL);
	guint64 number = 0;

	if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32))
		number = g_variant_get_uint32(value);
	else if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
		number = g_variant_get_uint64(value);
	else if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_INT64))
		number = (guint64)MAX(g_variant_get_int64(value), 0);
	if (value)
		g_variant_unref(value);
	return number;
}

double vmc_object_fraction(VmcObject *object, const char *name)
{
	double fraction = 0;

	g_variant_lookup(object->properties, name, "d", &fraction);
	return fraction;
}

/* What is new replaces what was; what is not named stays. */
static void merge(VmcObject *object, GVariant *changes)
{
	GVariantDict dict;
	GVariantIter iter;
	const char *name;
	GVariant *value;

	g_variant_dict_init(&dict, object->properties);
	g_variant_iter_init(&iter, changes);
	while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		g_variant_dict_insert_value(&dict, name, value);
		g_variant_unref(value);
	}
	g_variant_unref(object->properties);
	object->properties = g_variant_ref_sink(g_variant_dict_end(&dict));
	g_clear_pointer(&object->order, g_free);
}

/* --- the lists ------------------------------------------------------------------------------------- */

struct opening;

struct vmc_inventory {
	struct vmc_connection *connection;
	GListStore *machines, *jobs;
	VmcObject *host;
	GHashTable *objects; /* path → object, of the two lists */
	guint added, removed, changed;
	struct opening *opening; /* NULL: it is filled */
};

/* Made once: looking a name up and collating it for each comparison took most of the time of a long list. */
static const char *order_of(VmcObject *object)
{
	if (!object->order)
		object->order = g_utf8_collate_key(vmc_object_text(object, "Name"), -1);
	return object->order;
}

int vmc_object_compare(VmcObject *a, VmcObject *b)
{
	int order = strcmp(order_of(a), order_of(b));

	return order ? order : strcmp(a->path, b->path);
}

static int by_name(gconstpointer a, gconstpointer b, gpointer unused)
{
	return vmc_object_compare((VmcObject *)a, (VmcObject *)b);
}

static int by_number(gconstpointer a, gconstpointer b, gpointer unused)
{
	guint64 x = vmc_object_number((VmcObject *)a, "Number"),
		y = vmc_object_number((VmcObject *)b, "Number");

	return x < y ? -1 : x > y;
}

/* Into the lists; or, for many, into `batch` (machines only), which goes there as a whole. NULL: it was announced, and is news. */
static void add(struct vmc_inventory *inventory, const char *path, GVariant *interfaces, GPtrArray *batch)
{
	GVariant *vm = g_variant_lookup_value(interfaces, API_VM_INTERFACE, G_VARIANT_TYPE_VARDICT);
	GVariant *job = g_variant_lookup_value(interfaces, API_JOB_INTERFACE, G_VARIANT_TYPE_VARDICT);
	GVariant *host = g_variant_lookup_value(interfaces, API_HOST_INTERFACE, G_VARIANT_TYPE_VARDICT);
	VmcObject *object = NULL;

	if (!g_hash_table_contains(inventory->objects, path) && (vm || job)) {
		object = object_new(path, vm ? vm : job, !batch);
		g_hash_table_insert(inventory->objects, object->path, object);
		if (vm && batch)
			g_ptr_array_add(batch, g_object_ref(object));
		else
			g_list_store_insert_sorted(vm ? inventory->machines : inventory->jobs, object,
						   vm ? by_name : by_number, NULL);
		g_object_unref(object); /* the list has it */
	} else if (host && !inventory->host) {
		inventory->host = object_new(path, host, FALSE);
	}
	g_clear_pointer(&vm, g_variant_unref);
	g_clear_pointer(&job, g_variant_unref);
	g_clear_pointer(&host, g_variant_unref);
}

static void take_out(struct vmc_inventory *inventory, const char *path)
{
	VmcObject *object = g_hash_table_lookup(inventory->objects, path);
	guint place;

	if (!object)
		return;
	g_hash_table_remove(inventory->objects, path);
	if (g_list_store_find(inventory->machines, object, &place))
		g_list_store_remove(inventory->machines, place);
	else if (g_list_store_find(inventory->jobs, object, &place))
		g_list_store_remove(inventory->jobs, place);
}

static void on_added(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		     const char *signal, GVariant *parameters, gpointer opaque)
{
	const char *object;
	GVariant *interfaces;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oa{sa{sv}})")))
		return;
	g_variant_get(parameters, "(&o@a{sa{sv}})", &object, &interfaces);
	add(opaque, object, interfaces, NULL);
	g_variant_unref(interfaces);
}

static void on_removed(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		       const char *signal, GVariant *parameters, gpointer opaque)
{
	const char *object;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oas)")))
		return;
	g_variant_get(parameters, "(&oas)", &object, NULL);
	take_out(opaque, object);
}

static void on_changed(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		       const char *signal, GVariant *parameters, gpointer opaque)
{
	struct vmc_inventory *inventory = opaque;
	VmcObject *object = g_hash_table_lookup(inventory->objects, path);
	GVariant *changes;
	char *name;

	if (!object || !g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	name = g_strdup(vmc_object_text(object, "Name"));
	g_variant_get_child(parameters, 1, "@a{sv}", &changes);
	merge(object, changes);
	g_variant_unref(changes);
	if (strcmp(name, vmc_object_text(object, "Name")) != 0)
		g_list_store_sort(inventory->machines, by_name, NULL);
	g_free(name);
	g_signal_emit(object, changed_signal, 0);
}

static int by_name_of_pointers(gconstpointer a, gconstpointer b)
{
	return vmc_object_compare(*(VmcObject *const *)a, *(VmcObject *const *)b);
}

/* Takes the answer of GetManagedObjects. */
static void fill(struct vmc_inventory *inventory, GVariant *result)
{
	GPtrArray *batch = g_ptr_array_new_with_free_func(g_object_unref);
	guint before = g_list_model_get_n_items(G_LIST_MODEL(inventory->machines));
	GVariant *objects, *interfaces;
	GVariantIter iter;
	const char *path;

	g_variant_get(result, "(@a{oa{sa{sv}}})", &objects);
	g_variant_iter_init(&iter, objects);
	while (g_variant_iter_next(&iter, "{&o@a{sa{sv}}}", &path, &interfaces)) {
		add(inventory, path, interfaces, batch);
		g_variant_unref(interfaces);
	}
	g_ptr_array_sort(batch, by_name_of_pointers);
	g_list_store_splice(inventory->machines, before, 0, batch->pdata, batch->len);
	if (before > 0) /* some were announced before the answer came */
		g_list_store_sort(inventory->machines, by_name, NULL);
	g_ptr_array_unref(batch);
	g_variant_unref(objects);
	g_variant_unref(result);
}

static guint subscribe(struct vmc_inventory *inventory, const char *interface, const char *signal,
		       GDBusSignalCallback fn)
{
	return g_dbus_connection_signal_subscribe(vmc_bus(inventory->connection), NULL, interface, signal,
						  NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, fn, inventory, NULL);
}

/* First the signals, then the list: nothing falls between. */
static struct vmc_inventory *begin(struct vmc_connection *connection)
{
	struct vmc_inventory *inventory = g_new0(struct vmc_inventory, 1);

	inventory->connection = connection;
	inventory->machines = g_list_store_new(VMC_TYPE_OBJECT);
	inventory->jobs = g_list_store_new(VMC_TYPE_OBJECT);
	inventory->objects = g_hash_table_new(g_str_hash, g_str_equal);
	inventory->added = subscribe(inventory, MANAGER_INTERFACE, "InterfacesAdded", on_added);
	inventory->removed = subscribe(inventory, MANAGER_INTERFACE, "InterfacesRemoved", on_removed);
	inventory->changed = subscribe(inventory, PROPERTIES_INTERFACE, "PropertiesChanged", on_changed);
	return inventory;
}

struct vmc_inventory *vmc_inventory_new(struct vmc_connection *connection, GError **error)
{
	struct vmc_inventory *inventory = begin(connection);
	GVariant *result =
	    vmc_call(connection, API_ROOT, MANAGER_INTERFACE, "GetManagedObjects", NULL, error);

	if (!result)
		return vmc_inventory_free(inventory);
	fill(inventory, result);
	return inventory;
}

/* Outlives an inventory that goes before the answer comes. */
struct opening {
	struct vmc_inventory *inventory; /* NULL: gone */
	vmc_inventory_fn on_ready;
	gpointer opaque;
};

static void on_filled(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct opening *opening = opaque;
	GError *error = NULL, *local = NULL;
	GVariant *objects = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &local);

	if (!objects)
		vmc_propagate(&error, local);
	if (opening->inventory) {
		opening->inventory->opening = NULL;
		if (objects)
			fill(opening->inventory, g_variant_ref(objects));
		opening->on_ready(opening->inventory, error, opening->opaque);
	}
	g_clear_pointer(&objects, g_variant_unref);
	g_clear_error(&error);
	g_free(opening);
}

struct vmc_inventory *vmc_inventory_open(struct vmc_connection *connection, vmc_inventory_fn on_ready,
					 gpointer opaque)
{
	struct vmc_inventory *inventory = begin(connection);
	struct opening *opening = g_new0(struct opening, 1);

	*opening = (struct opening){ inventory, on_ready, opaque };
	inventory->opening = opening;
	vmc_call_async(connection, API_ROOT, MANAGER_INTERFACE, "GetManagedObjects", NULL, on_filled,
		       opening);
	return inventory;
}

struct vmc_inventory *vmc_inventory_free(struct vmc_inventory *inventory)
{
	GDBusConnection *bus;

	if (!inventory)
		return NULL;
	if (inventory->opening)
		inventory->opening->inventory = NULL;
	bus = vmc_bus(inventory->connection);
	g_dbus_connection_signal_unsubscribe(bus, inventory->added);
	g_dbus_connection_signal_unsubscribe(bus, inventory->removed);
	g_dbus_connection_signal_unsubscribe(bus, inventory->changed);
	g_hash_table_unref(inventory->objects);
	g_object_unref(inventory->machines);
	g_object_unref(inventory->jobs);
	g_clear_object(&inventory->host);
	g_free(inventory);
	return NULL;
}

GListModel *vmc_inventory_machines(struct vmc_inventory *inventory)
{
	return G_LIST_MODEL(inventory->machines);
}

GListModel *vmc_inventory_jobs(struct vmc_inventory *inventory)
{
	return G_LIST_MODEL(inventory->jobs);
}

VmcObject *vmc_inventory_host(struct vmc_inventory *inventory)
{
	return inventory->host;
}

VmcObject *vmc_inventory_find(struct vmc_inventory *inventory, const char *path)
{
	return g_hash_table_lookup(inventory->objects, path);
}
