/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

struct gui_machine *gui_machine_new(VmcHost *host, const char *path)
{
	struct gui_machine *machine = g_new0(struct gui_machine, 1);

	machine->host = g_object_ref(host);
	machine->path = g_strdup(path);
	return machine;
}

struct gui_machine *gui_machine_copy(const struct gui_machine *machine)
{
	return gui_machine_new(machine->host, machine->path);
}

void gui_machine_free(struct gui_machine *machine)
{
	if (!machine)
		return;
	g_object_unref(machine->host);
	g_free(machine->path);
	g_free(machine);
}

VmcObject *gui_machine_object(const struct gui_machine *machine)
{
	struct vmc_inventory *inventory = vmc_host_inventory(machine->host);

	return inventory ? vmc_inventory_find(inventory, machine->path) : NULL;
}

const char *gui_machine_name(const struct gui_machine *machine)
{
	VmcObject *object = gui_machine_object(machine);

	return object ? vmc_object_text(object, "Name") : "";
}

const char *gui_machine_state(const struct gui_machine *machine)
{
	VmcObject *object = gui_machine_object(machine);

	return object ? vmc_object_text(object, "State") : "";
}

/* --- rights ---------------------------------------------------------------------------------------- */

/* path → its rights (char **), kept with the host. */
static GHashTable *rights_of(VmcHost *host)
{
	GHashTable *all = g_object_get_data(G_OBJECT(host), "gui-rights");

	if (!all) {
		all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
		g_object_set_data_full(G_OBJECT(host), "gui-rights", all, (GDestroyNotify)g_hash_table_unref);
	}
	return all;
}

const char *const *gui_rights_of(VmcHost *host, const char *path)
{
	return g_hash_table_lookup(rights_of(host), path);
}

struct asking {
	GObject *owner; /* weak */
	VmcHost *host;
	char *path;
	void (*fn)(gpointer);
	gpointer opaque;
};

static void on_rights(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);
	struct asking *asking = opaque;
	char **rights = NULL;

	if (answer) {
		g_variant_get(answer, "(^as)", &rights);
		g_hash_table_replace(rights_of(asking->host), g_strdup(asking->path), rights);
		g_variant_unref(answer);
	}
	if (asking->owner) {
		g_object_remove_weak_pointer(asking->owner, (gpointer *)&asking->owner);
		asking->fn(asking->opaque);
	}
	g_object_unref(asking->host);
	g_free(asking->path);
	g_free(asking);
}

void gui_rights_ask(GObject *owner, VmcHost *host, const char *path, void (*fn)(gpointer), gpointer opaque)
{
	struct vmc_connection *connection = vmc_host_connection(host);
	struct asking *asking;

	if (!connection)
		return;
	asking = g_new0(struct asking, 1);
	*asking = (struct asking){ owner, g_object_ref(host), g_strdup(path), fn, opaque };
	g_object_add_weak_pointer(owner, (gpointer *)&asking->owner);
	vmc_call_async(connection, path, API_VM_INTERFACE, "GetRights", NULL, on_rights, asking);
}
