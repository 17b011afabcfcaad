/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/call.h"

struct call {
	struct tui_view *view;
	tui_answer_fn fn;
	gpointer opaque;
};

static void finish(struct call *call, GVariant *result, const GError *error)
{
	if (!call->view->is_closed) {
		call->fn(call->view, result, error, call->opaque);
		tui_changed(call->view->app);
	}
	tui_release(call->view);
	g_free(call);
}

static void on_answer(GObject *source, GAsyncResult *answer, gpointer opaque)
{
	GError *local = NULL, *error = NULL;
	GVariant *result = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), answer, &local);

	if (!result)
		vmc_propagate(&error, local);
	finish(opaque, result, error);
	g_clear_pointer(&result, g_variant_unref);
	g_clear_error(&error);
}

static gboolean on_no_connection(gpointer opaque)
{
	GError *error =
	    g_error_new_literal(API_ERROR, API_ERROR_FAILED,
				"there is no connection to this host; F5 on the main screen tries again");

	finish(opaque, NULL, error);
	g_error_free(error);
	return G_SOURCE_REMOVE;
}

void tui_call(struct tui_view *view, VmcHost *host, const char *path, const char *interface,
	      const char *method, GVariant *parameters, tui_answer_fn fn, gpointer opaque)
{
	struct vmc_connection *connection = host ? vmc_host_connection(host) : NULL;
	struct call *call = g_new0(struct call, 1);

	*call = (struct call){ tui_hold(view), fn, opaque };
	if (connection) {
		vmc_call_async(connection, path, interface, method, parameters, on_answer, call);
		return;
	}
	if (parameters)
		g_variant_unref(g_variant_ref_sink(parameters));
	g_idle_add(on_no_connection, call);
}

void tui_call_vm(struct tui_view *view, VmcHost *host, const char *path, const char *method,
		 GVariant *parameters, tui_answer_fn fn, gpointer opaque)
{
	tui_call(view, host, path, API_VM_INTERFACE, method, parameters, fn, opaque);
}

void tui_call_host(struct tui_view *view, VmcHost *host, const char *method, GVariant *parameters,
		   tui_answer_fn fn, gpointer opaque)
{
	tui_call(view, host, API_HOST_PATH, API_HOST_INTERFACE, method, parameters, fn, opaque);
}
