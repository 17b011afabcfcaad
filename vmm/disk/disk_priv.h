/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For those who implement a format: what every open disk has, and the table of what a format does.
 *
 * A request is cut into extents. map() says where an extent lies; request.c moves the data; written() hears of it
 * when it is there. A format keeps its metadata in a meta_cache, and commit() makes it durable in
 * an order that survives a crash at any point:
 *   take the dirty pages -> sync (their data) -> log or write them -> sync.
 * Nothing that describes data may be taken by a commit before that data is written: so whatever says "this sector
 * is here now" is set in written(), not in map(). A fresh block is the exception: its space reads as zeros.
 */
#ifndef DISK_DISK_PRIV_H
#define DISK_DISK_PRIV_H

#include "disk/disk.h"
#include "disk/disk_job.h"
#include "disk/io.h"
#include "disk/meta.h"
#include "disk/qos.h"

enum extent_kind {
	EXTENT_DATA,   /* at file_offset of `fd` */
	EXTENT_ZERO,   /* reads as zeros */
	EXTENT_PARENT, /* the parent decides */
	EXTENT_DONE,   /* discard: nothing left to do for these bytes */
};

struct disk_extent {
	enum extent_kind kind;
	int fd;
	uint64_t file_offset;
	uint64_t length;
	/* When set: a pinned page of a sector bitmap, and the bits that written() has to set. */
	struct meta_page *bitmap;
	uint32_t first_bit, bit_count;
};

enum discard_flags {
	DISCARD_MAY_UNMAP = 1 << 0, /* space may be given back */
	DISCARD_MUST_ZERO = 1 << 1, /* has to read as zeros afterwards; without it doing nothing is fine */
};

struct disk_ops {
	/* Where [offset, offset+length) begins; ret->length says how far that holds. 0, DISK_WAIT, -errno. */
	int (*map)(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		   bool is_write, struct disk_extent *ret_extent);
	/* WRITE_ZEROES and UNMAP: does what metadata can, or gives an extent to zero in the file. */
	int (*discard)(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		       unsigned flags, struct disk_extent *ret_extent);
	/* The extent's data is in the file: sets its bits and releases the page. NULL without bitmaps. */
	void (*written)(struct disk *disk, struct disk_extent *extent, bool has_failed);
	/* Once, before the first change. On a thread that may wait, while no change and no commit is under way. */
	int (*prepare_write)(struct disk *disk);
	/* It went well: what is left to do on the disk's own thread. May be NULL. */
	void (*prepared)(struct disk *disk);
	/* Makes all changes so far durable; ends in disk_commit_done(). */
	void (*commit)(struct disk *disk);
	bool (*is_dirty)(struct disk *disk);
	/* A request is over: its space may be reused. May be NULL. */
	void (*request_done)(struct disk *disk);
	/* Larger at any time; smaller only while nothing is under way, and what is cut off is lost. May be NULL. */
	int (*resize)(struct disk *disk, uint64_t size, struct disk_error *error);
	/* Makes the block at `offset`, all zeros in the file, one that takes no space. Not a change of content. */
	int (*drop_block)(struct disk *disk, uint64_t offset);
	/* Nothing is under way, and blocks of zeros are gone already: closes the gaps. May be NULL. */
	int (*compact)(struct disk *disk, const struct disk_job *job, struct disk_error *error);
	/*
	 * Names the parent anew, atomically. `second_id`, when not NULL, is an identity that counts as well: the
	 * parent's before a merge changes it. May be NULL.
	 */
	int (*set_parent)(struct disk *disk, const struct disk_parent_link *link,
			  const struct disk_guid *second_id);
	/* Repairs: restores what is there twice, and begins a session that changes nothing, so that closing tidies up. May be NULL. */
	int (*touch)(struct disk *disk);
	uint64_t (*count_leaked)(struct disk *disk); /* bytes of the file that nothing names. May be NULL */
	void (*get_info)(struct disk *disk, struct disk_info *info);
	/* Everything is flushed: leaves the file clean. */
	int (*finish)(struct disk *disk);
	/* The same for one that may be changed again: disk_lend(). May be NULL. */
	int (*rest)(struct disk *disk);
	void (*free)(struct disk *disk);
};

/* critical.c */
struct disk_critical {
	struct disk_hold_policy policy;
	int error; /* 0: all is well, or what was kept is being done */
	int last_error;
	struct list kept; /* oldest first */
	unsigned count;
	unsigned retried;    /* begun again, and not over */
	bool is_broken_told; /* that a sync failed: errors are reported from then on */
};

struct disk {
	const struct disk_ops *ops;
	struct disk_io *io;
	int fd;
	char *path;
	enum disk_format format;
	enum disk_type type;
	uint64_t size;
	uint32_t logical_sector, physical_sector, block_size;
	bool is_writable, has_unmap, log_replayed;
	bool has_prepared; /* the content may change: children that name the old identity are out */
	bool has_changed;  /* the file was written: closing must leave it clean */
	bool has_next_id;
	bool has_lock;
	struct disk_guid next_id;   /* the identity that the first change gives, when chosen beforehand */
	struct disk_guid second_id; /* see set_parent */
	int broken; /* a sync failed: what the kernel still holds is unknown, so nothing more is written */
	struct disk *parent;
	struct disk_parent_link *link;
	struct disk_guid id, data_id;
	struct meta_cache meta;

	struct list active; /* data requests, oldest first */
	struct list ready;  /* to be stepped at the next poll */
	struct list held;   /* what was submitted while the disk changes its size */
	bool is_held, is_bypassing;
	struct list preparing; /* changes and flushes that wait for prepare_write */
	struct list stalled;   /* writes that wait for a commit: too much is dirty */
	struct list flush_waiting, flush_running;
	struct io_op ready_op, prepare_op;
	bool is_ready_queued, is_committing, is_preparing;
	unsigned background; /* work that nobody waits for, but closing does */
	uint64_t next_serial;
	struct disk_qos_state qos;
	struct disk_critical critical;
	struct disk_stats stats;
	struct disk_changes *changes; /* changes.h; NULL: nobody watches */
};

/* What a format's open function gets; it takes nothing over until it succeeds. */
struct disk_source {
	struct disk_io *io;
	int fd;
	uint64_t file_size;
	bool is_block_device;
	const struct disk_open_options *options;
	struct disk_error *error;
	unsigned depth;
};

void disk_init(struct disk *disk, const struct disk_ops *ops, const struct disk_source *source);
int raw_open(const struct disk_source *source, struct disk **ret_disk);
int vhdx_open(const struct disk_source *source, struct disk **ret_disk);
int vhd_open(const struct disk_source *source, struct disk **ret_disk);

/* Fills in the sentence (once: the first cause wins) and returns `code`. `error` may be NULL. */
int disk_fail(struct disk_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* request.c, for formats */
void disk_commit_start(struct disk *disk);
void disk_commit_done(struct disk *disk, int result);
/* Serial of the oldest data request under way; UINT64_MAX when there is none. */
uint64_t disk_oldest_serial(const struct disk *disk);
/* Before jobs change content: waits. Requests have it done in passing. */
int disk_prepare_change(struct disk *disk);
/* Nothing is under way and all metadata is in its place in the file. For who moves the tables: with the disk held. */
int disk_settle(struct disk *disk);
/* From hold to release, only requests that wait (disk_read() and its like) are begun; all others queue up. */
void disk_hold(struct disk *disk);
void disk_release(struct disk *disk);
/* meta_get() that waits. */
int disk_meta_get(struct disk *disk, uint64_t offset, struct meta_page **ret_page);

/* open.c, chain.c */
int disk_open_at_depth(struct disk_io *io, int fd, const struct disk_open_options *options, unsigned depth,
		       struct disk **ret_disk, struct disk_error *error);
int chain_open_parent(struct disk *child, const struct disk_source *source);

/* lock.c: OFD locks against double use. -EBUSY. */
int lock_file(int fd, bool is_writer);
int lock_file_at_once(int fd, bool is_writer); /* the same without waiting for one that just dies */
void unlock_file(int fd);

/* A waiter for code that may poll: disk_wait() returns when it was resumed. */
struct disk_sync_waiter {
	struct disk_waiter waiter;
	bool is_resumed;
};
void disk_sync_waiter_init(struct disk_sync_waiter *waiter);
int disk_wait(struct disk_io *io, struct disk_sync_waiter *waiter);

#endif
