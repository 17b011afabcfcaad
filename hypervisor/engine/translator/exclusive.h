/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holding all VPs of a partition at a safe point: for changes that no other VP may see half-done (code invalidation, slot changes, locked
 * accesses that cross a page).
 */
#ifndef HV_TRANSLATOR_EXCLUSIVE_H
#define HV_TRANSLATOR_EXCLUSIVE_H

#include "engine/translator/cpu.h"

/* `cpu`: the caller's VP when it is inside hv_vp_run(), or NULL from any other thread. Nests on the same thread. Never raise or leave within. */
void exclusive_begin(struct translator *translator, struct vcpu *cpu);
void exclusive_end(struct translator *translator, struct vcpu *cpu);

#endif
