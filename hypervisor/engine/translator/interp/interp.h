/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter: executes one instruction of any mode (16, 32, 64 bit; real, virtual-8086, protected, long)
 * on a struct vcpu. It is what runs 16- and 32-bit code, rare and system instructions, single steps, and the
 * reference in tests.
 */
#ifndef HV_TRANSLATOR_INTERP_H
#define HV_TRANSLATOR_INTERP_H

#include "engine/translator/cpu.h"

/*
 * Fetches, decodes and executes the instruction at cpu->rip, honouring TF, RF, DR7 and the interrupt shadow
 * (clears the old shadow, sets a new one after STI / MOV SS). On return it is complete and cpu->rip is the
 * next. Leaves through cpu_raise()/cpu_leave() otherwise with no register changed. A REP string may return
 * unfinished with rip unchanged (so that interrupts are taken).
 */
void interp_step(struct vcpu *cpu);
/* The same for an instruction that was decoded already and whose bytes are not fetched again. */
void interp_execute(struct vcpu *cpu, const struct insn *insn);

/*
 * Delivers an interrupt or exception through the IDT or IVT (SDM 3, chapter 6): privilege change, IST, TSS
 * stacks, task gates, error code, and in real mode. May raise (the run loop then makes #DF and shutdown of
 * it, see exception_combine()). `external`: an interrupt, not an exception.
 */
void exception_deliver(struct vcpu *cpu, const struct exception *exception, bool external);
/*
 * The rules of SDM 3, table 6-5: `first` was being delivered when `second` was raised. Returns what to
 * deliver next in *ret (second itself or #DF), or false for a triple fault.
 */
bool exception_combine(const struct exception *first, const struct exception *second, struct exception *ret);

/* Architectural reset; INIT keeps what SDM 3 table 9-1 keeps. */
void cpu_reset(struct vcpu *cpu, bool init);
void cpu_sipi(struct vcpu *cpu, uint8_t vector);

/* Control-register, MSR and segment writes with their checks and flushes; return false for #GP(0) with
 * nothing changed. Also used by hv_vp_set_regs(). */
bool cpu_set_cr0(struct vcpu *cpu, uint64_t value);
bool cpu_set_cr3(struct vcpu *cpu, uint64_t value);
bool cpu_set_cr4(struct vcpu *cpu, uint64_t value);
bool cpu_set_efer(struct vcpu *cpu, uint64_t value);
bool cpu_set_xcr0(struct vcpu *cpu, uint64_t value);
bool cpu_rdmsr(struct vcpu *cpu, uint32_t index, uint64_t *ret_value);
bool cpu_wrmsr(struct vcpu *cpu, uint32_t index, uint64_t value);
void cpu_set_cpl(struct vcpu *cpu, unsigned cpl);

#endif
