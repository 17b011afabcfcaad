/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open dynamic or differencing VHD, shared by the vhd_*.c files. Fixed ones are flat (raw.c). */
#ifndef DISK_VHD_H
#define DISK_VHD_H

#include "disk/disk_priv.h"
#include "disk/growth.h"
#include "disk/vhd_proto.h"
#include "disk/wire.h"

struct vhd_place {
	struct io_op op;
	struct iovec iov;
	struct vhd_disk *vhd;
	struct meta_page *page;
	bool is_table;
	uint8_t copy[VHD_SECTOR];
};

struct vhd_commit {
	struct io_op op, idle_op;
	struct iovec iov;
	struct vhd_place *places;
	unsigned count, pending;
	bool has_table; /* entries of the block table are among them */
	bool writes_footer;
	uint64_t footer_offset;
	int error;
};

struct vhd_disk {
	struct disk disk;
	struct vhd_footer footer;
	uint64_t header_offset;
	uint64_t table_offset;
	uint32_t table_entries; /* in the file; block_count are used */
	uint32_t block_count;
	uint32_t bitmap_size; /* bytes in front of each block, whole sectors */
	uint64_t head_end;    /* of header, table and locators: no block starts before */
	uint64_t end;	      /* of the last block: where the footer belongs */
	uint64_t grown_end;   /* the file is long enough for blocks up to here, and a footer */
	struct file_growth growth;
	uint64_t footer_at; /* where it is on disk */
	struct vhd_commit commit;
};

static inline struct vhd_disk *vhd_of(struct disk *disk)
{
	return (struct vhd_disk *)((char *)disk - offsetof(struct vhd_disk, disk));
}

/* vhd_format.c */
bool vhd_footer_is_good(const struct vhd_footer *footer);
bool vhd_header_is_good(const struct vhd_header *header);
void vhd_seal_footer(struct vhd_footer *footer); /* sets the checksum */
void vhd_seal_header(struct vhd_header *header);
void vhd_build_footer(struct vhd_footer *footer, enum vhd_type type, uint64_t size,
		      const struct disk_guid *id);
void vhd_set_size(struct vhd_footer *footer, uint64_t size); /* and the geometry */
/* Bytes of bitmap in front of a block. */
uint32_t vhd_bitmap_size(uint32_t block_size);
/* Where the next block may start, so that its data is aligned to pages. */
uint64_t vhd_align_block(uint64_t end, uint32_t bitmap_size);

/* vhd_io.c */
extern const struct disk_ops vhd_ops;
void vhd_init_growth(struct vhd_disk *vhd);
int vhd_write_footer_now(struct vhd_disk *vhd, uint64_t offset);

/* vhd_resize.c */
int vhd_resize(struct disk *disk, uint64_t size, struct disk_error *error);
int vhd_resize_fixed(struct disk *disk, uint64_t size);
int vhd_set_parent(struct disk *disk, const struct disk_parent_link *link, const struct disk_guid *second_id);

/* vhd_compact.c */
int vhd_drop_block(struct disk *disk, uint64_t offset);
int vhd_compact(struct disk *disk, const struct disk_job *job, struct disk_error *error);

/* vhd_commit.c */
void vhd_commit(struct disk *disk);

/* vhd_create.c */
struct vhd_create {
	uint64_t size;
	uint32_t block_size;
	enum disk_type type;
	const struct disk_parent_link *parent;
	uint32_t parent_timestamp;
	bool (*on_progress)(void *userdata, uint64_t done, uint64_t total);
	void *userdata;
};
int vhd_create(struct disk_io *io, int fd, const struct vhd_create *create, struct disk_error *error);
/* Writes the identity and the paths of a parent into the header and the locators' space (after the table). */
int vhd_write_parent(struct disk_io *io, int fd, struct vhd_header *header,
		     const struct disk_parent_link *link, uint64_t locator_offset);

#endif
