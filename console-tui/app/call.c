/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/call.h"

#include "client/call.h"

struct call {
	struct tui_view *view;
	tui_answer_fn fn;
	gpointer opaque;
};

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct call *call = opaque;

	if (!call->view->is_closed) {
		call->fn(call->view, result, error, call->opaque);
		tui_changed(call->view->app);
	}
	tui_release(call->view);
	g_free(call);
}

void tui_call(struct tui_view *view, VmcHost *host, const char *path, const char *interface,
	      const char *method, GVariant *parameters, tui_answer_fn fn, gpointer opaque)
{
	struct call *call = g_new0(struct call, 1);

	*call = (struct call){ tui_hold(view), fn, opaque };
	vmc_ask(host ? vmc_host_connection(host) : NULL, path, interface, method, parameters, on_answer,
		call);
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
