/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For form*.c only. */
#ifndef VIEWS_FORM_PRIV_H
#define VIEWS_FORM_PRIV_H

#include "views/form.h"
#include "widgets/line.h"

struct field {
	enum form_type type;
	char *name, *label, *help, *before;
	struct tui_line line;	 /* of a text or path; of the others the value is kept in it, too */
	char **values, **labels; /* of a choice */
	const char **refusals;	 /* of its values, as many; NULL: none */
	guint page;
	gboolean is_hidden, is_aside;
	char *problem, *locked;
	char **offers, *offer_help; /* form_offer() */
	struct tui_area area;	    /* as drawn */
	gboolean is_drawn;
};

struct form {
	struct tui_view view;
	const struct form_kind *kind;
	gpointer data;
	GDestroyNotify free_data;
	VmcHost *host;
	char *title;
	char *pages[FORM_PAGES_MAX];
	guint page_count, page; /* page == page_count: the summary */
	struct field fields[FORM_FIELDS_MAX];
	guint field_count;
	int focus; /* field; -1: the buttons */
	int top;   /* rows that are scrolled away */
	char *plan;
	gboolean is_refused, is_busy;
	struct tui_area list, next, back, cancel;
};

/* form_draw.c */
void form_draw(struct tui_view *view, const struct tui_area *area);

/* form_offer.c */
void form_open_offers(struct form *form, struct field *field);

/* form.c */
struct field *form_find(struct form *form, const char *name); /* NULL */
void form_take_choice(struct tui_view *view, const char *value,
		      gboolean unused);		  /* of a menu, for the field with the focus */
gboolean form_is_text(const struct field *field); /* nothing to fill in */
gboolean form_is_shown(const struct form *form, const struct field *field);
const char *form_field_label(const struct field *field); /* of its value */
gboolean form_has_problem(struct form *form, guint page);

#endif
