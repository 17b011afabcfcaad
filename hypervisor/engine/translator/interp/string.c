/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String instructions. A kernel's copying and clearing goes through REP MOVS and REP STOS: they run page by
 * page with the host's own instruction when both sides are plain memory. Each piece is committed, so that a
 * fault or an interrupt in the middle finds the registers as the SDM wants.
 */
#include "engine/translator/interp/exec.h"

enum { PIECE_BYTES = 4096 };

struct progress {
	/* of the last comparison; while it is unfinished the guest keeps those from before */
	packed_flags flags;
	/* REPE or REPNE is over */
	bool stop;
};

/* Executes up to `wanted` elements (at least one), advances the index registers, says how many. */
typedef uint64_t piece_fn(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			  struct progress *progress);

static bool is_backward(const struct vcpu *cpu)
{
	return cpu->rflags & RFLAGS_DF;
}

static uint64_t index_of(const struct vcpu *cpu, const struct insn *insn, unsigned reg)
{
	return gpr_read(cpu, reg, insn->addrsize);
}

static void index_advance(struct vcpu *cpu, const struct insn *insn, unsigned reg, uint64_t elements)
{
	uint64_t bytes = elements * insn->opsize;

	gpr_write(cpu, reg, insn->addrsize, cpu->gpr[reg] + (is_backward(cpu) ? -bytes : bytes));
}

/*
 * Elements one by one: single steps, breakpoints, alignment checks. A kernel sets AC, too, while it copies
 * from and to user memory (SMAP): that checks no alignment.
 */
static bool must_go_slowly(const struct vcpu *cpu)
{
	bool checks_alignment = cpu->cpl == 3 && (cpu->cr0 & CR0_AM) && (cpu->rflags & RFLAGS_AC);

	return (cpu->rflags & RFLAGS_TF) || checks_alignment || debug_is_active(cpu);
}

/* true: the instruction is done; false: it goes on at the same rip. */
static bool repeat(struct vcpu *cpu, const struct insn *insn, piece_fn *piece, struct progress *progress)
{
	for (;;) {
		uint64_t count = gpr_read(cpu, REG_RCX, insn->addrsize), done;

		if (count == 0)
			return true;
		done = piece(cpu, insn, must_go_slowly(cpu) ? 1 : count, progress);
		gpr_write(cpu, REG_RCX, insn->addrsize, count - done);
		mmio_log_commit(cpu);
		if (progress->stop || done == count)
			return true;
		if (must_go_slowly(cpu) || atomic_load_explicit(&cpu->request, memory_order_relaxed))
			return false;
	}
}

static void string_run(struct vcpu *cpu, const struct insn *insn, piece_fn *piece)
{
	struct progress progress = { .flags = flags_get(cpu) };
	bool done = true;

	if (insn->prefixes & (PREFIX_REP | PREFIX_REPNE))
		done = repeat(cpu, insn, piece, &progress);
	else
		piece(cpu, insn, 1, &progress);
	if (!done)
		return;
	flags_put(cpu, progress.flags);
	cpu->rip = insn_next_rip(insn, cpu->rip);
}

/* --- runs of plain memory --------------------------------------------------------------------- */

struct run {
	uint8_t *host; /* of the lowest byte */
	uint64_t bytes;
};

/* True when [low, low+bytes) lies in the segment and in the address size without wrapping. */
static bool run_is_allowed(const struct vcpu *cpu, const struct insn *insn, unsigned segment, uint64_t low,
			   uint64_t bytes, bool write)
{
	uint64_t mask = size_mask(insn->addrsize);

	if (low > mask || mask - low < bytes - 1)
		return false;
	if (insn->mode == MODE_64)
		return true;
	return segment_allows(cpu, &cpu->seg[segment], low, (unsigned)bytes, write);
}

/*
 * The host memory of the elements from `offset` on in string direction, up to `bytes`, within a page. Raises
 * the faults of the first element. host is NULL when they must be done one by one.
 */
static struct run run_find(struct vcpu *cpu, const struct insn *insn, unsigned segment, uint64_t offset,
			   uint64_t bytes, unsigned access)
{
	struct run none = { NULL, 0 }, run;
	unsigned size = insn->opsize;
	uint64_t linear = segment_linear(cpu, segment, offset, size, access);

	if (is_backward(cpu)) {
		uint64_t room = (linear & 4095) + size;
		uint64_t back = ((bytes < room ? bytes : room) / size - 1) * size;

		if (!mem_span(cpu, linear, 1, &run.bytes, access)) /* so that a fault names this element */
			return none;
		offset -= back;
		linear -= back;
		bytes = back + size;
	}
	if (!run_is_allowed(cpu, insn, segment, offset, bytes, access & MEM_WRITE))
		return none;
	run.host = mem_span(cpu, linear, bytes, &run.bytes, access);
	if (run.host && is_backward(cpu) && run.bytes < bytes)
		return none; /* the first element crosses the page */
	run.bytes -= run.host ? run.bytes % size : 0;
	return run.host && run.bytes ? run : none;
}

static uint64_t bytes_wanted(const struct insn *insn, uint64_t elements)
{
	return elements > PIECE_BYTES / insn->opsize ? PIECE_BYTES : elements * insn->opsize;
}

/* Backwards the host wants the address of the highest element. */
#define HOST_STRING(instruction, ...)                                                                        \
	do {                                                                                                 \
		if (backward)                                                                                \
			__asm__ volatile("std\n\trep " instruction "\n\tcld" __VA_ARGS__);                   \
		else                                                                                         \
			__asm__ volatile("rep " instruction __VA_ARGS__);                                    \
	} while (0)

#define MOVS_OPERANDS : "+D"(to), "+S"(from), "+c"(count) : : "memory"

static void host_movs(uint8_t *to, const uint8_t *from, uint64_t count, unsigned size, bool backward)
{
	if (backward) {
		to += (count - 1) * size;
		from += (count - 1) * size;
	}
	switch (size) {
	case 1: HOST_STRING("movsb", MOVS_OPERANDS); break;
	case 2: HOST_STRING("movsw", MOVS_OPERANDS); break;
	case 4: HOST_STRING("movsl", MOVS_OPERANDS); break;
	default: HOST_STRING("movsq", MOVS_OPERANDS); break;
	}
}

/* The element size stays the guest's, so overlapping copies repeat their pattern as they should. */
static uint64_t movs_bulk(struct vcpu *cpu, const struct insn *insn, uint64_t wanted)
{
	uint64_t bytes = bytes_wanted(insn, wanted);
	struct run from =
	    run_find(cpu, insn, operand_segment(insn), index_of(cpu, insn, REG_RSI), bytes, MEM_READ);
	struct run to = run_find(cpu, insn, SEG_ES, index_of(cpu, insn, REG_RDI), bytes, MEM_WRITE);
	bool backward = is_backward(cpu);

	if (!from.host || !to.host)
		return 0;
	bytes = from.bytes < to.bytes ? from.bytes : to.bytes;
	if (backward) {
		from.host += from.bytes - bytes;
		to.host += to.bytes - bytes;
	}
	host_movs(to.host, from.host, bytes / insn->opsize, insn->opsize, backward);
	return bytes / insn->opsize;
}

#define STOS_OPERANDS : "+D"(to), "+c"(count) : "a"(value) : "memory"

static void host_stos(uint8_t *to, uint64_t value, uint64_t count, unsigned size)
{
	const bool backward = false; /* the order of equal values does not matter */

	switch (size) {
	case 1: HOST_STRING("stosb", STOS_OPERANDS); break;
	case 2: HOST_STRING("stosw", STOS_OPERANDS); break;
	case 4: HOST_STRING("stosl", STOS_OPERANDS); break;
	default: HOST_STRING("stosq", STOS_OPERANDS); break;
	}
}

static uint64_t stos_bulk(struct vcpu *cpu, const struct insn *insn, uint64_t wanted)
{
	struct run to =
	    run_find(cpu, insn, SEG_ES, index_of(cpu, insn, REG_RDI), bytes_wanted(insn, wanted), MEM_WRITE);

	if (!to.host)
		return 0;
	host_stos(to.host, cpu->gpr[REG_RAX], to.bytes / insn->opsize, insn->opsize);
	return to.bytes / insn->opsize;
}

/* --- elements --------------------------------------------------------------------------------- */

static uint64_t source_load(struct vcpu *cpu, const struct insn *insn)
{
	unsigned segment = operand_segment(insn);
	uint64_t linear = segment_linear(cpu, segment, index_of(cpu, insn, REG_RSI), insn->opsize, MEM_READ);

	return mem_load(cpu, linear, insn->opsize, segment == SEG_SS ? MEM_STACK : 0);
}

static uint64_t destination_load(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t linear = segment_linear(cpu, SEG_ES, index_of(cpu, insn, REG_RDI), insn->opsize, MEM_READ);

	return mem_load(cpu, linear, insn->opsize, 0);
}

static void destination_store(struct vcpu *cpu, const struct insn *insn, uint64_t value)
{
	uint64_t linear = segment_linear(cpu, SEG_ES, index_of(cpu, insn, REG_RDI), insn->opsize, MEM_WRITE);

	mem_store(cpu, linear, insn->opsize, value, 0);
}

static uint64_t movs_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			   struct progress *progress)
{
	uint64_t done = wanted > 1 ? movs_bulk(cpu, insn, wanted) : 0;

	if (!done) {
		destination_store(cpu, insn, source_load(cpu, insn));
		done = 1;
	}
	index_advance(cpu, insn, REG_RSI, done);
	index_advance(cpu, insn, REG_RDI, done);
	return done;
}

static uint64_t stos_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			   struct progress *progress)
{
	uint64_t done = wanted > 1 ? stos_bulk(cpu, insn, wanted) : 0;

	if (!done) {
		destination_store(cpu, insn, cpu->gpr[REG_RAX]);
		done = 1;
	}
	index_advance(cpu, insn, REG_RDI, done);
	return done;
}

static uint64_t lods_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			   struct progress *progress)
{
	gpr_write(cpu, REG_RAX, insn->opsize, source_load(cpu, insn));
	index_advance(cpu, insn, REG_RSI, 1);
	return 1;
}

/* REPE goes on while equal, REPNE while not. */
static void compare(const struct insn *insn, uint64_t left, uint64_t right, struct progress *progress)
{
	bool equal;

	update_sub(&progress->flags, left, right, insn->opsize);
	equal = progress->flags >> 8 & FLAG_ZF;
	progress->stop = insn->prefixes & PREFIX_REPNE ? equal : !equal;
}

static uint64_t cmps_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			   struct progress *progress)
{
	uint64_t left = source_load(cpu, insn);

	compare(insn, left, destination_load(cpu, insn), progress);
	index_advance(cpu, insn, REG_RSI, 1);
	index_advance(cpu, insn, REG_RDI, 1);
	return 1;
}

static uint64_t scas_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			   struct progress *progress)
{
	compare(insn, cpu->gpr[REG_RAX], destination_load(cpu, insn), progress);
	index_advance(cpu, insn, REG_RDI, 1);
	return 1;
}

/* The port is read only when the element can be written: reading it has effects. */
static uint64_t ins_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			  struct progress *progress)
{
	uint16_t port = (uint16_t)cpu->gpr[REG_RDX];
	uint64_t linear;

	port_note(cpu, port, insn->opsize);
	linear = segment_linear(cpu, SEG_ES, index_of(cpu, insn, REG_RDI), insn->opsize, MEM_WRITE);
	mem_check_write(cpu, linear, insn->opsize, 0);
	mem_store(cpu, linear, insn->opsize, port_read(cpu, port, insn->opsize), 0);
	index_advance(cpu, insn, REG_RDI, 1);
	return 1;
}

static uint64_t outs_piece(struct vcpu *cpu, const struct insn *insn, uint64_t wanted,
			   struct progress *progress)
{
	uint16_t port = (uint16_t)cpu->gpr[REG_RDX];

	port_note(cpu, port, insn->opsize);
	port_write(cpu, port, insn->opsize, (uint32_t)source_load(cpu, insn));
	index_advance(cpu, insn, REG_RSI, 1);
	return 1;
}

void exec_movs(struct vcpu *cpu, const struct insn *insn)
{
	string_run(cpu, insn, movs_piece);
}

void exec_cmps(struct vcpu *cpu, const struct insn *insn)
{
	string_run(cpu, insn, cmps_piece);
}

void exec_stos(struct vcpu *cpu, const struct insn *insn)
{
	string_run(cpu, insn, stos_piece);
}

void exec_lods(struct vcpu *cpu, const struct insn *insn)
{
	string_run(cpu, insn, lods_piece);
}

void exec_scas(struct vcpu *cpu, const struct insn *insn)
{
	string_run(cpu, insn, scas_piece);
}

/* REX.W does not make port accesses wider. */
static struct insn with_port_size(const struct insn *insn)
{
	struct insn narrowed = *insn;

	narrowed.opsize = insn->opsize > 4 ? 4 : insn->opsize;
	return narrowed;
}

void exec_ins(struct vcpu *cpu, const struct insn *insn)
{
	struct insn narrowed = with_port_size(insn);

	port_check(cpu, (uint16_t)cpu->gpr[REG_RDX], narrowed.opsize); /* even when the count is 0 */
	string_run(cpu, &narrowed, ins_piece);
}

void exec_outs(struct vcpu *cpu, const struct insn *insn)
{
	struct insn narrowed = with_port_size(insn);

	port_check(cpu, (uint16_t)cpu->gpr[REG_RDX], narrowed.opsize);
	string_run(cpu, &narrowed, outs_piece);
}
