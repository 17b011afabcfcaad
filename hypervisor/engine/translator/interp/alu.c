/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addition, logic, exchange. Results and flags, also those that the SDM leaves undefined, are the host's own:
 * each operation is the host instruction of that size, with the guest's flags loaded before and saved after.
 */
#include "engine/translator/interp/exec.h"

#define BINARY_SIZE(mnemonic, suffix, modifier)                                                              \
	__asm__(FLAGS_LOAD mnemonic suffix " %" modifier "[b], %" modifier "[a]" FLAGS_SAVE                  \
		: "+a"(packed), [a] "+r"(old)                                                                \
		: [b] "r"(argument)                                                                          \
		: "cc")

#define BINARY(name, mnemonic)                                                                               \
	uint64_t name(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)                   \
	{                                                                                                    \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 1: BINARY_SIZE(mnemonic, "b", "b"); break;                                              \
		case 2: BINARY_SIZE(mnemonic, "w", "w"); break;                                              \
		case 4: BINARY_SIZE(mnemonic, "l", "k"); break;                                              \
		default: BINARY_SIZE(mnemonic, "q", "q"); break;                                             \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return old & size_mask(size);                                                                \
	}

static BINARY(update_add, "add") static BINARY(update_or, "or") static BINARY(
    update_adc, "adc") static BINARY(update_sbb, "sbb") static BINARY(update_and, "and")
    BINARY(update_sub, "sub") static BINARY(update_xor,
					    "xor") static BINARY(update_test,
								 "test") /* the "new" value is the old one */

#define UNARY_SIZE(mnemonic, suffix, modifier)                                                               \
	__asm__(FLAGS_LOAD mnemonic suffix " %" modifier "[a]" FLAGS_SAVE                                    \
		: "+a"(packed), [a] "+r"(old)                                                                \
		:                                                                                            \
		: "cc")

#define UNARY(name, mnemonic)                                                                                \
	static uint64_t name(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)            \
	{                                                                                                    \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 1: UNARY_SIZE(mnemonic, "b", "b"); break;                                               \
		case 2: UNARY_SIZE(mnemonic, "w", "w"); break;                                               \
		case 4: UNARY_SIZE(mnemonic, "l", "k"); break;                                               \
		default: UNARY_SIZE(mnemonic, "q", "q"); break;                                              \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return old & size_mask(size);                                                                \
	}

    UNARY(update_inc, "inc") UNARY(update_dec, "dec") UNARY(update_neg, "neg")

	static uint64_t update_not(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)
{
	return ~old & size_mask(size);
}

static uint64_t update_replace(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)
{
	return argument & size_mask(size);
}

/* --- operands --------------------------------------------------------------------------------- */

enum form { FORM_RM_REG, FORM_REG_RM, FORM_ACC_IMM, FORM_RM_IMM };

/* 00..3F by the low three bits; 80..83, F6/0 and F7/0 have an immediate; 84, 85 (TEST) are like 00, 01; A8,
 * A9 like 04, 05. */
static enum form form_of(const struct insn *insn)
{
	if (insn->opcode < 0x40)
		return (insn->opcode & 7) >= 4 ? FORM_ACC_IMM : insn->opcode & 2 ? FORM_REG_RM : FORM_RM_REG;
	if (insn->opcode == 0x84 || insn->opcode == 0x85)
		return FORM_RM_REG;
	if (insn->opcode == 0xa8 || insn->opcode == 0xa9)
		return FORM_ACC_IMM;
	return FORM_RM_IMM;
}

static void binary(struct vcpu *cpu, const struct insn *insn, update_fn *update)
{
	unsigned size = insn->opsize;
	packed_flags flags = flags_get(cpu);
	enum form form = form_of(insn);

	if (form == FORM_RM_REG || form == FORM_RM_IMM) {
		uint64_t source = form == FORM_RM_IMM ? insn->imm : reg_read(cpu, insn, insn_reg(insn), size);

		rm_update(cpu, insn, size, update, source, &flags);
	} else {
		unsigned to = form == FORM_REG_RM ? insn_reg(insn) : REG_RAX;
		uint64_t source = form == FORM_REG_RM ? rm_read(cpu, insn, size) : insn->imm;
		uint64_t old = reg_read(cpu, insn, to, size);

		reg_write(cpu, insn, to, size, update(&flags, old, source, size));
	}
	flags_put(cpu, flags);
}

/* CMP and TEST: flags only. */
static void compare(struct vcpu *cpu, const struct insn *insn, update_fn *update)
{
	unsigned size = insn->opsize;
	packed_flags flags = flags_get(cpu);
	uint64_t left, right;

	switch (form_of(insn)) {
	case FORM_RM_REG:
		left = rm_read(cpu, insn, size);
		right = reg_read(cpu, insn, insn_reg(insn), size);
		break;
	case FORM_REG_RM:
		left = reg_read(cpu, insn, insn_reg(insn), size);
		right = rm_read(cpu, insn, size);
		break;
	case FORM_ACC_IMM:
		left = gpr_read(cpu, REG_RAX, size);
		right = insn->imm;
		break;
	default:
		left = rm_read(cpu, insn, size);
		right = insn->imm;
		break;
	}
	update(&flags, left, right, size);
	flags_put(cpu, flags);
}

static void unary(struct vcpu *cpu, const struct insn *insn, update_fn *update)
{
	packed_flags flags = flags_get(cpu);
	unsigned size = insn->opsize;

	if (insn->facts->attr & FACT_REG_IN_OPCODE) { /* 40..4F */
		unsigned number = insn_opcode_reg(insn);

		gpr_write(cpu, number, size, update(&flags, gpr_read(cpu, number, size), 0, size));
	} else {
		rm_update(cpu, insn, size, update, 0, &flags);
	}
	flags_put(cpu, flags);
}

void exec_add(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_add);
}

void exec_or(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_or);
}

void exec_adc(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_adc);
}

void exec_sbb(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_sbb);
}

void exec_and(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_and);
}

void exec_sub(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_sub);
}

void exec_xor(struct vcpu *cpu, const struct insn *insn)
{
	binary(cpu, insn, update_xor);
}

void exec_cmp(struct vcpu *cpu, const struct insn *insn)
{
	compare(cpu, insn, update_sub);
}

void exec_test(struct vcpu *cpu, const struct insn *insn)
{
	compare(cpu, insn, update_test);
}

void exec_inc(struct vcpu *cpu, const struct insn *insn)
{
	unary(cpu, insn, update_inc);
}

void exec_dec(struct vcpu *cpu, const struct insn *insn)
{
	unary(cpu, insn, update_dec);
}

void exec_neg(struct vcpu *cpu, const struct insn *insn)
{
	unary(cpu, insn, update_neg);
}

void exec_not(struct vcpu *cpu, const struct insn *insn)
{
	unary(cpu, insn, update_not);
}

/* --- exchange --------------------------------------------------------------------------------- */

/* The register is written first when both operands are registers: XADD r, r with the same register gives the
 * sum. */
void exec_xadd(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;
	packed_flags flags = flags_get(cpu);
	uint64_t source = reg_read(cpu, insn, insn_reg(insn), size);

	if (insn->has_mem) {
		uint64_t old = rm_update(cpu, insn, size, update_add, source, &flags);

		reg_write(cpu, insn, insn_reg(insn), size, old);
	} else {
		uint64_t old = reg_read(cpu, insn, insn_rm(insn), size);
		uint64_t sum = update_add(&flags, old, source, size);

		reg_write(cpu, insn, insn_reg(insn), size, old);
		reg_write(cpu, insn, insn_rm(insn), size, sum);
	}
	flags_put(cpu, flags);
}

/* With memory it is locked, LOCK prefix or not. */
void exec_xchg(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;
	bool is_short = insn->facts->attr & FACT_REG_IN_OPCODE; /* 90..97: with rAX */
	unsigned reg = is_short ? insn_opcode_reg(insn) : insn_reg(insn);
	uint64_t value = reg_read(cpu, insn, reg, size);
	packed_flags flags = 0;
	uint64_t old;

	if (is_short) {
		old = gpr_read(cpu, REG_RAX, size);
		gpr_write(cpu, REG_RAX, size, gpr_read(cpu, reg, size));
		gpr_write(cpu, reg, size, old);
	} else if (insn->has_mem) {
		uint64_t linear = operand_linear(cpu, insn, size, MEM_WRITE);

		old = memory_update(cpu, linear, size, operand_access(insn), true, update_replace, value,
				    &flags);
		reg_write(cpu, insn, reg, size, old);
	} else {
		old = reg_read(cpu, insn, insn_rm(insn), size);
		reg_write(cpu, insn, insn_rm(insn), size, value);
		reg_write(cpu, insn, reg, size, old);
	}
}

struct compare_exchange {
	uint64_t expected, desired;
};

/* The destination is always written, if only with what it had. */
static uint64_t update_compare_exchange(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)
{
	const struct compare_exchange *compare_exchange = (const void *)(uintptr_t)argument;

	update_sub(flags, compare_exchange->expected, old, size);
	return old == compare_exchange->expected ? compare_exchange->desired : old;
}

void exec_cmpxchg(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;
	packed_flags flags = flags_get(cpu);
	struct compare_exchange values = {
		.expected = gpr_read(cpu, REG_RAX, size),
		.desired = reg_read(cpu, insn, insn_reg(insn), size),
	};
	uint64_t old;

	if (insn->has_mem) {
		old = rm_update(cpu, insn, size, update_compare_exchange, (uintptr_t)&values, &flags);
	} else {
		old = reg_read(cpu, insn, insn_rm(insn), size);
		update_sub(&flags, values.expected, old, size);
		if (old == values.expected)
			reg_write(cpu, insn, insn_rm(insn), size, values.desired);
	}
	if (old != values.expected)
		gpr_write(cpu, REG_RAX, size, old);
	flags_put(cpu, flags);
}

static uint64_t update_compare_exchange8(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)
{
	const struct compare_exchange *values = (const void *)(uintptr_t)argument;

	return old == values->expected ? values->desired : old;
}

static void compare_exchange_8b(struct vcpu *cpu, const struct insn *insn)
{
	packed_flags flags = 0;
	struct compare_exchange values = {
		.expected = (cpu->gpr[REG_RAX] & 0xffffffff) | cpu->gpr[REG_RDX] << 32,
		.desired = (cpu->gpr[REG_RBX] & 0xffffffff) | cpu->gpr[REG_RCX] << 32,
	};
	uint64_t old = rm_update(cpu, insn, 8, update_compare_exchange8, (uintptr_t)&values, &flags);

	if (old != values.expected) {
		gpr_write(cpu, REG_RAX, 4, old);
		gpr_write(cpu, REG_RDX, 4, old >> 32);
	}
	flags_set(cpu, FLAG_ZF, old == values.expected ? FLAG_ZF : 0);
}

static void compare_exchange_16b(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t linear = operand_linear(cpu, insn, 16, MEM_WRITE);
	uint64_t expected[2] = { cpu->gpr[REG_RAX], cpu->gpr[REG_RDX] };
	uint64_t desired[2] = { cpu->gpr[REG_RBX], cpu->gpr[REG_RCX] };
	bool equal;

	if (linear & 15)
		raise_gp0(cpu);
	equal = memory_exchange16(cpu, linear, operand_access(insn), expected, desired);
	if (!equal) {
		cpu->gpr[REG_RAX] = expected[0];
		cpu->gpr[REG_RDX] = expected[1];
	}
	flags_set(cpu, FLAG_ZF, equal ? FLAG_ZF : 0);
}

void exec_cmpxchg8b(struct vcpu *cpu, const struct insn *insn)
{
	if (insn->rex & REX_W) {
		require_feature(cpu, FEATURE_CX16);
		compare_exchange_16b(cpu, insn);
	} else {
		compare_exchange_8b(cpu, insn);
	}
}
