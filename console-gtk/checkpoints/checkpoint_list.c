/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checkpoints/checkpoint_list.h"

#include "checkpoints/checkpoint_actions.h"
#include "dialog.h"
#include "main_menus.h"
#include "named.h"
#include "tab_stop.h"

#include "client/wording.h"

#include <string.h>

enum { HEIGHT_MIN = 60, HEIGHT_MAX = 170, NAME_CHARS = 24 };

struct gui_checkpoint_list {
	struct gui_app *app;
	GtkWidget *window, *stack, *view, *empty;
	struct gui_machine *machine;
	struct vmc_connection *connection; /* by which the rows come; not owned */
	struct vmc_checkpoints *rows;	   /* NULL: no machine, or not connected */
	GListStore *roots;
	GtkSingleSelection *selection;
	GSimpleActionGroup *actions;
	char *chosen; /* its identity, so that it stays chosen when the rows are replaced */
};

GtkWidget *gui_checkpoint_list_widget(struct gui_checkpoint_list *list)
{
	return list->stack;
}

/* --- the tree ------------------------------------------------------------------------------------------ */

/* The rows below `above` (NULL: the first ones); the model lists them depth first. */
static GListStore *below(struct gui_checkpoint_list *list, VmcCheckpoint *above)
{
	GListStore *store = g_list_store_new(VMC_TYPE_CHECKPOINT);
	GListModel *all = vmc_checkpoints_model(list->rows);
	gboolean is_inside = above == NULL;
	guint depth = above ? vmc_checkpoint_depth(above) + 1 : 0;

	for (guint i = 0; i < g_list_model_get_n_items(all); i++) {
		VmcCheckpoint *row = g_list_model_get_item(all, i);

		if (row == above)
			is_inside = TRUE;
		else if (is_inside && above && vmc_checkpoint_depth(row) < depth)
			is_inside = FALSE;
		else if (is_inside && vmc_checkpoint_depth(row) == depth)
			g_list_store_append(store, row);
		g_object_unref(row);
	}
	return store;
}

static GListModel *children_of(gpointer row, gpointer opaque)
{
	struct gui_checkpoint_list *list = opaque;
	GListStore *store = list->rows ? below(list, row) : NULL;

	if (store && g_list_model_get_n_items(G_LIST_MODEL(store)) == 0)
		g_clear_object(&store);
	return store ? G_LIST_MODEL(store) : NULL;
}

/* Not owned; NULL: none. */
static VmcCheckpoint *chosen_row(struct gui_checkpoint_list *list)
{
	GtkTreeListRow *row = gtk_single_selection_get_selected_item(list->selection);
	VmcCheckpoint *checkpoint = row ? gtk_tree_list_row_get_item(row) : NULL;

	if (checkpoint)
		g_object_unref(checkpoint); /* the tree has it */
	return checkpoint;
}

/* The row that was chosen before, or Now. */
static void choose_again(struct gui_checkpoint_list *list)
{
	GListModel *model = G_LIST_MODEL(list->selection);
	guint count = g_list_model_get_n_items(model), place = GTK_INVALID_LIST_POSITION;

	for (guint i = 0; i < count; i++) {
		GtkTreeListRow *row = g_list_model_get_item(model, i);
		VmcCheckpoint *checkpoint = gtk_tree_list_row_get_item(row);

		if (vmc_checkpoint_is_now(checkpoint) && place == GTK_INVALID_LIST_POSITION)
			place = i;
		if (list->chosen && *list->chosen && strcmp(vmc_checkpoint_id(checkpoint), list->chosen) == 0)
			place = i;
		g_object_unref(checkpoint);
		g_object_unref(row);
	}
	gtk_single_selection_set_selected(list->selection, place);
}

static void update_actions(struct gui_checkpoint_list *list)
{
	VmcCheckpoint *row = list->rows ? chosen_row(list) : NULL;

	for (gsize i = 0; i < vmc_checkpoint_actions_count; i++) {
		const struct vmc_checkpoint_action *action = &vmc_checkpoint_actions[i];
		GAction *simple = g_action_map_lookup_action(G_ACTION_MAP(list->actions), action->name);
		char *why =
		    list->machine
			? vmc_checkpoint_refusal(action, row, gui_machine_name(list->machine),
						 gui_machine_state(list->machine),
						 gui_rights_of(list->machine->host, list->machine->path))
			: g_strdup("");

		g_simple_action_set_enabled(G_SIMPLE_ACTION(simple), why == NULL);
		g_free(why);
	}
}

static void on_selection(GtkSingleSelection *selection, GParamSpec *spec, gpointer opaque)
{
	struct gui_checkpoint_list *list = opaque;
	VmcCheckpoint *row = chosen_row(list);

	if (row) {
		g_free(list->chosen);
		list->chosen = g_strdup(vmc_checkpoint_id(row));
	}
	update_actions(list);
}

static void show_empty(struct gui_checkpoint_list *list)
{
	const char *problem = list->rows ? vmc_checkpoints_problem(list->rows) : "";

	gtk_label_set_text(GTK_LABEL(list->empty),
			   *problem	   ? problem
			   : list->machine ? "No checkpoints yet: Checkpoint keeps this point in time."
					   : "No virtual machine is selected.");
	gtk_stack_set_visible_child(GTK_STACK(list->stack), list->empty);
}

/* All rows anew: the rows of the model never change. */
static void refill(struct gui_checkpoint_list *list)
{
	GListStore *roots = list->rows ? below(list, NULL) : NULL;
	guint count = roots ? g_list_model_get_n_items(G_LIST_MODEL(roots)) : 0;
	gpointer *items = g_new0(gpointer, count + 1);

	g_signal_handlers_block_by_func(list->selection, on_selection, list);
	for (guint i = 0; i < count; i++)
		items[i] = g_list_model_get_item(G_LIST_MODEL(roots), i);
	g_list_store_splice(list->roots, 0, g_list_model_get_n_items(G_LIST_MODEL(list->roots)), items,
			    count);
	for (guint i = 0; i < count; i++)
		g_object_unref(items[i]);
	g_free(items);
	g_clear_object(&roots);
	choose_again(list);
	g_signal_handlers_unblock_by_func(list->selection, on_selection, list);
	if (count)
		gtk_stack_set_visible_child_name(GTK_STACK(list->stack), "tree");
	else
		show_empty(list);
	update_actions(list);
}

static void on_rows(GListModel *model, guint position, guint removed, guint added, gpointer list)
{
	refill(list);
}

static void forget(struct gui_checkpoint_list *list)
{
	if (list->rows)
		g_signal_handlers_disconnect_by_data(vmc_checkpoints_model(list->rows), list);
	list->rows = vmc_checkpoints_free(list->rows);
	list->connection = NULL;
	gui_machine_free(list->machine);
	list->machine = NULL;
	g_clear_pointer(&list->chosen, g_free);
}

void gui_checkpoint_list_show(struct gui_checkpoint_list *list, const struct gui_machine *machine)
{
	struct vmc_connection *connection = machine ? vmc_host_connection(machine->host) : NULL;
	gboolean is_same = machine && list->machine && list->machine->host == machine->host &&
			   strcmp(list->machine->path, machine->path) == 0 && list->connection == connection;

	if (is_same) {
		update_actions(list);
		return;
	}
	forget(list);
	if (machine)
		list->machine = gui_machine_copy(machine);
	if (connection) {
		list->connection = connection;
		list->rows = vmc_checkpoints_new(connection, machine->path);
		g_signal_connect(vmc_checkpoints_model(list->rows), "items-changed", G_CALLBACK(on_rows),
				 list);
	}
	refill(list);
}

/* --- columns ------------------------------------------------------------------------------------------- */

static char *name_text(VmcCheckpoint *row)
{
	return g_strdup(vmc_checkpoint_name(row));
}

static char *created_text(VmcCheckpoint *row)
{
	return g_strdup(vmc_checkpoint_created(row));
}

static char *kind_text(VmcCheckpoint *row)
{
	return g_strdup_printf("%s%s", vmc_checkpoint_kind(row),
			       vmc_checkpoint_is_automatic(row) ? ", automatic" : "");
}

static char *size_text(VmcCheckpoint *row)
{
	guint64 bytes = vmc_checkpoint_bytes(row);

	return bytes ? vmc_bytes_text(bytes) : g_strdup("");
}

static const struct column {
	const char *title;
	char *(*text)(VmcCheckpoint *row);
} columns[] = {
	{ "Name", name_text },
	{ "Created", created_text },
	{ "Kind", kind_text },
	{ "Size on Disk", size_text },
};

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer column)
{
	GtkWidget *label = gui_cell_label_new(), *child = label;

	if (column == &columns[0]) {
		child = gtk_tree_expander_new();
		gtk_tree_expander_set_child(GTK_TREE_EXPANDER(child), label);
		gtk_label_set_width_chars(GTK_LABEL(label), NAME_CHARS);
	}
	g_object_set_data(G_OBJECT(item), "label", label);
	gtk_list_item_set_child(item, child);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer opaque)
{
	const struct column *column = opaque;
	GtkTreeListRow *row = gtk_list_item_get_item(item);
	VmcCheckpoint *checkpoint = gtk_tree_list_row_get_item(row);
	GtkWidget *label = g_object_get_data(G_OBJECT(item), "label"), *child = gtk_list_item_get_child(item);
	char *text = column->text(checkpoint), *spoken;

	gtk_label_set_text(GTK_LABEL(label), text);
	if (GTK_IS_TREE_EXPANDER(child)) {
		gtk_tree_expander_set_list_row(GTK_TREE_EXPANDER(child), row);
		spoken = vmc_checkpoint_spoken(checkpoint);
		gtk_accessible_update_property(GTK_ACCESSIBLE(child), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken,
					       -1);
		gui_name_row(child, spoken);
		g_free(spoken);
	}
	if (vmc_checkpoint_is_now(checkpoint))
		gtk_widget_add_css_class(label, "now");
	else
		gtk_widget_remove_css_class(label, "now");
	g_free(text);
	g_object_unref(checkpoint);
}

static void add_columns(GtkWidget *view)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(columns); i++) {
		GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
		GtkColumnViewColumn *column;

		g_signal_connect(factory, "setup", G_CALLBACK(on_setup), (gpointer)&columns[i]);
		g_signal_connect(factory, "bind", G_CALLBACK(on_bind), (gpointer)&columns[i]);
		column = gtk_column_view_column_new(columns[i].title, factory);
		gtk_column_view_column_set_resizable(column, TRUE);
		gtk_column_view_column_set_expand(column, i == 0);
		gtk_column_view_append_column(GTK_COLUMN_VIEW(view), column);
		g_object_unref(column);
	}
}

/* --- what can be done -------------------------------------------------------------------------------- */

static void on_action(GSimpleAction *simple, GVariant *parameter, gpointer opaque)
{
	struct gui_checkpoint_list *list = opaque;
	VmcCheckpoint *row = list->rows ? chosen_row(list) : NULL;

	if (row)
		gui_checkpoint_run(list->window, list->machine,
				   vmc_checkpoint_action_find(g_action_get_name(G_ACTION(simple))), row);
}

GMenu *gui_checkpoint_menu(void)
{
	GMenu *menu = g_menu_new();

	for (gsize i = 0; i < vmc_checkpoint_actions_count; i++) {
		char *action = g_strdup_printf("checkpoint.%s", vmc_checkpoint_actions[i].name),
		     **parts = g_strsplit(vmc_checkpoint_actions[i].label, "...", 2),
		     *label = g_strconcat(parts[0], parts[1] ? "…" : "", NULL);

		g_menu_append(menu, label, action);
		g_strfreev(parts);
		g_free(label);
		g_free(action);
	}
	return menu;
}

static void pop_up(struct gui_checkpoint_list *list, double x, double y)
{
	GMenu *menu = gui_checkpoint_menu();

	gui_menu_popup(list->view, G_MENU_MODEL(menu), x, y);
	g_object_unref(menu);
}

static void on_pressed(GtkGestureClick *click, int count, double x, double y, gpointer list)
{
	pop_up(list, x, y);
}

static gboolean on_menu_key(GtkWidget *view, GVariant *args, gpointer list)
{
	pop_up(list, 40, 40);
	return TRUE;
}

static void add_keys(struct gui_checkpoint_list *list)
{
	GtkEventController *keys = gtk_shortcut_controller_new();
	GtkGesture *click = gtk_gesture_click_new();

	gtk_shortcut_controller_add_shortcut(
	    GTK_SHORTCUT_CONTROLLER(keys),
	    gtk_shortcut_new(gtk_shortcut_trigger_parse_string("Menu|<Shift>F10"),
			     gtk_callback_action_new(on_menu_key, list, NULL)));
	gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
					     gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Delete, 0),
							      gtk_named_action_new("checkpoint.delete")));
	gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
					     gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_F2, 0),
							      gtk_named_action_new("checkpoint.rename")));
	gtk_widget_add_controller(list->view, keys);
	gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
	g_signal_connect(click, "pressed", G_CALLBACK(on_pressed), list);
	gtk_widget_add_controller(list->view, GTK_EVENT_CONTROLLER(click));
}

/* --- making -------------------------------------------------------------------------------------------- */

static void add_actions(struct gui_checkpoint_list *list)
{
	list->actions = g_simple_action_group_new();
	for (gsize i = 0; i < vmc_checkpoint_actions_count; i++) {
		GSimpleAction *simple = g_simple_action_new(vmc_checkpoint_actions[i].name, NULL);

		g_simple_action_set_enabled(simple, FALSE);
		g_signal_connect(simple, "activate", G_CALLBACK(on_action), list);
		g_action_map_add_action(G_ACTION_MAP(list->actions), G_ACTION(simple));
		g_object_unref(simple);
	}
	gtk_widget_insert_action_group(list->window, "checkpoint", G_ACTION_GROUP(list->actions));
}

static GtkWidget *make_view(struct gui_checkpoint_list *list)
{
	GtkTreeListModel *tree;

	list->roots = g_list_store_new(VMC_TYPE_CHECKPOINT);
	tree = gtk_tree_list_model_new(G_LIST_MODEL(g_object_ref(list->roots)), FALSE, TRUE, children_of,
				       list, NULL);
	list->selection = gtk_single_selection_new(G_LIST_MODEL(tree));
	gtk_single_selection_set_autoselect(list->selection, FALSE);
	g_signal_connect(list->selection, "notify::selected-item", G_CALLBACK(on_selection), list);
	list->view = gtk_column_view_new(GTK_SELECTION_MODEL(g_object_ref(list->selection)));
	gtk_accessible_update_property(GTK_ACCESSIBLE(list->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Checkpoints", -1);
	add_columns(list->view);
	add_keys(list);
	return list->view;
}

struct gui_checkpoint_list *gui_checkpoint_list_new(struct gui_app *app, GtkWidget *window)
{
	struct gui_checkpoint_list *list = g_new0(struct gui_checkpoint_list, 1);
	GtkWidget *scrolled = gtk_scrolled_window_new();

	list->app = app;
	list->window = window;
	add_actions(list);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), make_view(list));
	gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
	gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled), HEIGHT_MIN);
	gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scrolled), HEIGHT_MAX);
	/* Wrapped, it would let a GtkPaned of GTK 4.8 ask for the width at which it has one line. */
	list->empty = gui_cell_label_new();
	gtk_widget_add_css_class(list->empty, "dim");
	gtk_widget_set_margin_start(list->empty, 10);
	gtk_widget_set_margin_top(list->empty, 8);
	gtk_widget_set_margin_bottom(list->empty, 8);
	list->stack = g_object_ref_sink(gtk_stack_new());
	gtk_stack_set_vhomogeneous(GTK_STACK(list->stack), FALSE);
	gtk_stack_add_named(GTK_STACK(list->stack), list->empty, "empty");
	gtk_stack_add_named(GTK_STACK(list->stack), gui_tab_stop_new(scrolled), "tree");
	show_empty(list);
	return list;
}

struct gui_checkpoint_list *gui_checkpoint_list_free(struct gui_checkpoint_list *list)
{
	if (!list)
		return NULL;
	g_signal_handlers_disconnect_by_data(list->selection, list);
	forget(list);
	gtk_column_view_set_model(GTK_COLUMN_VIEW(list->view), NULL);
	gtk_widget_insert_action_group(list->window, "checkpoint", NULL);
	g_object_unref(list->actions);
	g_object_unref(list->selection);
	g_object_unref(list->roots);
	g_object_unref(list->stack);
	g_free(list->chosen);
	g_free(list);
	return NULL;
}
