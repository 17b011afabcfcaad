/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Display1: who looks at a machine. The rights are in the table at the end. */
#include "service/api_power.h"
#include "service/call.h"
#include "service/display_viewers.h"
#include "service/event_log.h"
#include "service/service.h"

#include "api/api.h"
#include "api/api_error.h"

#include <gio/gunixfdlist.h>

static void return_viewer(struct call *call, int fd, guint id)
{
	GUnixFDList *list = g_unix_fd_list_new_from_array(&fd, 1);

	g_dbus_method_invocation_return_value_with_unix_fd_list(call->invocation, g_variant_new("(hu)", 0, id),
								list);
	g_object_unref(list);
	call_free(call);
}

static void open_viewer(struct call *call)
{
	gboolean is_view_only;
	GError *error = NULL;
	struct vm *vm;
	guint id;
	int fd;

	g_variant_get(call->parameters, "(b)", &is_view_only);
	if (!api_get_vm(call, &vm))
		return;
	fd = display_open_viewer(vm, call->who, is_view_only, &id, &error);
	if (fd < 0) {
		api_fail(call, error);
		return;
	}
	if (!is_view_only)
		event_log_add(call->service->log, EVENT_CHANGE, call->who->user, vm->config->id,
			      vm->config->name, "opened the screen, keyboard and mouse as viewer %u", id);
	return_viewer(call, fd, id);
}

static void list_viewers(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		call_return(call, g_variant_new("(@aa{sv})", display_list_viewers(vm)));
}

static void disconnect(struct call *call)
{
	GError *error = NULL;
	struct vm *vm;
	char *viewer;
	guint id;

	g_variant_get_child(call->parameters, 0, "u", &id);
	if (!api_get_vm(call, &vm))
		return;
	viewer = display_describe_viewer(vm, id);
	if (!viewer) {
		call_fail_text(call, API_ERROR_NOT_FOUND,
			       "%s: it has no viewer %u; `bulkhead vm view %s --list` shows who looks",
			       vm->config->name, id, vm->config->name);
		return;
	}
	call_step(call, "viewer %u, %s, is disconnected", id, viewer);
	g_free(viewer);
	if (!call->is_plan && !display_disconnect_viewer(vm, id, &error))
		api_fail(call, error);
	else
		call_return_steps(call);
}

#define METHOD(name, right, is_change, handle)                                                               \
	{                                                                                                    \
		API_DISPLAY_INTERFACE, name, right, is_change, handle                                        \
	}

const struct api_method display_methods[] = {
	METHOD("OpenViewer", RIGHT_CONSOLE, FALSE, open_viewer),
	METHOD("ListViewers", RIGHT_VIEW, FALSE, list_viewers),
	METHOD("Disconnect", RIGHT_POWER, TRUE, disconnect),
};
const gsize display_methods_count = G_N_ELEMENTS(display_methods);
