/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thing that is done to disk images for a caller: files are opened with the caller's rights, compared with
 * what running machines use, and handed to the disk helper in a job; new ones appear under their name when they
 * are complete.
 *
 *   disk_task_new(), disk_task_add...(), disk_task_start(), which takes the task and answers the call.
 *
 * Names     An absolute path; or, with a machine, a plain name in that machine's own folder, which the service
 *           opens itself: the caller's right on the machine was asked before.
 * Threads   Main; the job's part in disk_task_run.c.
 */
#ifndef SERVICE_DISK_TASK_H
#define SERVICE_DISK_TASK_H

#include "service/call.h"
#include "service/caller_files.h"

#include "link/disk_chain.h"

enum disk_task_end {
	DISK_TASK_JOB,	  /* the call is answered with the job when it starts */
	DISK_TASK_ANSWER, /* and with `answer` when it is over; nobody needs to know of the job then */
};

/* A file of the task. `field`: what the helper calls it. */
struct disk_task_file {
	const char *field;
	char *path;		    /* as it was given */
	char *name;		    /* the absolute path, for messages */
	enum file_need need;	    /* FILE_READ, FILE_WRITE, FILE_NEW */
	struct caller_file *theirs; /* while it is being opened */
	int fd;
};

enum { DISK_TASK_FILES_MAX = 2 };

struct disk_task {
	struct call *call; /* NULL: answered */
	struct service *service;
	const char *verb; /* of the request; static */
	struct identity *who;
	char *vm_id;	     /* whose folder plain names are in; NULL: they are not allowed */
	char *folder;	     /* its path */
	int folder_fd;	     /* -1 */
	gboolean keeps_busy; /* the machine's configuration and files stay as they are meanwhile */
	gboolean may_use_devices, deletes_file;
	gboolean is_plan; /* the helper only looks; what was made for it goes */
	enum disk_task_end end;
	/* In the job's thread, with files and chain ready; disk_task_help() unless it is set. */
	gboolean (*work)(struct disk_task *task, struct job *job, GError **error);
	/* Answers the call, after success; unless it is set, with the images. */
	void (*answer)(struct disk_task *task, struct call *call);
	gpointer opaque; /* theirs; free_opaque */
	GDestroyNotify free_opaque;
	gboolean looks_only; /* a file that a machine uses may be looked at */
	GVariant *settings;  /* the texts of the request point into it */
	char *title;
	struct link_message *request;
	struct disk_task_file files[DISK_TASK_FILES_MAX];
	guint file_count;
	struct disk_chain chain;
	GArray *in_use;	   /* disks_in_use.h */
	GPtrArray *images; /* GVariant a{sv} */
};

struct disk_task *disk_task_new(struct call *call, const char *verb);
struct disk_task *disk_task_free(struct disk_task *task);
/* Whose own files plain names are. `is_change`: it is kept busy. */
void disk_task_use_machine(struct disk_task *task, struct vm *vm, gboolean is_change);
/* "file" first, or "to" when there is nothing else; then "to" or "parent". FALSE: a sentence. */
gboolean disk_task_add_file(struct disk_task *task, const char *field, const char *path, enum file_need need,
			    GError **error);
void disk_task_start(struct disk_task *task, const char *title);
/* An `answer`: (as). */
void disk_task_answer_steps(struct disk_task *task, struct call *call);

/* --- disk_task_run.c: what the job does --- */
/* Hands the request to the helper. */
gboolean disk_task_help(struct disk_task *task, struct job *job, GError **error);
gboolean disk_task_run(struct job *job, gpointer task, GError **error);
/* Removes a new file that is not to stay, whether or not the job began. Waits for its file system. */
void disk_task_undo(struct disk_task *task);

#endif
