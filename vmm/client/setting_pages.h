/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a machine's settings as both consoles show them: their order, and the words of each field.
 * What a setting is (its kind, its range, whether it can change now) is in settings.h.
 */
#ifndef CLIENT_SETTING_PAGES_H
#define CLIENT_SETTING_PAGES_H

#include <glib.h>

struct vmc_setting_row {
	const char *name;    /* of the setting; NULL: `label` is a heading */
	const char *label;   /* with a mnemonic, as in GTK: "_Startup memory (MiB):" */
	const char *hint;    /* NULL: none */
	const char *choices; /* words for people, "value=Words|value=Words"; NULL: the values themselves */
};

struct vmc_setting_page {
	const char *title, *text;
	const struct vmc_setting_row
	    *rows;	   /* ends with one without a label; NULL: each console makes this page itself */
	const char *group; /* of the first page of a group: its title */
};

extern const struct vmc_setting_page vmc_setting_pages[];
extern const unsigned vmc_setting_pages_count;

const struct vmc_setting_row *vmc_setting_row_find(const char *name); /* NULL: no page has it */
/* Without its mnemonic and colon; free it. */
char *vmc_setting_label(const struct vmc_setting_row *row);
/* What people read for a value of a choice: the value itself where there are no words. Free it. */
char *vmc_setting_words(const struct vmc_setting_row *row, const char *value);

#endif
