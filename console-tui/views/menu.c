/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/menu.h"

#include "screen/text.h"
#include "widgets/list.h"

#include <string.h>

enum { TITLE_EDGE = 6 }; /* what a box has on both sides of its title */

struct menu {
	struct tui_view view;
	struct tui_view *owner;
	char *title;
	menu_fn fn;
	gboolean stays;
	void (*on_side)(struct tui_view *owner, int direction);
	GArray *items; /* struct menu_item */
	struct tui_list list;
	int x, y;
	struct tui_area box, body;
};

static void item_clear(gpointer opaque)
{
	struct menu_item *item = opaque;

	g_free(item->label);
	g_free(item->command);
	g_free(item->refusal);
	g_free(item->key);
}

static struct menu_item *item_at(const struct menu *menu, int place)
{
	return place >= 0 && place < (int)menu->items->len
		   ? &g_array_index(menu->items, struct menu_item, place)
		   : NULL;
}

static void measure(const struct menu *menu, int *ret_width)
{
	int width = tui_text_width(menu->title) + TITLE_EDGE;

	for (guint i = 0; i < menu->items->len; i++) {
		const struct menu_item *item = item_at(menu, (int)i);
		int own = tui_text_width(item->label) + (item->key ? tui_text_width(item->key) + 2 : 0) +
			  (item->tick ? 4 : 0);

		width = MAX(width, own + 4);
	}
	*ret_width = width;
}

static void draw_item(const struct menu *menu, const struct tui_area *line, int place)
{
	const struct menu_item *item = item_at(menu, place);
	gboolean is_selected = place == menu->list.selected;
	enum theme_role role = item->refusal ? THEME_MENU_DISABLED : THEME_MENU;

	if (!item->command) {
		tui_row(line, 0, 0, line->width, THEME_MENU, 0x2500);
		return;
	}
	tui_text(line, 1, 0, -1, role, item->tick == 2 ? "[x]" : item->tick ? "[ ]" : "");
	tui_text(line, item->tick ? 5 : 1, 0, line->width - 2, role, item->label);
	if (item->key)
		tui_text_right(line, 0, 0, line->width - 1, THEME_MENU_KEY, item->key);
	if (is_selected)
		tui_restyle(line, THEME_MENU_SELECTED);
}

/* In the edge: that there is more than fits. */
static void draw_place(const struct menu *menu)
{
	struct tui_area edge = tui_area_part(&menu->box, menu->box.width - 1, 1, 1, menu->body.height);

	tui_list_scrollbar(&menu->list, &edge);
	tui_restyle(&edge, THEME_MENU);
}

static void menu_draw(struct tui_view *view, const struct tui_area *area)
{
	struct menu *menu = (struct menu *)view;
	int width, height = MIN((int)menu->items->len + 2, area->height), x = menu->x, y = menu->y;

	measure(menu, &width);
	width = MIN(width, area->width);
	if (x < 0) {
		x = (area->width - width) / 2;
		y = (area->height - height) / 2;
	}
	x = CLAMP(x, 0, area->width - width);
	y = CLAMP(y, 0, area->height - height);
	menu->box = tui_area_part(area, x, y, width, height);
	tui_fill(&menu->box, THEME_MENU);
	menu->body = tui_box(&menu->box, THEME_MENU, *menu->title ? menu->title : NULL);
	tui_list_fit(&menu->list, (int)menu->items->len, menu->body.height);
	for (int i = 0; i < menu->body.height && menu->list.top + i < menu->list.count; i++) {
		struct tui_area line = tui_area_part(&menu->body, 0, i, menu->body.width, 1);

		draw_item(menu, &line, menu->list.top + i);
	}
	draw_place(menu);
}

static void choose(struct menu *menu)
{
	struct menu_item *item = item_at(menu, menu->list.selected);
	struct tui_view *view = tui_hold(&menu->view);
	char *command;

	if (item && item->command && item->refusal) {
		tui_say(view->app, THEME_WARNING, "%s", item->refusal);
	} else if (item && item->command) {
		command = g_strdup(item->command);
		if (item->tick)
			item->tick = 3 - item->tick;
		if (!menu->stays)
			tui_close(view);
		if (menu->fn && !menu->owner->is_closed)
			menu->fn(menu->owner, command, item->tick == 2);
		else if (!menu->fn)
			tui_run_command(view->app, command);
		g_free(command);
	}
	tui_release(view);
}

static gboolean on_mouse(struct menu *menu, const struct tui_event *event)
{
	if (tui_list_wheel(&menu->list, event))
		return TRUE;
	if (event->mouse == TUI_MOUSE_RELEASE)
		return TRUE;
	if (!tui_area_has(&menu->box, event->x, event->y)) {
		if (event->mouse == TUI_MOUSE_PRESS)
			tui_close(&menu->view);
		return TRUE;
	}
	if (tui_area_has(&menu->body, event->x, event->y)) {
		menu->list.selected = menu->list.top + event->y - menu->body.y;
		if (event->mouse == TUI_MOUSE_PRESS)
			choose(menu);
	}
	return TRUE;
}

/* What a letter finds it by: of a path, its last part. */
static gunichar initial(const char *label)
{
	const char *at = label, *slash = *label == '/' ? strchr(label, '/') : NULL;

	for (; slash && slash[1]; slash = strchr(slash + 1, '/'))
		at = slash + 1;
	return g_unichar_tolower(g_utf8_get_char(at));
}

/* A letter goes to the next item that begins with it. */
static gboolean jump(struct menu *menu, const struct tui_event *event)
{
	if (event->modifiers || event->key >= TUI_KEY_UP || !g_unichar_isalnum(event->key))
		return FALSE;
	for (int i = 1; i <= menu->list.count; i++) {
		int place = (menu->list.selected + i) % menu->list.count;
		const struct menu_item *item = item_at(menu, place);

		if (item->command && initial(item->label) == g_unichar_tolower(event->key)) {
			menu->list.selected = place;
			return TRUE;
		}
	}
	return TRUE;
}

static gboolean menu_event(struct tui_view *view, const struct tui_event *event)
{
	struct menu *menu = (struct menu *)view;

	if (event->kind == TUI_MOUSE)
		return on_mouse(menu, event);
	if (event->kind != TUI_KEY)
		return FALSE;
	if (event->key == ' ' || (event->key == TUI_KEY_TAB && !menu->stays)) {
		choose(menu);
		return TRUE;
	}
	if ((event->key == TUI_KEY_LEFT || event->key == TUI_KEY_RIGHT) && menu->on_side) {
		struct tui_view *owner = tui_hold(menu->owner);
		void (*on_side)(struct tui_view *, int) = menu->on_side;
		int direction = event->key == TUI_KEY_LEFT ? -1 : 1;

		tui_close(view);
		on_side(owner, direction);
		tui_release(owner);
		return TRUE;
	}
	return jump(menu, event);
}

static gboolean menu_command(struct tui_view *view, const char *command)
{
	struct menu *menu = (struct menu *)view;
	int step = strcmp(command, "up") == 0 ? -1 : strcmp(command, "down") == 0 ? 1 : 0;

	if (strcmp(command, "open") == 0) {
		choose(menu);
		return TRUE;
	}
	if (step && menu->list.count) { /* around, and over lines */
		do
			menu->list.selected =
			    (menu->list.selected + step + menu->list.count) % menu->list.count;
		while (!item_at(menu, menu->list.selected)->command);
		return TRUE;
	}
	return tui_list_command(&menu->list, command, menu->body.height);
}

static void menu_free(struct tui_view *view)
{
	struct menu *menu = (struct menu *)view;

	tui_release(menu->owner);
	g_array_unref(menu->items);
	g_free(menu->title);
	g_free(menu);
}

static const char *menu_hint(struct tui_view *view)
{
	struct menu *menu = (struct menu *)view;
	const struct menu_item *item = item_at(menu, menu->list.selected);

	return item && item->refusal ? item->refusal : NULL;
}

static const struct tui_view_ops menu_ops = {
	.contexts = TUI_IN_MENU,
	.is_overlay = TRUE,
	.draw = menu_draw,
	.on_event = menu_event,
	.on_command = menu_command,
	.free = menu_free,
	.hint = menu_hint,
};

struct menu *menu_new(struct tui_view *owner, const char *title, menu_fn fn, gboolean stays)
{
	struct menu *menu = g_new0(struct menu, 1);

	menu->view.ops = &menu_ops;
	menu->owner = tui_hold(owner);
	menu->title = g_strdup(title);
	menu->fn = fn;
	menu->stays = stays;
	menu->items = g_array_new(FALSE, TRUE, sizeof(struct menu_item));
	g_array_set_clear_func(menu->items, item_clear);
	return menu;
}

void menu_add(struct menu *menu, const char *label, const char *command, const char *refusal)
{
	struct menu_item item = { g_strdup(label), g_strdup(command), g_strdup(refusal), NULL, 0 };

	g_array_append_val(menu->items, item);
}

void menu_add_tick(struct menu *menu, const char *label, const char *command, gboolean is_on)
{
	struct menu_item item = { g_strdup(label), g_strdup(command), NULL, NULL, is_on ? 2 : 1 };

	g_array_append_val(menu->items, item);
}

void menu_add_binding(struct menu *menu, const char *label, const char *command, const char *refusal)
{
	const struct tui_binding *binding = tui_binding_find(command);
	struct menu_item item = { g_strdup(label), g_strdup(command), g_strdup(refusal), NULL, 0 };

	if (binding)
		item.key = tui_binding_key_text(binding);
	if (binding && binding->is_change && !refusal && tui_is_read_only(menu->owner->app))
		item.refusal = g_strdup("nothing can be changed: this program was started with --read-only");
	g_array_append_val(menu->items, item);
}

void menu_select(struct menu *menu, const char *command)
{
	for (guint i = 0; i < menu->items->len; i++)
		if (g_strcmp0(item_at(menu, (int)i)->command, command) == 0)
			menu->list.selected = (int)i;
}

void menu_open(struct menu *menu, int x, int y, void (*on_side)(struct tui_view *owner, int direction))
{
	menu->x = x;
	menu->y = y;
	menu->on_side = on_side;
	tui_push(menu->owner->app, &menu->view);
}
