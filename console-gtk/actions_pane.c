/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "actions_pane.h"

static GtkWidget *section(const char *title)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *label = gtk_label_new(title);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_add_css_class(label, "section-title");
	gtk_box_append(GTK_BOX(box), label);
	return box;
}

GtkWidget *gui_actions_pane_new(struct gui_host_actions *host, struct gui_vm_actions *vm)
{
	GtkWidget *pane = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
	GtkWidget *machines = section("Virtual Machine"), *hosts = section("Host");

	gtk_widget_add_css_class(pane, "actions");
	for (gsize i = 0; i < vmc_actions_count; i++)
		gtk_box_append(GTK_BOX(machines), gui_vm_actions_button(vm, vmc_actions[i].name, TRUE));
	for (const char *const *name = gui_host_action_names(); *name; name++)
		gtk_box_append(GTK_BOX(hosts), gui_host_actions_button(host, *name));
	gtk_box_append(GTK_BOX(pane), machines);
	gtk_box_append(GTK_BOX(pane), hosts);
	return pane;
}
