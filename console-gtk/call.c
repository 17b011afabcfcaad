/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call.h"

#include "dialog.h"

struct gui_call {
	GtkWidget *owner; /* weak: NULL when it is gone */
	gui_done_fn done;
	gpointer opaque;
};

static void end(struct gui_call *call, GVariant *result, const GError *error)
{
	if (call->owner) {
		g_object_remove_weak_pointer(G_OBJECT(call->owner), (gpointer *)&call->owner);
		if (call->done)
			call->done(call->owner, result, error, call->opaque);
		else if (error)
			gui_show_error(call->owner, error->message);
	}
	g_free(call);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GError *error = NULL, *local = NULL;
	GVariant *value = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &local);

	if (!value)
		vmc_propagate(&error, local);
	end(opaque, value, error);
	g_clear_pointer(&value, g_variant_unref);
	g_clear_error(&error);
}

/* No connection: from the main loop, too, so that `done` never comes before gui_call() is over. */
static gboolean on_no_connection(gpointer opaque)
{
	GError error = { API_ERROR, API_ERROR_FAILED,
			 (char *)"this host is not connected; wait until it is, and try again" };

	end(opaque, NULL, &error);
	return G_SOURCE_REMOVE;
}

void gui_call(GtkWidget *owner, VmcHost *host, const char *path, const char *interface, const char *method,
	      GVariant *parameters, gui_done_fn done, gpointer opaque)
{
	struct vmc_connection *connection = vmc_host_connection(host);
	struct gui_call *call = g_new0(struct gui_call, 1);

	*call = (struct gui_call){ owner, done, opaque };
	g_object_add_weak_pointer(G_OBJECT(owner), (gpointer *)&call->owner);
	if (connection) {
		vmc_call_async(connection, path, interface, method, parameters, on_answer, call);
		return;
	}
	if (parameters)
		g_variant_unref(g_variant_ref_sink(parameters));
	g_idle_add(on_no_connection, call);
}

void gui_call_vm(GtkWidget *owner, VmcHost *host, const char *path, const char *method, GVariant *parameters,
		 gui_done_fn done, gpointer opaque)
{
	gui_call(owner, host, path, API_VM_INTERFACE, method, parameters, done, opaque);
}
