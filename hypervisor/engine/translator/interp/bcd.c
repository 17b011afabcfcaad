/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decimal adjustment (not in 64-bit mode, so the host cannot do it): SDM 2, AAA to DAS. */
#include "engine/translator/interp/exec.h"

/* SF, ZF, PF of a byte. */
static uint64_t byte_flags(uint8_t value)
{
	return (value & 0x80 ? FLAG_SF : 0) | (value == 0 ? FLAG_ZF : 0) |
	       (__builtin_parity(value) ? 0 : FLAG_PF);
}

static void adjust_ascii(struct vcpu *cpu, int sign)
{
	uint16_t ax = (uint16_t)cpu->gpr[REG_RAX];
	bool adjust = (ax & 15) > 9 || (cpu->rflags & FLAG_AF);

	if (adjust)
		ax = (uint16_t)(ax + sign * 0x106);
	gpr_write(cpu, REG_RAX, 2, ax & 0xff0f);
	flags_set(cpu, FLAGS_ALL, byte_flags(ax & 15) | (adjust ? FLAG_AF | FLAG_CF : 0));
}

void exec_aaa(struct vcpu *cpu, const struct insn *insn)
{
	adjust_ascii(cpu, 1);
}

void exec_aas(struct vcpu *cpu, const struct insn *insn)
{
	adjust_ascii(cpu, -1);
}

void exec_aad(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t ax = (uint16_t)cpu->gpr[REG_RAX];
	uint8_t al = (uint8_t)((ax & 0xff) + (ax >> 8) * (uint8_t)insn->imm);

	gpr_write(cpu, REG_RAX, 2, al);
	flags_set(cpu, FLAGS_ALL, byte_flags(al));
}

void exec_aam(struct vcpu *cpu, const struct insn *insn)
{
	uint8_t al = (uint8_t)cpu->gpr[REG_RAX];
	uint8_t base = (uint8_t)insn->imm;

	if (base == 0)
		cpu_raise(cpu, VECTOR_DE);
	gpr_write(cpu, REG_RAX, 2, (uint64_t)(al / base) << 8 | al % base);
	flags_set(cpu, FLAGS_ALL, byte_flags(al % base));
}

static void adjust_decimal(struct vcpu *cpu, bool subtract)
{
	uint8_t before = (uint8_t)cpu->gpr[REG_RAX], al = before;
	bool old_carry = cpu->rflags & FLAG_CF, carry = false;
	bool half = (before & 15) > 9 || (cpu->rflags & FLAG_AF);

	if (half) {
		carry = old_carry || (subtract ? before < 6 : before > 0xf9);
		al = (uint8_t)(subtract ? al - 6 : al + 6);
	}
	if (before > 0x99 || old_carry) {
		al = (uint8_t)(subtract ? al - 0x60 : al + 0x60);
		carry = true;
	}
	gpr_write(cpu, REG_RAX, 1, al);
	flags_set(cpu, FLAGS_ALL, byte_flags(al) | (half ? FLAG_AF : 0) | (carry ? FLAG_CF : 0));
}

void exec_daa(struct vcpu *cpu, const struct insn *insn)
{
	adjust_decimal(cpu, false);
}

void exec_das(struct vcpu *cpu, const struct insn *insn)
{
	adjust_decimal(cpu, true);
}
