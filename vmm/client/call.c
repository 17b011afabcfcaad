/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/call.h"

struct call {
	vmc_answer_fn fn;
	gpointer opaque;
};

static void finish(struct call *call, GVariant *result, const GError *error)
{
	call->fn(result, error, call->opaque);
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
	GError *error = g_error_new_literal(API_ERROR, API_ERROR_FAILED,
					    "this host is not connected; wait until it is, and try again");

	finish(opaque, NULL, error);
	g_error_free(error);
	return G_SOURCE_REMOVE;
}

void vmc_ask(struct vmc_connection *connection, const char *path, const char *interface, const char *method,
	     GVariant *parameters, vmc_answer_fn fn, gpointer opaque)
{
	struct call *call = g_new0(struct call, 1);

	*call = (struct call){ fn, opaque };
	if (connection) {
		vmc_call_async(connection, path, interface, method, parameters, on_answer, call);
		return;
	}
	if (parameters)
		g_variant_unref(g_variant_ref_sink(parameters));
	g_idle_add(on_no_connection, call);
}
