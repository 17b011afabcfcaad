/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MASKMOVQ, MASKMOVDQU, VMASKMOVPS/PD, VPMASKMOVD/Q: only the selected bytes are accessed, so only they can
 * fault. A mask has one bit a byte here; neighbours make one access. All stores are checked before the first
 * is done.
 */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector_priv.h"

struct run {
	unsigned start, size;
};

/* Takes the lowest run of ones off *mask. */
static struct run next_run(uint64_t *mask)
{
	struct run run = { (unsigned)__builtin_ctzll(*mask) };
	run.size =
	    (unsigned)__builtin_ctzll(~(*mask >> run.start)); /* bit 63 is never set: 32 bytes at most */
	*mask &= ~(((1ull << run.size) - 1) << run.start);
	return run;
}

static void masked_read(struct vcpu *cpu, const struct insn *insn, uint64_t linear, uint8_t *data,
			uint64_t mask)
{
	while (mask) {
		struct run run = next_run(&mask);
		mem_read(cpu, linear_add(insn, linear, run.start), data + run.start, run.size,
			 MEM_READ | operand_access(insn));
	}
}

static void masked_check_write(struct vcpu *cpu, const struct insn *insn, uint64_t linear, uint64_t mask)
{
	while (mask) {
		struct run run = next_run(&mask);
		mem_check_write(cpu, linear_add(insn, linear, run.start), run.size,
				MEM_WRITE | operand_access(insn));
	}
}

static void masked_write(struct vcpu *cpu, const struct insn *insn, uint64_t linear, const uint8_t *data,
			 uint64_t mask)
{
	masked_check_write(cpu, insn, linear, mask);
	while (mask) {
		struct run run = next_run(&mask);
		mem_write(cpu, linear_add(insn, linear, run.start), data + run.start, run.size,
			  MEM_WRITE | operand_access(insn));
	}
}

/* The sign bits of elements of `element` bytes, spread over all bytes of each. */
static uint64_t sign_mask(const uint8_t *vector, unsigned size, unsigned element)
{
	uint64_t mask = 0, ones = (1ull << element) - 1;
	for (unsigned i = 0; i < size; i += element)
		if (vector[i + element - 1] & 0x80)
			mask |= ones << i;
	return mask;
}

/* --- MASKMOVQ, MASKMOVDQU: to [rDI] ------------------------------------------------------------------- */

/* MOVQ [rdi], mm: like MASKMOVQ it waits for x87 errors and turns the x87 registers into MMX ones. */
static void mmx_read(struct vcpu *cpu, const struct insn *insn, unsigned number, void *buffer)
{
	struct insn_facts facts = {
		.op = OP_NATIVE, .domain = DOMAIN_MMX, .attr = FACT_MODRM, .reg_kind = KIND_MMX
	};
	struct insn move = {
		.map = MAP_0F, .opcode = 0x7f, .modrm = (uint8_t)(number << 3), .has_mem = 1, .facts = &facts
	};
	struct stub_frame frame = { .memory = buffer };
	enum stub_result result = stub_run(&frame, stub_encode(&move));
	if (result != STUB_OK)
		stub_raise(cpu, insn, result);
}

static unsigned limit_register(const struct insn *insn, unsigned number)
{
	return insn->mode == MODE_64 ? number : number & 7;
}

void vector_maskmov(struct vcpu *cpu, const struct insn *insn, uint64_t unused)
{
	uint8_t data[16], selector[16];
	unsigned size = insn->facts->domain == DOMAIN_MMX ? 8 : 16;
	uint64_t offset = cpu->gpr[REG_RDI] & size_mask(insn->addrsize);
	uint64_t linear = segment_linear(cpu, operand_segment(insn), offset, size, MEM_WRITE);
	if (size == 8) {
		mmx_read(cpu, insn, insn->modrm >> 3 & 7, data);
		mmx_read(cpu, insn, insn->modrm & 7, selector);
	} else {
		register_read(limit_register(insn, insn_reg(insn)), data, size, false);
		register_read(limit_register(insn, insn_rm(insn)), selector, size, false);
	}
	masked_write(cpu, insn, linear, data, sign_mask(selector, size, 1));
}

/* --- VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ ----------------------------------------------------- */

void vector_vmaskmov(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint8_t data[32], selector[32];
	unsigned opcode = insn->opcode, size = insn->prefixes & PREFIX_VEX_L ? 32 : 16;
	bool is_integer = opcode >= 0x8c; /* 8C load, 8E store; 2C, 2D load PS, PD; 2E, 2F store */
	bool is_quad = is_integer ? insn->rex & REX_W : opcode & 1;
	bool is_store = opcode & 2;
	unsigned number = limit_register(insn, insn_reg(insn));
	register_read(limit_register(insn, insn->vvvv), selector, size, true);
	uint64_t mask = sign_mask(selector, size, is_quad ? 8 : 4);
	if (is_store) {
		register_read(number, data, size, true);
		masked_write(cpu, insn, linear, data, mask);
	} else {
		bytes_fill(data, 0, sizeof(data));
		masked_read(cpu, insn, linear, data, mask);
		register_write(number, data, size, true);
	}
}
