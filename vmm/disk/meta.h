/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of metadata (allocation tables, sector bitmaps) of one image in memory: read when first wanted,
 * changed here, and written by the format's commit, which decides the order.
 *
 * Ownership  meta_get() pins; meta_put() releases. A dirty or pinned page stays. meta_take_dirty() hands pages to
 *            a commit, pinned, so that nobody reads the file's old version meanwhile.
 * Limits     META_PAGES_MAX clean pages; the dirty ones are bounded by commits (request.c).
 */
#ifndef DISK_META_H
#define DISK_META_H

#include "disk/io.h"

enum { DISK_WAIT = 1 }; /* positive result: come back when the waiter is resumed */

struct meta_page {
	struct meta_page *hash_next;
	struct list lru;
	struct list dirty;
	struct list waiters;
	uint64_t offset; /* in the file */
	unsigned pins;
	unsigned generation; /* of the cache when it became dirty */
	bool is_loading, is_dirty, is_kept;
	struct meta_cache *cache;
	struct io_op op;
	struct iovec iov;
	uint8_t data[];
};

struct meta_cache {
	struct disk_io *io;
	int fd;
	uint32_t page_size;
	struct meta_page **buckets;
	uint32_t bucket_mask;
	unsigned count, dirty_count, loading;
	unsigned generation;
	unsigned old_count; /* dirty pages of earlier generations */
	struct list lru, dirty;
};

int meta_init(struct meta_cache *cache, struct disk_io *io, int fd, uint32_t page_size);
void meta_deinit(struct meta_cache *cache);
/* Forgets all clean pages (their place in the file has changed hands). Nothing may be pinned or dirty. */
void meta_forget(struct meta_cache *cache);

/*
 * The page that holds file offset `offset`. 0 and a pinned page; DISK_WAIT when it has to be read first (the waiter will be
 * resumed, then ask again); -errno.
 */
int meta_get(struct meta_cache *cache, uint64_t offset, struct disk_waiter *waiter,
	     struct meta_page **ret_page);
void meta_put(struct meta_page *page);
void meta_pin(struct meta_page *page);
/* Puts a page in that replaces what the file holds, for good: a log replayed in memory. */
int meta_keep(struct meta_cache *cache, uint64_t offset, const void *data);
/* A pinned page that is not read: its place in the file is new. */
int meta_new(struct meta_cache *cache, uint64_t offset, uint8_t fill, struct meta_page **ret_page);
/* The page if it is in memory, not pinned; else NULL. */
struct meta_page *meta_peek(struct meta_cache *cache, uint64_t offset);

static inline uint8_t *meta_at(struct meta_page *page, uint64_t offset)
{
	return page->data + (offset - page->offset);
}

void meta_dirty(struct meta_page *page);
/* The same, in front: among the next to be taken. */
void meta_dirty_first(struct meta_page *page);
/* Starts a new generation: what is dirty now is old. A commit goes on until old_count is 0. */
void meta_begin_generation(struct meta_cache *cache);
/* Up to `max` of the oldest dirty pages, now clean and pinned. */
unsigned meta_take_dirty(struct meta_cache *cache, struct meta_page **pages, unsigned max);

#endif
