/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups in the main window: which one is shown, and what the selected machines belong to. */
#include "main_group.h"

#include "dialog.h"
#include "form.h"
#include "groups.h"
#include "state.h"
#include "named.h"

#include <string.h>

struct asking {
	struct gui_app *app;
	GtkWindow *window;
	GtkWidget *name, *shown;
	char **groups, **ids;
	void (*on_chosen)(const char *group, gpointer opaque);
	gpointer opaque;
};

static void finish(struct asking *asking)
{
	guint i = gtk_drop_down_get_selected(GTK_DROP_DOWN(asking->shown));

	asking->on_chosen(i == 0 ? "" : asking->groups[i - 1], asking->opaque);
	gtk_window_destroy(asking->window);
}

static void put(struct asking *asking, gboolean is_member)
{
	const char *name = gui_form_value(asking->name);

	gui_form_set_error(asking->name, *name ? NULL : "A name is missing; give the group one.");
	if (!*name)
		return;
	for (char **id = asking->ids; *id; id++)
		gui_groups_set(asking->app->state, name, *id, is_member);
	finish(asking);
}

static void on_add(GtkButton *button, gpointer opaque)
{
	put(opaque, TRUE);
}

static void on_take_out(GtkButton *button, gpointer opaque)
{
	put(opaque, FALSE);
}

static void free_asking(gpointer opaque)
{
	struct asking *asking = opaque;

	g_strfreev(asking->groups);
	g_strfreev(asking->ids);
	g_free(asking);
}

static GtkWidget *make_choice(GtkWidget *form, char **groups)
{
	GStrvBuilder *builder = g_strv_builder_new();
	GtkWidget *drop;
	char **words;

	g_strv_builder_add(builder, "All virtual machines");
	g_strv_builder_addv(builder, (const char **)groups);
	words = g_strv_builder_end(builder);
	drop = gui_form_choice(form, "_Show:", (const char *const *)words, NULL);
	g_strv_builder_unref(builder);
	g_strfreev(words);
	return drop;
}

void gui_group_ask(struct gui_app *app, GtkWidget *window, char **ids,
		   void (*on_chosen)(const char *group, gpointer opaque), gpointer opaque)
{
	struct asking *asking = g_new0(struct asking, 1);
	GtkWidget *form = gui_form_new(), *add = gui_button_new("_Add Selected"),
		  *take_out = gui_button_new("_Take Selected Out"), *show = gui_button_new("S_how Group"),
		  *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

	*asking = (struct asking){ .app = app, .ids = ids, .on_chosen = on_chosen, .opaque = opaque };
	asking->groups = gui_groups_list(app->state);
	gui_form_text(form, "Groups are yours alone: they sort this list, and change nothing on the host.");
	asking->shown = make_choice(form, asking->groups);
	asking->name = gui_form_entry(form, "_Group:", asking->groups[0] ? asking->groups[0] : "", NULL);
	g_signal_connect(add, "clicked", G_CALLBACK(on_add), asking);
	g_signal_connect(take_out, "clicked", G_CALLBACK(on_take_out), asking);
	g_signal_connect_swapped(show, "clicked", G_CALLBACK(finish), asking);
	gtk_widget_set_sensitive(add, ids[0] != NULL);
	gtk_widget_set_sensitive(take_out, ids[0] != NULL);
	gtk_box_append(GTK_BOX(bar), add);
	gtk_box_append(GTK_BOX(bar), take_out);
	gtk_box_append(GTK_BOX(bar), show);
	gui_form_widget(form, NULL, bar, NULL);
	asking->window = gui_dialog_new(window, "Groups", form);
	gtk_window_set_default_widget(asking->window, show);
	g_object_set_data_full(G_OBJECT(asking->window), "asking", asking, free_asking);
	gtk_window_present(asking->window);
}
