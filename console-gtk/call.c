/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call.h"

#include "client/call.h"
#include "dialog.h"
#include "machine.h"

struct gui_call {
	GtkWidget *owner;	     /* weak: NULL when it is gone */
	struct gui_machine *machine; /* NULL: it is not about one */
	gui_done_fn done;
	gpointer opaque;
};

/* A service knows nothing of what it has no more: its answer is that it does not understand. */
static GError *gone_error(const struct gui_call *call)
{
	struct vmc_inventory *inventory = call->machine ? vmc_host_inventory(call->machine->host) : NULL;

	return inventory && !vmc_inventory_find(inventory, call->machine->path)
		   ? g_error_new_literal(
			 API_ERROR, API_ERROR_FAILED,
			 "This virtual machine is not there any more: it was deleted, or has moved to "
			 "another host; what was deleted, the Trash gives back.")
		   : NULL;
}

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_call *call = opaque;
	GError *gone = error ? gone_error(call) : NULL;

	error = gone ? gone : error;
	if (call->owner) {
		g_object_remove_weak_pointer(G_OBJECT(call->owner), (gpointer *)&call->owner);
		if (call->done)
			call->done(call->owner, result, error, call->opaque);
		else if (error)
			gui_show_error(call->owner, error->message);
	}
	g_clear_error(&gone);
	gui_machine_free(call->machine);
	g_free(call);
}

void gui_call(GtkWidget *owner, VmcHost *host, const char *path, const char *interface, const char *method,
	      GVariant *parameters, gui_done_fn done, gpointer opaque)
{
	struct gui_call *call = g_new0(struct gui_call, 1);

	*call = (struct gui_call){ owner,
				   g_str_has_prefix(path, API_VM_PREFIX) ? gui_machine_new(host, path) : NULL,
				   done, opaque };
	g_object_add_weak_pointer(G_OBJECT(owner), (gpointer *)&call->owner);
	vmc_ask(vmc_host_connection(host), path, interface, method, parameters, on_answer, call);
}

void gui_call_vm(GtkWidget *owner, VmcHost *host, const char *path, const char *method, GVariant *parameters,
		 gui_done_fn done, gpointer opaque)
{
	gui_call(owner, host, path, API_VM_INTERFACE, method, parameters, done, opaque);
}
