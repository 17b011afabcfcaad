/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call.h"

#include "client/call.h"
#include "dialog.h"

struct gui_call {
	GtkWidget *owner; /* weak: NULL when it is gone */
	gui_done_fn done;
	gpointer opaque;
};

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_call *call = opaque;

	if (call->owner) {
		g_object_remove_weak_pointer(G_OBJECT(call->owner), (gpointer *)&call->owner);
		if (call->done)
			call->done(call->owner, result, error, call->opaque);
		else if (error)
			gui_show_error(call->owner, error->message);
	}
	g_free(call);
}

void gui_call(GtkWidget *owner, VmcHost *host, const char *path, const char *interface, const char *method,
	      GVariant *parameters, gui_done_fn done, gpointer opaque)
{
	struct gui_call *call = g_new0(struct gui_call, 1);

	*call = (struct gui_call){ owner, done, opaque };
	g_object_add_weak_pointer(G_OBJECT(owner), (gpointer *)&call->owner);
	vmc_ask(vmc_host_connection(host), path, interface, method, parameters, on_answer, call);
}

void gui_call_vm(GtkWidget *owner, VmcHost *host, const char *path, const char *method, GVariant *parameters,
		 gui_done_fn done, gpointer opaque)
{
	gui_call(owner, host, path, API_VM_INTERFACE, method, parameters, done, opaque);
}
