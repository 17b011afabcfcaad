/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boxes in the middle of the screen: a message, a question with what it will do and the command line that
 * does the same, a line of text to be typed, a list of things to tick. Each closes itself; the caller's
 * function comes only when the user agreed.
 */
#ifndef VIEWS_DIALOG_H
#define VIEWS_DIALOG_H

#include "app/app.h"

typedef void (*dialog_fn)(struct tui_view *owner, const char *text, gpointer opaque);

void dialog_message(struct tui_app *app, const char *title, const char *text);
void dialog_error(struct tui_app *app, const GError *error);

struct dialog_question {
	const char *title, *text;
	const char *steps;     /* lines; NULL: none, or not yet (dialog_set_steps) */
	const char *command;   /* line that does the same; NULL */
	const char *button;    /* "Turn Off" */
	gboolean is_dangerous; /* Cancel has the focus */
};

/* `fn` with text "". `owner` is held as long as the box is there. The box, for dialog_set_steps(). */
struct tui_view *dialog_ask(struct tui_view *owner, const struct dialog_question *question, dialog_fn fn,
			    gpointer opaque, GDestroyNotify free_opaque);
void dialog_set_steps(struct tui_view *dialog, const char *steps, gboolean is_refused);

/* `check` may be NULL: a sentence of what is wrong with the text (free it), or NULL. */
void dialog_type(struct tui_view *owner, const char *title, const char *label, const char *text,
		 char *(*check)(const char *text), dialog_fn fn, gpointer opaque, GDestroyNotify free_opaque);
/* The same of a path, which F8 completes; one of another host (`place` not "") is typed whole. */
void dialog_type_path(struct tui_view *owner, const char *title, const char *label, const char *text,
		      const char *place, dialog_fn fn, gpointer opaque, GDestroyNotify free_opaque);
/* The same of a text that nobody is to see; `text` tells what it is for. */
void dialog_type_secret(struct tui_view *owner, const char *title, const char *text, dialog_fn fn,
			gpointer opaque, GDestroyNotify free_opaque);

#endif
