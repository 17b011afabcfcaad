/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/call.h"

#include "client/call.h"

struct call {
	struct tui_view *view;
	tui_answer_fn fn;
	gpointer opaque;
	char *problem; /* NULL unless there was no connection */
};

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct call *call = opaque;
	GError *told = call->problem ? g_error_new_literal(API_ERROR, API_ERROR_FAILED, call->problem) : NULL;

	if (!call->view->is_closed) {
		call->fn(call->view, result, told ? told : error, call->opaque);
		tui_changed(call->view->app);
	}
	g_clear_error(&told);
	tui_release(call->view);
	g_free(call->problem);
	g_free(call);
}

const char *tui_not_connected(VmcHost *host)
{
	return vmc_host_link(host) == VMC_LINK_LOST && *vmc_host_problem(host)
		   ? vmc_host_problem(host)
		   : "this host is not connected; wait until it is, and try again";
}

void tui_call(struct tui_view *view, VmcHost *host, const char *path, const char *interface,
	      const char *method, GVariant *parameters, tui_answer_fn fn, gpointer opaque)
{
	struct vmc_connection *connection = host ? vmc_host_connection(host) : NULL;
	struct call *call = g_new0(struct call, 1);

	*call = (struct call){ tui_hold(view), fn, opaque, NULL };
	if (host && !connection)
		call->problem = g_strdup(tui_not_connected(host));
	vmc_ask(connection, path, interface, method, parameters, on_answer, call);
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
