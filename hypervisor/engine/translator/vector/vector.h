/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87, MMX, SSE and AVX for the interpreter: the guest's registers are live in the host's (cpu.h), so an
 * instruction is executed as it is, with its memory operand replaced by a buffer and its general registers
 * loaded from the vcpu.
 *
 * Threads    Any number of VPs; each call is for the VP of the calling thread.
 * Deviations FIP, FDP, FCS, FDS and FOP (where the last x87 instruction and its operand were) would be
 *            host addresses: guests always see zero. With CR0.NE = 0 an x87 error is #MF too, not IRQ
 *            13. XSAVEOPT makes no use of what was modified since XRSTOR.
 */
#ifndef HV_TRANSLATOR_VECTOR_H
#define HV_TRANSLATOR_VECTOR_H

#include "engine/translator/cpu.h"

/* Host state <-> vcpu->vector_area around hv_vp_run(), with the host's own control words put back. */
void vector_enter(struct vcpu *cpu); /* save the host's control words, load the guest's state */
void vector_leave(struct vcpu *cpu); /* save the guest's state, give the host a clean one (MXCSR, x87 control
					word as they were) */
/* The same pair for a libc call in the middle of the engine. */
void vector_park(struct vcpu *cpu);
void vector_unpark(struct vcpu *cpu);
/*
 * Guest state in vector_area as after RESET / INIT; outside vector_enter(). The area has the layout of the
 * standard form of XSAVE (FXSAVE's where the host has no XSAVE; the first 512 bytes are the same). Who writes
 * a component there sets its bit in XSTATE_BV too.
 */
void vector_reset(struct vcpu *cpu, bool init);

/* #UD/#NM as CR0.EM, CR0.TS, CR0.MP, CR4.OSFXSR, CR4.OSXSAVE and XCR0 demand for insn's domain; raises or
 * returns. */
void vector_check_enabled(struct vcpu *cpu, const struct insn *insn);
/*
 * Executes one instruction of OP_NATIVE or of the "x87, SSE, AVX state" group of enum insn_op. `linear` is
 * the linear address of its memory operand when insn->has_mem (segment applied); not used for OP_MASKMOV and
 * OP_GATHER. Commits and returns, or raises (#MF, #XM, #GP for alignment, #PF, #UD for what the host itself
 * refuses). rip is not advanced here. It calls vector_check_enabled(); a caller whose own work for `linear`
 * may raise calls that before, because #UD and #NM come first.
 */
void vector_execute(struct vcpu *cpu, const struct insn *insn, uint64_t linear);

/*
 * For the handler of SIGFPE, SIGILL and SIGSEGV: whether `pc` is the guest instruction in a stub of
 * vector_execute(); the handler then continues at *ret_pc with all other registers as they were, and
 * vector_execute() raises what the guest is due. Looks at nothing but its arguments: callable at any time.
 */
bool vector_fault(struct vcpu *cpu, uint64_t pc, int signal, uint64_t *ret_pc);

/* Once per process. 0, -ENOMEM. Makes the executable buffer for the small stubs (double mapped, never
 * writable and executable at one address). */
int vector_init(void);

#endif
