/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlay pages (TLFS 5.2.1): the hypervisor puts a page of its own over one of the guest's, and what was there is back when it takes
 * it away. Here the overlay is written into the guest's memory and what it hides is kept aside meanwhile. Several may lie
 * on one page (which of them shows is undefined): the last one to go restores.
 *
 * Threads    Any; a lock of its own, under which memory_lock is taken.
 * Limits     OVERLAYS_MAX pages of 4 KiB.
 */
#ifndef HV_CORE_OVERLAY_H
#define HV_CORE_OVERLAY_H

#include "engine/engine.h"

/*
 * SIMP, SIEFP and assist page of each VP; hypercall page, reference TSC page; and a second place for what each VP is moving.
 */
enum { OVERLAYS_MAX = 3 * HV_MAX_VPS + 2 + HV_MAX_VPS };

struct overlay {
	uint64_t gpa;
	unsigned users;	 /* 0: free */
	uint8_t *hidden; /* NULL: nothing writable is mapped there, the overlay is without effect */
};

struct overlay_table {
	struct hv_partition *partition;
	pthread_mutex_t lock;
	struct overlay overlays[OVERLAYS_MAX];
};

void overlay_table_init(struct overlay_table *table, struct hv_partition *partition);
void overlay_table_deinit(struct overlay_table *table);
/* Lays a page over `gpa` (page-aligned) that begins with `size` bytes of `content` and is zero behind. -ENOMEM. */
int overlay_add(struct overlay_table *table, uint64_t gpa, const void *content, size_t size);
/* Takes away what overlay_add() laid there. */
void overlay_remove(struct overlay_table *table, uint64_t gpa);

/*
 * The change of an MSR that places a page, from `old` to `value`: removes, adds, or moves. 0, -ENOMEM: then it is as
 * before.
 */
int overlay_move(struct overlay_table *table, uint64_t old, uint64_t value, const void *content, size_t size);

#endif
