/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk_progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SURE_AFTER_US = 1000000, LINE = 78 };

char *disk_progress_text(const char *stage, guint64 done, guint64 total, gint64 left_seconds)
{
	guint percent = total ? (guint)((double)MIN(done, total) * 100 / (double)total) : 0;
	gint64 hours = left_seconds / 3600, minutes = left_seconds / 60 % 60, seconds = left_seconds % 60;

	if (left_seconds < 0)
		return g_strdup_printf("%s: %u %%", stage, percent);
	if (hours)
		return g_strdup_printf("%s: %u %%, %" G_GINT64_FORMAT " h %" G_GINT64_FORMAT " min left",
				       stage, percent, hours, minutes);
	if (minutes)
		return g_strdup_printf("%s: %u %%, %" G_GINT64_FORMAT " min %" G_GINT64_FORMAT " s left",
				       stage, percent, minutes, seconds);
	return g_strdup_printf("%s: %u %%, %" G_GINT64_FORMAT " s left", stage, percent, seconds);
}

static gint64 estimate(const struct disk_progress *progress, guint64 done, guint64 total)
{
	gint64 passed = g_get_monotonic_time() - progress->started_us;

	if (passed < SURE_AFTER_US || done <= progress->started_at || total < done)
		return -1;
	return (gint64)((double)passed * (double)(total - done) / (double)(done - progress->started_at) /
			    1e6 +
			0.5);
}

void disk_progress_show(struct disk_progress *progress, const char *stage, guint64 done, guint64 total)
{
	char *text;

	if (!isatty(STDERR_FILENO))
		return;
	if (strcmp(progress->stage, stage) != 0) {
		g_strlcpy(progress->stage, stage, sizeof(progress->stage));
		progress->started_us = g_get_monotonic_time();
		progress->started_at = done;
	}
	text = disk_progress_text(stage, done, total, estimate(progress, done, total));
	fprintf(stderr, "\r%-*.*s", LINE, LINE, text);
	fflush(stderr);
	progress->is_shown = TRUE;
	g_free(text);
}

void disk_progress_clear(struct disk_progress *progress)
{
	if (progress->is_shown)
		fprintf(stderr, "\r%*s\r", LINE, "");
	fflush(stderr);
	progress->is_shown = FALSE;
}
