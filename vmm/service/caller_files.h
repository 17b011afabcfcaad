/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens files with the rights of a caller: a short-lived child takes the caller's user and groups, opens them
 * one after the other, and passes them back. A file system that does not answer holds up the child, not the
 * service.
 */
#ifndef SERVICE_CALLER_FILES_H
#define SERVICE_CALLER_FILES_H

#include "service/identity.h"

enum { CALLER_FILES_MAX = 80 };

enum file_need {
	FILE_READ,	 /* a regular file, for reading */
	FILE_WRITE,	 /* the same, for reading and writing */
	FILE_APPEND,	 /* a regular file, made when missing, for appending */
	FILE_FOLDER,	 /* a folder that exists */
	FILE_NEW_FOLDER, /* a folder that does not exist yet */
	FILE_MOVABLE,	 /* a regular file, for reading, that may be taken out of its folder */
	FILE_NEW,	 /* a regular file that appears under its name later: FILE_KEEP */
	FILE_KEEP,	 /* gives `given` its name, durably; where it had one all the time, that stays */
	FILE_LINK,	 /* one more name for `given`, durably */
	/* a stream socket that listens there; one that nobody listens at any more makes room */
	FILE_SOCKET,
	FILE_NAME,	    /* what the name means, links not followed, for FILE_REMOVE only */
	FILE_REMOVE,	    /* removes the name, if it is still that of `given` */
	FILE_REMOVE_FOLDER, /* one that is empty */
	/* For plans, which make nothing. The descriptor may be of the folder around it. */
	FILE_CAN_BE_MADE, /* nothing has this name, and a file or folder may be made */
	FILE_CAN_APPEND,  /* what FILE_APPEND needs */
	FILE_CAN_LISTEN,  /* what FILE_SOCKET needs */
	FILE_NEEDS,
};

struct caller_file {
	char *path, *folder;
	enum file_need need;
	gboolean may_be_device; /* a block device: a physical disk */
	int given;		/* not owned; at most one of an array has it */
	int fd;			/* the result; -1 */
	int error;		/* errno when it could not be opened; the files behind it were not tried */
};

/*
 * Takes the array of struct caller_file (owned by it) back to the caller, complete or up to the first error.
 */
typedef void (*caller_files_fn)(gpointer opaque, GPtrArray *files);

GPtrArray *caller_files_new(void); /* closes and frees what is in it */
struct caller_file *caller_files_add(GPtrArray *files, const char *path, enum file_need need);
int caller_file_take(struct caller_file *file);

/*
 * Answers later, or at once when the array is empty or nothing can be started. The array is its own from now
 * on.
 */
void caller_files_open(const struct identity *who, GPtrArray *files, caller_files_fn fn, gpointer opaque);
/* The same, waiting: for the threads of jobs. The array stays the caller's. */
void caller_files_open_now(const struct identity *who, GPtrArray *files);
/*
 * Removes a folder that was made for a caller, if it is empty. Never with rights of our own: the path is the caller's, who may have made it
 * lead elsewhere meanwhile. In the thread of a job (`waits`) it is gone when this returns.
 */
void caller_files_remove_folder(const struct identity *who, const char *path, gboolean waits);
/* The first error of the array as one sentence; NULL: there is none. */
char *caller_files_problem(const GPtrArray *files, const struct identity *who);

#endif
