/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open VHDX, shared by the vhdx_*.c files. See vhdx_commit.c for the order of writes. */
#ifndef DISK_VHDX_H
#define DISK_VHDX_H

#include "disk/disk_priv.h"
#include "disk/growth.h"
#include "disk/guid.h"
#include "disk/vhdx_proto.h"
#include "disk/wire.h"

/* What space of the file is taken, in units of 1 MiB, and what is on its way to be free (vhdx_space.c). */
struct vhdx_space {
	uint64_t *used;
	uint64_t *released; /* no longer named by the BAT in memory */
	uint64_t *freeing;  /* no longer named by the BAT in a commit that is under way or done */
	uint64_t units;	    /* the file's length */
	uint64_t words;	    /* length of the three arrays */
	uint64_t free_units, released_units, freeing_units;
	uint64_t hint;	      /* where the last search ended */
	uint64_t no_run_of;   /* a run of so many free units was not found; 0: unknown */
	uint64_t free_serial; /* requests up to this one may still use what is freeing */
	bool is_committed;    /* what is freeing is out of the BAT on disk */
	bool is_punching;
	bool has_reclaimed; /* what nothing named was punched */
	uint64_t punch_at, punch_units;
	struct io_op op;
	struct file_growth growth;
};

struct vhdx_log_part {
	struct io_op op;
	struct iovec iov;
	struct vhdx_disk *vhdx;
};

struct vhdx_commit {
	struct io_op op, idle_op;
	struct vhdx_log_part log_parts[2]; /* two when the entry wraps around the end of the log */
	struct meta_page **pages;
	uint8_t *copies; /* of the pages as they were when the commit took them */
	uint8_t *entry;
	size_t entry_length;
	struct vhdx_place *places; /* the writes in place */
	unsigned count, pending;
	int error;
	bool is_placing, is_waiting;
};

struct vhdx_disk {
	struct disk disk;
	struct disk_guid file_write_guid, data_write_guid, log_guid;
	uint64_t file_size; /* as the replayed log makes it; only while opening */
	uint64_t header_sequence;
	unsigned header_index;
	uint64_t log_offset, log_sequence;
	uint64_t log_file_size; /* the file's length that is durable before the next entry */
	uint32_t log_length, log_next;
	uint64_t region_bat_offset, region_metadata_offset;
	uint32_t region_bat_length, region_metadata_length;
	uint64_t size_item_offset; /* in the file */
	uint64_t chunk_ratio;	   /* payload blocks per sector bitmap block */
	uint64_t block_count, bat_entries;
	bool has_parent, is_fixed;
	struct vhdx_space space;
	struct vhdx_commit commit;
};

static inline struct vhdx_disk *vhdx_of(struct disk *disk)
{
	return (struct vhdx_disk *)((char *)disk - offsetof(struct vhdx_disk, disk));
}

/* vhdx_header.c */
int vhdx_read_headers(struct vhdx_disk *vhdx, const struct disk_source *source);
/* Writes the older header with everything as it is now, and makes it durable. */
int vhdx_write_header(struct vhdx_disk *vhdx);
int vhdx_read_regions(struct vhdx_disk *vhdx, const struct disk_source *source);
int vhdx_write_regions(struct vhdx_disk *vhdx);
/* Makes a damaged one of the two tables good again from the other. */
int vhdx_repair_regions(struct vhdx_disk *vhdx);
void vhdx_build_header(const struct vhdx_disk *vhdx, uint8_t page[VHDX_HEADER_SIZE]);
void vhdx_build_regions(const struct vhdx_disk *vhdx, uint8_t table[VHDX_TABLE_SIZE]);
/* Metadata as the replayed log makes it, also when the log was replayed in memory only. */
int vhdx_read(struct vhdx_disk *vhdx, uint64_t offset, void *buffer, size_t length);

/* vhdx_replay.c */
int vhdx_replay_log(struct vhdx_disk *vhdx, const struct disk_source *source);

/* vhdx_log.c */
/* How many pages fit into one entry, so that two entries never overlap. */
unsigned vhdx_log_capacity(const struct vhdx_disk *vhdx);
size_t vhdx_log_entry_length(unsigned page_count);
/* The next entry, its own tail: everything before it is in place and durable. */
void vhdx_log_build(struct vhdx_disk *vhdx, const uint64_t *offsets, const uint8_t *pages, unsigned count,
		    uint8_t *entry);
/* Starts a log of this session with an entry that changes nothing, and marks the file as in use. */
int vhdx_log_begin(struct vhdx_disk *vhdx);

/* vhdx_metadata.c */
int vhdx_read_metadata(struct vhdx_disk *vhdx, const struct disk_source *source);
/* Where an item is in the table and in the region, and the end of the last item. The table was checked at opening. */
int vhdx_find_item(struct vhdx_disk *vhdx, const struct disk_guid *id, uint32_t *ret_index,
		   uint32_t *ret_offset, uint32_t *ret_length, uint32_t *ret_free);
int vhdx_set_geometry(struct vhdx_disk *vhdx, uint64_t size);

/* vhdx_bat.c */
uint64_t vhdx_bat_index(const struct vhdx_disk *vhdx, uint64_t block);
uint64_t vhdx_bitmap_index(const struct vhdx_disk *vhdx, uint64_t block);
int vhdx_bat_get(struct vhdx_disk *vhdx, struct disk_waiter *waiter, uint64_t index, uint64_t *ret_entry);
/* The page must have been got by this step of the request: 0 or an error, never DISK_WAIT. */
int vhdx_bat_set(struct vhdx_disk *vhdx, uint64_t index, uint64_t entry);
/* Reads all of it: refuses bad entries and overlaps, and learns what space is used. */
int vhdx_bat_scan(struct vhdx_disk *vhdx, const struct disk_source *source);

/* vhdx_space.c */
int space_init(struct vhdx_disk *vhdx, uint64_t file_size);
void space_deinit(struct vhdx_space *space);
/* -EEXIST when a part is taken, -ERANGE beyond the file. */
int space_claim(struct vhdx_space *space, uint64_t offset, uint64_t length);
/* Free space below `limit` that reads as zeros; -ENOSPC when there is no run of that length. */
int space_alloc_below(struct vhdx_disk *vhdx, uint64_t length, uint64_t limit, uint64_t *ret_offset);
/* Space that reads as zeros. 0; DISK_WAIT when the file has to grow first (the waiter will be resumed); -errno. */
int space_alloc(struct vhdx_disk *vhdx, struct disk_waiter *waiter, uint64_t length, uint64_t *ret_offset);
/* The same, waiting: for jobs. */
int space_alloc_wait(struct vhdx_disk *vhdx, uint64_t length, uint64_t *ret_offset);
/* The session's first change: what nothing names may hold anything (a crash before it was punched), so it is punched. */
void space_reclaim_unnamed(struct vhdx_disk *vhdx);
void space_release(struct vhdx_disk *vhdx, uint64_t offset, uint64_t length);
void space_commit_begins(struct vhdx_disk *vhdx);
void space_commit_done(struct vhdx_disk *vhdx);
void space_reclaim(struct vhdx_disk *vhdx);
/* Bytes up to the end of the last used unit. */
uint64_t space_end(const struct vhdx_space *space);

/* vhdx_io.c */
/* Before a change that is none of content: a log of this session. Waits. */
int vhdx_begin_change(struct vhdx_disk *vhdx);
/* vhdx_resize.c */
int vhdx_resize(struct disk *disk, uint64_t size, struct disk_error *error);
/* vhdx_compact.c */
int vhdx_compact(struct disk *disk, const struct disk_job *job, struct disk_error *error);
/* vhdx_parent.c */
int vhdx_set_parent(struct disk *disk, const struct disk_parent_link *link,
		    const struct disk_guid *second_id);
extern const struct disk_ops vhdx_ops;

/* vhdx_commit.c */
void vhdx_commit(struct disk *disk);

/* vhdx_create.c */
struct vhdx_create {
	uint64_t size;
	uint32_t block_size, logical_sector, physical_sector;
	enum disk_type type;
	const struct disk_parent_link *parent;				    /* differencing */
	bool (*on_progress)(void *userdata, uint64_t done, uint64_t total); /* false: cancel. May be NULL */
	void *userdata;
};

/* Makes an empty file a VHDX, durable. */
int vhdx_create(struct disk_io *io, int fd, const struct vhdx_create *create, struct disk_error *error);
/* Bytes of a parent locator with these paths into `to` (VHDX_LOCATOR_MAX). */
int vhdx_build_locator(const struct disk_parent_link *link, const struct disk_guid *second_id, uint8_t *to,
		       size_t size, size_t *ret_length);

#endif
