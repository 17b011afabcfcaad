/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shifts and rotates, by the host's own instructions: they mask the count and leave the flags as the guest
 * would see them. */
#include "engine/translator/interp/exec.h"

#define SHIFT_SIZE(mnemonic, suffix, modifier)                                                               \
	__asm__(FLAGS_LOAD mnemonic suffix " %%cl, %" modifier "[a]" FLAGS_SAVE                              \
		: "+a"(packed), [a] "+r"(old)                                                                \
		: "c"(count)                                                                                 \
		: "cc")

#define SHIFT(name, mnemonic)                                                                                \
	static uint64_t name(packed_flags *flags, uint64_t old, uint64_t count, unsigned size)               \
	{                                                                                                    \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 1: SHIFT_SIZE(mnemonic, "b", "b"); break;                                               \
		case 2: SHIFT_SIZE(mnemonic, "w", "w"); break;                                               \
		case 4: SHIFT_SIZE(mnemonic, "l", "k"); break;                                               \
		default: SHIFT_SIZE(mnemonic, "q", "q"); break;                                              \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return old & size_mask(size);                                                                \
	}

SHIFT(update_rol, "rol")
SHIFT(update_ror, "ror")
SHIFT(update_rcl, "rcl")
SHIFT(update_rcr, "rcr")
SHIFT(update_shl, "shl")
SHIFT(update_shr, "shr")
SHIFT(update_sar, "sar")

/* C0, C1: immediate; D0, D1: one; D2, D3: CL. */
static uint64_t shift_count(const struct vcpu *cpu, const struct insn *insn)
{
	switch (insn->opcode & 0xfe) {
	case 0xc0: return insn->imm & 0xff;
	case 0xd0: return 1;
	default: return cpu->gpr[REG_RCX] & 0xff;
	}
}

static void shift(struct vcpu *cpu, const struct insn *insn, update_fn *update)
{
	packed_flags flags = flags_get(cpu);

	rm_update(cpu, insn, insn->opsize, update, shift_count(cpu, insn), &flags);
	flags_put(cpu, flags);
}

void exec_rol(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_rol);
}

void exec_ror(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_ror);
}

void exec_rcl(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_rcl);
}

void exec_rcr(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_rcr);
}

void exec_shl(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_shl);
}

void exec_shr(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_shr);
}

void exec_sar(struct vcpu *cpu, const struct insn *insn)
{
	shift(cpu, insn, update_sar);
}

/* --- double shifts ---------------------------------------------------------------------------- */

struct double_shift {
	uint64_t source, count;
};

#define DOUBLE_SIZE(mnemonic, suffix, modifier)                                                              \
	__asm__(FLAGS_LOAD mnemonic suffix " %%cl, %" modifier "[b], %" modifier "[a]" FLAGS_SAVE            \
		: "+a"(packed), [a] "+r"(old)                                                                \
		: [b] "r"(operands->source), "c"(operands->count)                                            \
		: "cc")

#define DOUBLE_SHIFT(name, mnemonic)                                                                         \
	static uint64_t name(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)            \
	{                                                                                                    \
		const struct double_shift *operands = (const void *)(uintptr_t)argument;                     \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 2: DOUBLE_SIZE(mnemonic, "w", "w"); break;                                              \
		case 4: DOUBLE_SIZE(mnemonic, "l", "k"); break;                                              \
		default: DOUBLE_SIZE(mnemonic, "q", "q"); break;                                             \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return old & size_mask(size);                                                                \
	}

DOUBLE_SHIFT(update_shld, "shld")
DOUBLE_SHIFT(update_shrd, "shrd")

/* A4, AC: immediate; A5, AD: CL. */
static void shift_double(struct vcpu *cpu, const struct insn *insn, update_fn *update)
{
	packed_flags flags = flags_get(cpu);
	struct double_shift operands = {
		.source = gpr_read(cpu, insn_reg(insn), insn->opsize),
		.count = insn->opcode & 1 ? cpu->gpr[REG_RCX] & 0xff : insn->imm & 0xff,
	};

	rm_update(cpu, insn, insn->opsize, update, (uintptr_t)&operands, &flags);
	flags_put(cpu, flags);
}

void exec_shld(struct vcpu *cpu, const struct insn *insn)
{
	shift_double(cpu, insn, update_shld);
}

void exec_shrd(struct vcpu *cpu, const struct insn *insn)
{
	shift_double(cpu, insn, update_shrd);
}
