/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/objects.h"
#include "service/authority.h"
#include "service/call.h"
#include "service/dispatch.h"
#include "service/event_log.h"
#include "service/job.h"
#include "service/peer.h"
#include "service/properties.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api_interfaces.h"

#include <stdlib.h>
#include <string.h>

static const char manager_xml[] =
    "<node><interface name='org.freedesktop.DBus.ObjectManager'>"
    "<method name='GetManagedObjects'><arg type='a{oa{sa{sv}}}' direction='out'/></method>"
    "<signal name='InterfacesAdded'><arg type='o'/><arg type='a{sa{sv}}'/></signal>"
    "<signal name='InterfacesRemoved'><arg type='o'/><arg type='as'/></signal>"
    "</interface></node>";

#define MANAGER_INTERFACE "org.freedesktop.DBus.ObjectManager"

static GDBusInterfaceInfo *manager_info(void)
{
	static GDBusNodeInfo *node;

	if (!node)
		node = g_dbus_node_info_new_for_xml(manager_xml, NULL);
	return node->interfaces[0];
}

/* --- who sees what --------------------------------------------------------------------------------- */

static gboolean may_view(struct peer *peer, const struct vm *vm)
{
	char *why = NULL;
	gboolean may = authority_allows(peer->service, peer_identity(peer), RIGHT_VIEW, vm, &why);

	g_free(why);
	return may;
}

static gboolean may_view_host(struct peer *peer)
{
	char *why = NULL;
	gboolean may = authority_allows(peer->service, peer_identity(peer), RIGHT_HOST_VIEW, NULL, &why);

	g_free(why);
	return may;
}

static gboolean may_view_job(struct peer *peer, const struct job *job)
{
	const struct vm *vm = job->vm_id ? vm_by_id(peer->service, job->vm_id) : NULL;
	char *why = NULL;
	gboolean may = strcmp(peer_identity(peer)->user, job->user) == 0 || (vm && may_view(peer, vm));

	if (!may)
		may = authority_allows(peer->service, peer_identity(peer), RIGHT_AUDIT, NULL, &why);
	g_free(why);
	return may;
}

struct vm *objects_find_vm(const struct service *service, const char *path)
{
	const char *name = path + strlen(API_VM_PREFIX);
	struct vm *vm;
	char *id;

	if (!g_str_has_prefix(path, API_VM_PREFIX))
		return NULL;
	id = g_strdup(name);
	g_strdelimit(id, "_", '-');
	vm = vm_by_id(service, id);
	g_free(id);
	return vm;
}

struct job *objects_find_job(const struct service *service, const char *path)
{
	if (!g_str_has_prefix(path, API_JOB_PREFIX))
		return NULL;
	return job_by_number(service, (guint)strtoul(path + strlen(API_JOB_PREFIX), NULL, 10));
}

/* --- signals --------------------------------------------------------------------------------------- */

static void emit(struct peer *peer, const char *path, const char *interface, const char *name,
		 GVariant *parameters)
{
	if (peer->connection && peer->registration_count > 0)
		g_dbus_connection_emit_signal(peer->connection, NULL, path, interface, name, parameters,
					      NULL);
}

static GVariant *with_interface(const char *interface, GVariant *properties)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_builder_add(&builder, "{s@a{sv}}", interface, properties);
	return g_variant_builder_end(&builder);
}

static void emit_added(struct peer *peer, const char *path, const char *interface, GVariant *properties)
{
	emit(peer, API_ROOT, MANAGER_INTERFACE, "InterfacesAdded",
	     g_variant_new("(o@a{sa{sv}})", path, with_interface(interface, properties)));
}

static void emit_removed(struct peer *peer, const char *path, const char *interface)
{
	const char *const interfaces[] = { interface, NULL };

	emit(peer, API_ROOT, MANAGER_INTERFACE, "InterfacesRemoved",
	     g_variant_new("(o^as)", path, interfaces));
}

static void emit_changed(struct peer *peer, const char *path, const char *interface, GVariant *properties)
{
	static const char *const none[] = { NULL };

	emit(peer, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
	     g_variant_new("(s@a{sv}^as)", interface, properties, none));
}

void objects_vm_added(struct vm *vm)
{
	GPtrArray *peers = vm->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view(peers->pdata[i], vm))
			emit_added(peers->pdata[i], vm->path, API_VM_INTERFACE, vm_properties(vm));
}

void objects_vm_changed(struct vm *vm)
{
	GPtrArray *peers = vm->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view(peers->pdata[i], vm))
			emit_changed(peers->pdata[i], vm->path, API_VM_INTERFACE, vm_properties(vm));
}

void objects_vm_removed(struct vm *vm)
{
	GPtrArray *peers = vm->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view(peers->pdata[i], vm))
			emit_removed(peers->pdata[i], vm->path, API_VM_INTERFACE);
}

void objects_checkpoints_changed(struct vm *vm)
{
	GPtrArray *peers = vm->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view(peers->pdata[i], vm))
			emit(peers->pdata[i], vm->path, API_CHECKPOINTS_INTERFACE, "Changed", NULL);
	objects_vm_changed(vm); /* how many there are is a property */
}

void objects_job_added(struct job *job)
{
	GPtrArray *peers = job->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view_job(peers->pdata[i], job))
			emit_added(peers->pdata[i], job->path, API_JOB_INTERFACE, job_properties(job));
}

void objects_job_changed(struct job *job)
{
	GPtrArray *peers = job->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view_job(peers->pdata[i], job))
			emit_changed(peers->pdata[i], job->path, API_JOB_INTERFACE, job_properties(job));
}

void objects_job_removed(struct job *job)
{
	GPtrArray *peers = job->service->peers;

	for (guint i = 0; i < peers->len; i++)
		if (may_view_job(peers->pdata[i], job))
			emit_removed(peers->pdata[i], job->path, API_JOB_INTERFACE);
}

void objects_event_added(struct service *service, const struct event *event)
{
	const struct vm *vm = *event->vm ? vm_by_id(service, event->vm) : NULL;

	for (guint i = 0; i < service->peers->len; i++) {
		struct peer *peer = service->peers->pdata[i];
		char *why = NULL;

		if ((vm && may_view(peer, vm)) ||
		    authority_allows(service, peer_identity(peer), RIGHT_AUDIT, NULL, &why))
			emit(peer, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Added",
			     g_variant_new("(@a{sv})", event_to_variant(event)));
		g_free(why);
	}
}

void objects_switches_changed(struct service *service)
{
	for (guint i = 0; i < service->peers->len; i++)
		if (may_view_host(service->peers->pdata[i]))
			emit(service->peers->pdata[i], API_SWITCHES_PATH, API_SWITCHES_INTERFACE, "Changed",
			     NULL);
}

/* --- the object manager ---------------------------------------------------------------------------- */

static void add_object(GVariantBuilder *builder, const char *path, const char *interface,
		       GVariant *properties)
{
	g_variant_builder_add(builder, "{o@a{sa{sv}}}", path, with_interface(interface, properties));
}

static GVariant *managed_objects(struct peer *peer)
{
	struct service *service = peer->service;
	GVariantBuilder builder;
	GHashTableIter iter;
	gpointer vm;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
	if (may_view_host(peer))
		add_object(&builder, API_HOST_PATH, API_HOST_INTERFACE, host_properties(service));
	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		if (may_view(peer, vm))
			add_object(&builder, ((struct vm *)vm)->path, API_VM_INTERFACE, vm_properties(vm));
	for (guint i = 0; i < service->jobs->len; i++) {
		struct job *job = service->jobs->pdata[i];

		if (may_view_job(peer, job))
			add_object(&builder, job->path, API_JOB_INTERFACE, job_properties(job));
	}
	return g_variant_new("(a{oa{sa{sv}}})", &builder);
}

static void on_manager_call(GDBusConnection *connection, const char *sender, const char *path,
			    const char *interface, const char *method, GVariant *parameters,
			    GDBusMethodInvocation *invocation, gpointer opaque)
{
	g_dbus_method_invocation_return_value(invocation, managed_objects(opaque));
}

/* --- properties ------------------------------------------------------------------------------------ */

static GVariant *on_get(GDBusConnection *connection, const char *sender, const char *path,
			const char *interface, const char *name, GError **error, gpointer opaque)
{
	struct peer *peer = opaque;
	const struct vm *vm = objects_find_vm(peer->service, path);
	const struct job *job = objects_find_job(peer->service, path);
	GVariant *value = NULL;

	if (strcmp(interface, API_HOST_INTERFACE) == 0)
		value = host_property(may_view_host(peer) ? peer->service : NULL, name);
	else if (vm && may_view(peer, vm))
		value = vm_property(vm, name);
	else if (job && may_view_job(peer, job))
		value = job_property(job, name);
	if (!value)
		g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY,
			    "%s: there is no such property", name);
	return value;
}

static const GDBusInterfaceVTable vtable = { .method_call = dispatch_call, .get_property = on_get };
static const GDBusInterfaceVTable manager_vtable = { .method_call = on_manager_call };

/* --- machines and jobs come and go: subtrees ------------------------------------------------------- */

static char **on_enumerate_vms(GDBusConnection *connection, const char *sender, const char *path,
			       gpointer opaque)
{
	struct peer *peer = opaque;
	GPtrArray *nodes = g_ptr_array_new();
	GHashTableIter iter;
	gpointer vm;

	g_hash_table_iter_init(&iter, peer->service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		if (may_view(peer, vm))
			g_ptr_array_add(nodes, g_strdup(((struct vm *)vm)->path + strlen(API_VM_PREFIX)));
	g_ptr_array_add(nodes, NULL);
	return (char **)g_ptr_array_free(nodes, FALSE);
}

static char **on_enumerate_jobs(GDBusConnection *connection, const char *sender, const char *path,
				gpointer opaque)
{
	struct peer *peer = opaque;
	GPtrArray *nodes = g_ptr_array_new();

	for (guint i = 0; i < peer->service->jobs->len; i++) {
		struct job *job = peer->service->jobs->pdata[i];

		if (may_view_job(peer, job))
			g_ptr_array_add(nodes, g_strdup_printf("%u", job->number));
	}
	g_ptr_array_add(nodes, NULL);
	return (char **)g_ptr_array_free(nodes, FALSE);
}

static const GDBusInterfaceInfo *const vm_interfaces[] = {
	&org_bulkhead_virtual_machine1_interface,
	&org_bulkhead_display1_interface,
	&org_bulkhead_guest1_interface,
	&org_bulkhead_checkpoints1_interface,
};
static const GDBusInterfaceInfo *const job_interfaces[] = { &org_bulkhead_job1_interface };

static GDBusInterfaceInfo **interfaces(const GDBusInterfaceInfo *const *list, gsize count)
{
	GDBusInterfaceInfo **infos = g_new0(GDBusInterfaceInfo *, count + 1);

	for (gsize i = 0; i < count; i++)
		infos[i] = g_dbus_interface_info_ref((GDBusInterfaceInfo *)list[i]);
	return infos;
}

/* GDBus gives the folder when it introspects, but the object's own path when it dispatches a call. */
static char *object_path(const char *path, const char *node)
{
	gboolean is_folder = strcmp(path, API_VM_FOLDER) == 0 || strcmp(path, API_JOB_FOLDER) == 0;

	return is_folder && node ? g_strconcat(path, "/", node, NULL) : g_strdup(path);
}

static GDBusInterfaceInfo **on_introspect(GDBusConnection *connection, const char *sender, const char *given,
					  const char *node, gpointer opaque)
{
	struct peer *peer = opaque;
	char *path = object_path(given, node);
	const struct vm *vm = objects_find_vm(peer->service, path);
	const struct job *job = objects_find_job(peer->service, path);
	GDBusInterfaceInfo **infos = NULL;

	if (vm && may_view(peer, vm))
		infos = interfaces(vm_interfaces, G_N_ELEMENTS(vm_interfaces));
	else if (job && may_view_job(peer, job))
		infos = interfaces(job_interfaces, G_N_ELEMENTS(job_interfaces));
	g_free(path);
	return infos;
}

static const GDBusInterfaceVTable *on_dispatch(GDBusConnection *connection, const char *sender,
					       const char *folder, const char *interface, const char *node,
					       gpointer *ret_opaque, gpointer opaque)
{
	*ret_opaque = opaque;
	return &vtable;
}

static const GDBusSubtreeVTable vm_subtree = { on_enumerate_vms, on_introspect, on_dispatch, { NULL } };
static const GDBusSubtreeVTable job_subtree = { on_enumerate_jobs, on_introspect, on_dispatch, { NULL } };

/* --- registering ----------------------------------------------------------------------------------- */

/* A call that waits in the main context may come after the connection has gone: each registration keeps the
 * peer. */
static void unref_peer(gpointer peer)
{
	peer_unref(peer);
}

static gboolean register_one(struct peer *peer, const char *path, const GDBusInterfaceInfo *info,
			     const GDBusInterfaceVTable *table, GError **error)
{
	guint id = g_dbus_connection_register_object(peer->connection, path, (GDBusInterfaceInfo *)info,
						     table, peer_ref(peer), unref_peer, error);

	if (id)
		peer->registrations[peer->registration_count++] = id;
	else
		peer_unref(peer);
	return id != 0;
}

static guint register_folder(struct peer *peer, const char *path, const GDBusSubtreeVTable *table,
			     GError **error)
{
	guint id = g_dbus_connection_register_subtree(peer->connection, path, table,
						      G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES,
						      peer_ref(peer), unref_peer, error);

	if (!id)
		peer_unref(peer);
	return id;
}

gboolean objects_register(struct peer *peer, GError **error)
{
	peer->subtrees[0] = register_folder(peer, API_VM_FOLDER, &vm_subtree, error);
	if (!peer->subtrees[0])
		return FALSE;
	peer->subtrees[1] = register_folder(peer, API_JOB_FOLDER, &job_subtree, error);
	return peer->subtrees[1] && register_one(peer, API_ROOT, manager_info(), &manager_vtable, error) &&
	       register_one(peer, API_HOST_PATH, &org_bulkhead_host1_interface, &vtable, error) &&
	       register_one(peer, API_EVENTS_PATH, &org_bulkhead_events1_interface, &vtable, error) &&
	       register_one(peer, API_SWITCHES_PATH, &org_bulkhead_switches1_interface, &vtable, error) &&
	       register_one(peer, API_DISKS_PATH, &org_bulkhead_disks1_interface, &vtable, error) &&
	       register_one(peer, API_ADMINS_PATH, &org_bulkhead_administrators1_interface, &vtable, error);
}

void objects_unregister(struct peer *peer)
{
	for (guint i = 0; i < peer->registration_count; i++)
		g_dbus_connection_unregister_object(peer->connection, peer->registrations[i]);
	peer->registration_count = 0;
	for (unsigned i = 0; i < 2; i++)
		if (peer->subtrees[i])
			g_dbus_connection_unregister_subtree(peer->connection, peer->subtrees[i]);
	peer->subtrees[0] = peer->subtrees[1] = 0;
}
