/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushing the TLBs of other VPs: a request bit, and a short wait for those that execute guest code. One that does not, has it
 * done when it enters guest code again (exclusive.c), so a halted VP is not woken.
 */
#ifndef HV_TRANSLATOR_REMOTE_FLUSH_H
#define HV_TRANSLATOR_REMOTE_FLUSH_H

#include "engine/translator/translator.h"

/* See flush_tlbs in engine.h. From a VP's thread at a safe point. */
void remote_flush(struct translator *translator, uint64_t vps, const uint64_t *pages, unsigned count);

/* The VP itself, at a safe point, with REQUEST_FLUSH set. */
void remote_flush_serve(struct vcpu *cpu);
/* It is at a safe point: whoever waits for it need not. */
void remote_flush_tell(struct vcpu *cpu);

#endif
