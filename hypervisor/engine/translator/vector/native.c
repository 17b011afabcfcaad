/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instruction executed as it is, with a buffer for its memory operand; and the choice among all groups.
 */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector_priv.h"

struct operand_buffer {
	uint8_t bytes[64];
} __attribute__((aligned(64)));

static void run(struct vcpu *cpu, const struct insn *insn, void *memory)
{
	const struct insn_facts *facts = insn->facts;
	struct stub_frame frame = { cpu->gpr[REG_RAX], cpu->gpr[REG_RCX], cpu->gpr[REG_RDX],
				    .memory = memory };
	uint16_t flags_changed = facts->flags_written | facts->flags_maybe;
	int named = stub_named_gpr(insn);
	if (named >= 0)
		frame.rsi = cpu->gpr[named];
	frame.use_flags = facts->flags_read | flags_changed;
	frame.flags_in = (cpu->rflags & FLAGS_ALL) | RFLAGS_IF | RFLAGS_ONE;
	enum stub_result result = stub_run(&frame, stub_encode(insn));
	if (result != STUB_OK)
		stub_raise(cpu, insn, result);
	cpu->gpr[REG_RAX] = frame.rax;
	cpu->gpr[REG_RCX] = frame.rcx;
	cpu->gpr[REG_RDX] = frame.rdx;
	if (named >= 0)
		cpu->gpr[named] = frame.rsi;
	if (flags_changed)
		cpu->rflags = (cpu->rflags & ~(uint64_t)FLAGS_ALL) | (frame.flags_out & FLAGS_ALL);
}

/*
 * After a store instruction: whether it stored. Unmasked invalid operation, overflow and underflow keep it
 * from that (and from popping); unmasked inexactness does not (SDM 1, 8.5). No unmasked error can be older
 * than the instruction, which would have given #MF.
 */
static bool x87_did_store(void)
{
	uint16_t sw = x87_status();
	return !(sw & X87_SW_ES) || !(sw & ~x87_control() & 0x1f);
}

static bool produce_native(struct vcpu *cpu, const struct insn *insn, struct x87_store *store)
{
	run(cpu, insn, store->buffer);
	return x87_did_store();
}

static void legacy_save(struct vector_area *area)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void legacy_load(const struct vector_area *area)
{
	__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/*
 * Where the store may be intercepted (MMIO), mem_write() can leave and start the instruction again: the state
 * before is put back for that time.
 */
static void x87_store_slowly(struct vcpu *cpu, const struct insn *insn, uint64_t linear,
			     struct x87_store *store)
{
	struct vector_area before, after;
	mem_check_write(cpu, linear, store->size, MEM_WRITE | operand_access(insn));
	legacy_save(&before);
	if (!store->produce(cpu, insn, store))
		return;
	legacy_save(&after);
	legacy_load(&before);
	mem_write(cpu, linear, store->buffer, store->size, MEM_WRITE | operand_access(insn));
	legacy_load(&after);
}

void x87_store(struct vcpu *cpu, const struct insn *insn, uint64_t linear, struct x87_store *store)
{
	unsigned access = MEM_WRITE | operand_access(insn);
	uint64_t plain = 0;
	if (!mem_span(cpu, linear, store->size, &plain, access) || plain < store->size)
		x87_store_slowly(cpu, insn, linear, store);
	else if (store->produce(cpu, insn, store))
		mem_write(cpu, linear, store->buffer, store->size, access);
}

static bool is_load(const struct insn *insn)
{
	return insn->facts->mem_access == ACCESS_R || insn->facts->mem_access == ACCESS_RW;
}

static bool is_store(const struct insn *insn)
{
	return insn->facts->mem_access == ACCESS_W || insn->facts->mem_access == ACCESS_RW;
}

/* FNSTCW and FNSTSW look at no pending error and change nothing. */
static bool is_control_store(const struct insn *insn)
{
	return (insn->opcode == 0xd9 || insn->opcode == 0xdd) && (insn->modrm >> 3 & 7) == 7 &&
	       insn->mem_size == 2;
}

static bool waits_for_x87(const struct insn *insn)
{
	const struct insn_facts *facts = insn->facts;
	return (facts->domain == DOMAIN_X87 && !is_control_store(insn)) || facts->reg_kind == KIND_MMX;
}

static void run_with_memory(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	struct operand_buffer buffer;
	unsigned size = insn->mem_size, access = operand_access(insn);
	if (waits_for_x87(insn) && (x87_status() & X87_SW_ES)) /* comes before anything about the operand */
		cpu_raise(cpu, VECTOR_MF);
	if (insn->facts->attr & FACT_ALIGN)
		check_aligned(cpu, linear, size);
	if (is_load(insn))
		mem_read(cpu, linear, buffer.bytes, size, MEM_READ | access);
	if (is_store(insn) &&
	    waits_for_x87(insn)) { /* FSTP pops; an MMX store marks all x87 registers valid */
		struct x87_store store = { buffer.bytes, size, produce_native };
		x87_store(cpu, insn, linear, &store);
		return;
	}
	run(cpu, insn, buffer.bytes);
	if (is_store(insn))
		mem_write(cpu, linear, buffer.bytes, size, MEM_WRITE | access);
}

static bool is_vzero(const struct insn *insn)
{
	return (insn->prefixes & PREFIX_VEX) && insn->map == MAP_0F && insn->opcode == 0x77;
}

/* VZEROUPPER, VZEROALL outside 64-bit mode leave registers 8 to 15 alone. */
static void vzero_lower(const struct insn *insn)
{
	struct vector_area area;
	area_save(&area);
	bytes_fill(area.ymm_high, 0, sizeof(area.ymm_high) / 2);
	if (insn->prefixes & PREFIX_VEX_L)
		bytes_fill(area.xmm, 0, sizeof(area.xmm) / 2);
	area_load(&area);
}

void vector_native(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	if (insn->mode != MODE_64 && is_vzero(insn))
		vzero_lower(insn);
	else if (!insn->has_mem)
		run(cpu, insn, NULL);
	else if (insn->mem_size == 0 || insn->mem_size > sizeof(struct operand_buffer))
		cpu_raise(cpu, VECTOR_UD); /* nothing in the table is like that */
	else
		run_with_memory(cpu, insn, linear);
}

static vector_fn *const groups[OP_COUNT] = {
	[OP_NATIVE] = vector_native,   [OP_EMMS] = vector_native,   [OP_FXSAVE] = vector_fxsave,
	[OP_FXRSTOR] = vector_fxrstor, [OP_XSAVE] = vector_xsave,   [OP_XSAVEOPT] = vector_xsave,
	[OP_XSAVEC] = vector_xsave,    [OP_XRSTOR] = vector_xrstor, [OP_LDMXCSR] = vector_ldmxcsr,
	[OP_STMXCSR] = vector_stmxcsr, [OP_FWAIT] = vector_fwait,   [OP_FNSTENV] = vector_fnstenv,
	[OP_FLDENV] = vector_fldenv,   [OP_FNSAVE] = vector_fnsave, [OP_FRSTOR] = vector_frstor,
	[OP_MASKMOV] = vector_maskmov, [OP_GATHER] = vector_gather, [OP_VMASKMOV] = vector_vmaskmov,
};

void vector_execute(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	unsigned op = insn->facts->op;
	vector_fn *group = op < OP_COUNT ? groups[op] : NULL;
	if (!group)
		cpu_raise(cpu, VECTOR_UD);
	vector_check_enabled(cpu, insn);
	group(cpu, insn, linear);
}
