/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The translator proper, as the rest of the engine sees it. */
#ifndef HV_TRANSLATOR_JIT_H
#define HV_TRANSLATOR_JIT_H

#include "engine/translator/cpu.h"

struct jit;
struct translator;

/* Code cache of `bytes` (0 = JIT_DEFAULT_CACHE) and its tables. 0, -ENOMEM. */
int jit_new(struct translator *translator, size_t bytes, struct jit **ret_jit);
struct jit *jit_free(struct jit *jit);
/* Slots of the partition were replaced; all VPs are held. Drops all translations, sizes the page tables anew. 0, -ENOMEM. */
int jit_slots_changed(struct jit *jit, const struct hv_slots *slots);

/*
 * Executes translated code from cpu->rip on until something needs the run loop. Returns false when the code at rip is not for
 * translation (mode, or an instruction for the interpreter): then nothing was executed.
 */
bool jit_run(struct vcpu *cpu);

/* True when translated code was made from that page: mmu gives no inline write access to it. Lock-free. */
bool jit_page_has_code(const struct translator *translator, uint64_t gpa);
/* Guest or device wrote [gpa, gpa+size) of a page for which jit_page_has_code(): drops what was made from these bytes. After the write. */
void jit_code_written(struct translator *translator, struct vcpu *cpu, uint64_t gpa, uint64_t size);
/* The mapping of virtual code pages may have changed: any page / pages that are not global. Own thread, or while the VPs are held. */
void jit_flush_jumps(struct vcpu *cpu);
void jit_flush_local_jumps(struct vcpu *cpu);
/* MOV CR3 with `cr3` (PCID included) that keeps what was cached under that PCID (bit 63 set), or does not. After tlb_flush_non_global(). */
void jit_switch_context(struct vcpu *cpu, uint64_t cr3, bool keep);
/* INVPCID: what was cached under `pcid` is void. */
void jit_drop_context(struct vcpu *cpu, uint64_t pcid);
/* The same for all but the present one. */
void jit_forget_contexts(struct vcpu *cpu);

/*
 * A host fault at `pc` (SIGFPE, SIGSEGV, SIGILL): if it is in translated code, says where to go on instead: sets *ret_pc (and the fault's guest
 * exception inside the vcpu). `host_flags`: EFLAGS at the fault.
 */
bool jit_fault(struct vcpu *cpu, uint64_t pc, int signal, uint64_t host_flags, uint64_t *ret_pc);

#endif
