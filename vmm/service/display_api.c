/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Display1: who looks at a machine. The rights are in the table at the end. */
#include "service/api_power.h"
#include "service/call.h"
#include "service/display_listener.h"
#include "service/display_secrets.h"
#include "service/display_viewers.h"
#include "service/event_log.h"
#include "service/screen_fit.h"
#include "service/service.h"

#include "api/api.h"
#include "api/api_error.h"

#include <gio/gunixfdlist.h>

static void return_viewer(struct call *call, int fd, guint id)
{
	GUnixFDList *list = g_unix_fd_list_new_from_array(&fd, 1);

	g_dbus_method_invocation_return_value_with_unix_fd_list(call->invocation,
								g_variant_new("(hu)", 0, id), list);
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

static void set_password(struct call *call)
{
	gboolean is_view_only;
	const char *password;
	GError *error = NULL;
	struct vm *vm;

	g_variant_get_child(call->parameters, 0, "b", &is_view_only);
	g_variant_get_child(call->parameters, 1, "&s", &password);
	if (!api_get_vm(call, &vm))
		return;
	call_step(call, "the password for viewers who %s is %s",
		  is_view_only ? "only look" : "have keyboard and mouse", *password ? "set" : "taken away");
	if (!call->is_plan && !display_password_set(vm, is_view_only, password, &error)) {
		api_fail(call, error);
		return;
	}
	if (!call->is_plan)
		display_listener_renew(vm);
	call_return_steps(call);
}

static void get_access(struct call *call)
{
	struct display_passwords passwords;
	GVariantBuilder builder;
	struct vm *vm;

	if (!api_get_vm(call, &vm))
		return;
	display_passwords_read(vm, &passwords);
	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "listening",
			      g_variant_new_take_string(display_listener_describe(vm)));
	g_variant_builder_add(&builder, "{sv}", "has-password",
			      g_variant_new_boolean(*passwords.full != '\0'));
	g_variant_builder_add(&builder, "{sv}", "has-view-password",
			      g_variant_new_boolean(*passwords.view_only != '\0'));
	display_passwords_clear(&passwords);
	g_variant_builder_add(&builder, "{sv}", "fingerprint",
			      g_variant_new_take_string(display_certificate_fingerprint(call->service)));
	call_return(call, g_variant_new("(@a{sv})", g_variant_builder_end(&builder)));
}

static void fit_screen(struct call *call)
{
	gboolean is_clipped;
	guint width, height;
	struct vm *vm;

	g_variant_get(call->parameters, "(uub@a{sv})", &width, &height, &is_clipped, NULL);
	if (api_get_vm(call, &vm))
		screen_fit(call, vm, width, height, is_clipped);
}

const struct api_method display_methods[] = {
	{ "OpenViewer", RIGHT_CONSOLE, FALSE, open_viewer },
	{ "ListViewers", RIGHT_VIEW, FALSE, list_viewers },
	{ "Disconnect", RIGHT_POWER, TRUE, disconnect },
	{ "SetPassword", RIGHT_EDIT, TRUE, set_password },
	{ "GetAccess", RIGHT_VIEW, FALSE, get_access },
	{ "FitScreen", RIGHT_CONSOLE, TRUE, fit_screen },
};
const gsize display_methods_count = G_N_ELEMENTS(display_methods);
