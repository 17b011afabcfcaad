/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line on the terminal: what is done, how far, how long it will take. Nothing when stderr is no terminal.
 */
#ifndef CLI_DISK_PROGRESS_H
#define CLI_DISK_PROGRESS_H

#include <glib.h>

struct disk_progress {
	char stage[64];
	gint64 started_us;
	guint64 started_at; /* `done` then */
	gboolean is_shown;
};

void disk_progress_show(struct disk_progress *progress, const char *stage, guint64 done, guint64 total);
void disk_progress_clear(struct disk_progress *progress);
/* "converting: 43 %, 2 min 10 s left"; without a time while it cannot be known. For tests too. */
char *disk_progress_text(const char *stage, guint64 done, guint64 total, gint64 left_seconds);

#endif
