/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual hard disks: VHDX, VHD, raw, ISO; differencing chains.
 *
 * Purpose    One interface to the content of a disk image, whatever its format: asynchronous requests
 *            with scatter/gather lists straight from guest memory. disk_job.h has what is done to whole images
 *            (create, convert, compact ...).
 * Threads    A struct disk_io and every disk opened on it belong to one thread: the one that calls disk_io_poll().
 *            Every function here is called on it (before the thread exists: on the one that sets up), and
 *            completion callbacks run inside disk_io_poll() on it, never inside disk_submit(). Callbacks may submit.
 *            What can wait (the kernel, syncs, truncating) is done elsewhere, except in the calls that say that
 *            they wait: opening, closing, disk_grow(), the jobs, and disk_read() and its like.
 * Ownership  The caller owns requests and their memory until on_done. Close the disks before the io.
 * Durability A completed write is in the image's order of things, but survives a crash only after a
 *            completed flush (or a write with DISK_FUA). What was flushed is never lost and never replaced by
 *            something older. A crash in the middle leaves an image that opens again.
 * Trust      The image and the request's numbers are hostile: all are checked. A parent locator in an image only
 *            ever leads to an image of the same family whose identity matches.
 * Errors     Negative errno. Opening also gives a sentence for people in struct disk_error.
 */
#ifndef DISK_DISK_H
#define DISK_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "disk/list.h"

struct disk;
struct disk_io;

struct disk_error {
	char text[512]; /* one sentence: the thing, the cause, what to do; "" when there was no error */
};

/* --- the queue of file operations ------------------------------------------------------------------ */

enum disk_io_kind {
	DISK_IO_AUTO, /* io_uring, or threads where the kernel refuses it */
	DISK_IO_URING,
	DISK_IO_THREADS,
};

int disk_io_new(enum disk_io_kind kind, struct disk_io **ret_io);
struct disk_io *disk_io_free(struct disk_io *io); /* NULL is fine; returns NULL */
const char *disk_io_name(const struct disk_io *io);
/* Readable when disk_io_poll() has something to do: for an event loop, which then calls disk_io_poll(io, 0). */
int disk_io_fd(const struct disk_io *io);
/* Starts what was submitted and runs what is complete. Waits up to timeout_ms for something (0: not at all, -1: for ever).
 * 0 or -errno. */
int disk_io_poll(struct disk_io *io, int timeout_ms);
/*
 * Hands what was submitted to the kernel, all in one call, and runs no callback: what is complete already makes
 * disk_io_fd() readable. For who submits outside of disk_io_poll(): once after a batch (a turn of a ring). Inside a
 * callback it is not needed.
 */
void disk_io_kick(struct disk_io *io);

/* --- opening --------------------------------------------------------------------------------------- */

enum disk_format {
	DISK_FORMAT_AUTO,
	DISK_FORMAT_RAW,
	DISK_FORMAT_ISO, /* raw, read only, 2048-byte sectors */
	DISK_FORMAT_VHD,
	DISK_FORMAT_VHDX,
};

enum disk_type {
	DISK_TYPE_FIXED,
	DISK_TYPE_DYNAMIC,
	DISK_TYPE_DIFFERENCING,
};

const char *disk_format_name(enum disk_format format);
int disk_format_parse(const char *text, enum disk_format *ret_format);
const char *disk_type_name(enum disk_type type);
int disk_type_parse(const char *text, enum disk_type *ret_type);

struct disk_guid {
	uint8_t bytes[16]; /* as a VHDX file holds it: first three fields little-endian */
};

/* What an image says about its parent. Paths are UTF-8 with '/'; "" when absent. */
struct disk_parent_link {
	enum disk_format format; /* of the child, and so of the parent */
	struct disk_guid id;	 /* VHDX: the parent's data write GUID; VHD: its unique id */
	char relative_path[4096];
	char absolute_path[4096];
};

struct disk_open_options {
	enum disk_format format; /* AUTO never opens an unknown file as raw unless allow_raw */
	bool allow_raw;
	bool writable;
	bool no_parent; /* open a differencing image alone, to inspect it; reading absent data gives -ENXIO */
	bool no_lock;	/* the caller holds the lock, or reads a file that somebody else may write */
	const char *path; /* for messages and to resolve relative parents; may be NULL */
	/*
	 * Gives an open descriptor (read only is enough) of the parent; the disk takes it. NULL: the
	 * link's paths are opened directly, relative to `path`.
	 */
	int (*open_parent)(void *userdata, const struct disk_parent_link *link, unsigned depth, int *ret_fd);
	/* What messages call the parent that open_parent gave for this depth. May be NULL, and may give NULL. */
	const char *(*parent_name)(void *userdata, unsigned depth);
	void *userdata;
};

/* Takes `fd` in every case, also when it fails. */
int disk_open(struct disk_io *io, int fd, const struct disk_open_options *options, struct disk **ret_disk,
	      struct disk_error *error);
int disk_open_path(struct disk_io *io, const char *path, const struct disk_open_options *options,
		   struct disk **ret_disk, struct disk_error *error);
/*
 * Waits for requests, makes everything durable and frees the disk whatever happens. Returns the first error that
 * means lost data. NULL is fine.
 */
int disk_close(struct disk *disk);

struct disk_info {
	enum disk_format format;
	enum disk_type type;
	uint64_t size;	    /* bytes, as the guest sees it */
	uint64_t file_size; /* bytes, apparent */
	uint64_t file_allocated;
	uint32_t logical_sector;
	uint32_t physical_sector;
	uint32_t block_size; /* 0 for raw and fixed VHD */
	bool is_writable;
	bool has_unmap;
	bool log_replayed;	  /* a log was found when it was opened */
	struct disk_guid id;	  /* VHDX: virtual disk id; VHD: unique id */
	struct disk_guid data_id; /* what a child must name: VHDX: data write GUID; VHD: unique id */
	unsigned chain_length;	  /* 1: no parent */
};

void disk_get_info(struct disk *disk, struct disk_info *ret_info);
struct disk *disk_parent(struct disk *disk); /* NULL when there is none; lives as long as the child */
/* -ENOENT when the image has no parent. */
int disk_get_parent_link(struct disk *disk, struct disk_parent_link *ret_link);
const char *disk_path(const struct disk *disk);

/* --- requests -------------------------------------------------------------------------------------- */

enum disk_request_kind {
	DISK_READ,
	DISK_WRITE,
	DISK_FLUSH,
	DISK_WRITE_ZEROES, /* reads as zeros afterwards; DISK_MAY_UNMAP lets it give space back */
	DISK_UNMAP,	   /* the content may become zeros, and space is given back; or nothing happens */
};

enum disk_request_flags {
	DISK_FUA = 1 << 0,
	DISK_MAY_UNMAP = 1 << 1,
};

/* Something that waits for a piece of metadata; `error` says whether it came. */
struct disk_waiter {
	struct list link;
	void (*resume)(struct disk_waiter *waiter);
	int error;
};

struct disk_request {
	/* the caller's */
	enum disk_request_kind kind;
	unsigned flags;
	uint64_t offset, length; /* bytes, multiples of the logical sector size */
	/* Reads and writes only: straight from or to the guest's memory, any alignment; the lengths add up to `length`. */
	const struct iovec *iov;
	unsigned iov_count;
	void (*on_done)(struct disk_request *request, int result); /* 0 or -errno */
	void *userdata;

	/* private to the disk until on_done */
	struct {
		struct disk *disk;
		struct list active, queue;
		struct disk_waiter waiter;
		uint64_t serial, age; /* the same, until it is begun again */
		uint64_t position;
		uint64_t start_ns;
		unsigned iov_index;
		size_t iov_offset;
		unsigned pending;
		int error;
		bool needs_flush;
		bool is_kept, is_retried;
		bool is_waited_for; /* by its caller, or given up: an error is reported, never kept */
	} state;
};

/*
 * Starts a request. Bad numbers are reported through on_done as well (-EINVAL; -EROFS, -ERANGE beyond the
 * end). Requests complete in any order; the caller does not overlap writes whose order matters.
 */
void disk_submit(struct disk *disk, struct disk_request *request);
/* The same, waiting: for tools and tests. Other requests' callbacks may run meanwhile. */
int disk_read(struct disk *disk, uint64_t offset, void *buffer, uint64_t length);
int disk_write(struct disk *disk, uint64_t offset, const void *buffer, uint64_t length);
int disk_write_zeroes(struct disk *disk, uint64_t offset, uint64_t length, unsigned flags);
int disk_unmap(struct disk *disk, uint64_t offset, uint64_t length);
int disk_flush(struct disk *disk);
/* Waits until no request is under way; all callbacks have run. Nothing is made durable by it. 0 or -errno. */
int disk_drain(struct disk *disk);
/*
 * Gives up a request that has not begun (held back by QoS or a full commit): true, and on_done gets -ECANCELED at the next
 * poll. False: it is on its way to the file and ends by itself; the guest's memory is used until then.
 */
bool disk_cancel(struct disk *disk, struct disk_request *request);

/* --- when the host cannot: disk full, storage gone -------------------------------------------------- */

/*
 * By default the guest gets the error. With a policy, a change or flush that fails for want of space (ENOSPC; a
 * quota counts as that), or any request that fails with an I/O error of the host, is kept, and so are all changes
 * and flushes that come after it, up to DISK_KEPT_MAX; reads go on. That holds for a sync that fails, too (a file system
 * that finds out late that there is no space), but it has broken the disk: nobody knows what became of the data, so
 * another attempt would prove nothing, and disk_retry_kept() has the errors reported.
 */
struct disk_hold_policy {
	bool holds_full, holds_errors;
	/* Once, with the first that is kept: inside disk_io_poll(). It may retry or fail them at once. May be NULL. */
	void (*on_critical)(void *userdata, struct disk *disk, int error);
	void *userdata;
};

/* For errors from now on. */
void disk_set_hold_policy(struct disk *disk, const struct disk_hold_policy *policy);
/* -ENOSPC and so on while requests are kept that were not retried since; else 0. */
int disk_critical_error(const struct disk *disk);
/* A sync has failed: what was written before it may be lost, and changes are only reported as errors. */
bool disk_is_broken(const struct disk *disk);
/*
 * All that is kept begins again, oldest first, flushes after what came before them; on_critical comes again when that
 * fails. Nothing when none is kept.
 */
void disk_retry_kept(struct disk *disk);
/*
 * All that is kept ends with the error, at the next polls. disk_close() does it too; disk_drain() and disk_grow() do
 * not wait for it. Calls that wait (disk_write() and its like) are never kept.
 */
void disk_fail_kept(struct disk *disk);

enum disk_status {
	DISK_STATUS_DATA,
	DISK_STATUS_ZERO,   /* reads as zeros without looking at anything */
	DISK_STATUS_PARENT, /* this image says nothing; its parent decides */
};

/*
 * What lies at offset, and for how many bytes (at most length) that holds. Looks at this image only. Asks the file system
 * for holes as well: for jobs, not for the thread of a running machine.
 */
int disk_get_status(struct disk *disk, uint64_t offset, uint64_t length, enum disk_status *ret_status,
		    uint64_t *ret_length);

/*
 * Grows the disk while it is in use. Waits, polling: callbacks run meanwhile, and what they submit begins afterwards.
 * Shrinking is a job (disk_job.h).
 */
int disk_grow(struct disk *disk, uint64_t size, struct disk_error *error);

/*
 * For a moment in which it becomes the parent of another one: everything is durable, the file is clean, and others may open it for
 * reading (they could not before). Waits. Nothing may be submitted until disk_take_back(), which has it alone again (-EBUSY:
 * somebody still reads it; another attempt may be made), or until it is closed.
 */
int disk_lend(struct disk *disk);
int disk_take_back(struct disk *disk);
/* What `from` holds (live_merge.h) begins in `to`, which takes its place. */
void disk_hand_over(struct disk *from, struct disk *to);

/* --- limits and figures ---------------------------------------------------------------------------- */

/* 0: no limit. Normalized as Hyper-V does: an I/O of up to 8 KiB counts one, a bigger one in units of 8 KiB. */
struct disk_qos {
	uint64_t max_iops;
	uint64_t max_bytes_per_second;
	/* Alerts only, reported by disk_stats.below_minimum: a second in which the guest always waited and got less. */
	uint64_t min_iops;
	uint64_t min_bytes_per_second;
};

/* At any time; what is held back goes by the new limits from then on. -EINVAL: absurd, or minimum above maximum. */
int disk_set_qos(struct disk *disk, const struct disk_qos *qos);

struct disk_stats {
	uint64_t reads, writes, flushes, unmaps, zeroes;
	uint64_t read_bytes, write_bytes;
	uint64_t read_ns, write_ns, flush_ns; /* sums of time from submit to done */
	uint64_t errors;
	uint64_t in_flight;
	uint64_t throttled; /* requests that had to wait for QoS */
	uint64_t commits;   /* metadata commits */
	bool below_minimum;
};

void disk_get_stats(struct disk *disk, struct disk_stats *ret_stats);

/* Of all disks of a queue, while they come and go. Any thread may read them, several queues may share them. */
enum disk_counter {
	DISK_COUNT_READS,
	DISK_COUNT_READ_BYTES,
	DISK_COUNT_WRITES, /* and zeroes */
	DISK_COUNT_WRITTEN_BYTES,
	DISK_COUNT_FLUSHES,
	DISK_COUNT_ERRORS,
	DISK_COUNTERS,
};

/* DISK_COUNTERS of them, which outlive the queue; NULL (as at first): nothing is counted. */
void disk_io_set_counters(struct disk_io *io, _Atomic uint64_t *counters);

#endif
