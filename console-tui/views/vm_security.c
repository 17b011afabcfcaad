/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/vm_security.h"

#include "app/call.h"
#include "client/security_text.h"
#include "client/viewer.h"
#include "views/delegate.h"
#include "views/dialog.h"
#include "views/tables.h"

#include <string.h>

static const char access_note[] = "security-access", sandbox_note[] = "security-sandbox",
		  delegate_button[] = "security-delegate", matrix_button[] = "security-matrix",
		  password_button[] = "security-password", look_button[] = "security-look";

void vm_security_add_page(struct form *form)
{
	form_page(form, "Security");
	form_heading(form, "Virtual machine administrators");
	form_note(form, vmc_security_owners);
	form_button(form, delegate_button, "Delegate...");
	form_button(form, matrix_button, "Who May Do What...");
	form_heading(form, "Remote display");
	form_note(form, vmc_security_display);
	form_named_note(form, access_note, "");
	form_button(form, password_button, "Set Password...");
	form_button(form, look_button, "Set Password to Look...");
	form_heading(form, "Sandbox");
	form_note(form, vmc_security_sandbox);
	form_named_note(form, sandbox_note, "");
}

/* --- what it tells ----------------------------------------------------------------------------------- */

static void on_access(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *access = result && g_variant_is_of_type(result, G_VARIANT_TYPE("(a{sv})"))
			       ? g_variant_get_child_value(result, 0)
			       : NULL;
	char *text = access  ? vmc_security_access(access)
		     : error ? g_strdup(error->message)
			     : g_strdup("the service answers something else than was asked");

	form_set_note((struct form *)view, access_note, text);
	g_free(text);
	g_clear_pointer(&access, g_variant_unref);
}

static void on_statistics(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *values;
	char **lines, *text;

	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(a{sv})"))) {
		form_set_note((struct form *)view, sandbox_note, error ? error->message : "");
		return;
	}
	values = g_variant_get_child_value(result, 0);
	lines = vmc_security_protections(values);
	text = g_strjoinv("\n", lines);
	form_set_note((struct form *)view, sandbox_note, text);
	g_free(text);
	g_strfreev(lines);
	g_variant_unref(values);
}

static void ask_access(struct form *form, const char *path)
{
	tui_call(form_view(form), form_host(form), path, API_DISPLAY_INTERFACE, "GetAccess", NULL, on_access,
		 NULL);
}

void vm_security_ask(struct form *form, const char *path)
{
	ask_access(form, path);
	tui_call_vm(form_view(form), form_host(form), path, "GetStatistics", NULL, on_statistics, NULL);
}

/* --- passwords --------------------------------------------------------------------------------------- */

struct password {
	char *path;
	gboolean is_view;
};

static void password_free(gpointer opaque)
{
	g_free(((struct password *)opaque)->path);
	g_free(opaque);
}

static void on_set(struct tui_view *view, GVariant *result, const GError *error, gpointer path)
{
	if (error) {
		dialog_error(view->app, error);
	} else {
		tui_say(view->app, THEME_GOOD, "the password is set, or taken away");
		ask_access((struct form *)view, path);
	}
	g_free(path);
}

static void set_password(struct tui_view *view, const char *text, gpointer opaque)
{
	const struct password *password = opaque;

	tui_call(view, form_host((struct form *)view), password->path, API_DISPLAY_INTERFACE, "SetPassword",
		 g_variant_new("(bs@a{sv})", password->is_view, text, vmc_options(FALSE)), on_set,
		 g_strdup(password->path));
}

static void ask_password(struct form *form, const char *path, gboolean is_view)
{
	struct password *password;

	if (tui_refuses_change(form_view(form)->app))
		return;
	password = g_new0(struct password, 1);
	*password = (struct password){ g_strdup(path), is_view };
	dialog_type_secret(form_view(form), "Password for Viewers", vmc_security_password, set_password,
			   password, password_free);
}

void vm_security_press(struct form *form, const char *path, const char *name, const char *button)
{
	struct tui_app *app = form_view(form)->app;

	if (strcmp(button, delegate_button) == 0)
		delegate_open(app, form_host(form), name);
	else if (strcmp(button, matrix_button) == 0)
		administrators_open(app);
	else
		ask_password(form, path, strcmp(button, look_button) == 0);
}
