/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/checkpoints.h"

#include "app/call.h"
#include "client/action.h"
#include "client/checkpoints.h"
#include "client/wording.h"
#include "screen/text.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/menu.h"
#include "widgets/list.h"

#include <string.h>

enum { CREATED_WIDTH = 19, KIND_WIDTH = 10, SIZE_WIDTH = 10, NAME_MIN = 20 };

/* Not in the table, because it is two things: the dialog of Hyper-V Manager has it as a button. */
static const char keep_and_apply[] = "keep-and-apply", prefix[] = "checkpoint.";

struct checkpoints {
	struct tui_view *view;
	struct vmc_connection *connection; /* that the list is of; only compared */
	VmcObject *machine;
	struct vmc_checkpoints *source;
	char **rights;
	struct tui_list list;
	char *selected; /* id of the row with the focus, which keeps it when the list is another; NULL: Now */
	gboolean is_stale;
	struct tui_area body; /* as drawn last */
};

/* --- rows -------------------------------------------------------------------------------------------- */

static void on_items(GListModel *model, guint place, guint removed, guint added,
		     struct checkpoints *checkpoints)
{
	checkpoints->is_stale = TRUE;
	tui_changed(checkpoints->view->app);
}

static void follow(struct checkpoints *checkpoints, VmcObject *machine)
{
	struct vmc_connection *connection =
	    machine ? vmc_host_connection(tui_host(checkpoints->view->app)) : NULL;

	if (machine == checkpoints->machine && connection == checkpoints->connection)
		return;
	if (checkpoints->source)
		g_signal_handlers_disconnect_by_data(vmc_checkpoints_model(checkpoints->source), checkpoints);
	checkpoints->source = vmc_checkpoints_free(checkpoints->source);
	g_set_object(&checkpoints->machine, machine);
	checkpoints->connection = connection;
	checkpoints->list = (struct tui_list){ 0 };
	g_clear_pointer(&checkpoints->selected, g_free);
	if (!connection)
		return;
	checkpoints->source = vmc_checkpoints_new(connection, vmc_object_path(machine));
	g_signal_connect(vmc_checkpoints_model(checkpoints->source), "items-changed", G_CALLBACK(on_items),
			 checkpoints);
}

/* Unref it. NULL: there is none. */
static VmcCheckpoint *row_at(const struct checkpoints *checkpoints, int place)
{
	return checkpoints->source && place >= 0
		   ? g_list_model_get_item(vmc_checkpoints_model(checkpoints->source), (guint)place)
		   : NULL;
}

/* The row that had the focus, or Now. */
static void find_selected(struct checkpoints *checkpoints, guint count)
{
	checkpoints->is_stale = FALSE;
	checkpoints->list.selected = (int)count - 1;
	for (guint i = 0; checkpoints->selected && i < count; i++) {
		VmcCheckpoint *row = row_at(checkpoints, (int)i);

		if (!vmc_checkpoint_is_now(row) && strcmp(vmc_checkpoint_id(row), checkpoints->selected) == 0)
			checkpoints->list.selected = (int)i;
		g_object_unref(row);
	}
}

static void keep_selected(struct checkpoints *checkpoints)
{
	VmcCheckpoint *row = row_at(checkpoints, checkpoints->list.selected);

	g_free(checkpoints->selected);
	checkpoints->selected = row && !vmc_checkpoint_is_now(row) ? g_strdup(vmc_checkpoint_id(row)) : NULL;
	g_clear_object(&row);
}

static void draw_row(const struct checkpoints *checkpoints, const struct tui_area *line, VmcCheckpoint *row)
{
	char *lines = vmc_checkpoint_lines(row, tui_is_ascii(checkpoints->view->app)), *size;
	gboolean is_now = vmc_checkpoint_is_now(row);
	int right = line->width - 1, x = 1;

	if (right - CREATED_WIDTH - KIND_WIDTH - SIZE_WIDTH - 3 >= NAME_MIN && !is_now) {
		size = vmc_bytes_text(vmc_checkpoint_bytes(row));
		tui_text_right(line, right - SIZE_WIDTH, 0, SIZE_WIDTH, THEME_DIM, size);
		right -= SIZE_WIDTH + 1;
		tui_text(line, right - KIND_WIDTH, 0, KIND_WIDTH, THEME_DIM, vmc_checkpoint_kind(row));
		right -= KIND_WIDTH + 1;
		g_free(size);
	}
	if (right - CREATED_WIDTH - 1 >= NAME_MIN && !is_now) {
		tui_text(line, right - CREATED_WIDTH, 0, CREATED_WIDTH, THEME_DIM,
			 vmc_checkpoint_created(row));
		right -= CREATED_WIDTH + 1;
	}
	x += tui_text(line, x, 0, right - x, THEME_DIM, lines);
	if (is_now)
		tui_put(line, x, 0, THEME_RUNNING, 0x25b6);
	tui_text(line, x + 2 * is_now, 0, right - x - 2 * is_now, is_now ? THEME_ACCENT : THEME_TEXT,
		 vmc_checkpoint_name(row));
	g_free(lines);
}

static void draw_nothing(const struct checkpoints *checkpoints, const struct tui_area *area)
{
	const char *problem = checkpoints->source ? vmc_checkpoints_problem(checkpoints->source) : "";
	struct tui_area inside = tui_area_part(area, 1, 0, area->width - 2, area->height);

	tui_text_wrap(&inside, 0, THEME_DIM,
		      *problem ? problem : "No checkpoints; Checkpoint in the actions (x) makes one.");
}

void checkpoints_draw(struct checkpoints *checkpoints, const struct tui_area *area, VmcObject *machine,
		      const char *const *rights, gboolean has_focus)
{
	guint count;

	follow(checkpoints, machine);
	g_strfreev(checkpoints->rights);
	checkpoints->rights = g_strdupv((char **)rights);
	checkpoints->body = *area;
	if (!machine)
		return;
	count =
	    checkpoints->source ? g_list_model_get_n_items(vmc_checkpoints_model(checkpoints->source)) : 0;
	if (checkpoints->is_stale)
		find_selected(checkpoints, count);
	tui_list_fit(&checkpoints->list, (int)count, area->height);
	if (count > 0)
		keep_selected(checkpoints);
	if (count == 0)
		draw_nothing(checkpoints, area);
	for (int y = 0; y < area->height && checkpoints->list.top + y < (int)count; y++) {
		struct tui_area line = tui_area_part(area, 0, y, area->width - 1, 1);
		VmcCheckpoint *row = row_at(checkpoints, checkpoints->list.top + y);

		draw_row(checkpoints, &line, row);
		if (has_focus && checkpoints->list.top + y == checkpoints->list.selected)
			tui_restyle(&line, THEME_SELECTED);
		g_object_unref(row);
	}
	tui_list_scrollbar(&checkpoints->list, area);
}

/* --- what can be done -------------------------------------------------------------------------------- */

/* One action that was asked for. */
struct deed {
	const struct vmc_checkpoint_action *action;
	gboolean keeps_now;
	VmcHost *host;
	VmcObject *machine;
	VmcCheckpoint *row;
	struct tui_view *view; /* held while the call is under way */
};

static void deed_free(gpointer opaque)
{
	struct deed *deed = opaque;

	g_object_unref(deed->host);
	g_object_unref(deed->machine);
	g_object_unref(deed->row);
	g_free(deed);
}

static char *label_of(const struct vmc_checkpoint_action *action, gboolean keeps_now)
{
	const char *dots = strstr(action->label, "...");
	char *label =
		 dots ? g_strndup(action->label, (gsize)(dots - action->label)) : g_strdup(action->label),
	     *both;

	if (!keeps_now)
		return label;
	both = g_strdup_printf("Checkpoint and %s", label);
	g_free(label);
	return both;
}

static void on_done(GObject *bus, GAsyncResult *result, gpointer opaque)
{
	struct deed *deed = opaque;
	struct tui_view *view = deed->view;
	GError *error = NULL;
	GVariant *answer = vmc_call_finish(NULL, result, &error);

	char *label = label_of(deed->action, deed->keeps_now);

	if (!view->is_closed && answer)
		tui_say(view->app, THEME_GOOD, "%s: %s %s: done", vmc_object_text(deed->machine, "Name"),
			label, vmc_checkpoint_name(deed->row));
	else if (!view->is_closed)
		dialog_error(view->app, error);
	g_clear_pointer(&answer, g_variant_unref);
	g_clear_error(&error);
	g_free(label);
	deed_free(deed);
	tui_release(view);
}

static void run(struct tui_view *owner, const char *text, gpointer opaque)
{
	struct deed *asked = opaque, *deed;
	struct vmc_connection *connection = vmc_host_connection(asked->host);

	if (!connection) {
		tui_say(owner->app, THEME_ERROR_TEXT, "%s", tui_not_connected(asked->host));
		return;
	}
	deed = g_new0(struct deed, 1);
	*deed = (struct deed){ asked->action,
			       asked->keeps_now,
			       g_object_ref(asked->host),
			       g_object_ref(asked->machine),
			       g_object_ref(asked->row),
			       tui_hold(owner) };
	vmc_checkpoint_do(connection, vmc_object_path(deed->machine), deed->action, deed->row, text,
			  deed->keeps_now, on_done, deed);
}

static void ask(struct checkpoints *checkpoints, struct deed *deed)
{
	const char *place = vmc_host_place(deed->host), *name = vmc_object_text(deed->machine, "Name");
	char *label = label_of(deed->action, deed->keeps_now),
	     *text = vmc_checkpoint_question(deed->action, deed->row, name),
	     *line = vmc_checkpoint_command(deed->action, place, name, deed->row, NULL),
	     *command = deed->keeps_now ? g_strconcat(line, " --checkpoint-first", NULL) : g_strdup(line);
	struct dialog_question question = { .title = label,
					    .text = text,
					    .command = command,
					    .button = label,
					    .is_dangerous = !deed->keeps_now };

	if (deed->keeps_now)
		question.text = "A checkpoint of the machine as it is now is made before; nothing is lost.";
	dialog_ask(checkpoints->view, &question, run, deed, deed_free);
	g_free(label);
	g_free(text);
	g_free(line);
	g_free(command);
}

static void begin(struct checkpoints *checkpoints, const struct vmc_checkpoint_action *action,
		  gboolean keeps_now)
{
	VmcCheckpoint *row = row_at(checkpoints, checkpoints->list.selected);
	VmcObject *machine = checkpoints->machine;
	char *refusal = vmc_checkpoint_refusal(action, row, machine ? vmc_object_text(machine, "Name") : "",
					       machine ? vmc_object_text(machine, "State") : "",
					       (const char *const *)checkpoints->rights);
	struct deed *deed;

	if (refusal || tui_refuses_change(checkpoints->view->app)) {
		if (refusal)
			tui_say(checkpoints->view->app, THEME_WARNING, "%s", refusal);
		g_free(refusal);
		g_clear_object(&row);
		return;
	}
	deed = g_new0(struct deed, 1);
	*deed = (struct deed){
		action, keeps_now, g_object_ref(tui_host(checkpoints->view->app)), g_object_ref(machine),
		row,	NULL
	};
	if (action->need == VMC_NEEDS_NOTHING)
		ask(checkpoints, deed);
	else if (action->need == VMC_NEEDS_NAME)
		dialog_type(checkpoints->view, "Rename", "The new name", vmc_checkpoint_name(row), NULL, run,
			    deed, deed_free);
	else
		dialog_type_path(checkpoints->view, "Export", "The folder in which one is made",
				 g_get_home_dir(), vmc_host_place(deed->host), run, deed, deed_free);
}

/* A new one, which is an action of the machine: whoever looks at the tree looks for it here. */
static void add_making(struct checkpoints *checkpoints, struct menu *menu)
{
	const struct vmc_action *action = vmc_action_find("checkpoint");
	GPtrArray *machines = g_ptr_array_new();
	char *refusal;

	if (checkpoints->machine)
		g_ptr_array_add(machines, checkpoints->machine);
	refusal = actions_refusal(action, machines, (const char *const *)checkpoints->rights);
	menu_add_binding(menu, action->label, "vm.checkpoint", refusal);
	menu_add(menu, "", NULL, NULL);
	g_free(refusal);
	g_ptr_array_unref(machines);
}

static void open_menu(struct checkpoints *checkpoints, int x, int y)
{
	VmcCheckpoint *row = row_at(checkpoints, checkpoints->list.selected);
	VmcObject *machine = checkpoints->machine;
	struct menu *menu =
	    menu_new(checkpoints->view, row ? vmc_checkpoint_name(row) : "Checkpoints", NULL, FALSE);

	add_making(checkpoints, menu);
	for (gsize i = 0; i < vmc_checkpoint_actions_count; i++) {
		const struct vmc_checkpoint_action *action = &vmc_checkpoint_actions[i];
		char *refusal =
		    vmc_checkpoint_refusal(action, row, machine ? vmc_object_text(machine, "Name") : "",
					   machine ? vmc_object_text(machine, "State") : "",
					   (const char *const *)checkpoints->rights);

		char *command = g_strconcat(prefix, action->name, NULL);

		menu_add_binding(menu, action->label, command, refusal);
		if (strcmp(action->name, "apply") == 0)
			menu_add_binding(menu, "Checkpoint and Apply...", "checkpoint.keep-and-apply",
					 refusal);
		g_free(command);
		g_free(refusal);
	}
	g_clear_object(&row);
	menu_open(menu, x, y, NULL);
}

/* --- events ------------------------------------------------------------------------------------------ */

gboolean checkpoints_event(struct checkpoints *checkpoints, const struct tui_event *event)
{
	int row = event->y - checkpoints->body.y + checkpoints->list.top;

	if (event->kind != TUI_MOUSE || !tui_area_has(&checkpoints->body, event->x, event->y))
		return FALSE;
	if (tui_list_wheel(&checkpoints->list, event) || event->mouse != TUI_MOUSE_PRESS)
		return TRUE;
	if (row < checkpoints->list.count)
		checkpoints->list.selected = row;
	if (event->button == 2 || event->is_double)
		open_menu(checkpoints, event->x, event->y);
	return TRUE;
}

gboolean checkpoints_command(struct checkpoints *checkpoints, const char *command)
{
	static const char *const same[][2] = { { "vm.rename", "rename" },
					       { "vm.export", "export" },
					       { "vm.delete", "delete" } };

	if (g_str_has_prefix(command, prefix)) {
		const char *name = command + strlen(prefix);
		gboolean keeps_now = strcmp(name, keep_and_apply) == 0;
		const struct vmc_checkpoint_action *action =
		    vmc_checkpoint_action_find(keeps_now ? "apply" : name);

		if (action)
			begin(checkpoints, action, keeps_now);
		return action != NULL;
	}
	/* Nothing is there to do something with: what can be done with the machine, then. */
	if (strcmp(command, "vm.actions") == 0 && checkpoints->list.count == 0)
		return FALSE;
	if (strcmp(command, "vm.connect") == 0 || strcmp(command, "vm.actions") == 0) {
		open_menu(checkpoints, -1, -1);
		return TRUE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(same); i++)
		if (strcmp(same[i][0], command) == 0) {
			begin(checkpoints, vmc_checkpoint_action_find(same[i][1]), FALSE);
			return TRUE;
		}
	return tui_list_command(&checkpoints->list, command, checkpoints->body.height);
}

struct checkpoints *checkpoints_new(struct tui_view *view)
{
	struct checkpoints *checkpoints = g_new0(struct checkpoints, 1);

	checkpoints->view = view;
	return checkpoints;
}

struct checkpoints *checkpoints_free(struct checkpoints *checkpoints)
{
	if (!checkpoints)
		return NULL;
	follow(checkpoints, NULL);
	g_strfreev(checkpoints->rights);
	g_free(checkpoints);
	return NULL;
}
