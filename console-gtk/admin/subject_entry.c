/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admin/subject_entry.h"

#include "client/account_search.h"
#include "client/wording.h"
#include "named.h"

#include <string.h>

struct subject_entry {
	GtkWidget *entry, *popover, *list;
	VmcHost *host;
	struct vmc_account_search *search; /* NULL: nothing was asked yet on this connection */
	GVariant *found;		   /* a(ss), of `answered`; NULL: nothing */
	char *answered;			   /* what was asked for; NULL: there is no answer */
	gboolean is_choosing;
};

static struct subject_entry *of(GtkWidget *entry)
{
	return g_object_get_data(G_OBJECT(entry), "subject-entry");
}

char *gui_subject_parse(GtkWidget *entry)
{
	const char *text = gtk_editable_get_text(GTK_EDITABLE(entry)), *subject, *name;
	struct subject_entry *subjects = of(entry);
	GVariantIter iter;

	if ((g_str_has_prefix(text, "user:") || g_str_has_prefix(text, "group:")) && strchr(text, ':')[1])
		return g_strdup(text);
	if (!*text)
		return NULL;
	/* The service did not tell (yet): whether there is such a user, it says when it is given the name. */
	if (g_strcmp0(subjects->answered, text) != 0)
		return g_strdup_printf("user:%s", text);
	if (!subjects->found)
		return NULL;
	/* A user and a group can have the same name: then it is the user. */
	for (int pass = 0; pass < 2; pass++) {
		g_variant_iter_init(&iter, subjects->found);
		while (g_variant_iter_next(&iter, "(&s&s)", &subject, &name))
			if (strchr(subject, ':') && strcmp(strchr(subject, ':') + 1, text) == 0 &&
			    (pass == 1 || g_str_has_prefix(subject, "user:")))
				return g_strdup(subject);
	}
	return NULL;
}

/* --- the list ---------------------------------------------------------------------------------------- */

static void choose(struct subject_entry *subjects, GtkListBoxRow *row)
{
	subjects->is_choosing = TRUE; /* it need not be searched for */
	gtk_editable_set_text(GTK_EDITABLE(subjects->entry), g_object_get_data(G_OBJECT(row), "subject"));
	gtk_editable_set_position(GTK_EDITABLE(subjects->entry), -1);
	subjects->is_choosing = FALSE;
	gtk_popover_popdown(GTK_POPOVER(subjects->popover));
}

static void on_row(GtkListBox *list, GtkListBoxRow *row, gpointer subjects)
{
	choose(subjects, row);
}

static void add_row(struct subject_entry *subjects, const char *subject, const char *full_name)
{
	GtkWidget *row, *label;
	const char *colon = strchr(subject, ':');
	char *text = g_strdup_printf("%s  (%.*s%s%s)", colon ? colon + 1 : subject,
				     (int)(colon ? colon - subject : 0), subject, *full_name ? ", " : "",
				     full_name),
	     *plain = vmc_plain_text(text);

	label = gtk_label_new(plain);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	row = gui_row_new(label, plain);
	gtk_widget_set_focusable(row, FALSE); /* the keyboard stays in the entry */
	g_object_set_data_full(G_OBJECT(row), "subject", g_strdup(subject), g_free);
	gtk_list_box_append(GTK_LIST_BOX(subjects->list), row);
	g_free(text);
	g_free(plain);
}

static void on_found(const char *text, GVariant *found, const GError *error, gpointer opaque)
{
	struct subject_entry *subjects = opaque;
	const char *subject, *full_name;
	GVariantIter iter;
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(subjects->list)))
		gtk_list_box_remove(GTK_LIST_BOX(subjects->list), child);
	g_clear_pointer(&subjects->found, g_variant_unref);
	g_free(subjects->answered);
	subjects->answered = found ? g_strdup(text) : NULL;
	if (!found || g_variant_n_children(found) == 0) {
		gtk_popover_popdown(GTK_POPOVER(subjects->popover));
		return;
	}
	subjects->found = g_variant_ref(found);
	g_variant_iter_init(&iter, found);
	while (g_variant_iter_next(&iter, "(&s&s)", &subject, &full_name))
		add_row(subjects, subject, full_name);
	if (gtk_widget_get_mapped(subjects->entry) && gtk_widget_is_sensitive(subjects->entry))
		gtk_popover_popup(GTK_POPOVER(subjects->popover));
}

static void on_typed(GtkEditable *entry, gpointer opaque)
{
	struct subject_entry *subjects = opaque;
	struct vmc_connection *connection = vmc_host_connection(subjects->host);
	const char *text = gtk_editable_get_text(entry), *colon = strchr(text, ':');

	if (subjects->is_choosing || !connection)
		return;
	if (!subjects->search)
		subjects->search = vmc_account_search_new(connection, on_found, subjects);
	vmc_account_search_set_text(subjects->search, colon ? colon + 1 : text);
}

/* Down and Up go through the list, Enter takes the one that is marked, Escape closes it. */
static gboolean on_key(GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state,
		       gpointer opaque)
{
	struct subject_entry *subjects = opaque;
	GtkListBox *list = GTK_LIST_BOX(subjects->list);
	GtkListBoxRow *row = gtk_list_box_get_selected_row(list);
	int at = row ? gtk_list_box_row_get_index(row) : -1;

	if (!gtk_widget_get_visible(subjects->popover))
		return FALSE;
	if (key == GDK_KEY_Down || key == GDK_KEY_Up) {
		row = gtk_list_box_get_row_at_index(list, key == GDK_KEY_Down ? at + 1 : MAX(at - 1, 0));
		if (row)
			gtk_list_box_select_row(list, row);
		return TRUE;
	}
	if (key == GDK_KEY_Escape) {
		gtk_popover_popdown(GTK_POPOVER(subjects->popover));
		return TRUE;
	}
	if ((key == GDK_KEY_Return || key == GDK_KEY_KP_Enter) && row) {
		choose(subjects, row);
		return TRUE;
	}
	return FALSE;
}

/* --- making ------------------------------------------------------------------------------------------ */

static void on_host(VmcHost *host, gpointer entry)
{
	struct subject_entry *subjects = of(entry);

	subjects->search = vmc_account_search_free(subjects->search);
}

static void on_destroy(GtkWidget *entry, gpointer opaque)
{
	struct subject_entry *subjects = opaque;

	subjects->search = vmc_account_search_free(subjects->search);
	gtk_widget_unparent(subjects->popover);
}

static void free_subjects(gpointer opaque)
{
	struct subject_entry *subjects = opaque;

	g_clear_pointer(&subjects->found, g_variant_unref);
	g_object_unref(subjects->host);
	g_free(subjects->answered);
	g_free(subjects);
}

void gui_subject_complete(GtkWidget *entry, VmcHost *host)
{
	struct subject_entry *subjects = g_new0(struct subject_entry, 1);
	GtkEventController *keys = gtk_event_controller_key_new();

	subjects->entry = entry;
	subjects->host = g_object_ref(host);
	subjects->popover = gtk_popover_new();
	subjects->list = gtk_list_box_new();
	gtk_accessible_update_property(GTK_ACCESSIBLE(subjects->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Users and groups", -1);
	/* It opens under what is typed, and leaves the keyboard there. */
	gtk_popover_set_autohide(GTK_POPOVER(subjects->popover), FALSE);
	gtk_popover_set_has_arrow(GTK_POPOVER(subjects->popover), FALSE);
	gtk_popover_set_position(GTK_POPOVER(subjects->popover), GTK_POS_BOTTOM);
	gtk_popover_set_child(GTK_POPOVER(subjects->popover), subjects->list);
	gtk_widget_set_can_focus(subjects->popover, FALSE);
	gtk_widget_set_parent(subjects->popover, entry);
	g_object_set_data_full(G_OBJECT(entry), "subject-entry", subjects, free_subjects);
	gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
	gtk_widget_add_controller(entry, keys);
	g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), subjects);
	g_signal_connect(entry, "changed", G_CALLBACK(on_typed), subjects);
	g_signal_connect(subjects->list, "row-activated", G_CALLBACK(on_row), subjects);
	g_signal_connect(entry, "destroy", G_CALLBACK(on_destroy), subjects);
	g_signal_connect_object(host, "changed", G_CALLBACK(on_host), entry, 0);
}
