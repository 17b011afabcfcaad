/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host is, and who the caller is to it. */
#include "hosts/host_windows.h"

#include "call.h"
#include "details/facts.h"
#include "dialog.h"

static void on_who(GtkWidget *facts, GVariant *result, const GError *error, gpointer unused)
{
	const char *user, *role, *why;
	char **rights;

	if (error) {
		gui_facts_set(facts, "You", error->message);
		return;
	}
	g_variant_get(result, "(&s&s^as&s)", &user, &role, &rights, &why);
	gui_facts_take(facts, "You", g_strdup_printf("%s: %s", user, role));
	gui_facts_set(facts, "Because", why);
	gui_facts_take(facts, "Your rights on this host", g_strjoinv(", ", rights));
	g_strfreev(rights);
}

static void add_broken(GtkWidget *facts, VmcObject *object)
{
	GVariant *broken =
	    g_variant_lookup_value(vmc_object_properties(object), "BrokenFiles", G_VARIANT_TYPE("a(ss)"));
	const char *file, *reason;
	GVariantIter iter;
	GString *text = g_string_new(NULL);

	if (broken) {
		g_variant_iter_init(&iter, broken);
		while (g_variant_iter_next(&iter, "(&s&s)", &file, &reason))
			g_string_append_printf(text, "%s%s: %s", text->len ? "\n" : "", file, reason);
		g_variant_unref(broken);
	}
	gui_facts_set(facts, "Files that could not be read", text->str);
	g_string_free(text, TRUE);
}

void gui_host_settings_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	VmcObject *object = inventory ? vmc_inventory_host(inventory) : NULL;
	GtkWidget *facts = gui_facts_new("Host settings"), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
	GtkWindow *dialog;

	gui_facts_set(facts, "Host", vmc_host_label(host));
	if (object) {
		gui_facts_set(facts, "Computer", vmc_object_text(object, "HostName"));
		gui_facts_take(facts, "Service",
			       g_strdup_printf("version %s, %s", vmc_object_text(object, "Version"),
					       g_str_equal(vmc_object_text(object, "Mode"), "system")
						   ? "for all users of the computer"
						   : "your own"));
		gui_facts_set(facts, "Machines are kept in", vmc_object_text(object, "DataFolder"));
		add_broken(facts, object);
	}
	gui_call(facts, host, API_HOST_PATH, API_HOST_INTERFACE, "WhoAmI", NULL, on_who, NULL);
	gtk_box_append(GTK_BOX(box), facts);
	dialog = gui_dialog_new(window, "Host Settings", box);
	gui_window_set_size(dialog, 620, 300);
	gtk_window_present(dialog);
}
