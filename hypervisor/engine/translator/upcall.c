/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/translator/upcall.h"

#include "core/hyperv.h"
#include "engine/translator/translator.h"
#include "engine/translator/vector/vector.h"

static struct hv_vp *upcall_begin(struct vcpu *cpu)
{
	vector_park(cpu);
	exclusive_leave_guest(cpu);
	return cpu->vp;
}

static void upcall_end(struct vcpu *cpu)
{
	exclusive_enter_guest(cpu);
	cpu->slots = atomic_load(&cpu->vp->partition->slots);
	vector_unpark(cpu);
}

bool upcall_rdmsr(struct vcpu *cpu, uint32_t index, uint64_t *ret_value)
{
	bool is_known = hyperv_msr_read(upcall_begin(cpu), index, ret_value);
	upcall_end(cpu);
	return is_known;
}

bool upcall_wrmsr(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	bool is_accepted = hyperv_msr_write(upcall_begin(cpu), index, value);
	upcall_end(cpu);
	return is_accepted;
}

static uint64_t pair(const struct vcpu *cpu, unsigned high, unsigned low)
{
	return cpu->gpr[high] << 32 | (uint32_t)cpu->gpr[low];
}

/* TLFS 3.7: outside 64-bit mode the words are pairs of registers. */
bool upcall_hypercall(struct vcpu *cpu)
{
	bool is_long = cpu_mode(cpu) == MODE_64;
	struct hyperv_call call = { cpu->gpr[REG_RCX], cpu->gpr[REG_RDX], cpu->gpr[REG_R8] };
	if (!hyperv_has_calls(cpu->vp->partition))
		return false;
	if (!is_long)
		call = (struct hyperv_call){ pair(cpu, REG_RDX, REG_RAX), pair(cpu, REG_RBX, REG_RCX),
					     pair(cpu, REG_RDI, REG_RSI) };
	uint64_t result = hyperv_hypercall(upcall_begin(cpu), &call);
	upcall_end(cpu);
	cpu->gpr[REG_RAX] = is_long ? result : (uint32_t)result;
	if (!is_long)
		cpu->gpr[REG_RDX] = result >> 32;
	return true;
}

void upcall_timer_expired(struct vcpu *cpu)
{
	hyperv_timer_expired(upcall_begin(cpu));
	upcall_end(cpu);
}

void upcall_vp_reset(struct vcpu *cpu)
{
	hyperv_vp_reset(upcall_begin(cpu));
	upcall_end(cpu);
}

void upcall_tsc_written(struct vcpu *cpu)
{
	hyperv_tsc_written(upcall_begin(cpu));
	upcall_end(cpu);
}
