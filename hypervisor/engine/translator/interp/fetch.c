/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instruction bytes and what they mean. Decoding takes longer than executing, so decoded instructions are
 * kept; they are found by address but hold for their bytes, which are read and compared each time: code may
 * change.
 */
#include "engine/translator/interp/exec.h"

enum { INSN_BYTES = 15 };

struct fetched {
	uint8_t bytes[16];
	unsigned count;
};

uint64_t fetch_linear(const struct vcpu *cpu, enum insn_mode mode)
{
	return mode == MODE_64 ? cpu->rip : (uint32_t)(cpu->seg[SEG_CS].base + cpu->rip);
}

/* How many bytes from rip on lie within the code segment. */
static unsigned bytes_in_segment(struct vcpu *cpu, enum insn_mode mode)
{
	uint64_t limit = cpu->seg[SEG_CS].limit;

	if (mode == MODE_64)
		return INSN_BYTES;
	if (cpu->rip > limit)
		raise_gp0(cpu);
	return limit - cpu->rip >= INSN_BYTES ? INSN_BYTES : (unsigned)(limit - cpu->rip) + 1;
}

/* The next page, when the instruction goes on there; segment limit and pages fault only for bytes that it
 * really has. */
static void fetch_more(struct vcpu *cpu, uint64_t linear, unsigned allowed, struct fetched *fetched)
{
	if (fetched->count >= INSN_BYTES || fetched->count >= allowed)
		raise_gp0(cpu);
	fetched->count = mem_fetch(cpu, linear, fetched->bytes, fetched->count + 1);
}

static void decode(struct vcpu *cpu, uint64_t linear, enum insn_mode mode, unsigned allowed,
		   struct fetched *fetched, struct insn *insn)
{
	for (;;) {
		unsigned available = fetched->count < allowed ? fetched->count : allowed;

		switch (insn_decode(insn, fetched->bytes, available, mode)) {
		case INSN_OK: return;
		case INSN_INVALID: cpu_raise(cpu, VECTOR_UD);
		case INSN_TOO_LONG: raise_gp0(cpu);
		case INSN_TRUNCATED: fetch_more(cpu, linear, allowed, fetched); break;
		}
	}
}

/* At the end of a page or of the segment. */
static const struct insn *fetch_carefully(struct vcpu *cpu, uint64_t linear, enum insn_mode mode,
					  unsigned allowed, struct insn *scratch)
{
	struct fetched fetched;

	fetched.count = mem_fetch(cpu, linear, fetched.bytes, 1);
	decode(cpu, linear, mode, allowed, &fetched, scratch);
	return scratch;
}

static struct decoded_insn *cache_entry(struct vcpu *cpu, uint64_t linear)
{
	return &cpu->decoded[(linear ^ linear >> 11) % DECODED_INSNS];
}

/* 16 bytes can be read at `host`; two loads take them once, whatever other VPs write meanwhile. */
static const struct insn *fetch_cached(struct vcpu *cpu, uint64_t linear, enum insn_mode mode,
				       const uint8_t *host)
{
	uint64_t low = *(const volatile host_u64 *)host;
	uint64_t high = (*(const volatile host_u64 *)(host + 8) & 0x00ffffffffffffff) | (uint64_t)(mode + 1)
											    << 56;
	struct decoded_insn *entry = cache_entry(cpu, linear);
	struct fetched fetched = { .count = INSN_BYTES };

	if (entry->bytes[0] == low && entry->bytes[1] == high)
		return &entry->insn;
	*(host_u64 *)fetched.bytes = low;
	*(host_u64 *)(fetched.bytes + 8) = high;
	entry->bytes[1] = 0; /* decode() may not return */
	decode(cpu, linear, mode, INSN_BYTES, &fetched, &entry->insn);
	entry->bytes[0] = low;
	entry->bytes[1] = high;
	return &entry->insn;
}

const struct insn *fetch_insn(struct vcpu *cpu, uint64_t linear, enum insn_mode mode, struct insn *scratch)
{
	unsigned allowed = bytes_in_segment(cpu, mode), offset = linear & 4095;
	const struct code_tlb_entry *page = mem_code_page(cpu, linear);

	if (page && allowed == INSN_BYTES && offset <= 4096 - 16)
		return fetch_cached(cpu, linear, mode, page->host + offset);
	return fetch_carefully(cpu, linear, mode, allowed, scratch);
}
