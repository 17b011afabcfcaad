/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87, MMX, SSE and AVX for the interpreter: the guest's registers are live in the host's (cpu.h), so an instruction is executed as it is, with its
 * memory operand replaced by a buffer and its general registers loaded from the vcpu.
 */
#ifndef HV_TRANSLATOR_VECTOR_H
#define HV_TRANSLATOR_VECTOR_H

#include "engine/translator/cpu.h"

/* Host state <-> vcpu->vector_area around hv_vp_run(), with the host's own control words put back. */
void vector_enter(struct vcpu *cpu); /* save the host's control words, load the guest's state */
void vector_leave(struct vcpu *cpu); /* save the guest's state, give the host a clean one (MXCSR, x87 control word as they were) */
/* The same pair for a libc call in the middle of the engine. */
void vector_park(struct vcpu *cpu);
void vector_unpark(struct vcpu *cpu);
void vector_reset(struct vcpu *cpu, bool init); /* guest state in vector_area as after RESET / INIT; outside vector_enter() */

/* #UD/#NM as CR0.EM, CR0.TS, CR0.MP, CR4.OSFXSR, CR4.OSXSAVE and XCR0 demand for insn's domain; raises or returns. */
void vector_check_enabled(struct vcpu *cpu, const struct insn *insn);
/*
 * Executes one instruction of OP_NATIVE or of the "x87, SSE, AVX state" group of enum insn_op. `linear` is the linear address of its memory operand when
 * insn->has_mem (segment applied). Commits and returns, or raises (#MF, #XM, #GP for alignment, #PF). rip is not advanced here.
 */
void vector_execute(struct vcpu *cpu, const struct insn *insn, uint64_t linear);

/* Once per process. 0, -ENOMEM. Makes the executable buffer for the small stubs (double mapped, never writable and executable at one address). */
int vector_init(void);

#endif
