/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What New and Edit Virtual Hard Disk share: a form whose fields are those of the client's disk draft. */
#ifndef VIEWS_DISK_FORM_H
#define VIEWS_DISK_FORM_H

#include "client/disks.h"
#include "views/form.h"

struct disk_form {
	/* The verb of the draft that the form means now. */
	const char *(*verb)(struct form *form);
	/* Which field of the draft a field of the form is now; NULL: none. */
	const char *(*field)(struct form *form, const char *name);
	char *format;	    /* New: as it was when the name was seen */
	GVariant *images;   /* Edit: what the disk is; NULL: not known */
	gboolean is_asking; /* Edit */
};

/* A form's data, freed with disk_form_free(). */
struct disk_form *disk_form_new(const char *(*verb)(struct form *form),
				const char *(*field)(struct form *form, const char *name));
void disk_form_free(gpointer disk);

char *disk_form_command(struct form *form);
char *disk_form_check(struct form *form, const char *name, const char *text);
void disk_form_call(struct form *form, gboolean is_plan, tui_answer_fn fn);

/* The kind of such a form. */
#define DISK_FORM_KIND(update_fn, enter_fn)                                                                  \
	{                                                                                                    \
		.update = (update_fn), .enter = (enter_fn), .check = disk_form_check,                        \
		.command = disk_form_command, .button = "Finish", .call = disk_form_call,                    \
		.done = disk_form_done                                                                       \
	}

extern const char disk_form_done[];
extern const char disk_formats[], disk_form_file_help[]; /* choices and help of fields */

/* Block and sector size. */
void disk_form_add_sizes(struct form *form);

#endif
