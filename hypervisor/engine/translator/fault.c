/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What host signals mean to a VP. Runs in signal handlers. */
#include "engine/translator/jit/jit.h"
#include "engine/translator/signals.h"
#include "engine/translator/translator.h"
#include "engine/translator/vector/vector.h"

void vcpu_on_timer(struct vcpu *cpu)
{
	atomic_fetch_or(&cpu->request, REQUEST_TIMER);
}

bool vcpu_on_fault(struct vcpu *cpu, uint64_t pc, int signal, uint64_t host_flags, uint64_t *ret_pc)
{
	return vector_fault(cpu, pc, signal, ret_pc) || jit_fault(cpu, pc, signal, host_flags, ret_pc);
}
