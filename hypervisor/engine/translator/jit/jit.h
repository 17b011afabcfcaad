/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rest of the engine tells the translator about guest code. */
#ifndef HV_TRANSLATOR_JIT_H
#define HV_TRANSLATOR_JIT_H

#include "engine/translator/cpu.h"

/* True when translated code was made from that page: mmu gives no inline write access to it. Lock-free. */
bool jit_page_has_code(const struct translator *translator, uint64_t gpa);
/* Guest or device wrote [gpa, gpa+size) of a page for which jit_page_has_code(): drops what was made from these bytes. After the write. */
void jit_code_written(struct translator *translator, struct vcpu *cpu, uint64_t gpa, uint64_t size);
/* The mapping of virtual code pages changed: all / this page. Own thread. */
void jit_flush_jumps(struct vcpu *cpu);

#endif
