/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/machines.h"

#include "client/wording.h"
#include "screen/text.h"

#include <string.h>

enum { COLUMNS_MAX = 16, NAME_MIN = 14, NAME_ENOUGH = 40, GAP = 1 };

struct row {
	VmcObject *machine; /* NULL: the heading of a group */
	char *group;
};

struct machines {
	struct tui_app *app;
	struct vmc_samples *samples;
	GListModel *model;  /* the one that is followed */
	GPtrArray *objects; /* of it, followed */
	gboolean is_stale;
	VmcHost *host;
	GPtrArray *rows;
	GHashTable *marked; /* paths */
	struct tui_list list;
	char *selected, *filter;
	guint sort;
	gboolean is_reversed;
	struct tui_area body, heading; /* as drawn last */
	int column_x[COLUMNS_MAX], column_width[COLUMNS_MAX];
};

static void row_free(gpointer opaque)
{
	struct row *row = opaque;

	g_clear_object(&row->machine);
	g_free(row->group);
	g_free(row);
}

/* --- following the inventory ------------------------------------------------------------------------- */

static void on_stale(struct machines *machines)
{
	machines->is_stale = TRUE;
	tui_changed(machines->app);
}

static void on_object_changed(VmcObject *object, struct machines *machines)
{
	on_stale(machines);
}

static void unfollow(struct machines *machines)
{
	for (guint i = 0; i < machines->objects->len; i++)
		g_signal_handlers_disconnect_by_data(machines->objects->pdata[i], machines);
	g_ptr_array_set_size(machines->objects, 0);
}

static void follow_objects(struct machines *machines)
{
	unfollow(machines);
	for (guint i = 0; i < g_list_model_get_n_items(machines->model); i++) {
		VmcObject *object = g_list_model_get_item(machines->model, i);

		g_signal_connect(object, "changed", G_CALLBACK(on_object_changed), machines);
		g_ptr_array_add(machines->objects, object);
	}
}

static void on_items(GListModel *model, guint place, guint removed, guint added, struct machines *machines)
{
	follow_objects(machines);
	on_stale(machines);
}

/* A mark stays only on what is there: the number that is shown is that of the machines that an action is for. */
static gboolean is_gone(gpointer path, gpointer value, gpointer opaque)
{
	struct machines *machines = opaque;

	for (guint i = 0; i < machines->objects->len; i++)
		if (strcmp(vmc_object_path(machines->objects->pdata[i]), path) == 0)
			return FALSE;
	return TRUE;
}

/* The list of the host that is chosen now. */
static void follow(struct machines *machines)
{
	VmcHost *host = tui_host(machines->app);
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	GListModel *model = inventory ? vmc_inventory_machines(inventory) : NULL;

	if (model == machines->model && host == machines->host)
		return;
	unfollow(machines);
	if (machines->model)
		g_signal_handlers_disconnect_by_data(machines->model, machines);
	g_clear_object(&machines->model);
	machines->host = host;
	machines->is_stale = TRUE;
	if (!model)
		return;
	machines->model = g_object_ref(model);
	g_signal_connect(model, "items-changed", G_CALLBACK(on_items), machines);
	follow_objects(machines);
}

/* --- rows -------------------------------------------------------------------------------------------- */

static gboolean has_text(const char *text, const char *needle)
{
	char *folded = g_utf8_casefold(text, -1);
	gboolean has = strstr(folded, needle) != NULL;

	g_free(folded);
	return has;
}

/* Every word of the filter must be somewhere. */
static gboolean passes(struct machines *machines, VmcObject *machine)
{
	static const char *const properties[] = { "Name", "State", "Notes", "GuestIpv4", "GuestHostName" };
	char *folded = g_utf8_casefold(machines->filter, -1);
	char **words = g_strsplit(folded, " ", -1);
	gboolean passes = TRUE;

	for (guint i = 0; words[i] && passes; i++) {
		char *group = machine_group(machines->app, machine);

		passes = !*words[i] || has_text(group, words[i]);
		for (guint k = 0; k < G_N_ELEMENTS(properties) && !passes; k++)
			passes = has_text(vmc_object_text(machine, properties[k]), words[i]);
		g_free(group);
	}
	g_strfreev(words);
	g_free(folded);
	return passes;
}

static char *grouping(struct machines *machines)
{
	char *kind = g_key_file_get_string(tui_preferences(machines->app), "options", "group", NULL);

	return kind ? kind : g_strdup("none");
}

static char *group_of(struct machines *machines, const char *kind, VmcObject *machine)
{
	char *group;

	if (strcmp(kind, "state") == 0)
		return vmc_state_text(vmc_object_text(machine, "State"));
	if (strcmp(kind, "group") != 0)
		return g_strdup("");
	group = machine_group(machines->app, machine);
	if (*group)
		return group;
	g_free(group);
	return g_strdup("(no group)");
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer opaque)
{
	const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;
	struct machines *machines = opaque;
	int order = strcmp(x->group, y->group);

	if (!order)
		order = machine_column_compare(machines->samples, machines->host, x->machine, y->machine,
					       machines->sort) *
			(machines->is_reversed ? -1 : 1);
	if (!order)
		order = vmc_object_compare(x->machine, y->machine) *
			(machines->is_reversed && machines->sort == 0 ? -1 : 1);
	return order;
}

static void add_headings(GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		struct row *row = rows->pdata[i], *heading;

		if (i > 0 && strcmp(((struct row *)rows->pdata[i - 1])->group, row->group) == 0)
			continue;
		heading = g_new0(struct row, 1);
		heading->group = g_strdup(row->group);
		g_ptr_array_insert(rows, (int)i++, heading);
	}
}

static void find_selected(struct machines *machines)
{
	for (guint i = 0; i < machines->rows->len && machines->selected; i++) {
		struct row *row = machines->rows->pdata[i];

		if (row->machine && strcmp(vmc_object_path(row->machine), machines->selected) == 0)
			machines->list.selected = (int)i;
	}
}

static void keep_selected(struct machines *machines)
{
	VmcObject *machine = machines_selected(machines);

	if (machine) {
		g_free(machines->selected);
		machines->selected = g_strdup(vmc_object_path(machine));
	}
}

void machines_update(struct machines *machines)
{
	char *kind;

	follow(machines);
	if (!machines->is_stale)
		return;
	machines->is_stale = FALSE;
	g_hash_table_foreach_remove(machines->marked, is_gone, machines);
	kind = grouping(machines);
	g_ptr_array_set_size(machines->rows, 0);
	for (guint i = 0; i < machines->objects->len; i++) {
		VmcObject *machine = machines->objects->pdata[i];
		struct row *row;

		if (*machines->filter && !passes(machines, machine))
			continue;
		row = g_new0(struct row, 1);
		row->machine = g_object_ref(machine);
		row->group = group_of(machines, kind, machine);
		g_ptr_array_add(machines->rows, row);
	}
	g_ptr_array_sort_with_data(machines->rows, compare_rows, machines);
	if (strcmp(kind, "none") != 0)
		add_headings(machines->rows);
	g_free(kind);
	find_selected(machines);
	tui_list_fit(&machines->list, (int)machines->rows->len, MAX(machines->body.height, 1));
}

/* --- drawing ----------------------------------------------------------------------------------------- */

/* Of a wide window the columns with sentences get what the name does not need. */
static void share(int *widths)
{
	int sentences = 0, more;

	for (guint i = 1; i < machine_columns_count; i++)
		sentences += widths[i] && machine_columns[i].is_sentence;
	more = sentences ? MAX(widths[0] - NAME_ENOUGH, 0) : 0;
	for (guint i = 1; i < machine_columns_count && more > 0; i++)
		if (widths[i] && machine_columns[i].is_sentence) {
			widths[i] += more / sentences;
			widths[0] -= more / sentences;
		}
}

/* Which columns have room: those of the highest rank go first. */
static void lay_out(struct machines *machines, int width)
{
	gboolean shown[COLUMNS_MAX];
	int used, x = 3;

	for (guint i = 0; i < machine_columns_count; i++)
		shown[i] = machine_column_is_shown(machines->app, i);
	for (;;) {
		guint worst = 0;

		used = 3;
		for (guint i = 0; i < machine_columns_count; i++) {
			if (!shown[i])
				continue;
			used += GAP + machine_columns[i].width;
			if (machine_columns[i].rank > machine_columns[worst].rank)
				worst = i;
		}
		if (width - used >= NAME_MIN || worst == 0)
			break;
		shown[worst] = FALSE;
	}
	for (guint i = 0; i < machine_columns_count; i++)
		machines->column_width[i] = !shown[i] ? 0
					    : i == 0  ? MAX(width - used, 1)
						      : machine_columns[i].width;
	share(machines->column_width);
	for (guint i = 0; i < machine_columns_count; i++) {
		machines->column_x[i] = x;
		if (shown[i])
			x += machines->column_width[i] + GAP;
	}
}

static void draw_heading(struct machines *machines, const struct tui_area *area)
{
	tui_fill(area, THEME_HEADING);
	for (guint i = 0; i < machine_columns_count; i++) {
		char *title;

		if (machines->column_width[i] <= 0)
			continue;
		title = g_strdup_printf("%s%s", machine_columns[i].title,
					machines->sort != i	? ""
					: machines->is_reversed ? "\xe2\x96\xb2"
								: "\xe2\x96\xbc");
		(machine_columns[i].is_right ? tui_text_right : tui_text)(
		    area, machines->column_x[i], 0, machines->column_width[i], THEME_HEADING, title);
		g_free(title);
	}
}

static void draw_machine(struct machines *machines, const struct tui_area *area, int y, VmcObject *machine)
{
	const char *state = vmc_object_text(machine, "State");
	gboolean is_marked = g_hash_table_contains(machines->marked, vmc_object_path(machine));
	enum theme_role role = machine_state_role(state);

	tui_put(area, 0, y, THEME_MARKED, is_marked ? 0x2713 : ' ');
	tui_put(area, 1, y, role, machine_state_symbol(state));
	for (guint i = 0; i < machine_columns_count; i++) {
		char *text;

		if (machines->column_width[i] <= 0)
			continue;
		text = machine_column_text(machines->app, machines->samples, machines->host, machine, i);
		(machine_columns[i].is_right ? tui_text_right : tui_text)(area, machines->column_x[i], y,
									  machines->column_width[i],
									  i == 1      ? role
									  : is_marked ? THEME_MARKED
										      : THEME_TEXT,
									  text);
		g_free(text);
	}
}

static void draw_nothing(struct machines *machines, const struct tui_area *area)
{
	VmcHost *host = tui_host(machines->app);

	if (vmc_host_link(host) == VMC_LINK_CONNECTING)
		tui_text(area, 2, 1, -1, THEME_DIM, "Connecting...");
	else if (vmc_host_link(host) == VMC_LINK_LOST) {
		struct tui_area part = tui_area_part(area, 2, 1, area->width - 4, area->height - 1);

		tui_text_wrap(&part, 0, THEME_WARNING, vmc_host_problem(host));
		/* Here it can be done from here. */
		if (!*vmc_host_place(host) && part.height > 4)
			tui_text(&part, 0, 3, -1, THEME_DIM, "From here: F10, Host, Start Service.");
	} else if (*machines->filter)
		tui_text(area, 2, 1, -1, THEME_DIM,
			 "No machine passes the filter; / changes it, Esc takes it away.");
	else
		tui_text(area, 2, 1, -1, THEME_DIM,
			 "There are no virtual machines yet; n makes the first one.");
}

void machines_draw(struct machines *machines, const struct tui_area *area, gboolean has_focus)
{
	machines->heading = tui_area_part(area, 0, 0, area->width, 1);
	machines->body = tui_area_part(area, 0, 1, area->width, area->height - 1);
	machines_update(machines);
	lay_out(machines, area->width - 1);
	draw_heading(machines, &machines->heading);
	tui_list_fit(&machines->list, (int)machines->rows->len, machines->body.height);
	if (machines->rows->len == 0)
		draw_nothing(machines, &machines->body);
	for (int y = 0; y < machines->body.height && machines->list.top + y < machines->list.count; y++) {
		struct row *row = machines->rows->pdata[machines->list.top + y];
		struct tui_area line = tui_area_part(&machines->body, 0, y, area->width - 1, 1);

		if (row->machine)
			draw_machine(machines, &machines->body, y, row->machine);
		else
			tui_text(&machines->body, 1, y, -1, THEME_ACCENT, row->group);
		if (machines->list.top + y == machines->list.selected)
			tui_restyle(&line, has_focus ? THEME_SELECTED : THEME_SELECTED_IDLE);
	}
	tui_list_scrollbar(&machines->list, &machines->body);
	keep_selected(machines);
}

/* --- commands ---------------------------------------------------------------------------------------- */

static void mark(struct machines *machines, VmcObject *machine)
{
	const char *path = vmc_object_path(machine);

	if (!g_hash_table_remove(machines->marked, path))
		g_hash_table_add(machines->marked, g_strdup(path));
}

static void mark_all(struct machines *machines)
{
	gboolean any = g_hash_table_size(machines->marked) > 0;

	g_hash_table_remove_all(machines->marked);
	for (guint i = 0; i < machines->rows->len && !any; i++)
		if (((struct row *)machines->rows->pdata[i])->machine)
			mark(machines, ((struct row *)machines->rows->pdata[i])->machine);
}

static void keep_sort(struct machines *machines)
{
	g_key_file_set_string(tui_preferences(machines->app), "options", "sort",
			      machine_columns[machines->sort].name);
	tui_set_option(machines->app, "sort-reversed", machines->is_reversed);
	machines->is_stale = TRUE;
}

static void sort_by(struct machines *machines, guint column)
{
	if (column == machines->sort)
		machines->is_reversed = !machines->is_reversed;
	else
		machines->is_reversed = FALSE;
	machines->sort = column;
	keep_sort(machines);
}

static void next_sort(struct machines *machines)
{
	guint next = machines->sort;

	do
		next = (next + 1) % machine_columns_count;
	while (machines->column_width[next] <= 0 && next != machines->sort);
	sort_by(machines, next);
}

static void next_grouping(struct machines *machines)
{
	char *kind = grouping(machines);
	const char *next = strcmp(kind, "none") == 0	? "state"
			   : strcmp(kind, "state") == 0 ? "group"
							: "none";

	g_key_file_set_string(tui_preferences(machines->app), "options", "group", next);
	tui_preferences_changed(machines->app);
	tui_say(machines->app, THEME_TEXT, "Grouped by: %s", next);
	machines->is_stale = TRUE;
	g_free(kind);
}

gboolean machines_command(struct machines *machines, const char *command)
{
	VmcObject *machine = machines_selected(machines);

	if (tui_list_command(&machines->list, command, machines->body.height)) {
		g_clear_pointer(&machines->selected, g_free);
		return TRUE;
	}
	if (strcmp(command, "mark") == 0 && machine) {
		mark(machines, machine);
		tui_list_command(&machines->list, "down", machines->body.height);
	} else if (strcmp(command, "mark.all") == 0) {
		mark_all(machines);
	} else if (strcmp(command, "sort.next") == 0) {
		next_sort(machines);
	} else if (strcmp(command, "sort.reverse") == 0) {
		sort_by(machines, machines->sort);
	} else if (strcmp(command, "group") == 0) {
		next_grouping(machines);
	} else {
		return FALSE;
	}
	return TRUE;
}

static void click_heading(struct machines *machines, int x)
{
	for (guint i = 0; i < machine_columns_count; i++)
		if (machines->column_width[i] > 0 && x >= machines->column_x[i] &&
		    x < machines->column_x[i] + machines->column_width[i])
			sort_by(machines, i);
}

gboolean machines_event(struct machines *machines, const struct tui_event *event)
{
	if (event->kind != TUI_MOUSE)
		return FALSE;
	if (tui_area_has(&machines->body, event->x, event->y) && tui_list_wheel(&machines->list, event)) {
		g_clear_pointer(&machines->selected, g_free);
		return TRUE;
	}
	if (event->mouse != TUI_MOUSE_PRESS)
		return FALSE;
	if (tui_area_has(&machines->heading, event->x, event->y)) {
		click_heading(machines, event->x - machines->heading.x);
		return TRUE;
	}
	if (!tui_area_has(&machines->body, event->x, event->y))
		return FALSE;
	if (machines->list.top + event->y - machines->body.y < machines->list.count) {
		machines->list.selected = machines->list.top + event->y - machines->body.y;
		g_clear_pointer(&machines->selected, g_free);
		if (event->modifiers & TUI_CTRL && machines_selected(machines))
			mark(machines, machines_selected(machines));
		keep_selected(machines);
	}
	return TRUE;
}

/* --- what others ask --------------------------------------------------------------------------------- */

VmcObject *machines_selected(struct machines *machines)
{
	int place = machines->list.selected;

	if (place < 0 || place >= (int)machines->rows->len)
		return NULL;
	return ((struct row *)machines->rows->pdata[place])->machine;
}

GPtrArray *machines_chosen(struct machines *machines)
{
	GPtrArray *chosen = g_ptr_array_new_with_free_func(g_object_unref);

	for (guint i = 0; i < machines->objects->len; i++)
		if (g_hash_table_contains(machines->marked, vmc_object_path(machines->objects->pdata[i])))
			g_ptr_array_add(chosen, g_object_ref(machines->objects->pdata[i]));
	if (chosen->len == 0 && machines_selected(machines))
		g_ptr_array_add(chosen, g_object_ref(machines_selected(machines)));
	return chosen;
}

guint machines_marked(struct machines *machines)
{
	return g_hash_table_size(machines->marked);
}

void machines_unmark(struct machines *machines)
{
	g_hash_table_remove_all(machines->marked);
}

void machines_select(struct machines *machines, const char *path)
{
	g_free(machines->selected);
	machines->selected = g_strdup(path);
	machines->is_stale = TRUE;
}

void machines_set_filter(struct machines *machines, const char *text)
{
	g_free(machines->filter);
	machines->filter = g_strdup(text);
	machines->is_stale = TRUE;
}

void machines_stale(struct machines *machines)
{
	machines->is_stale = TRUE;
}

const char *machines_filter(const struct machines *machines)
{
	return machines->filter;
}

void machines_each_shown(struct machines *machines, void (*fn)(VmcObject *machine, gpointer opaque),
			 gpointer opaque)
{
	for (int y = 0; y < machines->body.height && machines->list.top + y < (int)machines->rows->len; y++) {
		struct row *row = machines->rows->pdata[machines->list.top + y];

		if (row->machine)
			fn(row->machine, opaque);
	}
}

VmcObject *machines_job(VmcHost *host, VmcObject *machine)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	GListModel *jobs = inventory ? vmc_inventory_jobs(inventory) : NULL;
	VmcObject *found = NULL;

	for (guint i = 0; jobs && i < g_list_model_get_n_items(jobs); i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);

		if (strcmp(vmc_object_text(job, "VirtualMachine"), vmc_object_path(machine)) == 0 &&
		    strcmp(vmc_object_text(job, "State"), "running") == 0)
			found = job;
		g_object_unref(job); /* the list has it */
	}
	return found;
}

struct machines *machines_new(struct tui_app *app, struct vmc_samples *samples)
{
	struct machines *machines = g_new0(struct machines, 1);
	char *sort = g_key_file_get_string(tui_preferences(app), "options", "sort", NULL);

	machines->app = app;
	machines->samples = samples;
	machines->objects = g_ptr_array_new_with_free_func(g_object_unref);
	machines->rows = g_ptr_array_new_with_free_func(row_free);
	machines->marked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	machines->filter = g_strdup("");
	machines->is_reversed = tui_option(app, "sort-reversed", FALSE);
	for (guint i = 0; sort && i < machine_columns_count; i++)
		if (strcmp(machine_columns[i].name, sort) == 0)
			machines->sort = i;
	g_free(sort);
	return machines;
}

struct machines *machines_free(struct machines *machines)
{
	unfollow(machines);
	if (machines->model)
		g_signal_handlers_disconnect_by_data(machines->model, machines);
	g_clear_object(&machines->model);
	g_ptr_array_unref(machines->objects);
	g_ptr_array_unref(machines->rows);
	g_hash_table_unref(machines->marked);
	g_free(machines->selected);
	g_free(machines->filter);
	g_free(machines);
	return NULL;
}
