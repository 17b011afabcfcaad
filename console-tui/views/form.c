/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/form.h"

#include "views/actions.h"
#include "views/completion.h"
#include "views/dialog.h"
#include "views/form_priv.h"
#include "views/help.h"
#include "views/menu.h"

#include <string.h>

/* --- values ------------------------------------------------------------------------------------------ */

struct field *form_find(struct form *form, const char *name)
{
	for (guint i = 0; i < form->field_count; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return &form->fields[i];
	return NULL;
}

const char *form_value(struct form *form, const char *name)
{
	struct field *field = form_find(form, name);

	return field ? field->line.text->str : "";
}

gboolean form_is_on(struct form *form, const char *name)
{
	return strcmp(form_value(form, name), "yes") == 0;
}

gboolean form_differs(struct form *form, const char *name)
{
	struct field *field = form_find(form, name);

	return field && strcmp(field->before, field->line.text->str) != 0;
}

gboolean form_has_changed(struct form *form, const char *name)
{
	return form_differs(form, name) && !form_is_hidden(form, name);
}

gboolean form_is_hidden(struct form *form, const char *name)
{
	struct field *field = form_find(form, name);

	return !field || field->is_hidden;
}

void form_hide(struct form *form, const char *name, gboolean is_hidden)
{
	struct field *field = form_find(form, name);

	if (field)
		field->is_hidden = is_hidden;
}

void form_set_aside(struct form *form, const char *name)
{
	struct field *field = form_find(form, name);

	if (field)
		field->is_aside = TRUE;
}

void form_lock(struct form *form, const char *name, const char *why)
{
	struct field *field = form_find(form, name);

	if (field) {
		g_free(field->locked);
		field->locked = g_strdup(why);
	}
}

gboolean form_is_text(const struct field *field)
{
	return field->type == FORM_NOTE || field->type == FORM_HEADING;
}

gboolean form_is_shown(const struct form *form, const struct field *field)
{
	return field->page == form->page && !field->is_hidden;
}

const char *form_field_label(const struct field *field)
{
	for (guint i = 0; field->values && field->values[i]; i++)
		if (strcmp(field->values[i], field->line.text->str) == 0)
			return field->labels[i];
	return field->line.text->str;
}

gboolean form_has_problem(struct form *form, guint page)
{
	for (guint i = 0; i < form->field_count; i++)
		if (form->fields[i].page == page && !form->fields[i].is_hidden && form->fields[i].problem)
			return TRUE;
	return FALSE;
}

/* Of the value that is chosen. */
static const char *choice_refusal(const struct field *field)
{
	for (guint i = 0; field->refusals && field->values[i]; i++)
		if (strcmp(field->values[i], field->line.text->str) == 0)
			return field->refusals[i];
	return NULL;
}

static void check_all(struct form *form)
{
	if (form->kind->update)
		form->kind->update(form);
	for (guint i = 0; i < form->field_count; i++) {
		struct field *field = &form->fields[i];

		g_clear_pointer(&field->problem, g_free);
		if (form->kind->check && !field->is_hidden && !form_is_text(field) &&
		    field->type != FORM_BUTTON)
			field->problem = form->kind->check(form, field->name, field->line.text->str);
		if (!field->problem && !field->is_hidden)
			field->problem = g_strdup(choice_refusal(field));
	}
	tui_changed(form->view.app);
}

void form_check_again(struct form *form)
{
	check_all(form);
}

void form_set_value(struct form *form, const char *name, const char *value)
{
	struct field *field = form_find(form, name);

	if (field)
		tui_line_set(&field->line, value);
}

/* --- moving ------------------------------------------------------------------------------------------ */

static gboolean takes_focus(struct form *form, int place)
{
	struct field *field = &form->fields[place];

	return form_is_shown(form, field) && !form_is_text(field);
}

static void move(struct form *form, int step)
{
	int place = form->focus;

	for (guint i = 0; i <= form->field_count; i++) {
		place += step;
		if (place >= (int)form->field_count)
			place = -1;
		else if (place < -1)
			place = (int)form->field_count - 1;
		if (place == -1 || takes_focus(form, place))
			break;
	}
	form->focus = place;
}

static void show_page(struct form *form, guint page)
{
	form->page = MIN(page, form->page_count);
	form->focus = -1;
	form->top = 0;
	if (form->kind->enter)
		form->kind->enter(form, form->page < form->page_count ? form->pages[form->page] : "Summary");
	if (form->page < form->page_count)
		move(form, 1);
	check_all(form);
	if (form->page < form->page_count)
		return;
	g_clear_pointer(&form->plan, g_free);
	form->is_refused = FALSE;
	for (guint i = 0; i < form->page_count; i++)
		if (form_has_problem(form, i)) {
			form_set_plan(form,
				      "Something is not right yet: the pages with a mark tell what, and "
				      "F9 goes there.",
				      TRUE);
			return;
		}
	if (form->kind->plan)
		form->kind->plan(form);
	else if (form->kind->call)
		form->kind->call(form, TRUE, form_take_plan);
}

static void on_called(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	struct form *form = (struct form *)view;

	if (error)
		form_fail(form, error);
	else
		form_done(form, form->kind->done);
}

/* To the first field that is not right. FALSE: all are. */
static gboolean show_problem(struct form *form)
{
	for (guint i = 0; i < form->field_count; i++) {
		const struct field *field = &form->fields[i];

		if (field->is_hidden || !field->problem)
			continue;
		show_page(form, field->page);
		form->focus = (int)i;
		return TRUE;
	}
	return FALSE;
}

static void finish(struct form *form)
{
	if (form->page < form->page_count) {
		show_page(form, form->page_count);
		return;
	}
	if (form->is_busy)
		return;
	if (form->is_refused) {
		if (!show_problem(form))
			show_page(form, form->page_count); /* what stood in its way may be gone */
		return;
	}
	if (tui_refuses_change(form->view.app))
		return;
	form->is_busy = TRUE;
	if (form->kind->finish)
		form->kind->finish(form);
	else
		form->kind->call(form, FALSE, on_called);
}

static void next(struct form *form)
{
	if (form->page < form->page_count)
		show_page(form, form->page + 1);
	else
		finish(form);
}

void form_set_plan(struct form *form, const char *steps, gboolean is_refused)
{
	g_free(form->plan);
	form->plan = g_strdup(steps);
	form->is_refused = is_refused;
	tui_changed(form->view.app);
}

void form_take_plan(struct tui_view *form, GVariant *result, const GError *error, gpointer unused)
{
	char *steps = result ? actions_steps(result) : g_strdup(error->message);

	form_set_plan((struct form *)form, steps, error != NULL);
	g_free(steps);
}

void form_done(struct form *form, const char *text)
{
	tui_say(form->view.app, THEME_GOOD, "%s", text);
	tui_close(&form->view);
}

void form_fail(struct form *form, const GError *error)
{
	form->is_busy = FALSE;
	dialog_error(form->view.app, error);
}

/* --- editing ----------------------------------------------------------------------------------------- */

void form_take_choice(struct tui_view *view, const char *value, gboolean unused)
{
	struct form *form = (struct form *)view;

	if (form->focus < 0)
		return;
	tui_line_set(&form->fields[form->focus].line, value);
	check_all(form);
}

static void open_choices(struct form *form, struct field *field)
{
	struct menu *menu = menu_new(&form->view, field->label, form_take_choice, FALSE);

	for (guint i = 0; field->values[i]; i++)
		menu_add(menu, field->labels[i], field->values[i],
			 field->refusals ? field->refusals[i] : NULL);
	menu_select(menu, field->line.text->str);
	menu_open(menu, field->area.x, field->area.y + 1, NULL);
}

/* Those that cannot be chosen are passed over. */
static void turn_choice(struct form *form, struct field *field, int step)
{
	int count = (int)g_strv_length(field->values), now = 0;

	for (int i = 0; i < count; i++)
		if (strcmp(field->values[i], field->line.text->str) == 0)
			now = i;
	for (int tries = 0; tries < count; tries++) {
		now = (now + step + count) % count;
		if (!field->refusals || !field->refusals[now])
			break;
	}
	if (count)
		tui_line_set(&field->line, field->values[now]);
	check_all(form);
}

static void complete_path(struct form *form, struct field *field)
{
	if (*vmc_host_place(form->host)) {
		tui_say(form->view.app, THEME_WARNING,
			"this is a file of %s, whose folders are not listed here; type its whole path",
			vmc_host_label(form->host));
		return;
	}
	completion_path(&form->view, &field->line, field->label, form_take_choice, field->area.x,
			field->area.y + 1);
	check_all(form);
}

static gboolean edit_choice(struct form *form, struct field *field, const struct tui_event *event)
{
	if (event->key == TUI_KEY_LEFT)
		turn_choice(form, field, -1);
	else if (event->key == TUI_KEY_RIGHT)
		turn_choice(form, field, 1);
	else if (event->key == ' ')
		open_choices(form, field);
	else
		return FALSE;
	return TRUE;
}

static gboolean edit(struct form *form, const struct tui_event *event)
{
	struct field *field = form->focus >= 0 ? &form->fields[form->focus] : NULL;
	gboolean has_changed = FALSE;

	if (!field)
		return FALSE;
	if (field->locked) {
		if (event->key < TUI_KEY_UP && event->modifiers == 0)
			tui_say(form->view.app, THEME_WARNING, "%s", field->locked);
		return event->key < TUI_KEY_UP && event->modifiers == 0;
	}
	if (field->type == FORM_BUTTON) {
		if (event->kind != TUI_KEY || event->key != ' ')
			return FALSE;
		form->kind->press(form, field->name);
		return TRUE;
	}
	if (field->type == FORM_CHOICE)
		return event->kind == TUI_KEY && edit_choice(form, field, event);
	if (field->type == FORM_TICK) {
		if (event->kind != TUI_KEY || event->key != ' ')
			return FALSE;
		tui_line_set(&field->line, form_is_on(form, field->name) ? "no" : "yes");
		check_all(form);
		return TRUE;
	}
	if (!tui_line_event(&field->line, event, &has_changed))
		return FALSE;
	if (has_changed && field->type == FORM_PATH && !*vmc_host_place(form->host))
		completion_home(&field->line);
	if (has_changed)
		check_all(form);
	return TRUE;
}

static void enter(struct form *form)
{
	struct field *field = form->focus >= 0 ? &form->fields[form->focus] : NULL;

	if (!field)
		next(form);
	else if (field->type == FORM_CHOICE && !field->locked)
		open_choices(form, field);
	else if (field->type == FORM_BUTTON)
		form->kind->press(form, field->name);
	else
		move(form, 1);
}

/* --- events ------------------------------------------------------------------------------------------ */

static void click_field(struct form *form, const struct tui_event *event)
{
	for (guint i = 0; i < form->field_count; i++) {
		struct field *field = &form->fields[i];

		if (!field->is_drawn || !takes_focus(form, (int)i) ||
		    !tui_area_has(&field->area, event->x, event->y))
			continue;
		form->focus = (int)i;
		if (field->locked)
			tui_say(form->view.app, THEME_WARNING, "%s", field->locked);
		else if (field->type == FORM_CHOICE)
			open_choices(form, field);
		else if (field->type == FORM_BUTTON)
			form->kind->press(form, field->name);
		else if (field->type == FORM_TICK)
			tui_line_set(&field->line, form_is_on(form, field->name) ? "no" : "yes");
		check_all(form);
	}
}

static void click(struct form *form, const struct tui_event *event)
{
	if (tui_area_has(&form->cancel, event->x, event->y))
		tui_close(&form->view);
	else if (tui_area_has(&form->next, event->x, event->y))
		next(form);
	else if (tui_area_has(&form->back, event->x, event->y) && form->page > 0)
		show_page(form, form->page - 1);
	else if (tui_area_has(&form->list, event->x, event->y) &&
		 event->y - form->list.y <= (int)form->page_count)
		show_page(form, (guint)(event->y - form->list.y));
	else
		click_field(form, event);
}

static gboolean form_event(struct tui_view *view, const struct tui_event *event)
{
	struct form *form = (struct form *)view;

	if (event->kind == TUI_MOUSE) {
		if (event->mouse == TUI_MOUSE_PRESS)
			click(form, event);
		else if (event->mouse == TUI_MOUSE_UP || event->mouse == TUI_MOUSE_DOWN)
			move(form, event->mouse == TUI_MOUSE_UP ? -1 : 1);
		return TRUE;
	}
	if (event->kind == TUI_KEY && event->key == TUI_KEY_ENTER) {
		enter(form);
		return TRUE;
	}
	/* Keys of the form come before those of readline that are the same. */
	if (event->kind == TUI_KEY && event->modifiers == TUI_CTRL &&
	    strchr("npsy ", (int)MIN(event->key, 126)))
		return FALSE;
	return edit(form, event);
}

static gboolean form_command(struct tui_view *view, const char *command)
{
	struct form *form = (struct form *)view;
	char *line;

	if (strcmp(command, "form.next") == 0)
		move(form, 1);
	else if (strcmp(command, "form.previous") == 0)
		move(form, -1);
	else if (strcmp(command, "form.page") == 0)
		next(form);
	else if (strcmp(command, "form.page-back") == 0 && form->page > 0)
		show_page(form, form->page - 1);
	else if (strcmp(command, "form.finish") == 0)
		finish(form);
	else if (strcmp(command, "form.complete") == 0 && form->focus >= 0 &&
		 form->fields[form->focus].offers)
		form_open_offers(form, &form->fields[form->focus]);
	else if (strcmp(command, "form.complete") == 0 && form->focus >= 0 &&
		 form->fields[form->focus].type == FORM_PATH)
		complete_path(form, &form->fields[form->focus]);
	else if (strcmp(command, "help") == 0)
		help_open(view->app, TUI_IN_FORM);
	else if (strcmp(command, "form.copy") == 0 && form->kind->command) {
		line = form->kind->command(form);
		if (line)
			tui_copy(view->app, line);
		g_free(line);
	} else
		return FALSE;
	return TRUE;
}

static void form_free(struct tui_view *view)
{
	struct form *form = (struct form *)view;

	for (guint i = 0; i < form->field_count; i++) {
		struct field *field = &form->fields[i];

		g_free(field->name);
		g_free(field->label);
		g_free(field->help);
		g_free(field->before);
		g_free(field->problem);
		g_free(field->locked);
		g_strfreev(field->offers);
		g_free(field->offer_help);
		g_strfreev(field->values);
		g_strfreev(field->labels);
		g_free(field->refusals);
		tui_line_deinit(&field->line);
	}
	for (guint i = 0; i < form->page_count; i++)
		g_free(form->pages[i]);
	if (form->free_data)
		form->free_data(form->data);
	g_object_unref(form->host);
	g_free(form->plan);
	g_free(form->title);
	g_free(form);
}

static const struct tui_view_ops form_ops = {
	.contexts = TUI_IN_FORM,
	.draw = form_draw,
	.on_event = form_event,
	.on_command = form_command,
	.free = form_free,
};

/* --- making ------------------------------------------------------------------------------------------ */

struct form *form_new(struct tui_app *app, VmcHost *host, const char *title, const struct form_kind *kind,
		      gpointer data, GDestroyNotify free_data)
{
	struct form *form = g_new0(struct form, 1);

	form->view.ops = &form_ops;
	form->view.app = app;
	form->kind = kind;
	form->data = data;
	form->free_data = free_data;
	form->host = g_object_ref(host);
	form->title = g_strdup(title);
	return form;
}

void form_open(struct form *form)
{
	tui_push(form->view.app, &form->view);
	show_page(form, 0);
}

struct tui_view *form_view(struct form *form)
{
	return &form->view;
}

gpointer form_data(struct form *form)
{
	return form->data;
}

VmcHost *form_host(struct form *form)
{
	return form->host;
}
