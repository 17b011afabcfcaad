/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "details/details.h"

#include "details/tabs.h"
#include "named.h"
#include "state.h"

#include <string.h>

/* One file each; see tabs.h. */
static const struct gui_tab *const tabs[] = {
	&gui_tab_summary, &gui_tab_memory, &gui_tab_networking, &gui_tab_performance, &gui_tab_events,
};

struct gui_details {
	struct gui_app *app;
	GtkWidget *book;
	GtkWidget *pages[G_N_ELEMENTS(tabs)];
	struct gui_machine *machine;
	GVariant *settings; /* a{sv}; NULL: not known yet */
};

GtkWidget *gui_details_widget(struct gui_details *details)
{
	return details->book;
}

static void show_page(struct gui_details *details, int i)
{
	if (i >= 0 && i < (int)G_N_ELEMENTS(tabs))
		tabs[i]->show(details->pages[i], details->machine, details->settings);
}

/* Only the page that is seen. */
void gui_details_update(struct gui_details *details)
{
	show_page(details, gtk_notebook_get_current_page(GTK_NOTEBOOK(details->book)));
}

struct asking {
	struct gui_details *details;
	GtkWidget *book; /* weak */
	char *path;
};

static void on_settings(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);
	struct asking *asking = opaque;
	struct gui_details *details = asking->details;

	if (asking->book) {
		g_object_remove_weak_pointer(G_OBJECT(asking->book), (gpointer *)&asking->book);
		if (answer && details->machine && strcmp(details->machine->path, asking->path) == 0) {
			g_clear_pointer(&details->settings, g_variant_unref);
			details->settings = g_variant_get_child_value(answer, 0);
			gui_details_update(details);
		}
	}
	g_clear_pointer(&answer, g_variant_unref);
	g_free(asking->path);
	g_free(asking);
}

static void ask_settings(struct gui_details *details)
{
	struct vmc_connection *connection = vmc_host_connection(details->machine->host);
	struct asking *asking;

	if (!connection)
		return;
	asking = g_new0(struct asking, 1);
	*asking = (struct asking){ details, details->book, g_strdup(details->machine->path) };
	g_object_add_weak_pointer(G_OBJECT(details->book), (gpointer *)&asking->book);
	vmc_call_async(connection, details->machine->path, API_VM_INTERFACE, "GetSettings", NULL, on_settings,
		       asking);
}

void gui_details_show(struct gui_details *details, const struct gui_machine *machine)
{
	gboolean is_same = machine && details->machine && details->machine->host == machine->host &&
			   strcmp(details->machine->path, machine->path) == 0;

	if (!is_same) {
		gui_machine_free(details->machine);
		details->machine = machine ? gui_machine_copy(machine) : NULL;
		g_clear_pointer(&details->settings, g_variant_unref);
	}
	gtk_widget_set_sensitive(details->book, machine != NULL);
	if (machine)
		ask_settings(details);
	gui_details_update(details);
}

static void on_page(GtkNotebook *book, GtkWidget *page, guint number, gpointer opaque)
{
	struct gui_details *details = opaque;

	gui_state_set_number(details->app->state, "view", "tab", (int)number);
	show_page(details, (int)number);
}

/* A notebook of GTK 4.8 asks its window when it turns to a page: there must be one. */
static void on_root(GtkWidget *book, GParamSpec *pspec, gpointer opaque)
{
	struct gui_details *details = opaque;

	g_signal_handlers_disconnect_by_func(book, on_root, opaque);
	gtk_notebook_set_current_page(GTK_NOTEBOOK(book),
				      gui_state_number(details->app->state, "view", "tab", 0));
	g_signal_connect(book, "switch-page", G_CALLBACK(on_page), details);
}

struct gui_details *gui_details_new(struct gui_app *app)
{
	struct gui_details *details = g_new0(struct gui_details, 1);

	details->app = app;
	details->book = g_object_ref_sink(gtk_notebook_new());
	gui_set_name(details->book, "Details");
	gtk_notebook_set_scrollable(GTK_NOTEBOOK(details->book), TRUE);
	for (unsigned i = 0; i < G_N_ELEMENTS(tabs); i++) {
		GtkWidget *scrolled = gtk_scrolled_window_new();

		gui_set_name(scrolled, tabs[i]->title);
		details->pages[i] = tabs[i]->make(app);
		gtk_widget_add_css_class(details->pages[i], "page");
		gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), details->pages[i]);
		gtk_notebook_append_page(GTK_NOTEBOOK(details->book), scrolled,
					 gtk_label_new_with_mnemonic(tabs[i]->title));
		gui_tell_hidden(scrolled);
	}
	g_signal_connect(details->book, "notify::root", G_CALLBACK(on_root), details);
	return details;
}

struct gui_details *gui_details_free(struct gui_details *details)
{
	if (!details)
		return NULL;
	g_signal_handlers_disconnect_by_data(details->book, details);
	gui_machine_free(details->machine);
	g_clear_pointer(&details->settings, g_variant_unref);
	g_object_unref(details->book);
	g_free(details);
	return NULL;
}
