/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware breakpoints (SDM 3, 17.2): DR0 to DR3 under DR7. Instruction breakpoints fault before, the others
 * trap after. */
#include "engine/translator/interp/exec.h"

enum breakpoint_kind { BREAK_EXECUTE, BREAK_WRITE, BREAK_PORT, BREAK_ACCESS }; /* DR7.R/W */

static bool is_enabled(const struct vcpu *cpu, unsigned number)
{
	return cpu->dr[7] >> number * 2 & 3;
}

static enum breakpoint_kind kind_of(const struct vcpu *cpu, unsigned number)
{
	return (enum breakpoint_kind)(cpu->dr[7] >> (16 + number * 4) & 3);
}

static bool overlaps(const struct vcpu *cpu, unsigned number, uint64_t address, unsigned size)
{
	static const uint8_t lengths[4] = { 1, 2, 8, 4 }; /* DR7.LEN */
	unsigned length = lengths[cpu->dr[7] >> (18 + number * 4) & 3];
	uint64_t start = cpu->dr[number] & ~(uint64_t)(length - 1);

	return address < start + length && start < address + size;
}

void debug_check_fetch(struct vcpu *cpu, uint64_t linear)
{
	uint64_t hits = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (is_enabled(cpu, i) && kind_of(cpu, i) == BREAK_EXECUTE && cpu->dr[i] == linear)
			hits |= 1ull << i;
	}
	if (!hits)
		return;
	cpu->dr[6] = (cpu->dr[6] & ~0xfull) | hits;
	cpu_raise(cpu, VECTOR_DB);
}

void debug_note_data(struct vcpu *cpu, uint64_t linear, unsigned size, bool write)
{
	for (unsigned i = 0; i < 4; i++) {
		enum breakpoint_kind kind = kind_of(cpu, i);

		if (is_enabled(cpu, i) && (kind == BREAK_ACCESS || (kind == BREAK_WRITE && write)) &&
		    overlaps(cpu, i, linear, size))
			cpu->debug_hits |= 1u << i;
	}
}

void debug_note_port(struct vcpu *cpu, uint16_t port, unsigned size)
{
	if (!(cpu->cr4 & CR4_DE))
		return;
	for (unsigned i = 0; i < 4; i++) {
		if (is_enabled(cpu, i) && kind_of(cpu, i) == BREAK_PORT && overlaps(cpu, i, port, size))
			cpu->debug_hits |= 1u << i;
	}
}
