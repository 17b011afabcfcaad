/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A form of pages with fields: wizards and settings. The last page is made by the form itself: what was
 * entered, what will be done, and the command line that does the same.
 *
 * Use        form_new(), then form_page() and the fields of each in order, then form_open(). The kind's
 *            functions look at values by name, tell what is wrong with one, hide those that mean
 *            nothing now.
 */
#ifndef VIEWS_FORM_H
#define VIEWS_FORM_H

#include "app/call.h"

enum { FORM_FIELDS_MAX = 512, FORM_PAGES_MAX = 24, FORM_TEXT_MAX = 8192 };

enum form_type { FORM_TEXT, FORM_PATH, FORM_CHOICE, FORM_TICK, FORM_NOTE, FORM_HEADING, FORM_BUTTON };

struct form;

struct form_kind {
	/* After each change: hides and shows fields. May be NULL. */
	void (*update)(struct form *form);
	/* A page is seen now; `title` of it, "Summary" of the last. May be NULL. */
	void (*enter)(struct form *form, const char *title);
	/* What is wrong with a field's text: a sentence, to be freed; NULL: nothing. */
	char *(*check)(struct form *form, const char *name, const char *text);
	/* The command line; free it. NULL: there is none. */
	char *(*command)(struct form *form);
	const char *button; /* "Create" */
	/* The change as one call, asked first what it would do. `done`: what is said when it is done. */
	void (*call)(struct form *form, gboolean is_plan, tui_answer_fn fn);
	const char *done;
	/* Instead, or NULL. The summary is seen: form_set_plan(), at once or later. */
	void (*plan)(struct form *form);
	/* Do it; form_done() or form_fail() follows. */
	void (*finish)(struct form *form);
	/* A button among the fields. */
	void (*press)(struct form *form, const char *name);
	gboolean is_change; /* of what there is: the summary has only what differs */
};

/* Takes `data`. */
struct form *form_new(struct tui_app *app, VmcHost *host, const char *title, const struct form_kind *kind,
		      gpointer data, GDestroyNotify free_data);
void form_open(struct form *form);
struct tui_view *form_view(struct form *form); /* for calls: (struct form *)view is the form again */
gpointer form_data(struct form *form);
VmcHost *form_host(struct form *form);

void form_page(struct form *form, const char *title);
void form_text(struct form *form, const char *name, const char *label, const char *value, const char *help);
/* The same with a value that what is typed replaces. */
void form_suggestion(struct form *form, const char *name, const char *label, const char *value,
		     const char *help);
void form_path(struct form *form, const char *name, const char *label, const char *value, const char *help);
/* `choices` "value|value": what people read is the value itself, unless "value=Label". */
void form_choice(struct form *form, const char *name, const char *label, const char *choices,
		 const char *value, const char *help);
/* Why one of its values cannot be chosen, as a static text; NULL: it can. */
void form_refuse_choice(struct form *form, const char *name, const char *value, const char *why);
void form_tick(struct form *form, const char *name, const char *label, gboolean is_on, const char *help);
void form_note(struct form *form, const char *text);
void form_heading(struct form *form, const char *text);
/* A note whose text comes later. */
void form_named_note(struct form *form, const char *name, const char *text);
void form_set_note(struct form *form, const char *name, const char *text);
void form_button(struct form *form, const char *name, const char *label);
/* It is about the form itself: the summary does not have it. */
void form_set_aside(struct form *form, const char *name);
/* It stands on the summary instead, once all pages are there. */
void form_ask_last(struct form *form, const char *name);

const char *form_value(struct form *form, const char *name); /* "yes" or "no" for ticks */
gboolean form_is_on(struct form *form, const char *name);
gboolean form_has_changed(struct form *form, const char *name); /* and is shown */
/* Also where it is hidden because the form shows another of the same kind now. */
gboolean form_differs(struct form *form, const char *name);
void form_set_value(struct form *form, const char *name, const char *value);
void form_hide(struct form *form, const char *name, gboolean is_hidden);
gboolean form_is_hidden(struct form *form, const char *name);
/* What is wrong is asked anew: something outside of the form has changed. */
void form_check_again(struct form *form);
/* What a text may become: values and what people read of each, one after the other, NULL-terminated; F8 lists
 * them. `help` is shown instead of the field's own. Both NULL: none. Copies. */
void form_offer(struct form *form, const char *name, const char *const *pairs, const char *help);
/* Why it cannot be changed now; NULL: it can. */
void form_lock(struct form *form, const char *name, const char *why);

void form_set_plan(struct form *form, const char *steps, gboolean is_refused);
/* The same as the answer to a call that only plans. */
void form_take_plan(struct tui_view *form, GVariant *result, const GError *error, gpointer unused);
/* Closes it, with a message. */
void form_done(struct form *form, const char *text);
void form_fail(struct form *form, const GError *error);

#endif
