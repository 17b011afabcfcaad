/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who was granted what, as a list; who may do what, as a matrix with the reason behind each answer. */
#include "admin/admin.h"

#include "call.h"
#include "client/rights.h"
#include "client/wording.h"
#include "dialog.h"
#include "focus.h"
#include "form.h"
#include "named.h"

#include <string.h>

struct admin {
	struct gui_app *app;
	VmcHost *host;
	GtkWindow *window;
	GtkWidget *grants, *user, *matrix;
	GPtrArray *machines; /* VmcObject, the rows of the matrix after the host's */
	guint generation;    /* of the matrix: answers for an older one are thrown away */
};

static void refresh(struct admin *admin);

/* --- the list ---------------------------------------------------------------------------------------- */

static void on_revoked(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	if (error)
		gui_show_error(window, error->message);
	refresh(opaque);
}

static void on_revoke(GtkButton *button, gpointer opaque)
{
	struct admin *admin = opaque;
	GObject *object = G_OBJECT(button);

	gui_call(GTK_WIDGET(admin->window), admin->host, API_ADMINS_PATH, API_ADMINS_INTERFACE, "Revoke",
		 g_variant_new("(sss@a{sv})", g_object_get_data(object, "subject"),
			       g_object_get_data(object, "role"), g_object_get_data(object, "vm"),
			       vmc_options(FALSE)),
		 on_revoked, admin);
}

static void add_grant(struct admin *admin, const char *subject, const char *role, const char *vm,
		      const char *name)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12), *label, *button;
	char *text =
		 g_strdup_printf("%s: %s %s%s", subject, role, *vm ? "on " : "on this host", *vm ? name : ""),
	     *plain = vmc_plain_text(text);

	label = gtk_label_new(plain);
	button = gui_row_button_new("Revoke", plain);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_set_hexpand(label, TRUE);
	g_object_set_data_full(G_OBJECT(button), "subject", g_strdup(subject), g_free);
	g_object_set_data_full(G_OBJECT(button), "role", g_strdup(role), g_free);
	g_object_set_data_full(G_OBJECT(button), "vm", g_strdup(vm), g_free);
	g_signal_connect(button, "clicked", G_CALLBACK(on_revoke), admin);
	if (strcmp(role, "administrator") == 0)
		gui_set_refused(button, "Bulkhead Administrators are the members of this group: the system's "
					"own tools add and remove them.");
	gtk_box_append(GTK_BOX(box), label);
	gtk_box_append(GTK_BOX(box), button);
	gtk_list_box_append(GTK_LIST_BOX(admin->grants), gui_row_new(box, plain));
	g_free(text);
	g_free(plain);
}

static void on_list(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	const char *subject, *role, *vm, *name;
	struct admin *admin = opaque;
	GVariantIter *iter;
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(admin->grants)))
		gtk_list_box_remove(GTK_LIST_BOX(admin->grants), child);
	if (error) {
		gui_list_say(admin->grants, error->message);
		return;
	}
	g_variant_get(result, "(a(ssss))", &iter);
	while (g_variant_iter_next(iter, "(&s&s&s&s)", &subject, &role, &vm, &name))
		add_grant(admin, subject, role, vm, name);
	g_variant_iter_free(iter);
	if (!gtk_widget_get_first_child(admin->grants))
		gui_list_say(admin->grants, "Nothing is granted to anybody: who made a machine and "
					    "Bulkhead Administrators may use it.");
}

/* --- the matrix -------------------------------------------------------------------------------------- */

struct cell_row {
	struct admin *admin;
	guint generation, row;
	gboolean of_host;
};

static void on_explained(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct cell_row *where = opaque;
	struct admin *admin = where->admin;
	const char *right, *why;
	GVariantIter *iter;
	gboolean may;
	int column = 1;

	if (where->generation != admin->generation) {
		g_free(where);
		return;
	}
	if (error) {
		GtkWidget *label = gtk_label_new(error->message);

		gtk_widget_add_css_class(label, "error");
		gtk_grid_attach(GTK_GRID(admin->matrix), label, 1, (int)where->row, 8, 1);
		g_free(where);
		return;
	}
	g_variant_get(result, "(a(sbs))", &iter);
	while (g_variant_iter_next(iter, "(&sb&s)", &right, &may, &why)) {
		GtkWidget *label = gtk_label_new(may ? "✓ yes" : "– no");
		char *text = g_strdup_printf("%s: %s; %s", vmc_right_text(right), may ? "yes" : "no", why);

		gtk_widget_add_css_class(label, may ? "yes" : "no");
		gtk_widget_set_tooltip_text(label, text);
		gtk_accessible_update_property(GTK_ACCESSIBLE(label), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
					       text, -1);
		gtk_grid_attach(GTK_GRID(admin->matrix), label, column++, (int)where->row, 1, 1);
		g_free(text);
	}
	g_variant_iter_free(iter);
	g_free(where);
}

static void add_header(struct admin *admin, int row, gboolean of_host, const char *title)
{
	GtkWidget *label = gtk_label_new(title);
	int column = 1;

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_add_css_class(label, "heading");
	gtk_grid_attach(GTK_GRID(admin->matrix), label, 0, row, 1, 1);
	for (const char *const *right = vmc_rights(of_host); *right; right++) {
		label = gtk_label_new(*right);
		gtk_widget_add_css_class(label, "heading");
		gtk_widget_set_tooltip_text(label, vmc_right_text(*right));
		gtk_grid_attach(GTK_GRID(admin->matrix), label, column++, row, 1, 1);
	}
}

static void add_row(struct admin *admin, int row, const char *name, const char *vm)
{
	GtkWidget *label = gtk_label_new(name);
	struct cell_row *where = g_new(struct cell_row, 1);
	const char *user = gui_form_value(admin->user);

	*where = (struct cell_row){ admin, admin->generation, (guint)row, !*vm };
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_label_set_max_width_chars(GTK_LABEL(label), 24);
	gtk_grid_attach(GTK_GRID(admin->matrix), label, 0, row, 1, 1);
	gui_call(GTK_WIDGET(admin->window), admin->host, API_ADMINS_PATH, API_ADMINS_INTERFACE, "Explain",
		 g_variant_new("(sss)", user, "", vm), on_explained, where);
}

static void show_matrix(struct admin *admin)
{
	enum { ROWS_MAX = 200 };
	struct vmc_inventory *inventory = vmc_host_inventory(admin->host);
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;
	GtkWidget *child;

	admin->generation++;
	while ((child = gtk_widget_get_first_child(admin->matrix)))
		gtk_grid_remove(GTK_GRID(admin->matrix), child);
	add_header(admin, 0, TRUE, "Host");
	add_row(admin, 1, vmc_host_label(admin->host), "");
	add_header(admin, 2, FALSE, "Virtual machine");
	for (guint i = 0; machines && i < g_list_model_get_n_items(machines) && i < ROWS_MAX; i++) {
		VmcObject *machine = g_list_model_get_item(machines, i);
		char *name = vmc_plain_text(vmc_object_text(machine, "Name"));

		add_row(admin, (int)i + 3, name, vmc_object_text(machine, "Id"));
		g_free(name);
		g_object_unref(machine);
	}
}

/* --- the window -------------------------------------------------------------------------------------- */

static void refresh(struct admin *admin)
{
	gui_call(GTK_WIDGET(admin->window), admin->host, API_ADMINS_PATH, API_ADMINS_INTERFACE, "List", NULL,
		 on_list, admin);
	show_matrix(admin);
}

static void on_grant(GtkButton *button, gpointer opaque)
{
	struct admin *admin = opaque;

	gui_admin_wizard_open(admin->app, GTK_WIDGET(admin->window), admin->host, NULL);
}

static void free_admin(gpointer opaque)
{
	struct admin *admin = opaque;

	g_object_unref(admin->host);
	g_free(admin);
}

static GtkWidget *make_grants(struct admin *admin)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8), *scrolled = gtk_scrolled_window_new(),
		  *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6),
		  *grant = gui_button_new("_Grant a Role…"), *again = gui_button_new("Re_fresh");

	admin->grants = gtk_list_box_new();
	gui_set_name(admin->grants, "Granted roles");
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(admin->grants), GTK_SELECTION_NONE);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), admin->grants);
	gtk_widget_set_vexpand(scrolled, TRUE);
	g_signal_connect(grant, "clicked", G_CALLBACK(on_grant), admin);
	g_signal_connect_swapped(again, "clicked", G_CALLBACK(refresh), admin);
	gtk_box_append(GTK_BOX(bar), grant);
	gtk_box_append(GTK_BOX(bar), again);
	gtk_box_append(GTK_BOX(box), scrolled);
	gtk_box_append(GTK_BOX(box), bar);
	gtk_widget_add_css_class(box, "page");
	return box;
}

static GtkWidget *make_matrix(struct admin *admin)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8), *scrolled = gtk_scrolled_window_new(),
		  *form = gui_form_new();

	admin->user = gui_form_entry(form, "_User:", "",
				     "Empty: you. Enter asks. Each answer tells why, under the pointer.");
	g_signal_connect_swapped(admin->user, "activate", G_CALLBACK(show_matrix), admin);
	admin->matrix = gtk_grid_new();
	gtk_grid_set_column_spacing(GTK_GRID(admin->matrix), 18);
	gtk_grid_set_row_spacing(GTK_GRID(admin->matrix), 4);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), admin->matrix);
	gtk_widget_set_vexpand(scrolled, TRUE);
	gtk_box_append(GTK_BOX(box), form);
	gtk_box_append(GTK_BOX(box), scrolled);
	gtk_widget_add_css_class(box, "page");
	return box;
}

void gui_admin_window_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	struct admin *admin = g_new0(struct admin, 1);
	GtkWidget *book = gtk_notebook_new();

	admin->app = app;
	admin->host = g_object_ref(host);
	gui_set_name(book, "Administrators");
	gtk_notebook_append_page(GTK_NOTEBOOK(book), make_grants(admin),
				 gtk_label_new_with_mnemonic("G_ranted Roles"));
	gtk_notebook_append_page(GTK_NOTEBOOK(book), make_matrix(admin),
				 gtk_label_new_with_mnemonic("_Who May Do What"));
	admin->window = gui_dialog_new(window, "Administrators", book);
	gtk_widget_remove_css_class(book, "dialog-content");
	gui_window_set_apart(admin->window);
	gui_window_set_size(admin->window, 820, 480);
	g_object_set_data_full(G_OBJECT(admin->window), "admin", admin, free_admin);
	refresh(admin);
	gtk_window_present(admin->window);
}
