/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String instructions against a plain model that does one element after the other: random sizes, directions,
 * overlaps, address sizes and absent pages; then what the model does not have: devices, ports, requests,
 * segments.
 */
#include "interp_guest.h"

#include <stdlib.h>

enum { AREA = 0x40000, AREA_BYTES = 0x6000, HOLE = AREA + 0x4000 /* one page that may be absent */ };

struct state {
	uint64_t rsi, rdi, rcx, rax, flags;
	uint8_t memory[AREA_BYTES];
	int fault; /* 1: at fault_address */
	uint64_t fault_address;
};

struct trial {
	unsigned op; /* 0 MOVS, 1 CMPS, 2 STOS, 3 LODS, 4 SCAS */
	unsigned size, addrsize;
	unsigned rep; /* 0, F3, F2 */
	bool backward, hole;
	uint64_t rsi, rdi, rcx, rax;
};

static uint64_t seed;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* --- the model -------------------------------------------------------------------------------- */

static uint64_t mask_of(unsigned size)
{
	return size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;
}

static bool touch(struct state *state, const struct trial *trial, uint64_t address)
{
	for (unsigned i = 0; i < trial->size; i++) {
		if (trial->hole && address + i >= HOLE && address + i < HOLE + 0x1000) {
			state->fault = 1;
			state->fault_address = address + i;
			return false;
		}
	}
	return true;
}

static uint64_t load(const struct state *state, const struct trial *trial, uint64_t address)
{
	uint64_t value = 0;

	memcpy(&value, state->memory + (address - AREA), trial->size);
	return value;
}

static void compare(struct state *state, uint64_t left, uint64_t right, unsigned size)
{
	uint64_t mask = mask_of(size), sign = 1ull << (size * 8 - 1), result;

	left &= mask;
	right &= mask;
	result = (left - right) & mask;
	state->flags = (left < right ? FLAG_CF : 0) | (result == 0 ? FLAG_ZF : 0) |
		       (result & sign ? FLAG_SF : 0) | (__builtin_parity(result & 0xff) ? 0 : FLAG_PF) |
		       ((left ^ right ^ result) & 0x10 ? FLAG_AF : 0) |
		       ((left ^ right) & (left ^ result) & sign ? FLAG_OF : 0);
}

static void advance(uint64_t *index, const struct trial *trial)
{
	uint64_t next = *index + (trial->backward ? -(uint64_t)trial->size : trial->size);

	*index = trial->addrsize == 4 ? (uint32_t)next : next;
}

/* false: a fault, nothing changed */
static bool model_element(struct state *state, const struct trial *trial)
{
	bool uses_source = trial->op == 0 || trial->op == 1 || trial->op == 3;
	bool uses_target = trial->op != 3;
	uint64_t source = 0, target = 0;

	if (uses_source && !touch(state, trial, state->rsi))
		return false;
	if (uses_target && !touch(state, trial, state->rdi))
		return false;
	if (uses_source)
		source = load(state, trial, state->rsi);
	if (uses_target)
		target = load(state, trial, state->rdi);
	switch (trial->op) {
	case 0: memcpy(state->memory + (state->rdi - AREA), &source, trial->size); break;
	case 1: compare(state, source, target, trial->size); break;
	case 2: memcpy(state->memory + (state->rdi - AREA), &state->rax, trial->size); break;
	case 3: state->rax = trial->size >= 4 ? source : (state->rax & ~mask_of(trial->size)) | source; break;
	default: compare(state, state->rax, target, trial->size); break;
	}
	if (uses_source)
		advance(&state->rsi, trial);
	if (uses_target)
		advance(&state->rdi, trial);
	return true;
}

static void model_run(struct state *state, const struct trial *trial)
{
	uint64_t flags = state->flags;

	if (!trial->rep) {
		model_element(state, trial);
		return;
	}
	while (state->rcx) {
		if (!model_element(state, trial)) {
			state->flags = flags; /* SDM 2, REP: a fault restores them */
			return;
		}
		state->rcx = trial->addrsize == 4 ? (uint32_t)(state->rcx - 1) : state->rcx - 1;
		if ((trial->op == 1 || trial->op == 4) && !(state->flags & FLAG_ZF) == (trial->rep == 0xf3))
			return;
	}
}

/* --- trials ----------------------------------------------------------------------------------- */

static void trial_make(struct trial *trial)
{
	uint64_t span;

	trial->op = random_u64() % 5;
	trial->size = 1u << random_u64() % 4;
	trial->addrsize = random_u64() % 4 ? 8 : 4;
	trial->rep = random_u64() % 8 == 0 ? 0 : random_u64() & 1 ? 0xf3 : 0xf2;
	trial->backward = random_u64() % 3 == 0;
	trial->hole = random_u64() % 4 == 0;
	trial->rcx = random_u64() % 3 ? random_u64() % 40 : random_u64() % (0x2000 / trial->size);
	span = (trial->rep ? trial->rcx + 1 : 1) * trial->size;
	trial->rsi = AREA + random_u64() % (AREA_BYTES - span) + (trial->backward ? span - trial->size : 0);
	trial->rdi = AREA + random_u64() % (AREA_BYTES - span) + (trial->backward ? span - trial->size : 0);
	if (random_u64() % 3 == 0) { /* overlapping closely */
		int64_t distance = (int64_t)(random_u64() % 33) - 16;
		uint64_t near = trial->rsi + (uint64_t)distance;
		uint64_t low = trial->backward ? near - (span - trial->size) : near;

		if (low >= AREA && low + span <= AREA + AREA_BYTES)
			trial->rdi = near;
	}
	trial->rax = random_u64() & 1 ? 0 : random_u64();
}

static void trial_load(const struct trial *trial, struct state *state)
{
	bool sparse = random_u64() & 1; /* long runs of equal bytes for CMPS and SCAS */

	for (unsigned i = 0; i < AREA_BYTES; i++)
		state->memory[i] = sparse ? random_u64() % 200 == 0 : (uint8_t)random_u64();
	state->rsi = trial->rsi;
	state->rdi = trial->rdi;
	state->rcx = trial->rcx;
	state->rax = trial->rax;
	state->flags = random_u64() & FLAGS_ALL;
	state->fault = 0;
	memcpy(ram + AREA, state->memory, AREA_BYTES);
	cpu->gpr[REG_RSI] = trial->rsi;
	cpu->gpr[REG_RDI] = trial->rdi;
	cpu->gpr[REG_RCX] = trial->rcx;
	cpu->gpr[REG_RAX] = trial->rax;
	cpu->rflags = RFLAGS_ONE | state->flags | (trial->backward ? RFLAGS_DF : 0);
}

static void trial_code(const struct trial *trial)
{
	static const uint8_t opcodes[5] = { 0xa4, 0xa6, 0xaa, 0xac, 0xae };
	uint8_t code[8];
	unsigned n = 0;

	if (trial->size == 2)
		code[n++] = 0x66;
	if (trial->addrsize == 4)
		code[n++] = 0x67;
	if (trial->rep)
		code[n++] = (uint8_t)trial->rep;
	if (trial->size == 8)
		code[n++] = 0x48;
	code[n++] = opcodes[trial->op] | (trial->size > 1);
	cpu->rip = CODE_AT;
	code_put(code, n);
}

static void trial_check(const struct trial *trial, const struct state *state, uint64_t start_seed)
{
	unsigned before = failures;

	CHECK_EQ(seen.outcome, state->fault ? RAISED : DONE);
	if (state->fault)
		CHECK_EQ(seen.address, state->fault_address);
	CHECK_EQ(cpu->gpr[REG_RSI], state->rsi);
	CHECK_EQ(cpu->gpr[REG_RDI], state->rdi);
	CHECK_EQ(cpu->gpr[REG_RCX], state->rcx);
	CHECK_EQ(cpu->gpr[REG_RAX], state->rax);
	CHECK_EQ(cpu->rflags & FLAGS_ALL, state->flags);
	CHECK_EQ(memcmp(ram + AREA, state->memory, AREA_BYTES), 0);
	CHECK_EQ(cpu->rip == CODE_AT, state->fault);
	if (failures != before)
		fprintf(stderr,
			"  seed %#llx: op %u size %u addrsize %u rep %#x %s rsi %#llx rdi %#llx rcx %#llx\n",
			(unsigned long long)start_seed, trial->op, trial->size, trial->addrsize, trial->rep,
			trial->backward ? "backward" : "forward", (unsigned long long)trial->rsi,
			(unsigned long long)trial->rdi, (unsigned long long)trial->rcx);
}

static void test_random(unsigned count)
{
	static struct state state;
	bool hole = false;

	guest_reset(GUEST_64);
	for (unsigned i = 0; i < count && failures < 10; i++) {
		uint64_t start_seed = seed;
		struct trial trial;

		trial_make(&trial);
		trial_load(&trial, &state);
		trial_code(&trial);
		if (hole != trial.hole) {
			guest_map_page(HOLE, HOLE, trial.hole ? 0 : 7);
			hole = trial.hole;
		}
		model_run(&state, &trial);
		guest_step();
		trial_check(&trial, &state, start_seed);
	}
}

/* --- the rest --------------------------------------------------------------------------------- */

/* To and from device memory: element by element, each once. */
static void test_device(void)
{
	guest_reset(GUEST_64);
	cpu->gpr[REG_RSI] = MMIO_AT;
	cpu->gpr[REG_RDI] = DATA_AT;
	cpu->gpr[REG_RCX] = 5;
	mmio_answer = 0x11223344;
	STEP(0xf3, 0xa5); /* rep movsd */
	CHECK_DONE();
	CHECK_EQ(exits, 5);
	CHECK_EQ(memory_read(DATA_AT + 16, 8), 0x11223344);
	CHECK_EQ(cpu->gpr[REG_RSI], MMIO_AT + 20);
	cpu->gpr[REG_RDI] = MMIO_AT;
	cpu->gpr[REG_RCX] = 3;
	STEP(0xf3, 0xab);
	CHECK_EQ(exits, 8);
	CHECK_EQ(cpu->gpr[REG_RCX], 0);
}

static void test_ports(void)
{
	guest_reset(GUEST_64);
	memcpy(ram + DATA_AT, "hello", 5);
	cpu->gpr[REG_RSI] = DATA_AT;
	cpu->gpr[REG_RCX] = 5;
	cpu->gpr[REG_RDX] = 0xe9;
	STEP(0xf3, 0x6e); /* rep outsb */
	CHECK_DONE();
	CHECK(!strcmp(console, "hello"), "%s", console);
	port_answer = 0xbeef;
	cpu->gpr[REG_RDI] = DATA_AT;
	cpu->gpr[REG_RCX] = 3;
	STEP(0xf3, 0x66, 0x6d); /* rep insw */
	CHECK_DONE();
	CHECK_EQ(memory_read(DATA_AT, 6), 0xbeefbeefbeef);
	guest_map_page(DATA_AT, DATA_AT, 5);
	exits = 0;
	cpu->gpr[REG_RDI] = DATA_AT;
	STEP(0x6c); /* a read of the port that could not be stored does not happen */
	CHECK_RAISED(VECTOR_PF, 3);
	CHECK_EQ(exits, 0);
	guest_to_user();
	cpu->tr.limit = 0x67;
	cpu->gpr[REG_RCX] = 0;
	STEP(0xf3, 0x6e); /* not allowed, even to do nothing */
	CHECK_RAISED(VECTOR_GP, 0);
}

/* A request stops a REP between pieces, with the rest still to do; single steps stop after each element. */
static void test_interruption(void)
{
	guest_reset(GUEST_64);
	cpu->gpr[REG_RDI] = AREA;
	cpu->gpr[REG_RCX] = 0x3000;
	atomic_store(&cpu->request, REQUEST_INTERRUPT);
	STEP(0xf3, 0xaa);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK(cpu->gpr[REG_RCX] > 0 && cpu->gpr[REG_RCX] < 0x3000, "rcx %#llx",
	      (unsigned long long)cpu->gpr[REG_RCX]);
	CHECK_EQ(cpu->gpr[REG_RDI] - AREA + cpu->gpr[REG_RCX], 0x3000);
	atomic_store(&cpu->request, 0);
	guest_step();
	CHECK_EQ(cpu->rip, CODE_AT + 2);
	CHECK_EQ(cpu->gpr[REG_RCX], 0);

	cpu->rip = CODE_AT;
	cpu->gpr[REG_RCX] = 2;
	cpu->rflags |= RFLAGS_TF;
	guest_step();
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK_EQ(cpu->gpr[REG_RCX], 1);
	guest_step();
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rip, CODE_AT + 2);
}

/* A kernel with SMAP copies from and to user memory with AC set: in one go, as without. */
static void test_user_access(void)
{
	guest_reset(GUEST_64);
	cpu->gpr[REG_RSI] = AREA;
	cpu->gpr[REG_RDI] = AREA + 0x1000;
	cpu->gpr[REG_RCX] = 0x800;
	cpu->cr0 |= CR0_AM;
	cpu->rflags |= RFLAGS_AC;
	STEP(0xf3, 0xa4);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 2);
	CHECK_EQ(cpu->gpr[REG_RCX], 0);
}

/* 16-bit indices wrap; a limit stops at the element that crosses it. */
static void test_segments(void)
{
	guest_reset(GUEST_REAL);
	cpu->seg[SEG_ES].base = 0x50000;
	cpu->gpr[REG_RDI] = 0xfff0;
	cpu->gpr[REG_RCX] = 0x20;
	cpu->gpr[REG_RAX] = 0x5a;
	STEP(0xf3, 0xaa); /* rep stosb */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RDI], 0x10);
	CHECK_EQ(memory_read(0x5ffff, 1), 0x5a);
	CHECK_EQ(memory_read(0x5000f, 1), 0x5a);
	CHECK_EQ(memory_read(0x60000, 1), 0);
	guest_reset(GUEST_32);
	cpu->seg[SEG_ES].limit = AREA + 0x1002;
	cpu->gpr[REG_RDI] = AREA;
	cpu->gpr[REG_RCX] = 0x1000;
	STEP(0xf3, 0xab); /* rep stosd */
	CHECK_RAISED(VECTOR_GP, 0);
	CHECK_EQ(cpu->gpr[REG_RDI], AREA + 0x1000);
	CHECK_EQ(cpu->gpr[REG_RCX], 0x1000 - 0x400);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0x9e3779b97f4a7c15;
	test_random(argc > 2 ? (unsigned)atoi(argv[2]) : 20000);
	test_device();
	test_ports();
	test_interruption();
	test_user_access();
	test_segments();
	return failures != 0;
}
