/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admin/subject_entry.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

enum { SHOWN_MAX = 8, LISTED_MAX = 20000, SYSTEM_ID_MAX = 1000, NOBODY = 65534 };

/* "user:alice", "group:lab": read once, in a thread, since directories can be slow. */
static char **subjects;

static void add(GPtrArray *list, const char *kind, const char *name, unsigned id)
{
	if ((id == 0 || (id >= SYSTEM_ID_MAX && id != NOBODY)) && list->len < LISTED_MAX)
		g_ptr_array_add(list, g_strdup_printf("%s:%s", kind, name));
}

static void read_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
	GPtrArray *list = g_ptr_array_new();
	const struct passwd *user;
	const struct group *group;

	setpwent();
	while ((user = getpwent()))
		add(list, "user", user->pw_name, user->pw_uid);
	endpwent();
	setgrent();
	while ((group = getgrent()))
		add(list, "group", group->gr_name,
		    strcmp(group->gr_name, "bulkhead-admins") == 0 ? SYSTEM_ID_MAX : group->gr_gid);
	endgrent();
	g_ptr_array_add(list, NULL);
	g_task_return_pointer(task, g_ptr_array_free(list, FALSE), (GDestroyNotify)g_strfreev);
}

static void on_read(GObject *source, GAsyncResult *result, gpointer opaque)
{
	char **list = g_task_propagate_pointer(G_TASK(result), NULL);

	g_strfreev(subjects);
	subjects = list;
}

char *gui_subject_parse(const char *text)
{
	if ((g_str_has_prefix(text, "user:") || g_str_has_prefix(text, "group:")) && strchr(text, ':')[1])
		return g_strdup(text);
	if (!*text)
		return NULL;
	for (char **subject = subjects; subject && *subject; subject++)
		if (strcmp(strchr(*subject, ':') + 1, text) == 0)
			return g_strdup(*subject);
	return NULL;
}

/* --- the list
 * ------------------------------------------------------------------------------------------------------------
 */

static void on_chosen(GtkListBox *list, GtkListBoxRow *row, gpointer entry)
{
	GtkWidget *popover = g_object_get_data(entry, "popover");

	gtk_editable_set_text(GTK_EDITABLE(entry),
			      gtk_label_get_text(GTK_LABEL(gtk_list_box_row_get_child(row))));
	gtk_editable_set_position(GTK_EDITABLE(entry), -1);
	gtk_popover_popdown(GTK_POPOVER(popover));
}

static gboolean matches(const char *subject, const char *text)
{
	return g_str_has_prefix(subject, text) || g_str_has_prefix(strchr(subject, ':') + 1, text);
}

static void on_typed(GtkEditable *entry, gpointer list)
{
	GtkWidget *popover = g_object_get_data(G_OBJECT(entry), "popover"), *child;
	const char *text = gtk_editable_get_text(entry);
	unsigned shown = 0;
	gboolean is_exact = FALSE;

	while ((child = gtk_widget_get_first_child(list)))
		gtk_list_box_remove(GTK_LIST_BOX(list), child);
	for (char **subject = subjects; *text && subject && *subject && shown < SHOWN_MAX; subject++) {
		GtkWidget *label;

		if (!matches(*subject, text))
			continue;
		is_exact |= strcmp(*subject, text) == 0;
		label = gtk_label_new(*subject);
		gtk_label_set_xalign(GTK_LABEL(label), 0);
		gtk_list_box_append(GTK_LIST_BOX(list), label);
		shown++;
	}
	if (shown && !is_exact && gtk_widget_get_mapped(GTK_WIDGET(entry)))
		gtk_popover_popup(GTK_POPOVER(popover));
	else
		gtk_popover_popdown(GTK_POPOVER(popover));
}

static void on_destroy(GtkWidget *entry, gpointer popover)
{
	gtk_widget_unparent(popover);
}

void gui_subject_complete(GtkWidget *entry)
{
	GtkWidget *popover = gtk_popover_new(), *list = gtk_list_box_new();
	GTask *task;

	if (!subjects) {
		task = g_task_new(NULL, NULL, on_read, NULL);
		g_task_run_in_thread(task, read_in_thread);
		g_object_unref(task);
	}
	/* It opens under what is typed, and leaves the keyboard there. */
	gtk_popover_set_autohide(GTK_POPOVER(popover), FALSE);
	gtk_popover_set_has_arrow(GTK_POPOVER(popover), FALSE);
	gtk_popover_set_position(GTK_POPOVER(popover), GTK_POS_BOTTOM);
	gtk_popover_set_child(GTK_POPOVER(popover), list);
	gtk_widget_set_parent(popover, entry);
	g_object_set_data(G_OBJECT(entry), "popover", popover);
	g_signal_connect(entry, "changed", G_CALLBACK(on_typed), list);
	g_signal_connect(list, "row-activated", G_CALLBACK(on_chosen), entry);
	g_signal_connect(entry, "destroy", G_CALLBACK(on_destroy), popover);
}
