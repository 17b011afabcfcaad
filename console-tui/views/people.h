/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and groups of the managed host while a field of a form is typed: shown below it, chosen from with F8.
 */
#ifndef VIEWS_PEOPLE_H
#define VIEWS_PEOPLE_H

#include "views/form.h"

/* In the form's data, so that it lives as long as answers to the form; all zero in the beginning. */
struct people {
	char *asked; /* what the last question was about; NULL: none yet */
	gboolean is_waiting;
};

/* For the form's update(): asks when the text of the field is another one. */
void people_follow(struct people *people, struct form *form, const char *field);
void people_free(gpointer people);

#endif
