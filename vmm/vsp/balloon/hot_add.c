/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the guest gets above what it began with. Linux adds it in units of 128 MiB (HA_CHUNK of its
 * drivers/hv/hv_balloon.c) and makes the region around the pages by itself when it is given none.
 */
#include "vsp/balloon/balloon_priv.h"

/* The guest tells its own unit as a power of two MiB, in bits 2..5 of its capabilities; Linux: 7. */
enum { UNIT_LOG_MIN = 7, UNIT_LOG_MAX = 11, PAGES_PER_MIB = 256, ASKED_UNITS_MAX = 8 };

static uint64_t unit_pages(const struct balloon *balloon)
{
	unsigned log = balloon->capabilities >> 2 & 15;

	if (log > UNIT_LOG_MAX)
		return 0;
	return (uint64_t)PAGES_PER_MIB << (log > UNIT_LOG_MIN ? log : UNIT_LOG_MIN);
}

void balloon_hot_add(struct balloon *balloon, uint64_t pages)
{
	uint64_t unit = unit_pages(balloon), room = balloon->config.hot_pages - balloon->added;
	struct dm_hot_add message = { .range = 0 };

	if (!(balloon->capabilities & DM_CAN_HOT_ADD) || balloon->cannot_add || unit == 0)
		return;
	pages = (pages + unit - 1) / unit * unit;
	if (pages > ASKED_UNITS_MAX * unit)
		pages = ASKED_UNITS_MAX * unit;
	if (pages > room)
		pages = room / unit * unit;
	/* A guest that takes memory that is not there would be our fault. */
	if (pages == 0 || !balloon->config.ops->back(balloon->config.opaque, balloon->added + pages))
		return;
	message.range = (balloon->config.hot_first_page + balloon->added) | pages << 40;
	balloon->asked = pages;
	if (balloon_send(balloon, &message, sizeof(message), DM_HOT_ADD) == 0)
		balloon->waiting = WAITS_FOR_HOT_ADD;
}

/* No pages and "good": it will never take any. No pages and "not good": not now. */
void balloon_hot_added(struct balloon *balloon, const struct dm_hot_add_response *response)
{
	uint64_t pages = response->pages, unit = unit_pages(balloon);

	if (balloon->waiting != WAITS_FOR_HOT_ADD)
		return;
	balloon->waiting = WAITS_FOR_NOTHING;
	if (pages > balloon->asked)
		pages = balloon->asked;
	pages = unit ? pages / unit * unit : 0;
	if (pages == 0) {
		balloon->cannot_add = response->is_good != 0;
		balloon_retry(balloon);
		return;
	}
	balloon->added += pages;
	balloon->config.ops->on_added(balloon->config.opaque, balloon->added);
	balloon_go_on(balloon);
}
