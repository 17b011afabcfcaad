/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/form_priv.h"

#include "screen/text.h"

enum { LABEL = 22, LABEL_MAX = 38, LIST_WIDTH = 24, LIST_FROM = 76 };

static void draw_pages(struct form *form, const struct tui_area *area)
{
	struct tui_area inside = tui_box(area, THEME_BORDER, NULL);

	form->list = inside;
	for (guint i = 0; i <= form->page_count; i++) {
		struct tui_area line = tui_area_part(&inside, 0, (int)i, inside.width, 1);

		tui_put(&line, 0, 0, THEME_ERROR_TEXT,
			i < form->page_count && form_has_problem(form, i) ? '!' : ' ');
		tui_text(&line, 2, 0, -1, THEME_TEXT, i < form->page_count ? form->pages[i] : "Summary");
		if (i == form->page)
			tui_restyle(&line, THEME_SELECTED_IDLE);
	}
}

/* The column of labels of this page: wider for longer ones, where there is room. */
static int label_width(const struct form *form, int width)
{
	int label = LABEL;

	for (guint i = 0; i < form->field_count; i++)
		if (form_is_shown(form, &form->fields[i]) && !form_is_text(&form->fields[i]) &&
		    form->fields[i].type != FORM_BUTTON)
			label = MAX(label, tui_text_width(form->fields[i].label) + 2);
	return MIN(label, CLAMP(width * 2 / 5, LABEL, LABEL_MAX));
}

static void draw_value(struct form *form, struct field *field, const struct tui_area *area, int x, int y,
		       gboolean has_focus)
{
	int width = area->width - x - 1;
	enum theme_role role = field->locked ? THEME_DISABLED : has_focus ? THEME_FIELD_FOCUS : THEME_FIELD;
	struct tui_area box = tui_area_part(area, x, y, width, 1);

	if (field->type == FORM_TICK) {
		tui_text(area, x, y, -1, role, form_is_on(form, field->name) ? "[x]" : "[ ]");
		return;
	}
	if (field->type == FORM_CHOICE) {
		tui_fill(&box, role);
		tui_text(&box, 0, 0, box.width - 2, role, form_field_label(field));
		tui_put(&box, box.width - 1, 0, role, 0x25be);
		return;
	}
	tui_line_draw(&field->line, area, x, y, width, role, has_focus && !field->locked);
}

static int draw_button(const struct tui_area *area, int x, const char *text, gboolean has_focus,
		       struct tui_area *ret)
{
	enum theme_role role = has_focus ? THEME_BUTTON_FOCUS : THEME_BUTTON;

	*ret = tui_area_part(area, x, 0, tui_text_width(text) + 4, 1);
	tui_fill(ret, role);
	tui_text(ret, 2, 0, -1, role, text);
	return x + ret->width + 2;
}

/* What is said below a field. */
static const char *below_text(const struct field *field, gboolean has_focus)
{
	return has_focus && field->offer_help ? field->offer_help
	       : field->problem		      ? field->problem
	       : !has_focus		      ? ""
	       : field->locked		      ? field->locked
					      : field->help;
}

static int last_fields(const struct form *form)
{
	int count = 0;

	for (guint i = 0; i < form->field_count; i++)
		count += form->fields[i].page == form->page_count && !form->fields[i].is_hidden;
	return count;
}

/* How many rows. */
static int draw_field(struct form *form, struct field *field, const struct tui_area *area, int label, int y,
		      gboolean has_focus)
{
	struct tui_area left = tui_area_part(area, 0, 0, label - 1, area->height);
	struct tui_area below = tui_area_part(area, label, 0, area->width - label, area->height);
	gboolean is_wrong = field->problem && !(has_focus && field->offer_help);
	const char *more = below_text(field, has_focus);
	int lines = 1, label_lines;

	if (field->type == FORM_NOTE)
		return tui_text_wrap(area, y, THEME_DIM, field->label) + 1;
	if (field->type == FORM_HEADING)
		return tui_text_wrap(area, y + 1, THEME_ACCENT, field->label) + 1;
	field->is_drawn = y >= 0 && y < area->height;
	if (field->type == FORM_BUTTON) {
		struct tui_area line = tui_area_part(area, 0, y, area->width, 1);

		draw_button(&line, 0, field->label, has_focus, &field->area);
		return 1;
	}
	field->area = tui_area_part(area, label, y, area->width - label, 1);
	label_lines = tui_text_wrap(&left, y, has_focus ? THEME_ACCENT : THEME_TEXT, field->label);
	if (field->is_drawn)
		draw_value(form, field, area, label, y, has_focus);
	if (*more)
		lines += tui_text_wrap(&below, y + 1, is_wrong ? THEME_ERROR_TEXT : THEME_DIM, more);
	return MAX(lines, label_lines);
}

static void draw_fields(struct form *form, const struct tui_area *area)
{
	int y = -form->top, focus_y = 0, focus_end = 0, label = label_width(form, area->width);
	gboolean has_fields = FALSE;

	for (guint i = 0; i < form->field_count; i++) {
		struct field *field = &form->fields[i];
		gboolean has_focus = form->focus == (int)i;

		field->is_drawn = FALSE;
		if (!form_is_shown(form, field))
			continue;
		if (has_focus)
			focus_y = y;
		y += draw_field(form, field, area, label, y, has_focus);
		if (has_focus)
			focus_end = y;
		has_fields |= !form_is_text(&form->fields[i]);
	}
	/* From the buttons below the end is seen, with the notes that never have the focus. */
	if (form->focus == -1 && has_fields)
		focus_y = focus_end = y;
	/* What has the focus is to be seen: at the next drawing, which this one causes. */
	if (focus_y < 0 || focus_end > area->height) {
		form->top = MAX(form->top + (focus_y < 0 ? focus_y : focus_end - area->height), 0);
		tui_changed(form->view.app);
	}
}

static int change_line(struct form *form, const struct field *field, const struct tui_area *area, int y)
{
	const char *before = *field->before ? field->before : "-";
	int x = LABEL;

	if (!form_differs(form, field->name))
		return y;
	tui_text(area, 0, y, LABEL - 1, THEME_DIM, field->label);
	x += tui_text(area, x, y, area->width / 3, THEME_TEXT, before);
	x += tui_text(area, x, y, -1, THEME_DIM, tui_is_ascii(form->view.app) ? " -> " : " → ");
	tui_text(area, x, y, -1, THEME_ACCENT, form_field_label(field));
	return y + 1;
}

static int summary_line(struct form *form, const struct field *field, const struct tui_area *area, int y)
{
	const char *value = form_field_label(field);

	/* Which device is looked at is nothing that changes. */
	if (form->kind->is_change)
		return strchr(field->name, '.') || *field->before == '\0' ? change_line(form, field, area, y)
									  : y;
	if (field->page == form->page_count || field->is_hidden || field->is_aside || form_is_text(field) ||
	    field->type == FORM_BUTTON || (!*value && field->type != FORM_CHOICE))
		return y;
	tui_text(area, 0, y, LABEL - 1, THEME_DIM, field->label);
	tui_text(area, LABEL, y, -1, form_has_changed(form, field->name) ? THEME_ACCENT : THEME_TEXT, value);
	return y + 1;
}

/* Fields that are asked for at the end. How many rows. */
static int draw_last_fields(struct form *form, const struct tui_area *area)
{
	int label = LABEL, y = 0;

	for (guint i = 0; i < form->field_count; i++) {
		form->fields[i].is_drawn = FALSE;
		if (form_is_shown(form, &form->fields[i]))
			label = MAX(label, tui_text_width(form->fields[i].label) + 2);
	}
	for (guint i = 0; i < form->field_count; i++)
		if (form_is_shown(form, &form->fields[i]))
			y += draw_field(form, &form->fields[i], area, label, y, form->focus == (int)i);
	return y ? y + 1 : 0;
}

static void draw_summary(struct form *form, const struct tui_area *area)
{
	char *command = form->kind->command ? form->kind->command(form) : NULL;
	int below = last_fields(form) ? last_fields(form) + 1 : 0, y = 0;
	struct tui_area top, bottom;

	if (form->plan)
		below += tui_text_lines(form->plan, area->width) + 1;
	if (command)
		below += tui_text_lines(command, area->width) + 2;
	below = MIN(below, area->height - 3);
	top = tui_area_part(area, 0, 0, area->width, area->height - below);
	bottom = tui_area_part(area, 0, area->height - below, area->width, below);
	for (guint i = 0; i < form->field_count && y < top.height; i++)
		y = summary_line(form, &form->fields[i], &top, y);
	y = draw_last_fields(form, &bottom);
	if (form->plan)
		y += tui_text_wrap(&bottom, y, form->is_refused ? THEME_ERROR_TEXT : THEME_TEXT, form->plan) +
		     1;
	if (command) {
		tui_text(&bottom, 0, y, -1, THEME_DIM, "The same as (Ctrl+Y copies it):");
		tui_text_wrap(&bottom, y + 1, THEME_ACCENT, command);
	}
	g_free(command);
}

void form_draw(struct tui_view *view, const struct tui_area *area)
{
	struct form *form = (struct form *)view;
	gboolean has_list = area->width >= LIST_FROM, is_summary = form->page == form->page_count;
	struct tui_area bar = tui_area_part(area, 0, 0, area->width, 1);
	struct tui_area list = tui_area_part(area, 0, 1, LIST_WIDTH, area->height - 2);
	int left = has_list ? LIST_WIDTH + 1 : 1, x, after;
	struct tui_area body = tui_area_part(area, left, 2, area->width - left - 1, area->height - 4);
	struct tui_area buttons = tui_area_part(area, left, area->height - 1, area->width - left, 1);

	tui_fill(area, THEME_TEXT);
	tui_fill(&bar, THEME_BAR);
	tui_text(&bar, 1, 0, -1, THEME_BAR, form->title);
	after = tui_text_width(form->title) + 3;
	if (bar.width - after > 8)
		tui_text_right(&bar, after, 0, bar.width - after - 1, THEME_BAR,
			       is_summary ? "Summary" : form->pages[form->page]);
	form->list.width = 0;
	if (has_list)
		draw_pages(form, &list);
	if (is_summary)
		draw_summary(form, &body);
	else
		draw_fields(form, &body);
	x = draw_button(&buttons, 0, "< Back", FALSE, &form->back);
	x = draw_button(&buttons, x, is_summary ? form->kind->button : "Next >",
			form->focus == -1 && !form->is_refused, &form->next);
	draw_button(&buttons, x, "Cancel", FALSE, &form->cancel);
}
