/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Virtual Switch Manager: the switches that there are, and what each kind is. */
#include "hosts/host_windows.h"

#include "call.h"
#include "client/wording.h"
#include "dialog.h"
#include "form.h"
#include "named.h"

#include <string.h>

static const struct {
	const char *kind, *title, *text;
} kinds[] = {
	{ "nat", "NAT",
	  "Machines get addresses by DHCP and reach the network of this host through it; nobody reaches "
	  "them, but by port "
	  "forwards." },
	{ "private", "Private", "Machines reach each other, and nothing else." },
	{ "internal", "Internal", "Machines reach each other and this host." },
	{ "external", "External", "Machines are in the network of this host, like computers of their own." },
};

static void on_switches(GtkWidget *form, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *list;

	if (error) {
		gui_form_text(form, error->message);
		return;
	}
	list = g_variant_get_child_value(result, 0);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		const char *name = "", *kind = "", *notes = "";
		gboolean is_available = TRUE;
		char *text;

		g_variant_lookup(item, "name", "&s", &name);
		g_variant_lookup(item, "kind", "&s", &kind);
		g_variant_lookup(item, "notes", "&s", &notes);
		g_variant_lookup(item, "available", "b", &is_available);
		text = g_strdup_printf("• %s: %s%s%s%s", name, kind, *notes ? ", " : "", notes,
				       is_available ? "" : " (not available)");
		gui_form_text(form, text);
		g_free(text);
		g_variant_unref(item);
	}
	g_variant_unref(list);
}

void gui_switches_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	GtkWidget *form = gui_form_new(), *list = gui_form_new(),
		  *button = gui_button_new("_New Virtual Switch…");
	GtkWindow *dialog;

	gui_form_heading(form, "Virtual switches of this host");
	gui_form_widget(form, NULL, list, NULL);
	gui_call(list, host, API_HOST_PATH, API_HOST_INTERFACE, "ListSwitches", NULL, on_switches, NULL);
	gui_form_heading(form, "Kinds");
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		char *text = g_strdup_printf("%s: %s", kinds[i].title, kinds[i].text);

		gui_form_text(form, text);
		g_free(text);
	}
	gtk_widget_set_sensitive(button, FALSE);
	gtk_widget_set_tooltip_text(button, "This version has the default switch only.");
	gtk_widget_set_halign(button, GTK_ALIGN_START);
	gui_form_widget(form, NULL, button, NULL);
	dialog = gui_dialog_new(window, "Virtual Switch Manager", form);
	gtk_window_present(dialog);
}
