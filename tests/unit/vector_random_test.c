/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random x87, MMX, SSE and AVX instructions with random states, executed by vector_execute() and by the host
 * itself; registers, flags, memory and faults must be the same. Usage: vector_random_test [--count N] [--seed
 * S] [--verbose]
 */
#include "vector_guest.h"
#include "vector_native.h"

#include "engine/translator/vector/vector_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MIDDLE = GUEST_BYTES / 2 };

_Static_assert((int)NATIVE_NOTHING == (int)RAISED_NOTHING, "compared with each other");

static uint64_t random_state;
static struct guest *guest;
static uint8_t memory_before[GUEST_BYTES], memory_guest[GUEST_BYTES];
static unsigned long executed, executed_32bit, faulted, seen_count;
static bool seen[2][4][256], verbose;

static uint64_t random64(void) /* xorshift64* */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

static unsigned below(unsigned limit)
{
	return (unsigned)(random64() >> 33) % limit;
}

static bool one_in(unsigned n)
{
	return below(n) == 0;
}

/* --- states ------------------------------------------------------------------------------------------ */

static uint64_t random_lane(void)
{
	static const uint64_t doubles[] = {
		0,
		0x8000000000000000,
		0x3ff0000000000000,
		0xbff0000000000000,
		0x7ff0000000000000,
		0xfff0000000000000,
		0x7ff8000000000000,
		0x7ff0000000000001,
		1,
		0x000fffffffffffff,
		0x7fefffffffffffff,
		0x0010000000000000,
		0x43e0000000000000,
		0x40dffff000000000,
		0x7f8000003f800000,
		0x0000000180000000,
		0x7f7fffff00800000,
		0xffc000007fc00001,
		0x41e00000c1e00000,
	};
	switch (below(4)) {
	case 0: return random64();
	case 1: return doubles[below(sizeof(doubles) / sizeof(doubles[0]))];
	case 2: return (uint64_t)(int64_t)((int)below(2001) - 1000);
	default: { /* a float or double of moderate size */
		double d = ((double)random64() - 9.2e18) / (double)(1ull << below(63));
		float f[2] = { (float)d, (float)(d / 3) };
		uint64_t bits;
		memcpy(&bits, one_in(2) ? (void *)&d : (void *)f, 8);
		return bits;
	}
	}
}

static void random_x87_register(uint8_t st[16])
{
	long double value = (long double)(int64_t)random64() / (long double)(1ull << below(63));
	memset(st, 0, 16);
	memcpy(st, &value, 10);
	if (one_in(4)) {
		uint64_t bits = random_lane();
		uint16_t exponent = (uint16_t)(one_in(2) ? random64() : 0x7fff);
		memcpy(st, &bits, 8);
		memcpy(st + 8, &exponent, 2);
	}
}

static void random_area(struct vector_area *area)
{
	memset(area, 0, sizeof(*area));
	area->cw = (uint16_t)(0x40 | 0x3f | below(4) << 8 | below(4) << 10);
	if (one_in(8))
		area->cw &= (uint16_t)~below(64);
	area->sw = (uint16_t)((random64() & 0x7f7f) & (one_in(4) ? 0xffff : 0xffc0));
	area->sw = x87_status_fixed(area->sw, area->cw);
	area->tags = (uint8_t)(one_in(3) ? 0 : one_in(2) ? 0xff : random64());
	area->mxcsr = (uint32_t)(0x1f80 | (random64() & 0xe07f));
	if (one_in(6))
		area->mxcsr &= ~(below(64) << 7);
	for (unsigned i = 0; i < 8; i++)
		random_x87_register(area->st[i]);
	for (unsigned i = 0; i < 16 * 2; i++) {
		uint64_t low = random_lane(), high = random_lane();
		memcpy((uint8_t *)area->xmm + i * 8, &low, 8);
		memcpy((uint8_t *)area->ymm_high + i * 8, &high, 8);
	}
	area->xstate_bv = one_in(8) ? below(8) : 7;
}

static void random_memory(void)
{
	for (unsigned i = 0; i < GUEST_BYTES; i += 8) {
		uint64_t lane = random_lane();
		memcpy(guest->memory + i, &lane, 8);
	}
}

/* --- instructions ------------------------------------------------------------------------------------- */

static unsigned put_modrm(uint8_t *at, bool vsib)
{
	unsigned n = 0, mod = one_in(2) ? 3 : below(3), reg = below(8) << 3;
	if (mod == 3) {
		at[n++] = (uint8_t)(0xc0 | reg | below(8));
		return n;
	}
	if (vsib || one_in(4)) { /* base rdi or r15; index rcx or r9, or a vector */
		at[n++] = (uint8_t)(mod << 6 | reg | 4);
		at[n++] = (uint8_t)(below(4) << 6 | (vsib ? below(8) : 1) << 3 | 7);
	} else {
		at[n++] = (uint8_t)(mod << 6 | reg | 7);
	}
	int32_t disp = (int32_t)below(128) - 64;
	if (one_in(2))
		disp &= ~31;
	memcpy(at + n, &disp, mod == 1 ? 1 : 4);
	return n + (mod == 0 ? 0 : mod == 1 ? 1 : 4);
}

static unsigned put_vex(uint8_t *at)
{
	unsigned map = 1 + below(3);
	at[0] = 0xc4;
	at[1] = (uint8_t)(below(8) << 5 | map);
	at[2] = (uint8_t)(random64() | (one_in(2) ? 0x78 : 0));
	return 3;
}

static unsigned put_legacy(uint8_t *at)
{
	static const uint8_t prefixes[] = { 0x66, 0xf3, 0xf2 };
	unsigned n = 0, map = below(3);
	if (!one_in(3))
		at[n++] = prefixes[below(3)];
	if (one_in(2))
		at[n++] = (uint8_t)(0x40 | below(16));
	at[n++] = 0x0f;
	if (map)
		at[n++] = map == 1 ? 0x38 : 0x3a;
	return n;
}

/* The opcodes that have code of their own come more often. */
static unsigned favourite(bool vex, unsigned map)
{
	static const uint8_t legacy[] = { 0xae, 0xae, 0xc7, 0xf7 };
	static const uint8_t vex38[] = { 0x90, 0x91, 0x92, 0x93, 0x2c, 0x2d, 0x2e, 0x2f, 0x8c, 0x8e };
	if (one_in(8) && !vex)
		return legacy[below(4)];
	if (one_in(8) && vex && map == 2)
		return vex38[below(sizeof(vex38))];
	return below(256);
}

static unsigned random_bytes(uint8_t bytes[15])
{
	unsigned n = 0;
	uint64_t imm = random64();
	memset(bytes, 0, 15);
	switch (below(5)) {
	case 0:
		if (one_in(8))
			bytes[n++] = 0x66;
		bytes[n++] = (uint8_t)(one_in(32) ? 0x9b : 0xd8 + below(8));
		break;
	case 1:
	case 2: n = put_legacy(bytes), bytes[n++] = (uint8_t)favourite(false, 0); break;
	default: n = put_vex(bytes), bytes[n++] = (uint8_t)favourite(true, bytes[1] & 31); break;
	}
	bool vsib = bytes[0] == 0xc4 && (bytes[1] & 31) == 2 && bytes[3] >= 0x90 && bytes[3] <= 0x93;
	n += put_modrm(bytes + n, vsib);
	bytes[n] = (uint8_t)imm;
	return n;
}

static bool is_ours(unsigned op)
{
	switch (op) {
	case OP_NATIVE:
	case OP_FXSAVE:
	case OP_FXRSTOR:
	case OP_XSAVE:
	case OP_XSAVEOPT:
	case OP_XSAVEC:
	case OP_XRSTOR:
	case OP_LDMXCSR:
	case OP_STMXCSR:
	case OP_EMMS:
	case OP_FWAIT:
	case OP_FNSTENV:
	case OP_FLDENV:
	case OP_FNSAVE:
	case OP_FRSTOR:
	case OP_MASKMOV:
	case OP_GATHER:
	case OP_VMASKMOV: return true;
	}
	return false;
}

static bool names_rsp(const struct insn *insn)
{
	return (insn->facts->reg_kind == KIND_GPR && insn_reg(insn) == 4) ||
	       (insn->facts->rm_kind == KIND_GPR && !insn->has_mem && insn_rm(insn) == 4);
}

/* Memory operands in reach: [rdi], [r15], with index rcx or r9, or a vector index. */
static bool reaches_far(const struct insn *insn)
{
	unsigned rm = insn->modrm & 7, sib_base = insn->sib & 7, index = insn->sib >> 3 & 7;
	int64_t disp = insn->disp;
	if (!insn->has_mem)
		return false;
	return disp < -64 || disp > 63 ||
	       !(rm == 7 || (rm == 4 && sib_base == 7 && (index == 1 || insn->facts->op == OP_GATHER)));
}

static bool next_insn(struct insn *insn, uint8_t bytes[15])
{
	for (;;) {
		random_bytes(bytes);
		if (insn_decode(insn, bytes, 15, MODE_64) == INSN_OK && is_ours(insn->facts->op) &&
		    !names_rsp(insn) && !reaches_far(insn))
			return true;
	}
}

/* --- special operands --------------------------------------------------------------------------------- */

static bool is_xsave(unsigned op)
{
	return op == OP_XSAVE || op == OP_XSAVEOPT || op == OP_XSAVEC || op == OP_XRSTOR;
}

/* An image that XRSTOR and FXRSTOR mostly accept. */
static void put_image(uint8_t *at)
{
	struct vector_area image;
	random_area(&image);
	if (one_in(8))
		image.sw ^= X87_SW_ES; /* the processor corrects it */
	if (one_in(8))
		image.mxcsr |= 1u << (16 + below(16));
	image.xstate_bv = below(8);
	if (one_in(2)) {
		image.xcomp_bv = 1ull << 63 | below(8);
		image.xstate_bv &= one_in(8) ? 7 : image.xcomp_bv;
	}
	if (one_in(8))
		image.xstate_bv |= 1ull << (50 + below(12));
	if (one_in(8))
		image.header_rest[below(6)] = random64();
	memcpy(at, &image, sizeof(image));
}

static void set_gather_index(struct vector_area *area, const struct insn *insn)
{
	unsigned index = (insn->sib >> 3 & 7) | (insn->rex & REX_X) << 2;
	for (unsigned i = 0; i < 32; i++) {
		int64_t value = (int64_t)below(400) - 200;
		uint8_t *half = i < 16 ? area->xmm[index] : area->ymm_high[index];
		unsigned at = i & 15;
		if (insn->opcode & 1 ? at % 8 == 0 : at % 4 == 0)
			memcpy(half + at, &value, insn->opcode & 1 ? 8 : 4);
	}
	area->xstate_bv = 7;
}

static void prepare(struct native_state *state, const struct insn *insn)
{
	uint64_t base = (uint64_t)guest->memory + MIDDLE + (one_in(2) ? 0 : below(64));
	for (unsigned i = 0; i < 16; i++)
		state->gpr[i] = one_in(2) ? random64() : random_lane();
	state->gpr[REG_RDI] = state->gpr[15] = base;
	if (insn->has_mem && (insn->modrm & 7) == 4) { /* the indices */
		state->gpr[REG_RCX] = one_in(2) ? 0 : below(128);
		state->gpr[REG_R9] = one_in(2) ? 0 : below(128);
	}
	state->flags = (random64() & FLAGS_ALL) | 0x202;
	random_area((struct vector_area *)state->area);
	random_memory();
	if (is_xsave(insn->facts->op)) {
		state->gpr[REG_RAX] = one_in(3) ? 7 : below(8);
		state->gpr[REG_RDX] = 0;
	}
	if (insn->facts->op == OP_GATHER)
		set_gather_index((struct vector_area *)state->area, insn);
}

/* --- comparing ---------------------------------------------------------------------------------------- */

/* The addresses that the vector unit hides. */
static void hide_addresses(uint8_t *memory, const struct insn *insn, uint64_t offset)
{
	unsigned op = insn->facts->op;
	if (op == OP_FXSAVE || (is_xsave(op) && op != OP_XRSTOR))
		memset(memory + offset + 6, 0, 18);
	else if (op == OP_FNSTENV || op == OP_FNSAVE)
		insn->opsize == 2 ? memset(memory + offset + 6, 0, 8) : memset(memory + offset + 12, 0, 16);
}

static bool areas_differ(const struct vector_area *a, const struct vector_area *b)
{
	if (a->cw != b->cw || a->sw != b->sw || a->tags != b->tags || a->mxcsr != b->mxcsr)
		return true;
	return memcmp(a->st, b->st, sizeof(a->st)) || memcmp(a->xmm, b->xmm, sizeof(a->xmm)) ||
	       memcmp(a->ymm_high, b->ymm_high, sizeof(a->ymm_high));
}

static void print_area_difference(const struct vector_area *mine, const struct vector_area *host)
{
	printf("  cw %04x/%04x sw %04x/%04x tags %02x/%02x mxcsr %08x/%08x\n", mine->cw, host->cw, mine->sw,
	       host->sw, mine->tags, host->tags, mine->mxcsr, host->mxcsr);
	for (unsigned i = 0; i < 16; i++) {
		if (i < 8 && memcmp(mine->st[i], host->st[i], 16))
			printf("  st%u differs\n", i);
		if (memcmp(mine->xmm[i], host->xmm[i], 16))
			printf("  xmm%u differs\n", i);
		if (memcmp(mine->ymm_high[i], host->ymm_high[i], 16))
			printf("  ymm%u upper half differs\n", i);
	}
}

static bool compare(const struct insn *insn, const struct native_state *host, int raised)
{
	struct vcpu *cpu = guest->cpu;
	const struct vector_area *mine = (const struct vector_area *)cpu->vector_area;
	bool ok = true;
	if (guest->raised != raised)
		printf("  raised %d, expected %d\n", guest->raised, raised), ok = false;
	for (unsigned i = 0; i < 16; i++)
		if (i != 4 && cpu->gpr[i] != host->gpr[i])
			printf("  gpr %u: %016lx, expected %016lx\n", i, cpu->gpr[i], host->gpr[i]),
			    ok = false;
	if ((cpu->rflags ^ host->flags) & FLAGS_ALL)
		printf("  flags %03lx, expected %03lx\n", cpu->rflags & FLAGS_ALL, host->flags & FLAGS_ALL),
		    ok = false;
	if (areas_differ(mine, (const struct vector_area *)host->area)) {
		print_area_difference(mine, (const struct vector_area *)host->area);
		ok = false;
	}
	for (unsigned i = 0; i < GUEST_BYTES; i++) {
		if (memory_guest[i] != guest->memory[i]) {
			printf("  memory at base%+d: %02x, expected %02x\n", (int)(i - MIDDLE),
			       memory_guest[i], guest->memory[i]);
			ok = false;
			break;
		}
	}
	return ok;
}

static bool has_image(unsigned op)
{
	return op == OP_FXSAVE || op == OP_FXRSTOR || is_xsave(op);
}

static uint64_t operand_at(const struct insn *insn, const struct native_state *state)
{
	uint64_t at = state->gpr[REG_RDI] + (uint64_t)(int64_t)insn->disp;
	if ((insn->modrm & 7) == 4)
		at += state->gpr[insn->rex & REX_X ? REG_R9 : REG_RCX] << (insn->sib >> 6);
	return at;
}

/*
 * Whether the host does in 64-bit mode what the guest does with these bytes in 32-bit mode: eight registers,
 * no REX, no 64-bit general register.
 */
static bool is_same_in_32bit(const struct insn *insn, const uint8_t *bytes, struct insn *ret_insn)
{
	const struct insn_facts *facts = insn->facts;
	bool names_gpr = facts->reg_kind == KIND_GPR || facts->rm_kind == KIND_GPR;
	bool vex = insn->prefixes & PREFIX_VEX;
	if ((insn->prefixes & PREFIX_REX) || (vex && (bytes[1] & 0xe0) != 0xe0) || insn->vvvv > 7)
		return false;
	if (has_image(facts->op) || (vex && insn->opcode == 0x77 && insn->map == MAP_0F) ||
	    (names_gpr && (insn->rex & REX_W)))
		return false;
	if (vex && insn->imm_size && insn->map == MAP_0F3A &&
	    insn->imm & 0x80) /* register 8 to 15 in the immediate */
		return false;
	/* PCMPESTRI, PCMPESTRM: with W their lengths are in RAX and RDX; 32-bit mode ignores W (SDM Vol. 2B). */
	if (insn->map == MAP_0F3A && (insn->opcode == 0x60 || insn->opcode == 0x61) && (insn->rex & REX_W))
		return false;
	return insn_decode(ret_insn, bytes, 15, MODE_32) == INSN_OK && ret_insn->len == insn->len;
}

static void load_guest(const struct native_state *state)
{
	struct vcpu *cpu = guest->cpu;
	memcpy(cpu->gpr, state->gpr, sizeof(cpu->gpr));
	cpu->rflags = state->flags & ~(uint64_t)RFLAGS_IF;
	memcpy(cpu->vector_area, state->area, sizeof(state->area));
}

/* Image, alignment: what FXSAVE, XSAVE and their kin need to get somewhere. Returns where the operand is. */
static uint64_t prepare_operand(struct native_state *state, const struct insn *insn)
{
	uint64_t at = operand_at(insn, state);
	if (!has_image(insn->facts->op))
		return at;
	if (!one_in(4)) {
		state->gpr[REG_RDI] = state->gpr[15] -= at & 63;
		at &= ~63ull;
	}
	if (!one_in(8))
		put_image((uint8_t *)at);
	return at;
}

static void run_on_guest(const struct native_state *state, const struct insn *insn, bool use_32bit)
{
	load_guest(state);
	guest_set_mode(guest, use_32bit ? MODE_32 : MODE_64);
	guest_run_insn(guest, insn);
	memcpy(memory_guest, guest->memory, GUEST_BYTES);
}

static void count(const struct insn *insn, int raised, bool use_32bit)
{
	bool *mark = &seen[!!(insn->prefixes & PREFIX_VEX)][insn->map][insn->opcode];
	executed++;
	executed_32bit += use_32bit;
	faulted += raised != NATIVE_NOTHING;
	seen_count += !*mark;
	*mark = true;
}

static void print_case(const struct insn *insn, const uint8_t *bytes, const struct native_state *before,
		       uint64_t at)
{
	const struct vector_area *area = (const struct vector_area *)before->area;
	printf("  %s:", insn->facts->name);
	for (unsigned i = 0; i < insn->len; i++)
		printf(" %02x", bytes[i]);
	printf(", operand base%+ld\n", (long)(at - (uint64_t)guest->memory - MIDDLE));
	printf("  before: cw %04x sw %04x tags %02x mxcsr %04x bv %lx\n", area->cw, area->sw, area->tags,
	       area->mxcsr, area->xstate_bv);
}

static bool test_one(void)
{
	static struct native_state state, before;
	struct insn insn, insn_32bit;
	uint8_t bytes[15];
	next_insn(&insn, bytes);
	prepare(&state, &insn);
	uint64_t at = prepare_operand(&state, &insn), offset = at - (uint64_t)guest->memory;
	bool use_32bit = one_in(2) && is_same_in_32bit(&insn, bytes, &insn_32bit);
	before = state;
	memcpy(memory_before, guest->memory, GUEST_BYTES);
	run_on_guest(&state, use_32bit ? &insn_32bit : &insn, use_32bit);
	memcpy(guest->memory, memory_before, GUEST_BYTES);
	int raised = native_execute(&state, bytes, insn.len);
	if (insn.facts->op == OP_XRSTOR &&
	    raised !=
		NATIVE_NOTHING) { /* the host may have loaded a part already; the area lacks what BV does */
		bool is_whole = ((struct vector_area *)before.area)->xstate_bv == 7;
		memcpy(state.area, is_whole ? before.area : guest->cpu->vector_area, sizeof(state.area));
	}
	if (insn.has_mem && raised == NATIVE_NOTHING) {
		hide_addresses(memory_guest, &insn, offset);
		hide_addresses(guest->memory, &insn, offset);
	}
	count(&insn, raised, use_32bit);
	if (verbose)
		printf("%s %d\n", insn.facts->name, guest->raised);
	if (compare(&insn, &state, raised))
		return true;
	printf("  host vector %d, guest in %u-bit mode\n", raised, use_32bit ? 32 : 64);
	print_case(&insn, bytes, &before, at);
	return false;
}

static bool run_tests(unsigned long wanted)
{
	unsigned long failures = 0;
	for (unsigned long i = 0; i < wanted && failures < 20; i++) {
		uint64_t seed = random_state;
		if (test_one())
			continue;
		printf("FAILED: --count 1 --seed 0x%lx\n", seed);
		failures++;
	}
	printf("%lu instructions (%lu in 32-bit mode), %lu faults, %lu opcodes, %lu failures\n", executed,
	       executed_32bit, faulted, seen_count, failures);
	return failures == 0 && (wanted < 100000 || (seen_count >= 300 && executed_32bit > wanted / 10));
}

int main(int argc, char **argv)
{
	unsigned long wanted = 100000;
	random_state = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15ull | 1;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--count") && i + 1 < argc)
			wanted = strtoul(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			random_state = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--verbose"))
			verbose = true;
	}
	printf("seed 0x%lx\n", random_state);
	if (vector_init() < 0 || native_init() < 0) {
		printf("cannot set up\n");
		return 1;
	}
	guest = guest_new();
	bool ok = run_tests(wanted);
	guest_free(guest);
	return !ok;
}
