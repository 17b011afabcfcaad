/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IN and OUT, and who may use which port (SDM 1, 19.5). */
#include "engine/translator/interp/exec.h"

enum { TSS_IO_MAP_BASE = 0x66 };

/* Two bytes of the map are always looked at, so that an access may cross a byte of it. */
static bool bitmap_allows(struct vcpu *cpu, uint16_t port, unsigned size)
{
	unsigned base, at, bits;

	if (!(cpu->tr.attr & 8) || cpu->tr.limit < TSS_IO_MAP_BASE + 1)
		return false; /* a 16-bit TSS has none */
	base = (unsigned)mem_load(cpu, cpu->tr.base + TSS_IO_MAP_BASE, 2, MEM_SYSTEM);
	at = base + port / 8;
	if (at + 1 > cpu->tr.limit)
		return false;
	bits = (unsigned)mem_load(cpu, cpu->tr.base + at, 2, MEM_SYSTEM);
	return !(bits >> (port & 7) & ((1u << size) - 1));
}

void port_check(struct vcpu *cpu, uint16_t port, unsigned size)
{
	bool is_restricted = (cpu->cr0 & CR0_PE) && (cpu_is_v86(cpu) || cpu->cpl > cpu_iopl(cpu));

	if (is_restricted && !bitmap_allows(cpu, port, size))
		raise_gp0(cpu);
}

/* E4..E7: the port is in the instruction; EC..EF: in DX. */
static uint16_t port_of(const struct vcpu *cpu, const struct insn *insn)
{
	return insn->opcode & 8 ? (uint16_t)cpu->gpr[REG_RDX] : insn->imm & 0xff;
}

static unsigned port_size(const struct insn *insn)
{
	return insn->opsize > 4 ? 4 : insn->opsize;
}

void exec_in(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t port = port_of(cpu, insn);
	unsigned size = port_size(insn);

	port_check(cpu, port, size);
	port_note(cpu, port, size);
	gpr_write(cpu, REG_RAX, size, port_read(cpu, port, size));
}

void exec_out(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t port = port_of(cpu, insn);
	unsigned size = port_size(insn);

	port_check(cpu, port, size);
	port_note(cpu, port, size);
	port_write(cpu, port, size, (uint32_t)(cpu->gpr[REG_RAX] & size_mask(size)));
}
