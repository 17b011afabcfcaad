/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "main_window.h"

#include "actions_pane.h"
#include "checkpoints/checkpoint_list.h"
#include "details/details.h"
#include "dialog.h"
#include "host_actions.h"
#include "host_list.h"
#include "job_bar.h"
#include "machine_list.h"
#include "main_group.h"
#include "main_menus.h"
#include "samples.h"
#include "state.h"
#include "tab_stop.h"
#include "tell.h"
#include "toast.h"
#include "vm_actions.h"

#include <string.h>

enum { SEARCH_CHARS = 24, WIDTH = 1240, HEIGHT = 760 };

struct gui_main {
	struct gui_app *app;
	GtkWidget *window, *hosts, *search, *status, *across, *down, *right;
	VmcHost *host;
	gulong host_changed;
	guint watch;
	GPtrArray *followed; /* VmcObject *: those whose changes are looked at */
	struct gui_machine_list *list;
	struct gui_checkpoint_list *checkpoints;
	struct gui_details *details;
	struct gui_job_bar *jobs;
	struct gui_vm_actions *vm_actions;
	struct gui_host_actions *host_actions;
	struct gui_toast toast;
};

GtkWidget *gui_main_window(struct gui_main *main)
{
	return main->window;
}

VmcHost *gui_main_host(struct gui_main *main)
{
	return main->host;
}

static VmcHost *host_of(gpointer main)
{
	return ((struct gui_main *)main)->host;
}

void gui_main_toast(struct gui_main *main, const char *text, const char *label,
		    void (*fn)(GtkWidget *window, gpointer opaque), gpointer opaque,
		    GDestroyNotify free_opaque)
{
	gui_toast_show(&main->toast, text, label, fn, opaque, free_opaque);
}

void gui_main_select(struct gui_main *main, const char *path)
{
	gui_machine_list_select(main->list, path);
}

void gui_main_search(struct gui_main *main)
{
	gtk_widget_grab_focus(main->search);
}

/* --- the selection ----------------------------------------------------------------------------------- */

GPtrArray *gui_main_targets(gpointer opaque)
{
	struct gui_main *main = opaque;
	GPtrArray *selected = gui_machine_list_selected(main->list),
		  *targets = g_ptr_array_new_with_free_func((GDestroyNotify)gui_machine_free);

	for (guint i = 0; i < selected->len && main->host; i++)
		g_ptr_array_add(targets, gui_machine_new(main->host, vmc_object_path(selected->pdata[i])));
	g_ptr_array_unref(selected);
	return targets;
}

static void update_status(struct gui_main *main)
{
	GPtrArray *selected = gui_machine_list_selected(main->list);
	guint shown = gui_machine_list_shown(main->list);
	const char *problem = main->host ? vmc_host_problem(main->host) : "";
	char *text;

	if (*problem)
		text = g_strdup(problem);
	else if (main->host && vmc_host_link(main->host) == VMC_LINK_CONNECTING)
		text = g_strdup("Connecting…");
	else if (selected->len > 1)
		text = g_strdup_printf("%u of %u virtual machines selected", selected->len, shown);
	else
		text = g_strdup_printf("%u virtual machine%s", shown, shown == 1 ? "" : "s");
	gtk_label_set_text(GTK_LABEL(main->status), text);
	gtk_widget_set_tooltip_text(main->status, text);
	g_ptr_array_unref(selected);
	g_free(text);
}

static void on_rights(gpointer opaque)
{
	struct gui_main *main = opaque;

	gui_vm_actions_update(main->vm_actions);
}

static void on_machine_changed(VmcObject *machine, gpointer opaque)
{
	struct gui_main *main = opaque;
	GPtrArray *targets = gui_main_targets(main);

	gui_vm_actions_update(main->vm_actions);
	if (targets->len == 1) {
		gui_details_show(main->details, targets->pdata[0]);
		gui_checkpoint_list_show(main->checkpoints, targets->pdata[0]);
	}
	g_ptr_array_unref(targets);
}

static void unfollow(struct gui_main *main)
{
	for (guint i = 0; i < main->followed->len; i++)
		g_signal_handlers_disconnect_by_func(main->followed->pdata[i], on_machine_changed, main);
	g_ptr_array_set_size(main->followed, 0);
}

static void on_selection(gpointer opaque)
{
	struct gui_main *main = opaque;
	GPtrArray *selected = gui_machine_list_selected(main->list), *targets = gui_main_targets(main);

	unfollow(main);
	for (guint i = 0; i < selected->len; i++) {
		g_signal_connect(selected->pdata[i], "changed", G_CALLBACK(on_machine_changed), main);
		g_ptr_array_add(main->followed, g_object_ref(selected->pdata[i]));
		if (i < 16)
			gui_rights_ask(G_OBJECT(main->window), main->host,
				       vmc_object_path(selected->pdata[i]), on_rights, main);
	}
	gui_details_show(main->details, targets->len == 1 ? targets->pdata[0] : NULL);
	gui_checkpoint_list_show(main->checkpoints, targets->len == 1 ? targets->pdata[0] : NULL);
	if (main->host)
		gui_samples_prefer(
		    main->host, targets->len == 1 ? ((struct gui_machine *)targets->pdata[0])->path : NULL);
	gui_vm_actions_update(main->vm_actions);
	update_status(main);
	g_ptr_array_unref(selected);
	g_ptr_array_unref(targets);
}

static void on_open(gpointer opaque)
{
	struct gui_main *main = opaque;

	gtk_widget_activate_action(main->window, "vm.connect", NULL);
}

static void on_group(const char *group, gpointer opaque)
{
	struct gui_main *main = opaque;

	gui_machine_list_show_group(main->list, group);
	gui_state_set_text(main->app->state, "view", "group", group);
	update_status(main);
}

void gui_main_ask_group(struct gui_main *main)
{
	GPtrArray *selected = gui_machine_list_selected(main->list), *ids = g_ptr_array_new();

	for (guint i = 0; i < selected->len; i++)
		g_ptr_array_add(ids, g_strdup(vmc_object_text(selected->pdata[i], "Id")));
	g_ptr_array_add(ids, NULL);
	gui_group_ask(main->app, main->window, (char **)g_ptr_array_free(ids, FALSE), on_group, main);
	g_ptr_array_unref(selected);
}

static void on_menu(double x, double y, gpointer opaque)
{
	struct gui_main *main = opaque;

	gui_main_menus_popup(gui_machine_list_widget(main->list), x, y, main->app->state);
}

/* --- the host ---------------------------------------------------------------------------------------- */

static void on_tick(gpointer opaque)
{
	struct gui_main *main = opaque;

	gui_details_update(main->details);
}

static void show_host(struct gui_main *main)
{
	gui_machine_list_set_host(main->list, main->host);
	gui_job_bar_set_host(main->jobs, main->host);
	gui_host_actions_update(main->host_actions);
	on_selection(main);
}

static void on_host_changed(VmcHost *host, gpointer opaque)
{
	if (vmc_host_link(host) == VMC_LINK_CONNECTED)
		gui_tell_after("usable");
	show_host(opaque);
	gui_machine_list_select_any(((struct gui_main *)opaque)->list);
}

static void set_host(VmcHost *host, gpointer opaque)
{
	struct gui_main *main = opaque;

	if (main->host == host)
		return;
	if (main->host) {
		g_clear_signal_handler(&main->host_changed, main->host);
		gui_samples_unwatch(main->host, main->watch);
	}
	g_set_object(&main->host, host);
	if (host) {
		main->host_changed = g_signal_connect(host, "changed", G_CALLBACK(on_host_changed), main);
		main->watch = gui_samples_watch(host, on_tick, main);
	}
	show_host(main);
	gui_machine_list_select_any(main->list);
}

/* --- making ------------------------------------------------------------------------------------------ */

static void on_search(GtkSearchEntry *entry, gpointer opaque)
{
	struct gui_main *main = opaque;

	gui_machine_list_filter(main->list, gtk_editable_get_text(GTK_EDITABLE(entry)));
	gui_machine_list_select_any(main->list);
	update_status(main);
}

static GtkWidget *titled(const char *title, GtkWidget *child)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *label = gtk_label_new(title);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_add_css_class(label, "pane-title");
	gtk_box_append(GTK_BOX(box), label);
	gtk_box_append(GTK_BOX(box), child);
	gtk_widget_set_vexpand(child, TRUE);
	return box;
}

static GtkWidget *make_toolbar(struct gui_main *main)
{
	static const char *const names[] = { "connect", "settings", "start",	  "shut-down", "turn-off",
					     "pause",	"reset",    "checkpoint", NULL };
	GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 2);

	gtk_widget_add_css_class(bar, "toolbar");
	for (unsigned i = 0; names[i]; i++)
		gtk_box_append(GTK_BOX(bar), gui_vm_actions_button(main->vm_actions, names[i], FALSE));
	main->search = gtk_search_entry_new();
	g_object_set(main->search, "placeholder-text", "Search virtual machines", NULL);
	gtk_accessible_update_property(GTK_ACCESSIBLE(main->search), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Search virtual machines", -1);
	gtk_widget_set_hexpand(main->search, TRUE);
	gtk_widget_set_halign(main->search, GTK_ALIGN_END);
	gtk_editable_set_width_chars(GTK_EDITABLE(main->search), SEARCH_CHARS);
	g_signal_connect(main->search, "search-changed", G_CALLBACK(on_search), main);
	gtk_box_append(GTK_BOX(bar), main->search);
	return bar;
}

static GtkWidget *make_middle(struct gui_main *main)
{
	GtkWidget *lower = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
		  *checkpoints = gui_checkpoint_list_widget(main->checkpoints);

	main->down = gtk_paned_new(GTK_ORIENTATION_VERTICAL);
	gtk_paned_set_start_child(
	    GTK_PANED(main->down),
	    titled("Virtual Machines", gui_tab_stop_new(gui_machine_list_widget(main->list))));
	gtk_box_append(GTK_BOX(lower), titled("Checkpoints", checkpoints));
	gtk_widget_set_vexpand(checkpoints, FALSE);
	gtk_box_append(GTK_BOX(lower), gui_details_widget(main->details));
	gtk_widget_set_vexpand(gui_details_widget(main->details), TRUE);
	gtk_paned_set_end_child(GTK_PANED(main->down), lower);
	gtk_paned_set_shrink_start_child(GTK_PANED(main->down), FALSE);
	gtk_paned_set_shrink_end_child(GTK_PANED(main->down), FALSE);
	gtk_paned_set_position(GTK_PANED(main->down),
			       gui_state_number(main->app->state, "window", "down", 300));
	return main->down;
}

static GtkWidget *make_panes(struct gui_main *main)
{
	GtkWidget *actions = gui_actions_pane_new(main->host_actions, main->vm_actions);
	GtkWidget *scrolled = gtk_scrolled_window_new();

	main->hosts = gui_host_list_new(main->app, set_host, main);
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), actions);
	main->right = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);
	gtk_paned_set_start_child(GTK_PANED(main->right), make_middle(main));
	gtk_paned_set_end_child(GTK_PANED(main->right), titled("Actions", scrolled));
	gtk_paned_set_resize_end_child(GTK_PANED(main->right), FALSE);
	gtk_paned_set_shrink_end_child(GTK_PANED(main->right), FALSE);
	gtk_paned_set_shrink_start_child(GTK_PANED(main->right), FALSE);
	main->across = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);
	gtk_paned_set_start_child(GTK_PANED(main->across), titled("Hosts", main->hosts));
	gtk_paned_set_end_child(GTK_PANED(main->across), main->right);
	gtk_paned_set_resize_start_child(GTK_PANED(main->across), FALSE);
	gtk_paned_set_position(GTK_PANED(main->across),
			       (int)(gui_state_number(main->app->state, "window", "across", 180) *
				     gui_text_scale(main->window)));
	gtk_widget_set_vexpand(main->across, TRUE);
	return main->across;
}

static void fill_window(struct gui_main *main)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *overlay = gtk_overlay_new(),
		  *footer = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
	GMenuModel *columns = gui_machine_list_column_menu(main->list);
	GtkWidget *menu_bar = gui_main_menus_new(main->app, main->window, columns);

	/* The menu for columns acts on the list, wherever it is opened. */
	gtk_widget_insert_action_group(main->window, "columns", gui_machine_list_column_actions(main->list));
	g_object_unref(columns);
	main->status = gtk_label_new(NULL);
	gtk_label_set_xalign(GTK_LABEL(main->status), 0);
	gtk_label_set_ellipsize(GTK_LABEL(main->status), PANGO_ELLIPSIZE_END);
	gtk_widget_set_hexpand(main->status, TRUE);
	gtk_widget_add_css_class(footer, "footer");
	gtk_box_append(GTK_BOX(footer), main->status);
	gtk_box_append(GTK_BOX(box), menu_bar);
	gtk_box_append(GTK_BOX(box), make_toolbar(main));
	gtk_box_append(GTK_BOX(box), make_panes(main));
	gtk_box_append(GTK_BOX(box), gui_job_bar_widget(main->jobs));
	gtk_box_append(GTK_BOX(box), footer);
	gtk_overlay_set_child(GTK_OVERLAY(overlay), box);
	gui_toast_init(&main->toast, overlay);
	gtk_window_set_child(GTK_WINDOW(main->window), overlay);
}

static gboolean on_close(GtkWindow *window, gpointer opaque)
{
	struct gui_main *main = opaque;
	struct gui_state *state = main->app->state;
	double scale = gui_text_scale(main->window); /* it suits another size of text, too */
	int width, height;

	gtk_window_get_default_size(window, &width, &height);
	gui_state_set_number(state, "window", "width", width);
	gui_state_set_number(state, "window", "height", height);
	gui_state_set_number(state, "window", "maximized", gtk_window_is_maximized(window));
	gui_state_set_number(state, "window", "across",
			     (int)(gtk_paned_get_position(GTK_PANED(main->across)) / scale + 0.5));
	gui_state_set_number(state, "window", "down", gtk_paned_get_position(GTK_PANED(main->down)));
	main->app->main = gui_main_free(main);
	return FALSE;
}

struct gui_main *gui_main_new(struct gui_app *app)
{
	static const struct gui_machine_list_events events = { on_selection, on_open, on_menu };
	struct gui_main *main = g_new0(struct gui_main, 1);
	VmcHost *first = g_list_model_get_item(G_LIST_MODEL(app->hosts), 0);
	int width, height;

	main->app = app;
	main->window = gtk_application_window_new(app->gtk);
	main->followed = g_ptr_array_new_with_free_func(g_object_unref);
	main->vm_actions = gui_vm_actions_new(app, main->window, "vm", gui_main_targets, main);
	main->host_actions = gui_host_actions_new(app, main->window, host_of, main);
	main->list = gui_machine_list_new(app, &events, main);
	main->checkpoints = gui_checkpoint_list_new(app, main->window);
	main->details = gui_details_new(app);
	main->jobs = gui_job_bar_new(app);
	gtk_window_set_title(GTK_WINDOW(main->window), "Bulkhead Manager");
	gtk_window_set_icon_name(GTK_WINDOW(main->window), GUI_APP_ID);
	gui_window_set_size(GTK_WINDOW(main->window), WIDTH, HEIGHT);
	gtk_window_get_default_size(GTK_WINDOW(main->window), &width, &height);
	gtk_window_set_default_size(GTK_WINDOW(main->window),
				    gui_state_number(app->state, "window", "width", width),
				    gui_state_number(app->state, "window", "height", height));
	if (gui_state_number(app->state, "window", "maximized", 0))
		gtk_window_maximize(GTK_WINDOW(main->window));
	gui_tell_frames(main->window, "main");
	fill_window(main);
	g_signal_connect(main->window, "close-request", G_CALLBACK(on_close), main);
	gui_host_list_select(main->hosts, first);
	g_object_unref(first);
	gtk_widget_grab_focus(
	    gtk_scrolled_window_get_child(GTK_SCROLLED_WINDOW(gui_machine_list_widget(main->list))));
	return main;
}

/* The window is about to go. */
struct gui_main *gui_main_free(struct gui_main *main)
{
	unfollow(main);
	gui_toast_deinit(&main->toast);
	g_signal_handlers_disconnect_by_data(main->search, main);
	if (main->host) {
		g_clear_signal_handler(&main->host_changed, main->host);
		gui_samples_unwatch(main->host, main->watch);
	}
	gui_job_bar_free(main->jobs);
	gui_machine_list_free(main->list);
	gui_checkpoint_list_free(main->checkpoints);
	gui_details_free(main->details);
	gtk_widget_insert_action_group(main->window, "vm", NULL);
	gtk_widget_insert_action_group(main->window, "host", NULL);
	gtk_widget_insert_action_group(main->window, "columns", NULL);
	gui_vm_actions_free(main->vm_actions);
	gui_host_actions_free(main->host_actions);
	g_clear_object(&main->host);
	g_ptr_array_unref(main->followed);
	g_free(main);
	return NULL;
}
