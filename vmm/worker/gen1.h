/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes the smallest PC a generation 1 machine: firmware, fw_cfg, drives, legacy network
 * adapters, VGA, keyboard and mouse, displays.
 *
 * Order      gen1_new(); pc_new() with gen1_fill_pc(); gen1_attach(); then at each start gen1_map()
 *            with the new partition and gen1_load(), at each end gen1_unmap() before the partition
 *            goes. gen1_free() before pc_free(), after the VPs stopped.
 * Threads    The main thread; what chips call comes on VP threads under the bus lock.
 * Ownership  Takes the descriptors that it uses out of the configuration.
 */
#ifndef WORKER_GEN1_H
#define WORKER_GEN1_H

#include "worker/machine.h"
#include "worker/memory.h"

#include "chipset/pc.h"

struct gen1;
struct gen1_shared_disk;
struct machine_screen;
struct state;

int gen1_new(struct loop *loop, struct worker_config *config, const struct machine_memory *memory,
	     struct machine_screen *screen, const struct machine_ops *ops, void *opaque,
	     struct gen1 **ret_gen1, struct machine_error *error);
struct gen1 *gen1_free(struct gen1 *gen1);
void gen1_fill_pc(struct gen1 *gen1, struct pc_config *pc);
/* Before gen1_attach(): this drive's image is synthetic storage's, too. */
void gen1_share_disk(struct gen1 *gen1, unsigned unit, const struct gen1_shared_disk *shared);
int gen1_attach(struct gen1 *gen1, struct pc *pc, struct machine_error *error);
/* Whether the VPs run: only then frames reach the guest's memory. */
void gen1_run(struct gen1 *gen1, bool is_running);
/* The machine goes on after a pause: disks try again what the host could not write. */
void gen1_resumed(struct gen1 *gen1);
/* Another service has the link: it is told of such disks. */
void gen1_report(struct gen1 *gen1);
/* The VPs stand still for good: requests end, if with an error. */
void gen1_stopping(struct gen1 *gen1);
/* The VPs stopped: waits for what the drives have under way. False: see gen1_drives_drain(); nothing may be
 * freed. */
bool gen1_drain(struct gen1 *gen1);

/* No drive has a request under way; while no VP runs that stays so. */
bool gen1_is_idle(struct gen1 *gen1);
/* gen1_drives.h: for a checkpoint, while that is so. */
int gen1_lend(struct gen1 *gen1);
int gen1_exchange(struct gen1 *gen1, struct worker_disk *child, struct machine_error *error);
void gen1_end_exchange(struct gen1 *gen1, bool keeps);
/* Of disks that are not shared: the first that `matches` (NULL: none), and another one in its place. */
struct disk *gen1_find_disk(struct gen1 *gen1, bool (*matches)(struct disk *disk, void *opaque),
			    void *opaque);
void gen1_put_disk(struct gen1 *gen1, struct disk *before, struct disk *next);
void gen1_follow_disk(struct gen1 *gen1, unsigned unit, const struct gen1_shared_disk *shared);
/* Chips that pc_state() does not know, in its manner; after it. */
void gen1_state(struct gen1 *gen1, struct state *state);
/* The video memory. */
uint8_t *gen1_video_memory(struct gen1 *gen1, uint64_t *ret_size);

int gen1_map(struct gen1 *gen1, struct hv_partition *partition, struct machine_error *error);
void gen1_unmap(struct gen1 *gen1);
/* Puts the firmware into RAM; the VPs then begin at their reset vector. */
int gen1_load(struct gen1 *gen1, struct machine_error *error);
/* A message of the service about a drive; false: it is about something else. */
bool gen1_handle(struct gen1 *gen1, struct link_message *message);
/* Chips that pc_reset() does not know. */
void gen1_reset(struct gen1 *gen1);

#endif
