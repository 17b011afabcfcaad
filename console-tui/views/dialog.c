/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/dialog.h"

#include "screen/text.h"
#include "views/completion.h"
#include "widgets/line.h"

#include <string.h>

enum { WIDTH_MAX = 76, HEIGHT_MAX = 22, LINE_BYTES_MAX = 4096 };

struct dialog {
	struct tui_view view;
	struct tui_view *owner;
	char *title, *text, *steps, *command, *button, *label;
	gboolean is_refused, has_line, is_message, is_path;
	char *place; /* of a path: the host that has it */
	struct tui_line line;
	struct tui_area line_area; /* as drawn */
	char *(*check)(const char *text);
	int focus; /* 0: the button, 1: Cancel */
	dialog_fn fn;
	gpointer opaque;
	GDestroyNotify free_opaque;
	struct tui_area ok, cancel; /* as drawn */
};

static int lines_of(const char *text, int width)
{
	return text ? tui_text_lines(text, width) : 0;
}

static void draw_button(const struct tui_area *box, int x, int y, const char *text, gboolean has_focus,
			struct tui_area *ret_area)
{
	int width = tui_text_width(text) + 4;

	*ret_area = tui_area_part(box, x, y, width, 1);
	tui_fill(ret_area, has_focus ? THEME_BUTTON_FOCUS : THEME_BUTTON);
	tui_text(ret_area, 2, 0, -1, has_focus ? THEME_BUTTON_FOCUS : THEME_BUTTON, text);
}

static int draw_part(const struct tui_area *inside, int y, enum theme_role role, const char *text)
{
	return text && *text ? y + tui_text_wrap(inside, y, role, text) : y;
}

static int draw_line(struct dialog *dialog, const struct tui_area *inside, int y)
{
	char *wrong = dialog->check ? dialog->check(dialog->line.text->str) : NULL;

	dialog->line_area = tui_area_part(inside, 0, y + 1, inside->width, 1);
	tui_text(inside, 0, y, -1, THEME_MENU, dialog->label);
	tui_line_draw(&dialog->line, inside, 0, y + 1, inside->width, THEME_FIELD_FOCUS, TRUE);
	if (wrong)
		tui_text(inside, 0, y + 2, -1, THEME_MENU_KEY, wrong);
	g_free(wrong);
	return y + 3;
}

static void dialog_draw(struct tui_view *view, const struct tui_area *area)
{
	struct dialog *dialog = (struct dialog *)view;
	int width = MIN(area->width - 2, WIDTH_MAX), text_width = width - 4;
	int height = lines_of(dialog->text, text_width) + lines_of(dialog->steps, text_width - 2) +
		     (dialog->command ? lines_of(dialog->command, text_width) + 1 : 0) +
		     (dialog->has_line ? 4 : 0) + (dialog->steps ? 1 : 0) + 4;
	struct tui_area box, inside, steps;
	int y = 0;

	height = CLAMP(height, 5, MIN(area->height, HEIGHT_MAX));
	box = tui_area_part(area, (area->width - width) / 2, (area->height - height) / 2, width, height);
	tui_fill(&box, THEME_MENU);
	tui_box(&box, THEME_MENU, dialog->title);
	inside = tui_area_part(&box, 2, 1, width - 4, height - 2);
	y = draw_part(&inside, y, THEME_MENU, dialog->text);
	if (dialog->steps) {
		steps = tui_area_part(&inside, 2, 0, inside.width - 2, inside.height);
		y = draw_part(&steps, y + 1, dialog->is_refused ? THEME_MENU_KEY : THEME_MENU, dialog->steps);
	}
	if (dialog->command)
		y = draw_part(&inside, y + 1, THEME_MENU_KEY, dialog->command);
	if (dialog->has_line)
		draw_line(dialog, &inside, y + 1);
	draw_button(&inside, inside.width / 2 - (dialog->is_message ? 4 : 14), inside.height - 1,
		    dialog->button, dialog->focus == 0, &dialog->ok);
	if (!dialog->is_message)
		draw_button(&inside, inside.width / 2 + 4, inside.height - 1, "Cancel", dialog->focus == 1,
			    &dialog->cancel);
}

static void agree(struct dialog *dialog)
{
	char *wrong = dialog->has_line && dialog->check ? dialog->check(dialog->line.text->str) : NULL;
	struct tui_view *view = tui_hold(&dialog->view);

	if (wrong || dialog->is_refused) {
		g_free(wrong);
		tui_release(view);
		return;
	}
	tui_close(view);
	if (dialog->fn && !dialog->owner->is_closed)
		dialog->fn(dialog->owner, dialog->has_line ? dialog->line.text->str : "", dialog->opaque);
	tui_release(view);
}

static gboolean click(struct dialog *dialog, const struct tui_event *event)
{
	if (event->mouse != TUI_MOUSE_PRESS)
		return TRUE;
	if (tui_area_has(&dialog->ok, event->x, event->y))
		agree(dialog);
	else if (!dialog->is_message && tui_area_has(&dialog->cancel, event->x, event->y))
		tui_close(&dialog->view);
	return TRUE;
}

static gboolean type(struct dialog *dialog, const struct tui_event *event)
{
	gboolean has_changed = FALSE, is_taken = tui_line_event(&dialog->line, event, &has_changed);

	if (has_changed && dialog->is_path && !*dialog->place)
		completion_home(&dialog->line);
	return is_taken;
}

static void on_path(struct tui_view *view, const char *path, gboolean unused)
{
	tui_line_set(&((struct dialog *)view)->line, path);
}

static void complete(struct dialog *dialog)
{
	if (*dialog->place)
		tui_say(dialog->view.app, THEME_WARNING,
			"this is a path of %s, whose folders are not listed here; type it whole",
			dialog->place);
	else
		completion_path(&dialog->view, &dialog->line, "", on_path, dialog->line_area.x,
				dialog->line_area.y + 1);
}

static gboolean key(struct dialog *dialog, const struct tui_event *event)
{
	if (event->key == TUI_KEY_ENTER && dialog->focus == 1)
		tui_close(&dialog->view);
	else if (event->key == TUI_KEY_ENTER || (event->key == ' ' && !dialog->has_line))
		agree(dialog);
	else if (event->key == TUI_KEY_TAB || event->key == TUI_KEY_UP || event->key == TUI_KEY_DOWN)
		dialog->focus = dialog->is_message ? 0 : !dialog->focus;
	else if (dialog->has_line)
		return type(dialog, event);
	else if (event->key == TUI_KEY_LEFT || event->key == TUI_KEY_RIGHT)
		dialog->focus = dialog->is_message ? 0 : !dialog->focus;
	else if (event->modifiers == 0 && event->key == 'y' && dialog->command && dialog->is_message)
		return FALSE;
	else if (event->modifiers == 0 && event->key == 'y' && !dialog->is_message)
		agree(dialog);
	else if (event->modifiers == 0 && (event->key == 'n' || event->key == 'q'))
		tui_close(&dialog->view);
	else
		return FALSE;
	return TRUE;
}

static gboolean dialog_event(struct tui_view *view, const struct tui_event *event)
{
	struct dialog *dialog = (struct dialog *)view;

	if (event->kind == TUI_MOUSE)
		return click(dialog, event);
	if (event->kind == TUI_PASTE)
		return dialog->has_line && type(dialog, event);
	return key(dialog, event);
}

static gboolean dialog_command(struct tui_view *view, const char *command)
{
	struct dialog *dialog = (struct dialog *)view;

	if (strcmp(command, "form.complete") == 0 && dialog->is_path) {
		complete(dialog);
		return TRUE;
	}
	if (strcmp(command, "text.copy") != 0 || !dialog->command)
		return FALSE;
	tui_copy(view->app, dialog->command);
	return TRUE;
}

static void dialog_free(struct tui_view *view)
{
	struct dialog *dialog = (struct dialog *)view;

	if (dialog->free_opaque)
		dialog->free_opaque(dialog->opaque);
	if (dialog->owner)
		tui_release(dialog->owner);
	tui_line_deinit(&dialog->line);
	g_free(dialog->title);
	g_free(dialog->text);
	g_free(dialog->steps);
	g_free(dialog->command);
	g_free(dialog->button);
	g_free(dialog->label);
	g_free(dialog->place);
	g_free(dialog);
}

static const char *dialog_hint(struct tui_view *view)
{
	struct dialog *dialog = (struct dialog *)view;

	return dialog->is_message ? "Enter OK"
	       : dialog->is_path  ? "Enter OK  F8 Complete"
	       : dialog->has_line ? "Enter OK"
				  : "y or Enter on the button: do it; n: do not";
}

static const struct tui_view_ops dialog_ops = {
	.contexts = TUI_IN_DIALOG,
	.is_overlay = TRUE,
	.draw = dialog_draw,
	.on_event = dialog_event,
	.on_command = dialog_command,
	.free = dialog_free,
	.hint = dialog_hint,
};

static struct dialog *dialog_new(struct tui_view *owner, const char *title, const char *text,
				 const char *button)
{
	struct dialog *dialog = g_new0(struct dialog, 1);

	dialog->view.ops = &dialog_ops;
	dialog->owner = owner ? tui_hold(owner) : NULL;
	dialog->title = g_strdup(title);
	dialog->text = g_strdup(text);
	dialog->button = g_strdup(button);
	return dialog;
}

void dialog_message(struct tui_app *app, const char *title, const char *text)
{
	struct dialog *dialog = dialog_new(NULL, title, text, "OK");

	dialog->is_message = TRUE;
	tui_push(app, &dialog->view);
}

void dialog_error(struct tui_app *app, const GError *error)
{
	dialog_message(app, "It did not work", error->message);
}

struct tui_view *dialog_ask(struct tui_view *owner, const struct dialog_question *question, dialog_fn fn,
			    gpointer opaque, GDestroyNotify free_opaque)
{
	struct dialog *dialog = dialog_new(owner, question->title, question->text, question->button);

	dialog->steps = g_strdup(question->steps);
	dialog->command = g_strdup(question->command);
	dialog->focus = question->is_dangerous;
	dialog->fn = fn;
	dialog->opaque = opaque;
	dialog->free_opaque = free_opaque;
	tui_push(owner->app, &dialog->view);
	return &dialog->view;
}

void dialog_set_steps(struct tui_view *view, const char *steps, gboolean is_refused)
{
	struct dialog *dialog = (struct dialog *)view;

	g_free(dialog->steps);
	dialog->steps = g_strdup(steps);
	dialog->is_refused = is_refused;
	tui_changed(view->app);
}

static struct dialog *open_line(struct tui_view *owner, const char *title, const char *label,
				const char *text, dialog_fn fn, gpointer opaque, GDestroyNotify free_opaque)
{
	struct dialog *dialog = dialog_new(owner, title, "", "OK");

	dialog->has_line = TRUE;
	dialog->label = g_strdup(label);
	dialog->fn = fn;
	dialog->opaque = opaque;
	dialog->free_opaque = free_opaque;
	tui_line_init(&dialog->line, text, LINE_BYTES_MAX);
	tui_push(owner->app, &dialog->view);
	return dialog;
}

void dialog_type(struct tui_view *owner, const char *title, const char *label, const char *text,
		 char *(*check)(const char *text), dialog_fn fn, gpointer opaque, GDestroyNotify free_opaque)
{
	open_line(owner, title, label, text, fn, opaque, free_opaque)->check = check;
}

void dialog_type_path(struct tui_view *owner, const char *title, const char *label, const char *text,
		      const char *place, dialog_fn fn, gpointer opaque, GDestroyNotify free_opaque)
{
	struct dialog *dialog = open_line(owner, title, label, text, fn, opaque, free_opaque);

	dialog->is_path = TRUE;
	dialog->place = g_strdup(place);
}

void dialog_type_secret(struct tui_view *owner, const char *title, const char *text, dialog_fn fn,
			gpointer opaque, GDestroyNotify free_opaque)
{
	struct dialog *dialog = open_line(owner, title, "Password", "", fn, opaque, free_opaque);

	dialog->line.is_secret = TRUE;
	g_free(dialog->text);
	dialog->text = g_strdup(text);
}
