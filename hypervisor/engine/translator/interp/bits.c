/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit tests, scans and the BMI, ADX, CRC32 and POPCNT instructions. */
#include "engine/translator/interp/exec.h"

/* --- BT, BTS, BTR, BTC ------------------------------------------------------------------------ */

#define BIT_SIZE(mnemonic, suffix, modifier)                                                                 \
	__asm__(FLAGS_LOAD mnemonic suffix " %" modifier "[b], %" modifier "[a]" FLAGS_SAVE                  \
		: "+a"(packed), [a] "+r"(old)                                                                \
		: [b] "r"(argument)                                                                          \
		: "cc")

#define BIT(name, mnemonic)                                                                                  \
	static uint64_t name(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)            \
	{                                                                                                    \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 2: BIT_SIZE(mnemonic, "w", "w"); break;                                                 \
		case 4: BIT_SIZE(mnemonic, "l", "k"); break;                                                 \
		default: BIT_SIZE(mnemonic, "q", "q"); break;                                                \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return old & size_mask(size);                                                                \
	}

BIT(update_bt, "bt")
BIT(update_bts, "bts")
BIT(update_btr, "btr")
BIT(update_btc, "btc")

/* With a register bit offset the operand is a bit string around the address: whole operands before or behind
 * it count too. */
static uint64_t bit_string_linear(struct vcpu *cpu, const struct insn *insn, uint64_t bit, unsigned access)
{
	unsigned size = insn->opsize;
	uint64_t offset = operand_offset(cpu, insn);

	if (insn->imm_size == 0) {
		int64_t words = sign_extend(bit, size) >> (size == 2 ? 4 : size == 4 ? 5 : 6);

		offset = (offset + (uint64_t)words * size) & size_mask(insn->addrsize);
	}
	return segment_linear(cpu, operand_segment(insn), offset, size, access);
}

static uint64_t bit_number(const struct vcpu *cpu, const struct insn *insn)
{
	return insn->imm_size ? insn->imm & 0xff : gpr_read(cpu, insn_reg(insn), insn->opsize);
}

static void bit_update(struct vcpu *cpu, const struct insn *insn, update_fn *update)
{
	packed_flags flags = flags_get(cpu);
	uint64_t bit = bit_number(cpu, insn);

	if (insn->has_mem) {
		uint64_t linear = bit_string_linear(cpu, insn, bit, MEM_WRITE);

		memory_update(cpu, linear, insn->opsize, operand_access(insn), insn->prefixes & PREFIX_LOCK,
			      update, bit, &flags);
	} else {
		rm_update(cpu, insn, insn->opsize, update, bit, &flags);
	}
	flags_put(cpu, flags);
}

void exec_bt(struct vcpu *cpu, const struct insn *insn)
{
	packed_flags flags = flags_get(cpu);
	uint64_t bit = bit_number(cpu, insn);
	uint64_t value;

	if (insn->has_mem)
		value = mem_load(cpu, bit_string_linear(cpu, insn, bit, MEM_READ), insn->opsize,
				 operand_access(insn));
	else
		value = gpr_read(cpu, insn_rm(insn), insn->opsize);
	update_bt(&flags, value, bit, insn->opsize);
	flags_put(cpu, flags);
}

void exec_bts(struct vcpu *cpu, const struct insn *insn)
{
	bit_update(cpu, insn, update_bts);
}

void exec_btr(struct vcpu *cpu, const struct insn *insn)
{
	bit_update(cpu, insn, update_btr);
}

void exec_btc(struct vcpu *cpu, const struct insn *insn)
{
	bit_update(cpu, insn, update_btc);
}

/* --- scans and counts: destination from source, all sizes ------------------------------------- */

/* BSF and BSR leave the destination when the source is 0, so it goes in too. */
#define SCAN(name, mnemonic)                                                                                 \
	static uint64_t name(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)            \
	{                                                                                                    \
		uint64_t packed = *flags;                                                                    \
		switch (size) {                                                                              \
		case 2: BIT_SIZE(mnemonic, "w", "w"); break;                                                 \
		case 4: BIT_SIZE(mnemonic, "l", "k"); break;                                                 \
		default: BIT_SIZE(mnemonic, "q", "q"); break;                                                \
		}                                                                                            \
		*flags = (packed_flags)packed;                                                               \
		return old;                                                                                  \
	}

SCAN(scan_bsf, "bsf")
SCAN(scan_bsr, "bsr")
SCAN(scan_tzcnt, "tzcnt")
SCAN(scan_lzcnt, "lzcnt")
SCAN(scan_popcnt, "popcnt")

static void scan(struct vcpu *cpu, const struct insn *insn, update_fn *fn)
{
	packed_flags flags = flags_get(cpu);
	uint64_t source = rm_read(cpu, insn, insn->opsize);
	uint64_t old = cpu->gpr[insn_reg(insn)];
	uint64_t result = fn(&flags, old, source, insn->opsize);

	/* the host cleared the upper half for 4 bytes, or left it alone (BSF of 0), as it does */
	cpu->gpr[insn_reg(insn)] = result;
	flags_put(cpu, flags);
}

void exec_bsf(struct vcpu *cpu, const struct insn *insn)
{
	scan(cpu, insn, scan_bsf);
}

void exec_bsr(struct vcpu *cpu, const struct insn *insn)
{
	scan(cpu, insn, scan_bsr);
}

/* Without the feature the F3 prefix is ignored. */
void exec_tzcnt(struct vcpu *cpu, const struct insn *insn)
{
	scan(cpu, insn, cpu_has(cpu, FEATURE_BMI1) ? scan_tzcnt : scan_bsf);
}

void exec_lzcnt(struct vcpu *cpu, const struct insn *insn)
{
	scan(cpu, insn, cpu_has(cpu, FEATURE_LZCNT) ? scan_lzcnt : scan_bsr);
}

void exec_popcnt(struct vcpu *cpu, const struct insn *insn)
{
	require_feature(cpu, FEATURE_POPCNT);
	scan(cpu, insn, scan_popcnt);
}

/* The source's size is the operand size (1 with F0), the destination has 4 or 8 bytes. */
void exec_crc32(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opcode == 0xf0 ? 1 : insn->opsize;
	uint64_t source, crc = cpu->gpr[insn_reg(insn)];

	require_feature(cpu, FEATURE_SSE42);
	source = rm_read(cpu, insn, size);
	switch (size) {
	case 1: __asm__("crc32b %b1, %k0" : "+r"(crc) : "r"(source)); break;
	case 2: __asm__("crc32w %w1, %k0" : "+r"(crc) : "r"(source)); break;
	case 4: __asm__("crc32l %k1, %k0" : "+r"(crc) : "r"(source)); break;
	default: __asm__("crc32q %1, %0" : "+r"(crc) : "r"(source)); break;
	}
	cpu->gpr[insn_reg(insn)] = crc;
}

/* --- BMI1, BMI2: VEX, 4 or 8 bytes ------------------------------------------------------------ */

static unsigned vex_size(const struct insn *insn)
{
	return insn->rex & REX_W ? 8 : 4;
}

#define VEX3_SIZE(mnemonic, suffix, modifier, order)                                                         \
	__asm__(FLAGS_LOAD mnemonic suffix order(modifier) FLAGS_SAVE                                        \
		: "+a"(packed), [result] "=&r"(result)                                                       \
		: [x] "r"(x), [y] "r"(y)                                                                     \
		: "cc")

/* Operand order in AT&T syntax. */
#define ORDER_XY(m) " %" m "[x], %" m "[y], %" m "[result]"
#define ORDER_X(m)  " %" m "[x], %" m "[result]"

#define VEX3(name, mnemonic, order)                                                                          \
	static uint64_t name(packed_flags *flags, uint64_t x, uint64_t y, unsigned size)                     \
	{                                                                                                    \
		uint64_t packed = *flags, result;                                                            \
		if (size == 4)                                                                               \
			VEX3_SIZE(mnemonic, "l", "k", order);                                                \
		else                                                                                         \
			VEX3_SIZE(mnemonic, "q", "q", order);                                                \
		*flags = (packed_flags)packed;                                                               \
		return result;                                                                               \
	}

VEX3(host_andn, "andn", ORDER_XY)
VEX3(host_bextr, "bextr", ORDER_XY)
VEX3(host_bzhi, "bzhi", ORDER_XY)
VEX3(host_pdep, "pdep", ORDER_XY)
VEX3(host_pext, "pext", ORDER_XY)
VEX3(host_sarx, "sarx", ORDER_XY)
VEX3(host_shlx, "shlx", ORDER_XY)
VEX3(host_shrx, "shrx", ORDER_XY)
VEX3(host_blsi, "blsi", ORDER_X)
VEX3(host_blsmsk, "blsmsk", ORDER_X)
VEX3(host_blsr, "blsr", ORDER_X)

/* reg = fn(x, y): ANDN, PDEP, PEXT take rm as x and vvvv as y; the others (count or control in vvvv) the
 * other way round. */
static void vex_reg(struct vcpu *cpu, const struct insn *insn, unsigned feature, update_fn *fn, bool rm_first)
{
	packed_flags flags = flags_get(cpu);
	unsigned size = vex_size(insn);
	uint64_t rm, vvvv;

	require_feature(cpu, feature);
	rm = rm_read(cpu, insn, size);
	vvvv = gpr_read(cpu, insn->vvvv, size);
	gpr_write(cpu, insn_reg(insn), size,
		  rm_first ? fn(&flags, rm, vvvv, size) : fn(&flags, vvvv, rm, size));
	flags_put(cpu, flags);
}

/* vvvv = fn(rm) */
static void vex_group17(struct vcpu *cpu, const struct insn *insn, update_fn *fn)
{
	packed_flags flags = flags_get(cpu);
	unsigned size = vex_size(insn);

	require_feature(cpu, FEATURE_BMI1);
	gpr_write(cpu, insn->vvvv, size, fn(&flags, rm_read(cpu, insn, size), 0, size));
	flags_put(cpu, flags);
}

void exec_andn(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI1, host_andn, true);
}

void exec_bextr(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI1, host_bextr, false);
}

void exec_blsi(struct vcpu *cpu, const struct insn *insn)
{
	vex_group17(cpu, insn, host_blsi);
}

void exec_blsmsk(struct vcpu *cpu, const struct insn *insn)
{
	vex_group17(cpu, insn, host_blsmsk);
}

void exec_blsr(struct vcpu *cpu, const struct insn *insn)
{
	vex_group17(cpu, insn, host_blsr);
}

void exec_bzhi(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI2, host_bzhi, false);
}

void exec_pdep(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI2, host_pdep, true);
}

void exec_pext(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI2, host_pext, true);
}

void exec_sarx(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI2, host_sarx, false);
}

void exec_shlx(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI2, host_shlx, false);
}

void exec_shrx(struct vcpu *cpu, const struct insn *insn)
{
	vex_reg(cpu, insn, FEATURE_BMI2, host_shrx, false);
}

void exec_rorx(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = vex_size(insn);
	unsigned count = insn->imm & (size == 8 ? 63 : 31);
	uint64_t value;

	require_feature(cpu, FEATURE_BMI2);
	value = rm_read(cpu, insn, size);
	if (count)
		value = value >> count | value << (size * 8 - count);
	gpr_write(cpu, insn_reg(insn), size, value);
}

/* High half to reg, low half to vvvv; the high half wins when they are the same. */
void exec_mulx(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = vex_size(insn);
	uint64_t low, high;

	require_feature(cpu, FEATURE_BMI2);
	low = rm_read(cpu, insn, size);
	if (size == 8) {
		__asm__("mulq %[b]" : "+a"(low), "=d"(high) : [b] "r"(cpu->gpr[REG_RDX]) : "cc");
	} else {
		low *= gpr_read(cpu, REG_RDX, 4);
		high = low >> 32;
	}
	gpr_write(cpu, insn->vvvv, size, low);
	gpr_write(cpu, insn_reg(insn), size, high);
}

/* An addition with carry in and out through one flag. */
static void add_with(struct vcpu *cpu, const struct insn *insn, uint64_t flag)
{
	unsigned size = vex_size(insn);
	uint64_t source, sum;
	bool carry;

	require_feature(cpu, FEATURE_ADX);
	source = rm_read(cpu, insn, size);
	carry = __builtin_add_overflow(gpr_read(cpu, insn_reg(insn), size), source, &sum);
	carry |= __builtin_add_overflow(sum, cpu->rflags & flag ? 1 : 0, &sum);
	if (size == 4)
		carry = sum >> 32;
	gpr_write(cpu, insn_reg(insn), size, sum);
	flags_set(cpu, flag, carry ? flag : 0);
}

void exec_adcx(struct vcpu *cpu, const struct insn *insn)
{
	add_with(cpu, insn, FLAG_CF);
}

void exec_adox(struct vcpu *cpu, const struct insn *insn)
{
	add_with(cpu, insn, FLAG_OF);
}
