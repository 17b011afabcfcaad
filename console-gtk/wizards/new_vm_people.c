/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Machine: who besides its creator may use it. */
#include "wizards/new_vm.h"

#include "admin/subject_entry.h"
#include "form.h"
#include "named.h"

static const char *const role_labels[] = { "VM viewer: see it", "VM operator: use, start and stop it",
					   "VM administrator: all of it", NULL };
static const char *const roles[] = { "viewer", "operator", "vm-administrator" };

gboolean gui_new_vm_grant(const struct gui_new_vm *vm, guint i, const char **ret_subject,
			  const char **ret_role)
{
	GtkListBoxRow *row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(vm->grants), (int)i);

	if (!row)
		return FALSE;
	*ret_subject = g_object_get_data(G_OBJECT(row), "subject");
	*ret_role = g_object_get_data(G_OBJECT(row), "role");
	return TRUE;
}

static void on_remove(GtkButton *button, gpointer row)
{
	gtk_list_box_remove(GTK_LIST_BOX(gtk_widget_get_parent(row)), row);
}

static void add_grant(struct gui_new_vm *vm, const char *subject, guint role)
{
	char *text = g_strdup_printf("%s: %s", subject, roles[role]);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12), *label = gtk_label_new(text),
		  *button = gui_row_button_new("Remove", text), *row = gui_row_new(box, text);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_set_hexpand(label, TRUE);
	gtk_box_append(GTK_BOX(box), label);
	gtk_box_append(GTK_BOX(box), button);
	g_object_set_data_full(G_OBJECT(row), "subject", g_strdup(subject), g_free);
	g_object_set_data(G_OBJECT(row), "role", (gpointer)roles[role]);
	g_signal_connect(button, "clicked", G_CALLBACK(on_remove), row);
	gtk_list_box_append(GTK_LIST_BOX(vm->grants), row);
	g_free(text);
}

static void on_add(GtkButton *button, gpointer opaque)
{
	struct gui_new_vm *vm = opaque;
	char *subject = gui_subject_parse(vm->who);

	gui_form_set_error(vm->who, subject
					? NULL
					: "There is no such user or group here; give a name, or user:NAME or "
					  "group:NAME for one that the service knows.");
	if (!subject)
		return;
	add_grant(vm, subject, gtk_drop_down_get_selected(GTK_DROP_DOWN(vm->role)));
	gtk_editable_set_text(GTK_EDITABLE(vm->who), "");
	gtk_widget_grab_focus(vm->who);
	g_free(subject);
}

GtkWidget *gui_new_vm_make_people(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new(), *button = gui_button_new("_Add"),
		  *nobody = gtk_label_new("Nobody else yet.");

	gui_form_text(
	    form, "You may do everything with this machine. Others may, too, if they are named here, or are "
		  "Bulkhead Administrators.");
	vm->who = gui_form_entry(form, "_User or group:", "", "Searched as you type.");
	gui_subject_complete(vm->who, vm->host);
	gui_form_beside(vm->who, button);
	vm->role = gui_form_choice(form, "_Role:", role_labels, NULL);
	gtk_drop_down_set_selected(GTK_DROP_DOWN(vm->role), 1);
	vm->grants = gtk_list_box_new();
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(vm->grants), GTK_SELECTION_NONE);
	gtk_label_set_xalign(GTK_LABEL(nobody), 0);
	gtk_widget_set_margin_top(nobody, 8);
	gtk_widget_add_css_class(nobody, "hint");
	gui_set_name(vm->grants, "Who may");
	gtk_list_box_set_placeholder(GTK_LIST_BOX(vm->grants), nobody);
	gui_form_widget(form, "_Who may:", vm->grants, NULL);
	gtk_widget_set_hexpand(vm->grants, TRUE);
	g_signal_connect(button, "clicked", G_CALLBACK(on_add), vm);
	return form;
}
