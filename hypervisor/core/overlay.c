/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/overlay.h"

#include "core/guest_page.h"
#include "core/hyperv_proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void overlay_table_init(struct overlay_table *table, struct hv_partition *partition)
{
	table->partition = partition;
	pthread_mutex_init(&table->lock, NULL);
}

void overlay_table_deinit(struct overlay_table *table)
{
	for (unsigned i = 0; i < OVERLAYS_MAX; i++)
		free(table->overlays[i].hidden);
	pthread_mutex_destroy(&table->lock);
}

/* The overlay of that page, or a free place. There is always one: each MSR that places a page has at most
 * one. */
static struct overlay *find(struct overlay_table *table, uint64_t gpa)
{
	struct overlay *place = NULL;

	for (unsigned i = 0; i < OVERLAYS_MAX; i++) {
		struct overlay *overlay = &table->overlays[i];

		if (overlay->users && overlay->gpa == gpa)
			return overlay;
		if (!overlay->users)
			place = overlay;
	}
	return place;
}

static void page_fill(uint8_t *host, const void *content, size_t size)
{
	memcpy(host, content, size);
	memset(host + size, 0, GUEST_PAGE_BYTES - size);
}

/* The hidden page goes into `keep`, unless it is NULL. False: nothing writable is there. */
static bool page_replace(struct overlay_table *table, uint64_t gpa, uint8_t *keep, const void *content,
			 size_t size)
{
	struct guest_page page;
	uint8_t *host = guest_page_begin(&page, table->partition, gpa, true);

	if (!host)
		return false;
	if (keep)
		memcpy(keep, host, GUEST_PAGE_BYTES);
	page_fill(host, content, size);
	guest_page_end(&page, 0, GUEST_PAGE_BYTES);
	return true;
}

static int add_locked(struct overlay_table *table, uint64_t gpa, const void *content, size_t size)
{
	struct overlay *overlay = find(table, gpa);

	if (!overlay)
		return -ENOMEM;
	if (overlay->users) {
		page_replace(table, gpa, NULL, content, size);
		overlay->users++;
		return 0;
	}
	overlay->hidden = malloc(GUEST_PAGE_BYTES);
	if (!overlay->hidden)
		return -ENOMEM;
	if (!page_replace(table, gpa, overlay->hidden, content, size)) {
		free(overlay->hidden);
		overlay->hidden = NULL;
	}
	overlay->gpa = gpa;
	overlay->users = 1;
	return 0;
}

int overlay_add(struct overlay_table *table, uint64_t gpa, const void *content, size_t size)
{
	int r;

	pthread_mutex_lock(&table->lock);
	r = add_locked(table, gpa, content, size);
	pthread_mutex_unlock(&table->lock);
	return r;
}

void overlay_remove(struct overlay_table *table, uint64_t gpa)
{
	struct overlay *overlay;

	pthread_mutex_lock(&table->lock);
	overlay = find(table, gpa);
	if (overlay && overlay->users && --overlay->users == 0 && overlay->hidden) {
		page_replace(table, gpa, NULL, overlay->hidden, GUEST_PAGE_BYTES);
		free(overlay->hidden);
		overlay->hidden = NULL;
	}
	pthread_mutex_unlock(&table->lock);
}

int overlay_move(struct overlay_table *table, uint64_t old, uint64_t value, const void *content, size_t size)
{
	bool was = old & PAGE_MSR_ENABLE, is = value & PAGE_MSR_ENABLE;
	int r;

	if (was && is && PAGE_MSR_GPA(old) == PAGE_MSR_GPA(value))
		return 0;
	if (is) {
		r = overlay_add(table, PAGE_MSR_GPA(value), content, size);
		if (r < 0)
			return r;
	}
	if (was)
		overlay_remove(table, PAGE_MSR_GPA(old));
	return 0;
}
