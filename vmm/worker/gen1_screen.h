/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screen, keyboard and mouse of a generation 1 machine, behind screen.h.
 * Threads: the loop's; the VGA adapter's wish for its memory comes on a VP's thread, under the bus lock.
 */
#ifndef WORKER_GEN1_SCREEN_H
#define WORKER_GEN1_SCREEN_H

#include "worker/machine.h"

struct gen1_screen;
struct hv_partition;
struct machine_screen;
struct pc;
struct state;

/* Becomes the screen's emulated adapter, with the largest mode of `config`. */
int gen1_screen_new(struct machine_screen *machine_screen, struct pc *pc, const struct worker_config *config,
		    struct gen1_screen **ret_screen);
struct gen1_screen *gen1_screen_free(struct gen1_screen *screen);
/* NULL: there is no partition any more. */
void gen1_screen_set_partition(struct gen1_screen *screen, struct hv_partition *partition);
void gen1_screen_reset(struct gen1_screen *screen);
/* In the manner of pc_state(), after it. */
void gen1_screen_state(struct gen1_screen *screen, struct state *state);
uint8_t *gen1_screen_memory(struct gen1_screen *screen, uint64_t *ret_size);

#endif
