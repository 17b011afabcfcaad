/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk/disk_limits.h"
#include "disk/meta.h"

enum { META_BUCKETS = 4096 };

int meta_init(struct meta_cache *cache, struct disk_io *io, int fd, uint32_t page_size)
{
	*cache = (struct meta_cache){
		.io = io, .fd = fd, .page_size = page_size, .bucket_mask = META_BUCKETS - 1
	};
	list_init(&cache->lru);
	list_init(&cache->dirty);
	cache->buckets = calloc(META_BUCKETS, sizeof(*cache->buckets));
	return cache->buckets ? 0 : -ENOMEM;
}

static struct meta_page **find_slot(struct meta_cache *cache, uint64_t offset)
{
	struct meta_page **slot =
	    &cache->buckets[(offset / cache->page_size * 0x9e3779b97f4a7c15u >> 32) & cache->bucket_mask];
	while (*slot && (*slot)->offset != offset)
		slot = &(*slot)->hash_next;
	return slot;
}

static void drop_page(struct meta_cache *cache, struct meta_page *page)
{
	struct meta_page **slot = find_slot(cache, page->offset);
	*slot = page->hash_next;
	list_remove(&page->lru);
	if (page->is_dirty) {
		list_remove(&page->dirty);
		cache->dirty_count--;
	}
	cache->count--;
	free(page);
}

void meta_deinit(struct meta_cache *cache)
{
	if (!cache->buckets)
		return;
	while (!list_is_empty(&cache->lru))
		drop_page(cache, list_first(&cache->lru, struct meta_page, lru));
	free(cache->buckets);
	cache->buckets = NULL;
}

void meta_forget(struct meta_cache *cache)
{
	struct list *link = cache->lru.next;
	while (link != &cache->lru) {
		struct meta_page *page = list_entry(link, struct meta_page, lru);
		link = link->next;
		if (!page->pins && !page->is_dirty && !page->is_loading && !page->is_kept)
			drop_page(cache, page);
	}
}

static void evict_one(struct meta_cache *cache)
{
	unsigned tries = 64; /* kept and pinned pages may sit at the old end */
	for (struct list *link = cache->lru.prev; link != &cache->lru && tries; link = link->prev, tries--) {
		struct meta_page *page = list_entry(link, struct meta_page, lru);
		if (page->pins || page->is_dirty || page->is_loading || page->is_kept)
			continue;
		drop_page(cache, page);
		return;
	}
}

static void on_loaded(struct io_op *op, int result)
{
	struct meta_page *page = list_entry(op, struct meta_page, op);
	struct meta_cache *cache = page->cache;
	struct list waiters;
	list_init(&waiters);
	list_move_all(&waiters, &page->waiters);
	page->is_loading = false;
	cache->loading--;
	page->pins++; /* stays until all who wait have had their turn */
	while (!list_is_empty(&waiters)) {
		struct disk_waiter *waiter = list_entry(list_take(&waiters), struct disk_waiter, link);
		waiter->error = result;
		waiter->resume(waiter);
	}
	page->pins--;
	if (result)
		drop_page(cache, page);
}

static struct meta_page *add_page(struct meta_cache *cache, struct meta_page **slot, uint64_t offset)
{
	struct meta_page *page = calloc(1, sizeof(*page) + cache->page_size);
	if (!page)
		return NULL;
	page->cache = cache;
	page->offset = offset;
	list_init(&page->lru);
	list_init(&page->dirty);
	list_init(&page->waiters);
	page->hash_next = *slot;
	*slot = page;
	list_insert(&cache->lru, &page->lru);
	cache->count++;
	return page;
}

static void load_page(struct meta_cache *cache, struct meta_page *page)
{
	page->is_loading = true;
	cache->loading++;
	page->iov = (struct iovec){ page->data, cache->page_size };
	page->op = (struct io_op){ .kind = IO_READ,
				   .fd = cache->fd,
				   .offset = page->offset,
				   .length = cache->page_size,
				   .iov = &page->iov,
				   .iov_count = 1,
				   .on_done = on_loaded };
	io_submit(cache->io, &page->op);
}

int meta_get(struct meta_cache *cache, uint64_t offset, struct disk_waiter *waiter,
	     struct meta_page **ret_page)
{
	offset -= offset % cache->page_size;
	struct meta_page **slot = find_slot(cache, offset);
	struct meta_page *page = *slot;
	if (!page) {
		if (cache->count >= META_PAGES_MAX) {
			evict_one(cache);
			slot = find_slot(cache, offset);
		}
		page = add_page(cache, slot, offset);
		if (!page)
			return -ENOMEM;
		load_page(cache, page);
	}
	if (page->is_loading) {
		waiter->error = 0;
		list_append(&page->waiters, &waiter->link);
		return DISK_WAIT;
	}
	page->pins++;
	if (cache->lru.next != &page->lru) {
		list_remove(&page->lru);
		list_insert(&cache->lru, &page->lru);
	}
	*ret_page = page;
	return 0;
}

void meta_put(struct meta_page *page)
{
	page->pins--;
}

void meta_pin(struct meta_page *page)
{
	page->pins++;
}

struct meta_page *meta_peek(struct meta_cache *cache, uint64_t offset)
{
	struct meta_page *page = *find_slot(cache, offset - offset % cache->page_size);
	return page && !page->is_loading ? page : NULL;
}

int meta_new(struct meta_cache *cache, uint64_t offset, uint8_t fill, struct meta_page **ret_page)
{
	struct meta_page **slot = find_slot(cache, offset);
	struct meta_page *page = *slot;
	if (page && page->is_loading)
		return -EBUSY; /* nothing names this place yet: cannot be */
	if (!page)
		page = add_page(cache, slot, offset);
	if (!page)
		return -ENOMEM;
	memset(page->data, fill, cache->page_size);
	page->pins++;
	*ret_page = page;
	return 0;
}

int meta_keep(struct meta_cache *cache, uint64_t offset, const void *data)
{
	struct meta_page **slot = find_slot(cache, offset);
	struct meta_page *page = *slot ? *slot : add_page(cache, slot, offset);
	if (!page)
		return -ENOMEM;
	memcpy(page->data, data, cache->page_size);
	page->is_kept = true;
	return 0;
}

void meta_dirty(struct meta_page *page)
{
	if (page->is_dirty)
		return;
	page->is_dirty = true;
	page->generation = page->cache->generation;
	page->cache->dirty_count++;
	list_append(&page->cache->dirty, &page->dirty);
}

void meta_dirty_first(struct meta_page *page)
{
	meta_dirty(page);
	list_remove(&page->dirty);
	list_insert(&page->cache->dirty, &page->dirty);
}

void meta_begin_generation(struct meta_cache *cache)
{
	cache->generation++;
	cache->old_count = cache->dirty_count;
}

unsigned meta_take_dirty(struct meta_cache *cache, struct meta_page **pages, unsigned max)
{
	unsigned count = 0;
	while (count < max && !list_is_empty(&cache->dirty)) {
		struct meta_page *page = list_entry(list_take(&cache->dirty), struct meta_page, dirty);
		page->is_dirty = false;
		page->pins++;
		cache->dirty_count--;
		if (page->generation != cache->generation)
			cache->old_count--;
		pages[count++] = page;
	}
	return count;
}
