/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the list of machines shows of each: one table of columns. */
#ifndef GUI_MACHINE_COLUMNS_H
#define GUI_MACHINE_COLUMNS_H

#include "client/host.h"

struct gui_column {
	const char *id, *title;
	int width;	     /* characters; 0: what is left */
	gboolean is_hidden;  /* at first */
	gboolean is_ticking; /* changes as time goes by, without any signal */
	char *(*text)(VmcHost *host, VmcObject *machine);
	/* NULL: as the text is ordered */
	int (*compare)(VmcObject *a, VmcObject *b);
};

extern const struct gui_column gui_columns[];
extern const unsigned gui_columns_count;

int gui_column_compare(const struct gui_column *column, VmcHost *host, VmcObject *a, VmcObject *b);
/* "state-running": the CSS class that colours a state; static. */
const char *gui_state_class(const char *state);
/* A sign beside the word, so that colour is never the only one. */
const char *gui_state_icon(const char *state);
/* The job under way for this machine; NULL. */
VmcObject *gui_job_of(VmcHost *host, const char *path);

#endif
