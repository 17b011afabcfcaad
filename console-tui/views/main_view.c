/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/main_view_priv.h"

#include "app/call.h"

#include <string.h>

enum {
	HOSTS_WIDTH = 22,
	ACTIONS_WIDTH = 24,
	WIDE = 110, /* columns from which the panes at the sides are shown */
	WIDE_HOSTS = 90,
	DETAILS_MIN = 8,
	LOW = 12, /* lines below which there is the list alone */
	BOX_MIN = 5,
	HIGH = 38, /* lines from which the checkpoints have a pane of their own */
	CHECKPOINTS_HEIGHT = 8,
	SAMPLE_MS = 1000,
};

/* --- time -------------------------------------------------------------------------------------------- */

static void ask_sample(VmcObject *machine, gpointer opaque)
{
	struct main_view *main = opaque;

	if (vmc_object_number(machine, "WorkerPid"))
		vmc_samples_ask(main->samples, tui_host(main->view.app), machine);
}

static void on_samples(gpointer opaque)
{
	struct main_view *main = opaque;

	if (tui_is_top(&main->view))
		tui_changed(main->view.app);
}

/* Nothing runs while plots are off: then the screen changes only when something happens. */
static gboolean on_tick(gpointer opaque)
{
	struct main_view *main = opaque;
	VmcObject *machine = machines_selected(main->machines);

	if (!tui_option(main->view.app, "live", TRUE)) {
		main->timer = 0;
		return G_SOURCE_REMOVE;
	}
	if (!tui_is_top(&main->view))
		return G_SOURCE_CONTINUE;
	machines_each_shown(main->machines, ask_sample, main);
	if (machine)
		ask_sample(machine, main);
	details_tick(&main->details);
	tui_changed(main->view.app);
	return G_SOURCE_CONTINUE;
}

/* --- rights of the selected machine ------------------------------------------------------------------ */

static void on_rights(struct tui_view *view, GVariant *result, const GError *error, gpointer opaque)
{
	struct main_view *main = (struct main_view *)view;
	char *path = opaque;

	if (result && g_strcmp0(path, main->rights_path) == 0 &&
	    g_variant_is_of_type(result, G_VARIANT_TYPE("(as)"))) {
		g_strfreev(main->rights);
		g_variant_get(result, "(^as)", &main->rights);
	}
	g_free(path);
}

static void ask_rights(struct main_view *main)
{
	VmcObject *machine = machines_selected(main->machines);
	const char *path = machine ? vmc_object_path(machine) : NULL;

	if (g_strcmp0(path, main->rights_path) == 0)
		return;
	g_clear_pointer(&main->rights, g_strfreev);
	g_free(main->rights_path);
	main->rights_path = g_strdup(path);
	if (path)
		tui_call_vm(&main->view, tui_host(main->view.app), path, "GetRights", NULL, on_rights,
			    g_strdup(path));
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static void draw_list(struct main_view *main, const struct tui_area *area)
{
	gboolean has_focus = main->focus == PANE_MACHINES;
	const char *filter = machines_filter(main->machines);
	guint marked = machines_marked(main->machines);
	char *title = g_strdup_printf("Virtual Machines%s%s", *filter ? " / " : "", filter), *count;
	struct tui_area inside = *area;

	if (area->height >= BOX_MIN)
		inside = tui_box(area, has_focus ? THEME_BORDER_FOCUS : THEME_BORDER, title);
	main->list = inside;
	machines_draw(main->machines, &inside, has_focus);
	if (marked) {
		count = g_strdup_printf(" %u marked ", marked);
		tui_text(area, area->width - 16, 0, -1, THEME_MARKED, count);
		g_free(count);
	}
	g_free(title);
}

static void draw_checkpoints(struct main_view *main, const struct tui_area *area)
{
	gboolean has_focus = main->focus == PANE_CHECKPOINTS;
	struct tui_area inside = tui_box(area, has_focus ? THEME_BORDER_FOCUS : THEME_BORDER, "Checkpoints");

	checkpoints_draw(main->details.tree, &inside, machines_selected(main->machines),
			 (const char *const *)main->rights, has_focus);
}

static void main_draw(struct tui_view *view, const struct tui_area *area)
{
	struct main_view *main = (struct main_view *)view;
	gboolean has_hosts =
	    area->width >= WIDE || (area->width >= WIDE_HOSTS && tui_hosts(view->app)->len > 1);
	gboolean has_actions = area->width >= WIDE && tui_option(view->app, "actions", TRUE);
	int left = has_hosts ? HOSTS_WIDTH : 0, right = has_actions ? ACTIONS_WIDTH : 0;
	int width = area->width - left - right, body = area->height - 1;
	int details = body < LOW ? 0 : CLAMP(body * 2 / 5, DETAILS_MIN, 24),
	    middle = area->height >= HIGH ? CHECKPOINTS_HEIGHT : 0, top = MAX(body - details - middle, 0);
	struct tui_area bar = tui_area_part(area, 0, 0, area->width, 1);
	struct tui_area hosts = tui_area_part(area, 0, 1, left, body);
	struct tui_area list = tui_area_part(area, left, 1, width, top);
	struct tui_area tree = tui_area_part(area, left, 1 + top, width, middle);
	struct tui_area below = tui_area_part(area, left, 1 + top + middle, width, body - top - middle);
	struct tui_area actions = tui_area_part(area, area->width - right, 1, right, body);

	main->bar = bar;
	main->below = below;
	main->tree = tree;
	main->details.has_pane = middle > 0;
	main->hosts.width = main->right.width = 0;
	if ((main->focus == PANE_HOSTS && !has_hosts) || (main->focus == PANE_ACTIONS && !has_actions) ||
	    (main->focus == PANE_CHECKPOINTS && !middle) || (main->focus == PANE_DETAILS && !details))
		main->focus = PANE_MACHINES;
	main_draw_bar(main, &bar);
	draw_list(main, &list);
	if (has_hosts)
		main_draw_hosts(main, &hosts);
	if (has_actions)
		main_draw_actions(main, &actions);
	ask_rights(main);
	if (middle)
		draw_checkpoints(main, &tree);
	if (details)
		details_draw(&main->details, &below, machines_selected(main->machines),
			     (const char *const *)main->rights, main->focus == PANE_DETAILS);
	if (!main->timer && tui_option(view->app, "live", TRUE))
		main->timer = g_timeout_add(SAMPLE_MS, on_tick, main);
}

/* --- events ------------------------------------------------------------------------------------------ */

static gboolean click_list(struct main_view *main, const struct tui_event *event)
{
	if (!tui_area_has(&main->list, event->x, event->y))
		return FALSE;
	if (event->mouse == TUI_MOUSE_PRESS)
		main->focus = PANE_MACHINES;
	machines_event(main->machines, event);
	if (event->mouse == TUI_MOUSE_PRESS && event->button == 2)
		main_open_actions(main, event->x, event->y);
	else if (event->is_double && event->y > main->list.y)
		tui_run_command(main->view.app, "vm.connect");
	return TRUE;
}

static gboolean main_event(struct tui_view *view, const struct tui_event *event)
{
	struct main_view *main = (struct main_view *)view;

	if (main_bar_event(main, event))
		return TRUE;
	if (event->kind == TUI_KEY && event->key >= '1' && event->key < '1' + DETAILS_TABS &&
	    !event->modifiers) {
		if (!details_choose(&main->details, event->key - '1'))
			main->focus = PANE_CHECKPOINTS;
		return TRUE;
	}
	/* Esc takes away what is in the way, one after the other. */
	if (event->kind == TUI_KEY && event->key == TUI_KEY_ESCAPE) {
		if (machines_marked(main->machines))
			machines_unmark(main->machines);
		else
			machines_set_filter(main->machines, "");
		return TRUE;
	}
	if (event->kind != TUI_MOUSE)
		return FALSE;
	if (main->tree.height > 0 && tui_area_has(&main->tree, event->x, event->y)) {
		if (event->mouse == TUI_MOUSE_PRESS)
			main->focus = PANE_CHECKPOINTS;
		return checkpoints_event(main->details.tree, event);
	}
	if (tui_area_has(&main->below, event->x, event->y)) {
		if (event->mouse == TUI_MOUSE_PRESS)
			main->focus = PANE_DETAILS;
		return details_event(&main->details, event);
	}
	return main_hosts_event(main, event) || main_actions_event(main, event) || click_list(main, event);
}

static void main_free(struct tui_view *view)
{
	struct main_view *main = (struct main_view *)view;

	g_clear_handle_id(&main->timer, g_source_remove);
	details_deinit(&main->details);
	machines_free(main->machines);
	vmc_samples_free(main->samples);
	g_strfreev(main->rights);
	g_free(main->rights_path);
	g_free(main);
}

static const struct tui_view_ops main_ops = {
	.contexts = TUI_IN_MAIN,
	.draw = main_draw,
	.on_event = main_event,
	.on_command = main_command,
	.free = main_free,
};

void main_view_select(struct tui_app *app, const char *path)
{
	machines_select(((struct main_view *)tui_main(app))->machines, path);
}

struct tui_view *main_view_new(struct tui_app *app)
{
	struct main_view *main = g_new0(struct main_view, 1);

	main->view.ops = &main_ops;
	main->view.app = app;
	main->focus = PANE_MACHINES;
	main->samples = vmc_samples_new(on_samples, main);
	main->machines = machines_new(app, main->samples);
	details_init(&main->details, &main->view, main->samples);
	return &main->view;
}
