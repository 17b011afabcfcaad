/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiplication and division by the host's own instructions; a division that would fault is found before. */
#include "engine/translator/interp/exec.h"

/* rDX:rAX, or AX for bytes. */
struct wide {
	uint64_t low, high;
};

#define MULTIPLY_SIZE(mnemonic, suffix, modifier)                                                            \
	__asm__("movq %[packed], %%rax\n\t" FLAGS_LOAD "movq %[low], %%rax\n\t" mnemonic suffix              \
		" %" modifier "[source]\n\tmovq %%rax, %[low]" FLAGS_SAVE "\n\tmovq %%rax, %[packed]"        \
		: [packed] "+r"(packed), [low] "+r"(value.low), [high] "+d"(value.high)                      \
		: [source] "r"(source)                                                                       \
		: "rax", "cc")

#define MULTIPLY(name, mnemonic)                                                                             \
	static struct wide name(packed_flags *flags, struct wide value, uint64_t source, unsigned size)      \
	{                                                                                                    \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 1: MULTIPLY_SIZE(mnemonic, "b", "b"); break;                                            \
		case 2: MULTIPLY_SIZE(mnemonic, "w", "w"); break;                                            \
		case 4: MULTIPLY_SIZE(mnemonic, "l", "k"); break;                                            \
		default: MULTIPLY_SIZE(mnemonic, "q", "q"); break;                                           \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return value;                                                                                \
	}

/* The divisions have the same operands. */
MULTIPLY(host_mul, "mul")
MULTIPLY(host_imul, "imul")
MULTIPLY(host_div, "div")
MULTIPLY(host_idiv, "idiv")

static struct wide wide_read(const struct vcpu *cpu)
{
	return (struct wide){ .low = cpu->gpr[REG_RAX], .high = cpu->gpr[REG_RDX] };
}

static void wide_write(struct vcpu *cpu, struct wide value, unsigned size)
{
	if (size == 1) {
		gpr_write(cpu, REG_RAX, 2, value.low);
		return;
	}
	gpr_write(cpu, REG_RAX, size, value.low);
	gpr_write(cpu, REG_RDX, size, value.high);
}

typedef struct wide wide_fn(packed_flags *flags, struct wide value, uint64_t source, unsigned size);

static void multiply(struct vcpu *cpu, const struct insn *insn, wide_fn *fn)
{
	packed_flags flags = flags_get(cpu);
	uint64_t source = rm_read(cpu, insn, insn->opsize);

	wide_write(cpu, fn(&flags, wide_read(cpu), source, insn->opsize), insn->opsize);
	flags_put(cpu, flags);
}

void exec_mul(struct vcpu *cpu, const struct insn *insn)
{
	multiply(cpu, insn, host_mul);
}

void exec_imul1(struct vcpu *cpu, const struct insn *insn)
{
	multiply(cpu, insn, host_imul);
}

#define IMUL2_SIZE(suffix, modifier)                                                                         \
	__asm__(FLAGS_LOAD "imul" suffix " %" modifier "[b], %" modifier "[a]" FLAGS_SAVE                    \
		: "+a"(packed), [a] "+r"(left)                                                               \
		: [b] "r"(right)                                                                             \
		: "cc")

static uint64_t host_imul2(packed_flags *flags, uint64_t left, uint64_t right, unsigned size)
{
	uint64_t packed = *flags;

	switch (size) {
	case 2: IMUL2_SIZE("w", "w"); break;
	case 4: IMUL2_SIZE("l", "k"); break;
	default: IMUL2_SIZE("q", "q"); break;
	}
	*flags = (packed_flags)packed;
	return left;
}

/* Both the form with two operands and the one with an immediate. */
void exec_imul2(struct vcpu *cpu, const struct insn *insn)
{
	packed_flags flags = flags_get(cpu);
	unsigned size = insn->opsize;
	uint64_t source = rm_read(cpu, insn, size);
	uint64_t other = insn->facts->op == OP_IMUL3 ? insn->imm : gpr_read(cpu, insn_reg(insn), size);

	gpr_write(cpu, insn_reg(insn), size, host_imul2(&flags, source, other, size));
	flags_put(cpu, flags);
}

/* The dividend as 128 bits (zero-extended): high and low halves of 64. */
static struct wide dividend(const struct vcpu *cpu, unsigned size)
{
	struct wide value = wide_read(cpu);

	switch (size) {
	case 1: return (struct wide){ .low = value.low & 0xffff };
	case 2: return (struct wide){ .low = (value.low & 0xffff) | (value.high & 0xffff) << 16 };
	case 4: return (struct wide){ .low = (value.low & 0xffffffff) | value.high << 32 };
	default: return value;
	}
}

/* Quotient of 128 by 64 bits; only when it fits into 64. */
static uint64_t divide_128(struct wide value, uint64_t divisor)
{
	uint64_t quotient = value.low, rest = value.high;

	__asm__("divq %[divisor]" : "+a"(quotient), "+d"(rest) : [divisor] "r"(divisor) : "cc");
	return quotient;
}

static bool div_overflows(struct wide value, uint64_t divisor, unsigned size)
{
	if (divisor == 0)
		return true;
	if (size == 8)
		return value.high >= divisor;
	return value.low >> size * 8 >= divisor;
}

static struct wide wide_negate(struct wide value)
{
	return (struct wide){ .low = -value.low, .high = ~value.high + (value.low == 0) };
}

static bool idiv_overflows(struct wide value, uint64_t divisor, unsigned size)
{
	int64_t signed_divisor = sign_extend(divisor, size);
	uint64_t magnitude = signed_divisor < 0 ? -(uint64_t)signed_divisor : (uint64_t)signed_divisor;
	uint64_t most = 1ull << (size * 8 - 1); /* of a negative quotient */
	bool is_negative;

	if (size < 8) {
		value.low = (uint64_t)sign_extend(value.low, size * 2);
		value.high = (int64_t)value.low < 0 ? UINT64_MAX : 0;
	}
	is_negative = (int64_t)value.high < 0;
	if (is_negative)
		value = wide_negate(value);
	if (magnitude == 0 || value.high >= magnitude)
		return true;
	is_negative ^= signed_divisor < 0;
	return divide_128(value, magnitude) > most - !is_negative;
}

static void divide(struct vcpu *cpu, const struct insn *insn, wide_fn *fn, bool is_signed)
{
	packed_flags flags = flags_get(cpu);
	unsigned size = insn->opsize;
	uint64_t divisor = rm_read(cpu, insn, size);
	struct wide value = dividend(cpu, size);

	if (is_signed ? idiv_overflows(value, divisor, size) : div_overflows(value, divisor, size))
		cpu_raise(cpu, VECTOR_DE);
	wide_write(cpu, fn(&flags, wide_read(cpu), divisor, size), size);
	flags_put(cpu, flags);
}

void exec_div(struct vcpu *cpu, const struct insn *insn)
{
	divide(cpu, insn, host_div, false);
}

void exec_idiv(struct vcpu *cpu, const struct insn *insn)
{
	divide(cpu, insn, host_idiv, true);
}
