/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled like the engine: all of it runs while the guest's vector registers are live. */
#include "vector_guest.h"

#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector.h"

#include "engine/translator/bytes.h"

_Thread_local struct guest *the_guest;

_Noreturn static void leave(struct vcpu *cpu)
{
	__builtin_longjmp(cpu->run_frame, 1);
}

void cpu_raise(struct vcpu *cpu, enum cpu_vector vector)
{
	the_guest->raised = (int)vector;
	leave(cpu);
}

void cpu_raise_error(struct vcpu *cpu, enum cpu_vector vector, uint32_t error)
{
	the_guest->raised = (int)vector;
	the_guest->error = error;
	the_guest->has_error = true;
	leave(cpu);
}

void cpu_raise_page_fault(struct vcpu *cpu, uint64_t address, uint32_t error)
{
	the_guest->address = address;
	cpu_raise_error(cpu, VECTOR_PF, error);
}

void cpu_leave(struct vcpu *cpu)
{
	the_guest->raised = RAISED_LEFT;
	leave(cpu);
}

void debug_note_data(struct vcpu *cpu, uint64_t linear, unsigned size, bool write)
{
}

/* --- memory ------------------------------------------------------------------------------------------ */

static enum guest_page page_of(uint64_t linear)
{
	uint64_t offset = linear - (uint64_t)the_guest->memory;
	return offset < GUEST_BYTES ? the_guest->pages[offset / 4096] : PAGE_ABSENT;
}

static bool check(struct vcpu *cpu, uint64_t linear, unsigned size, bool write)
{
	bool is_mmio = false;
	for (uint64_t at = linear; at < linear + size; at = (at | 4095) + 1) {
		enum guest_page page = page_of(at);
		if (page == PAGE_ABSENT || (write && page == PAGE_READ_ONLY))
			cpu_raise_page_fault(cpu, at, (page != PAGE_ABSENT) | (write ? 2 : 0));
		is_mmio |= page == PAGE_MMIO;
	}
	return is_mmio;
}

/* As the engine's log does it: an access that is not in the log leaves, and is there at the next start. */
static void check_mmio(struct vcpu *cpu)
{
	if (++cpu->mmio.next <= cpu->mmio.count)
		return;
	cpu->mmio.count = cpu->mmio.next;
	cpu_leave(cpu);
}

void mem_read(struct vcpu *cpu, uint64_t linear, void *buffer, unsigned size, unsigned access)
{
	if (check(cpu, linear, size, false))
		check_mmio(cpu);
	bytes_copy(buffer, (const void *)linear, size);
}

void mem_write(struct vcpu *cpu, uint64_t linear, const void *buffer, unsigned size, unsigned access)
{
	if (check(cpu, linear, size, true))
		check_mmio(cpu);
	bytes_copy((void *)linear, buffer, size);
	the_guest->writes++;
}

void mem_check_write(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access)
{
	check(cpu, linear, size, true);
}

void *mem_span(struct vcpu *cpu, uint64_t linear, uint64_t wanted, uint64_t *ret_size, unsigned access)
{
	uint64_t left = 4096 - (linear & 4095);
	if (check(cpu, linear, 1, access & MEM_WRITE))
		return NULL;
	*ret_size = wanted < left ? wanted : left;
	return (void *)linear;
}

void *mem_atomic(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access)
{
	return NULL;
}

/* --- running ----------------------------------------------------------------------------------------- */

static void execute(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t linear = 0;
	unsigned size = insn->mem_size ? insn->mem_size : 1;
	vector_check_enabled(cpu, insn);
	if (insn->has_mem && !(insn->facts->attr & FACT_VSIB))
		linear = operand_linear(cpu, insn, size,
					insn->facts->mem_access == ACCESS_R ? MEM_READ : MEM_WRITE);
	vector_execute(cpu, insn, linear);
}

/* Nothing else may be in the function that calls setjmp. */
static __attribute__((noinline)) void execute_guarded(struct vcpu *cpu, const struct insn *insn)
{
	if (!__builtin_setjmp(cpu->run_frame))
		execute(cpu, insn);
}

int guest_run_insn(struct guest *guest, const struct insn *insn)
{
	the_guest = guest;
	guest->raised = RAISED_NOTHING;
	guest->has_error = false;
	guest->error = 0;
	guest->cpu->mmio.next = 0;
	guest->writes = 0;
	vector_enter(guest->cpu);
	execute_guarded(guest->cpu, insn);
	vector_leave(guest->cpu);
	if (guest->raised != RAISED_LEFT)
		mmio_log_commit(guest->cpu);
	return guest->raised;
}

int guest_run(struct guest *guest, const uint8_t *bytes, unsigned size)
{
	struct insn insn;
	if (insn_decode(&insn, bytes, size, cpu_mode(guest->cpu)) != INSN_OK)
		return guest->raised = RAISED_UNDECODED;
	return guest_run_insn(guest, &insn);
}

void guest_repeat(struct guest *guest, const struct insn *insn, unsigned count)
{
	the_guest = guest;
	vector_enter(guest->cpu);
	if (!__builtin_setjmp(guest->cpu->run_frame))
		for (unsigned i = 0; i < count; i++)
			execute(guest->cpu, insn);
	vector_leave(guest->cpu);
}
