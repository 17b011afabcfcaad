/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the confined disk helper: starts it, gives it the request, opens the parents that images name
 * (with this user's rights), shows progress, and cancels on SIGINT, SIGTERM and SIGHUP; a second one kills
 * it.
 */
#ifndef CLI_DISK_TASK_H
#define CLI_DISK_TASK_H

#include "cli/disk_files.h"
#include "cli/exit_status.h"
#include "link/disk_link.h"

struct disk_task {
	struct link_message *request;
	struct disk_chain chain;   /* place 0: the image that is named first */
	const char *format_option; /* how the user names the format of what is read; NULL: not at all */
	/* What the helper says about an image; NULL: not wanted. */
	void (*on_image)(void *userdata, struct link_message *image);
	void *userdata;

	/* afterwards */
	int error; /* errno; ECANCELED */
	char *text;
};

/* FALSE: said. Signals wait from here until disk_task_deinit(), so that nothing is left half done. */
gboolean disk_task_init(struct disk_task *task, const char *verb);
void disk_task_deinit(struct disk_task *task);

/* The image that is worked on, `field` being "file" or "to": the descriptor stays the caller's. */
void disk_task_add_file(struct disk_task *task, const char *field, const char *path, int fd);
/* The same for the parent that the user names. */
void disk_task_add_parent(struct disk_task *task, guint depth, const char *path, int fd);

/* Until the helper is done. What failed stands in error and text. */
gboolean disk_task_run(struct disk_task *task);
/* Says it, with what to do; `kept`: what a cancel leaves behind. The exit status. */
int disk_task_report(const struct disk_task *task, const char *path, const char *kept);

#endif
