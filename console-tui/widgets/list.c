/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "widgets/list.h"

#include <string.h>

enum { WHEEL_ROWS = 3 };

void tui_list_fit(struct tui_list *list, int count, int height)
{
	list->count = count;
	list->selected = CLAMP(list->selected, 0, MAX(count - 1, 0));
	height = MAX(height, 1);
	list->top = CLAMP(list->top, list->selected - height + 1, list->selected);
	list->top = CLAMP(list->top, 0, MAX(count - height, 0));
}

gboolean tui_list_command(struct tui_list *list, const char *command, int height)
{
	if (strcmp(command, "up") == 0)
		list->selected--;
	else if (strcmp(command, "down") == 0)
		list->selected++;
	else if (strcmp(command, "page.up") == 0)
		list->selected -= MAX(height - 1, 1);
	else if (strcmp(command, "page.down") == 0)
		list->selected += MAX(height - 1, 1);
	else if (strcmp(command, "first") == 0)
		list->selected = 0;
	else if (strcmp(command, "last") == 0)
		list->selected = list->count - 1;
	else
		return FALSE;
	tui_list_fit(list, list->count, height);
	return TRUE;
}

gboolean tui_list_wheel(struct tui_list *list, const struct tui_event *event)
{
	if (event->kind != TUI_MOUSE || (event->mouse != TUI_MOUSE_UP && event->mouse != TUI_MOUSE_DOWN))
		return FALSE;
	list->selected += event->mouse == TUI_MOUSE_UP ? -WHEEL_ROWS : WHEEL_ROWS;
	list->selected = CLAMP(list->selected, 0, MAX(list->count - 1, 0));
	return TRUE;
}

void tui_list_scrollbar(const struct tui_list *list, const struct tui_area *area)
{
	int size, start;

	if (list->count <= area->height || area->height < 2)
		return;
	size = MAX(area->height * area->height / list->count, 1);
	start = list->top * (area->height - size) / MAX(list->count - area->height, 1);
	for (int y = 0; y < area->height; y++)
		tui_put(area, area->width - 1, y, THEME_BORDER,
			y >= start && y < start + size ? 0x2588 : 0x2502);
}
