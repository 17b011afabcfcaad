/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequences that random bytes do not give: indirect and far branches to the next instruction, POPF of flags
 * that a program survives, loads of segment registers, instructions that rewrite the next ones. */
#include "diff_gen.h"

#include <string.h>

enum { PATTERN_BYTES = 40, FLAG_TF = 0x100, FLAG_NT = 0x4000, FLAG_AC = 0x40000, FLAG_ID = 0x200000 };

struct pattern {
	struct generator *g;
	uint8_t bytes[PATTERN_BYTES];
	unsigned size;
	unsigned target_at[2], targets; /* words that become the address behind the pattern */
};

static bool is_long(const struct pattern *p)
{
	return p->g->program->mode == MODE_64;
}

static void put(struct pattern *p, uint8_t byte)
{
	p->bytes[p->size++] = byte;
}

/* An instruction with 32-bit operands: in 16-bit code that takes a prefix. */
static void put_op(struct pattern *p, uint8_t opcode)
{
	if (p->g->program->mode == MODE_16)
		put(p, 0x66);
	put(p, opcode);
}

static void put_word(struct pattern *p, uint32_t value, unsigned size)
{
	memcpy(p->bytes + p->size, &value, size);
	p->size += size;
}

static void put_target(struct pattern *p)
{
	p->target_at[p->targets++] = p->size;
	put_word(p, 0, 4);
}

static void put_push(struct pattern *p, uint32_t value)
{
	put_op(p, 0x68);
	put_word(p, value, 4);
}

static void put_load_ax(struct pattern *p, uint32_t value)
{
	put_op(p, 0xb8);
	put_word(p, value, 4);
}

/* With 64-bit operands in 64-bit code. */
static void put_far_op(struct pattern *p, uint8_t opcode)
{
	if (is_long(p))
		put(p, 0x48);
	put_op(p, opcode);
}

static bool is_free(const struct pattern *p, unsigned reg)
{
	return !((p->g->locked | p->g->pointers | p->g->smalls) >> reg & 1);
}

/* --- patterns; each returns false when a register is not free ----------------------------------------- */

static bool put_popf(struct pattern *p)
{
	struct rng *rng = p->g->rng;
	uint32_t flags = (uint32_t)rng_next(rng) & 0xcd5;

	if (rng_chance(rng, 20))
		flags |= FLAG_AC;
	if (rng_chance(rng, 10))
		flags |= FLAG_TF;
	if (rng_chance(rng, 30))
		flags |= (uint32_t)rng_next(rng) & (FLAG_NT | FLAG_ID);
	put_push(p, flags);
	put_op(p, 0x9d);
	return true;
}

static bool put_ret(struct pattern *p)
{
	put_op(p, 0x68);
	put_target(p);
	put_op(p, 0xc3);
	return true;
}

static bool put_indirect(struct pattern *p)
{
	put_op(p, 0xb8);
	put_target(p);
	put_op(p, 0xff);
	put(p, rng_chance(p->g->rng, 50) ? 0xe0 : 0xd0); /* jmp or call rax */
	return is_free(p, AX);
}

static bool put_far_ret(struct pattern *p)
{
	put_push(p, p->g->program->start.selectors[SEG_CS]);
	put_op(p, 0x68);
	put_target(p);
	put_far_op(p, 0xcb);
	return true;
}

static bool put_iret(struct pattern *p)
{
	const uint16_t *selectors = p->g->program->start.selectors;

	if (p->g->undefined_flags) /* PUSHF would read them */
		return false;
	p->g->loop_reads |= FLAGS_ALL;
	if (is_long(p)) {
		put_push(p, selectors[SEG_SS]);
		put(p, 0x54); /* push rsp */
	}
	put_op(p, 0x9c); /* pushf */
	put_push(p, selectors[SEG_CS]);
	put_op(p, 0x68);
	put_target(p);
	put_far_op(p, 0xcf);
	return true;
}

/* JMP and CALL to selector:offset do not exist in 64-bit code. */
static bool put_far_branch(struct pattern *p)
{
	if (is_long(p))
		return false;
	put_op(p, rng_chance(p->g->rng, 50) ? 0xea : 0x9a);
	put_target(p);
	put_word(p, p->g->program->start.selectors[SEG_CS], 2);
	return true;
}

static bool put_load_segment(struct pattern *p)
{
	static const uint8_t registers[] = { SEG_ES, SEG_ES, SEG_DS, SEG_DS, SEG_SS, SEG_FS, SEG_GS };
	unsigned reg = registers[rng_below(p->g->rng, sizeof(registers))];

	put_load_ax(p, diff_any_selector(p->g->program, p->g->rng));
	put(p, 0x8e);
	put(p, (uint8_t)(0xc0 | reg << 3));
	return is_free(p, AX);
}

static bool put_pop_segment(struct pattern *p)
{
	static const uint8_t legacy[] = { 0x07, 0x17, 0x1f }, both[] = { 0xa1, 0xa9 };

	put_push(p, diff_any_selector(p->g->program, p->g->rng));
	if (is_long(p) || rng_chance(p->g->rng, 30)) {
		put_op(p, 0x0f);
		put(p, both[rng_below(p->g->rng, 2)]);
	} else {
		put_op(p, legacy[rng_below(p->g->rng, 3)]);
	}
	return true;
}

/* LAR, LSL, VERR, VERW */
static bool put_look_at_segment(struct pattern *p)
{
	static const uint8_t codes[][2] = { { 0x02, 0xc8 }, { 0x03, 0xc8 }, { 0x00, 0xe0 }, { 0x00, 0xe8 } };
	const uint8_t *code = codes[rng_below(p->g->rng, 4)];

	put_load_ax(p, diff_any_selector(p->g->program, p->g->rng));
	if (rng_chance(p->g->rng, 20))
		put(p, 0x66);
	put(p, 0x0f);
	put(p, code[0]);
	put(p, code[1]);
	return is_free(p, AX) && is_free(p, CX);
}

void gen_pattern(struct generator *g)
{
	static bool (*const patterns[])(struct pattern *) = {
		put_popf,	put_ret,	  put_indirect,	   put_far_ret,		put_iret,
		put_far_branch, put_load_segment, put_pop_segment, put_look_at_segment,
	};
	enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };
	struct pattern p = { .g = g };
	uint32_t target;

	if (!patterns[rng_below(g->rng, PATTERNS)](&p))
		return;
	target = (uint32_t)g->program->rip + g->program->size + p.size;
	for (unsigned i = 0; i < p.targets; i++)
		memcpy(p.bytes + p.target_at[i], &target, 4);
	gen_append(g, p.bytes, p.size);
}

/*
 * mov byte [rip + x], imm8 into the immediate of a following mov r32, imm32, with another instruction between
 * them or not. In a loop the first round executes what the previous one wrote.
 */
void gen_self_modification(struct generator *g)
{
	unsigned reg = rng_below(g->rng, 8), between = rng_below(g->rng, 3);
	uint8_t store[7] = { 0xc6, 0x05, 0, 0, 0, 0, (uint8_t)rng_next(g->rng) };
	uint8_t load[5] = { (uint8_t)(0xb8 + reg), 1, 2, 3, 4 };
	unsigned at = g->program->size + 2, end = at + 5;
	int32_t disp;

	if ((g->locked | g->pointers | g->smalls) >> reg & 1)
		return;
	gen_append(g, store, sizeof(store));
	while (between--)
		gen_insn(g);
	if (rng_chance(g->rng, 50)) /* a jump to the next instruction */
		gen_append(g, (const uint8_t[]){ 0xeb, 0 }, 2);
	disp = (int32_t)(g->program->size + 1 + rng_below(g->rng, 4) - end);
	memcpy(g->program->bytes + at, &disp, 4);
	gen_append(g, load, sizeof(load));
}
