/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine_list.h"

#include "gradual.h"
#include "groups.h"
#include "machine_columns.h"
#include "machine_list_cells.h"
#include "samples.h"
#include "state.h"
#include "tell.h"

#include <string.h>

enum { COLUMNS_MAX = 16 };

enum { STEADY_US = 100000 };

struct gui_machine_list {
	struct gui_app *app;
	struct gui_machine_list_events events;
	gpointer opaque;
	VmcHost *host;
	GtkWidget *scrolled, *view;
	gint64 scrolled_us;
	guint steady;
	GtkFilterListModel *filtered;
	GtkCustomFilter *filter;
	GtkSortListModel *sorted;
	GtkSliceListModel *first; /* of the sorted ones: at first some, soon all */
	GtkMultiSelection *selection;
	GtkColumnViewColumn *columns[COLUMNS_MAX];
	struct gui_cells *cells;
	GSimpleActionGroup *actions;
	char **words;
	char *group;
	guint watch, sort_idle;
};

GtkWidget *gui_machine_list_widget(struct gui_machine_list *list)
{
	return list->scrolled;
}

/* --- which -------------------------------------------------------------------------------------------- */

static gboolean has_word(struct gui_machine_list *list, VmcObject *machine, const char *word)
{
	static const char *const where[] = { "name", "state", "status", "address", "notes" };
	gboolean has = FALSE;

	for (unsigned i = 0; i < gui_columns_count && !has; i++) {
		char *text, *folded;

		if (!g_strv_contains(
			((const char *const[]){ where[0], where[1], where[2], where[3], where[4], NULL }),
			gui_columns[i].id))
			continue;
		text = gui_columns[i].text(list->host, machine);
		folded = g_utf8_casefold(text, -1);
		has = strstr(folded, word) != NULL;
		g_free(folded);
		g_free(text);
	}
	return has;
}

static gboolean matches(gpointer item, gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	if (!list->host)
		return FALSE;
	if (list->group && !gui_groups_has(list->app->state, list->group, vmc_object_text(item, "Id")))
		return FALSE;
	for (char **word = list->words; word && *word; word++)
		if (**word && !has_word(list, item, *word))
			return FALSE;
	return TRUE;
}

void gui_machine_list_filter(struct gui_machine_list *list, const char *words)
{
	char *folded = g_utf8_casefold(words, -1);

	g_strfreev(list->words);
	list->words = g_strsplit(folded, " ", -1);
	g_free(folded);
	gtk_filter_changed(GTK_FILTER(list->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

void gui_machine_list_show_group(struct gui_machine_list *list, const char *group)
{
	g_free(list->group);
	list->group = group && *group ? g_strdup(group) : NULL;
	gtk_filter_changed(GTK_FILTER(list->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

/* --- selection --------------------------------------------------------------------------------------- */

GPtrArray *gui_machine_list_selected(struct gui_machine_list *list)
{
	GtkBitset *set = gtk_selection_model_get_selection(GTK_SELECTION_MODEL(list->selection));
	GPtrArray *machines = g_ptr_array_new_with_free_func(g_object_unref);

	for (guint64 i = 0; i < gtk_bitset_get_size(set); i++) {
		gpointer item =
		    g_list_model_get_item(G_LIST_MODEL(list->selection), gtk_bitset_get_nth(set, (guint)i));

		if (item)
			g_ptr_array_add(machines, item);
	}
	gtk_bitset_unref(set);
	return machines;
}

void gui_machine_list_select(struct gui_machine_list *list, const char *path)
{
	GListModel *model = G_LIST_MODEL(list->selection);

	gui_gradual_finish(list->first);
	for (guint i = 0; i < g_list_model_get_n_items(model); i++) {
		VmcObject *machine = g_list_model_get_item(model, i);
		gboolean is_it = strcmp(vmc_object_path(machine), path) == 0;

		g_object_unref(machine);
		if (!is_it)
			continue;
		gtk_selection_model_select_item(GTK_SELECTION_MODEL(list->selection), i, TRUE);
		gtk_widget_activate_action(list->view, "list.scroll-to-item", "u", i);
		return;
	}
}

void gui_machine_list_select_any(struct gui_machine_list *list)
{
	GtkBitset *set = gtk_selection_model_get_selection(GTK_SELECTION_MODEL(list->selection));

	if (gtk_bitset_is_empty(set) && gui_machine_list_shown(list) > 0)
		gtk_selection_model_select_item(GTK_SELECTION_MODEL(list->selection), 0, TRUE);
	gtk_bitset_unref(set);
}

guint gui_machine_list_shown(struct gui_machine_list *list)
{
	return g_list_model_get_n_items(G_LIST_MODEL(list->sorted));
}

static void on_selection(GtkSelectionModel *model, guint position, guint count, gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	list->events.on_selection(list->opaque);
}

static void on_activate(GtkColumnView *view, guint position, gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	gtk_selection_model_select_item(GTK_SELECTION_MODEL(list->selection), position, TRUE);
	list->events.on_open(list->opaque);
}

/* The row under the pointer is selected first, unless it is one of several that are. */
static void on_menu(double x, double y, gpointer item, gpointer opaque)
{
	struct gui_machine_list *list = opaque;
	GListModel *model = G_LIST_MODEL(list->selection);

	for (guint i = 0; item && i < g_list_model_get_n_items(model); i++) {
		gpointer other = g_list_model_get_item(model, i);

		g_object_unref(other);
		if (other != item)
			continue;
		if (!gtk_selection_model_is_selected(GTK_SELECTION_MODEL(list->selection), i))
			gtk_selection_model_select_item(GTK_SELECTION_MODEL(list->selection), i, TRUE);
		break;
	}
	list->events.on_menu(x, y, list->opaque);
}

/* --- columns ------------------------------------------------------------------------------------------ */

struct order {
	struct gui_machine_list *list;
	const struct gui_column *column;
};

static int compare(gconstpointer a, gconstpointer b, gpointer opaque)
{
	const struct order *order = opaque;

	return order->list->host
		   ? gui_column_compare(order->column, order->list->host, (VmcObject *)a, (VmcObject *)b)
		   : 0;
}

/* Hidden columns have none: GTK before 4.10 counts theirs, too, when it distributes what is left. */
static void set_width(struct gui_machine_list *list, unsigned i, gboolean is_shown)
{
	PangoContext *context = gtk_widget_get_pango_context(list->view);
	PangoFontMetrics *metrics = pango_context_get_metrics(context, NULL, NULL);
	int width =
	    gui_columns[i].width * pango_font_metrics_get_approximate_char_width(metrics) / PANGO_SCALE;

	gtk_column_view_column_set_fixed_width(list->columns[i], is_shown && width ? width : -1);
	pango_font_metrics_unref(metrics);
}

static void on_column_toggled(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_machine_list *list = opaque;
	GVariant *state = g_action_get_state(G_ACTION(action));
	gboolean is_shown = !g_variant_get_boolean(state);

	g_variant_unref(state);
	g_simple_action_set_state(action, g_variant_new_boolean(is_shown));
	for (unsigned i = 0; i < gui_columns_count; i++)
		if (strcmp(gui_columns[i].id, g_action_get_name(G_ACTION(action))) == 0) {
			gtk_column_view_column_set_visible(list->columns[i], is_shown);
			set_width(list, i, is_shown);
		}
	gui_state_set_number(list->app->state, "columns", g_action_get_name(G_ACTION(action)), is_shown);
}

static void add_column(struct gui_machine_list *list, unsigned i)
{
	const struct gui_column *column = &gui_columns[i];
	gboolean is_shown = gui_state_number(list->app->state, "columns", column->id, !column->is_hidden);
	struct order *order = g_new(struct order, 1);
	GSimpleAction *action;

	*order = (struct order){ list, column };
	list->columns[i] = gtk_column_view_column_new(column->title, gui_cells_factory(list->cells, column));
	gtk_column_view_column_set_resizable(list->columns[i], TRUE);
	set_width(list, i, is_shown);
	gtk_column_view_column_set_expand(list->columns[i], column->width == 0);
	gtk_column_view_column_set_sorter(list->columns[i],
					  GTK_SORTER(gtk_custom_sorter_new(compare, order, g_free)));
	gtk_column_view_column_set_visible(list->columns[i], is_shown);
	action = g_simple_action_new_stateful(column->id, NULL, g_variant_new_boolean(is_shown));
	g_signal_connect(action, "activate", G_CALLBACK(on_column_toggled), list);
	g_action_map_add_action(G_ACTION_MAP(list->actions), G_ACTION(action));
	g_object_unref(action);
	gtk_column_view_append_column(GTK_COLUMN_VIEW(list->view), list->columns[i]);
	g_object_unref(list->columns[i]);
}

GMenuModel *gui_machine_list_column_menu(struct gui_machine_list *list)
{
	GMenu *menu = g_menu_new();

	for (unsigned i = 1; i < gui_columns_count; i++) { /* the name always shows */
		char *action = g_strdup_printf("columns.%s", gui_columns[i].id);

		g_menu_append(menu, gui_columns[i].title, action);
		g_free(action);
	}
	return G_MENU_MODEL(menu);
}

GActionGroup *gui_machine_list_column_actions(struct gui_machine_list *list)
{
	return G_ACTION_GROUP(list->actions);
}

/*
 * GTK before 4.10 does not tell by which column it sorts: the sign in that column's title does. FALSE: not by
 * this one.
 */
static gboolean read_title(GtkWidget *widget, const char **ret_title, gboolean *ret_is_down)
{
	gboolean is_sorted = FALSE;

	if (GTK_IS_LABEL(widget))
		*ret_title = gtk_label_get_text(GTK_LABEL(widget));
	if (strcmp(gtk_widget_get_css_name(widget), "sort-indicator") == 0) {
		*ret_is_down = gtk_widget_has_css_class(widget, "descending");
		return *ret_is_down || gtk_widget_has_css_class(widget, "ascending");
	}
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child))
		is_sorted |= read_title(child, ret_title, ret_is_down);
	return is_sorted;
}

static gboolean keep_sorting(gpointer opaque)
{
	struct gui_machine_list *list = opaque;
	GtkWidget *header = gtk_widget_get_first_child(list->view);

	list->sort_idle = 0;
	for (GtkWidget *at = gtk_widget_get_first_child(header); at; at = gtk_widget_get_next_sibling(at)) {
		const char *title = "";
		gboolean is_down = FALSE;

		if (!read_title(at, &title, &is_down))
			continue;
		for (unsigned i = 0; i < gui_columns_count; i++)
			if (strcmp(gui_columns[i].title, title) == 0)
				gui_state_set_text(list->app->state, "columns", "sorted-by",
						   gui_columns[i].id);
		gui_state_set_number(list->app->state, "columns", "sorted-down", is_down);
		break;
	}
	return G_SOURCE_REMOVE;
}

/* The titles change after the sorter does. */
static void on_sorted(GtkSorter *sorter, GtkSorterChange change, gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	if (!list->sort_idle)
		list->sort_idle = g_idle_add(keep_sorting, list);
}

static void restore_sorting(struct gui_machine_list *list)
{
	char *id = gui_state_text(list->app->state, "columns", "sorted-by", "name");
	gboolean is_down = gui_state_number(list->app->state, "columns", "sorted-down", FALSE);

	for (unsigned i = 0; i < gui_columns_count; i++)
		if (strcmp(gui_columns[i].id, id) == 0)
			gtk_column_view_sort_by_column(GTK_COLUMN_VIEW(list->view), list->columns[i],
						       is_down ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);
	g_free(id);
}

/* --- making --------------------------------------------------------------------------------------------- */

static void on_tick(gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	gui_cells_tick(list->cells);
}

static void on_all_shown(gpointer unused)
{
	gui_tell_after("complete");
}

void gui_machine_list_set_host(struct gui_machine_list *list, VmcHost *host)
{
	struct vmc_inventory *inventory = host ? vmc_host_inventory(host) : NULL;
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;

	if (list->host != host) {
		if (list->host && list->watch)
			gui_samples_unwatch(list->host, list->watch);
		g_set_object(&list->host, host);
		list->watch = host ? gui_samples_watch(host, on_tick, list) : 0;
	}
	gui_cells_set_host(list->cells, host);
	if (machines && gtk_filter_list_model_get_model(list->filtered) != machines)
		gui_gradual_restart(list->first);
	gtk_filter_list_model_set_model(list->filtered, machines);
}

static void make_view(struct gui_machine_list *list)
{
	GMenuModel *menu;

	list->filter = gtk_custom_filter_new(matches, list, NULL);
	list->filtered = gtk_filter_list_model_new(NULL, GTK_FILTER(g_object_ref(list->filter)));
	list->sorted = gtk_sort_list_model_new(G_LIST_MODEL(g_object_ref(list->filtered)), NULL);
	list->first = gui_gradual_new(G_LIST_MODEL(g_object_ref(list->sorted)), on_all_shown, list);
	list->selection = gtk_multi_selection_new(G_LIST_MODEL(g_object_ref(list->first)));
	list->view = gtk_column_view_new(GTK_SELECTION_MODEL(g_object_ref(list->selection)));
	gtk_column_view_set_reorderable(GTK_COLUMN_VIEW(list->view), TRUE);
	gtk_column_view_set_enable_rubberband(GTK_COLUMN_VIEW(list->view), FALSE);
	gtk_widget_add_css_class(list->view, "machines");
	gtk_accessible_update_property(GTK_ACCESSIBLE(list->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Virtual Machines", -1);
	for (unsigned i = 0; i < gui_columns_count; i++)
		add_column(list, i);
	menu = gui_machine_list_column_menu(list);
	for (unsigned i = 0; i < gui_columns_count; i++)
		gtk_column_view_column_set_header_menu(list->columns[i], menu);
	g_object_unref(menu);
	gtk_sort_list_model_set_sorter(list->sorted, gtk_column_view_get_sorter(GTK_COLUMN_VIEW(list->view)));
	restore_sorting(list);
	g_signal_connect(gtk_column_view_get_sorter(GTK_COLUMN_VIEW(list->view)), "changed",
			 G_CALLBACK(on_sorted), list);
	g_signal_connect(list->selection, "selection-changed", G_CALLBACK(on_selection), list);
	g_signal_connect_swapped(list->selection, "items-changed", G_CALLBACK(list->events.on_selection),
				 list->opaque);
	g_signal_connect(list->view, "activate", G_CALLBACK(on_activate), list);
}

/* While it is scrolled, each frame is wanted: frames that are asked for one by one, by the turns of a wheel, GTK 4.8 begins so much
 * later each time that a few of a second are lost where the screen does not tell when it shows them. */
static gboolean on_frame(GtkWidget *scrolled, GdkFrameClock *clock, gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	if (gdk_frame_clock_get_frame_time(clock) < list->scrolled_us + STEADY_US)
		return G_SOURCE_CONTINUE;
	list->steady = 0;
	return G_SOURCE_REMOVE;
}

static void on_scrolled(GtkAdjustment *adjustment, gpointer opaque)
{
	struct gui_machine_list *list = opaque;

	list->scrolled_us = g_get_monotonic_time();
	if (!list->steady)
		list->steady = gtk_widget_add_tick_callback(list->scrolled, on_frame, list, NULL);
}

struct gui_machine_list *gui_machine_list_new(struct gui_app *app,
					      const struct gui_machine_list_events *events, gpointer opaque)
{
	struct gui_machine_list *list = g_new0(struct gui_machine_list, 1);

	list->app = app;
	list->events = *events;
	list->opaque = opaque;
	list->actions = g_simple_action_group_new();
	list->cells = gui_cells_new(on_menu, list);
	make_view(list);
	list->scrolled = gtk_scrolled_window_new();
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(list->scrolled), list->view);
	g_signal_connect(gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(list->scrolled)),
			 "value-changed", G_CALLBACK(on_scrolled), list);
	gtk_widget_insert_action_group(list->scrolled, "columns", G_ACTION_GROUP(list->actions));
	gtk_widget_set_vexpand(list->scrolled, TRUE);
	g_object_ref_sink(list->scrolled);
	gui_cells_attach(list->cells, list->scrolled);
	return list;
}

struct gui_machine_list *gui_machine_list_free(struct gui_machine_list *list)
{
	if (!list)
		return NULL;
	g_signal_handlers_disconnect_by_data(list->selection, list->opaque);
	g_signal_handlers_disconnect_by_data(list->selection, list);
	g_signal_handlers_disconnect_by_data(gtk_column_view_get_sorter(GTK_COLUMN_VIEW(list->view)), list);
	g_clear_handle_id(&list->sort_idle, g_source_remove);
	gui_machine_list_set_host(list, NULL);
	gtk_column_view_set_model(GTK_COLUMN_VIEW(list->view), NULL);
	g_object_unref(list->scrolled);
	g_object_unref(list->selection);
	g_object_unref(list->first);
	g_object_unref(list->sorted);
	g_object_unref(list->filtered);
	g_object_unref(list->filter);
	g_object_unref(list->actions);
	gui_cells_free(list->cells);
	g_strfreev(list->words);
	g_free(list->group);
	g_free(list);
	return NULL;
}
