/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine for struct disk_io that forgets: it performs operations in random order on a real file and remembers which of
 * them no sync has covered yet. A crash image is what a power cut may leave: everything synced, and of the
 * rest any part: operations dropped, or torn between sectors, each sector with any of its versions since the sync.
 * It can also make operations fail.
 */
#ifndef DISK_TEST_FAULT_H
#define DISK_TEST_FAULT_H

#include "disk/io.h"

struct fault_engine;

struct fault_plan {
	unsigned write_error_per_1000; /* -ENOSPC or -EIO, nothing or a part written */
	unsigned sync_error_per_1000;
};

int fault_new(struct disk_io **ret_io, struct fault_engine **ret_engine);
/*
 * Watches the file behind this descriptor; its content now counts as durable. Other files pass through. Writes are torn
 * between units of `sector` bytes.
 */
int fault_watch(struct fault_engine *engine, int fd, uint32_t sector);
void fault_set_plan(struct fault_engine *engine, const struct fault_plan *plan);
/* Writes a crash image into an empty file. */
int fault_crash_image(struct fault_engine *engine, int to_fd);
/* Called when a sync is about to make things durable: the moment where a cut loses most. */
void fault_set_on_sync(struct fault_engine *engine, void (*on_sync)(void *userdata), void *userdata);
/* Operations so far. */
uint64_t fault_count(const struct fault_engine *engine);
uint64_t fault_sync_count(const struct fault_engine *engine);

#endif
