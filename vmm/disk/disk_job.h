/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done to whole images: create, convert, compact, resize, merge, reconnect, check, inspect.
 *
 * Threads    As disk.h: the thread of the struct disk_io; each call runs until it is done.
 * Progress   A job calls on_progress now and then; when that gives false the job stops with -ECANCELED.
 * Undo       A job that makes a new file removes it when it fails or is canceled. A job that changes an image in place
 *            leaves it valid at every moment, with the same content, also when it is killed; run again, it goes on.
 * Paths      The ..._path calls open by name, with the rights of the process. The others take what the caller opened.
 */
#ifndef DISK_DISK_JOB_H
#define DISK_DISK_JOB_H

#include "disk/disk.h"

struct disk_job {
	bool (*on_progress)(void *userdata, uint64_t done, uint64_t total);
	void *userdata;
};

struct disk_create_options {
	enum disk_format format; /* VHDX, VHD or RAW */
	enum disk_type type;
	uint64_t size;				       /* differencing: 0 takes the parent's */
	uint32_t block_size;			       /* 0: VHDX 32 MiB, differencing 2 MiB; VHD 2 MiB */
	uint32_t logical_sector;		       /* 0: 512, differencing: the parent's */
	uint32_t physical_sector;		       /* 0: 4096 (VHDX) */
	struct disk *parent;			       /* differencing: open; its format must be the same */
	const char *parent_relative, *parent_absolute; /* what the child says about where its parent is */
};

/* Makes an empty file an image. The caller removes it on failure. */
int disk_create(struct disk_io *io, int fd, const struct disk_create_options *options,
		const struct disk_job *job, struct disk_error *error);
/* A new file; never over an existing one. `parent_path`: differencing, else NULL. */
int disk_create_path(struct disk_io *io, const char *path, const struct disk_create_options *options,
		     const char *parent_path, const struct disk_job *job, struct disk_error *error);

/* The whole content, through the chain, into a new disk that reads as zeros. Zeros stay unwritten. */
int disk_copy(struct disk *from, struct disk *to, const struct disk_job *job, struct disk_error *error);
/* Into a new file of another format or type. options->size 0 keeps the size. */
int disk_convert_path(struct disk_io *io, const char *from_path, enum disk_format from_format,
		      const char *to_path, const struct disk_create_options *options,
		      const struct disk_job *job, struct disk_error *error);

/*
 * Gives back blocks of a dynamic or differencing disk that hold only zeros, closes gaps and cuts the file. The disk is open
 * for writing with nothing under way.
 */
int disk_compact(struct disk *disk, const struct disk_job *job, struct disk_error *error);

/* Smaller or larger. Smaller only when all that is cut off is zeros, unless `force`. */
int disk_resize(struct disk *disk, uint64_t size, bool force, const struct disk_job *job,
		struct disk_error *error);

/*
 * Writes what the child has into its parent, which the caller opened for writing; afterwards the child is empty of
 * news and may be removed, and whoever named it may name the parent. The child stays valid throughout.
 */
int disk_merge(struct disk *child, struct disk *parent, const struct disk_job *job, struct disk_error *error);
int disk_merge_path(struct disk_io *io, const char *child_path, const struct disk_job *job,
		    struct disk_error *error);

/* Tells a child where its parent is now. The identity must match unless `force`. */
int disk_reconnect(struct disk *child, struct disk *parent, const char *relative, const char *absolute,
		   bool force, struct disk_error *error);
int disk_reconnect_path(struct disk_io *io, const char *child_path, const char *parent_path, bool force,
			struct disk_error *error);

struct disk_check {
	bool is_openable;
	bool needs_replay;	 /* it was not closed: opening it for writing repairs this */
	uint64_t leaked_bytes;	 /* space of the file that nothing names: compacting gives it back */
	struct disk_error error; /* why it cannot be opened */
};

/* Looks; with `repair` also replays the log and restores a lost footer, and cuts leaked space off the end. */
int disk_check_path(struct disk_io *io, const char *path, enum disk_format format, bool repair,
		    struct disk_check *ret_check);
/* The same with what the caller opened, for writing when it is to repair; takes `fd` in every case. `name` is for messages. */
int disk_check(struct disk_io *io, int fd, const char *name, enum disk_format format, bool repair,
	       struct disk_check *ret_check);

struct disk_layout {
	uint64_t data_bytes;   /* present in this image */
	uint64_t zero_bytes;   /* known to be zeros */
	uint64_t parent_bytes; /* left to the parent */
	uint64_t fragments;    /* runs of data that lie in one piece in the file */
};

/* Walks through this image's map (not the chain's). */
int disk_get_layout(struct disk *disk, struct disk_layout *ret_layout);

#endif
