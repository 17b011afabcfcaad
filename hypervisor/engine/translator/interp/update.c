/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-modify-write of guest memory. LOCK becomes a host compare-and-exchange loop on the same memory, so
 * that it is atomic against translated code on other VPs; an operand that crosses a page is updated while
 * they are held.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/exclusive.h"
#include "engine/translator/interp/exec.h"

static uint64_t host_load(const void *host, unsigned size)
{
	switch (size) {
	case 1: return *(const volatile uint8_t *)host;
	case 2: return *(const volatile host_u16 *)host;
	case 4: return *(const volatile host_u32 *)host;
	default: return *(const volatile host_u64 *)host;
	}
}

static void host_store(void *host, unsigned size, uint64_t value)
{
	switch (size) {
	case 1: *(volatile uint8_t *)host = (uint8_t)value; break;
	case 2: *(volatile host_u16 *)host = (uint16_t)value; break;
	case 4: *(volatile host_u32 *)host = (uint32_t)value; break;
	default: *(volatile host_u64 *)host = value; break;
	}
}

#define HOST_REPLACE(suffix, modifier)                                                                       \
	__asm__ volatile("lock cmpxchg" suffix " %" modifier "[desired], (%[host])\n\tsete %[done]"          \
			 : "+a"(expected), [done] "=qm"(done)                                                \
			 : [desired] "q"(desired), [host] "r"(host)                                          \
			 : "memory", "cc")

static bool host_replace(void *host, unsigned size, uint64_t expected, uint64_t desired)
{
	uint8_t done;

	switch (size) {
	case 1: HOST_REPLACE("b", "b"); break;
	case 2: HOST_REPLACE("w", "w"); break;
	case 4: HOST_REPLACE("l", "k"); break;
	default: HOST_REPLACE("q", "q"); break;
	}
	return done;
}

static uint64_t update_host(void *host, unsigned size, bool lock, update_fn *update, uint64_t argument,
			    packed_flags *flags)
{
	const packed_flags before = *flags;
	uint64_t old, new;

	for (;;) {
		*flags = before;
		old = host_load(host, size);
		new = update(flags, old, argument, size);
		if (!lock) {
			host_store(host, size, new);
			return old;
		}
		if (host_replace(host, size, old, new))
			return old;
	}
}

/* Two pieces of plain memory in two pages. */
struct halves {
	uint8_t *host[2];
	unsigned size[2];
	uint64_t linear[2];
};

static bool find_halves(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access, struct halves *ret)
{
	unsigned first = 4096 - (unsigned)(linear & 4095);

	if (first >= size)
		return false; /* one page, and mem_atomic() said no: not plain */
	ret->linear[0] = linear;
	ret->linear[1] = cpu_mode(cpu) == MODE_64 ? linear + first : (uint32_t)(linear + first);
	ret->size[0] = first;
	ret->size[1] = size - first;
	for (unsigned i = 0; i < 2; i++) {
		ret->host[i] = mem_atomic(cpu, ret->linear[i], ret->size[i], access);
		if (!ret->host[i])
			return false;
	}
	return true;
}

static void halves_load(const struct halves *halves, void *buffer)
{
	bytes_copy(buffer, halves->host[0], halves->size[0]);
	bytes_copy((uint8_t *)buffer + halves->size[0], halves->host[1], halves->size[1]);
}

static void halves_store(struct vcpu *cpu, const struct halves *halves, const void *buffer)
{
	bytes_copy(halves->host[0], buffer, halves->size[0]);
	bytes_copy(halves->host[1], (const uint8_t *)buffer + halves->size[0], halves->size[1]);
	mem_atomic_done(cpu, halves->linear[0], halves->size[0]);
	mem_atomic_done(cpu, halves->linear[1], halves->size[1]);
}

/*
 * Holds the partition with `halves` valid: waiting for it is a safe point, where the slots may be replaced;
 * then the host addresses are looked up again. false: not plain memory (any more), and not held.
 */
static bool hold_halves(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access,
			struct halves *halves)
{
	for (;;) {
		const struct hv_slots *slots = cpu->slots;

		if (!find_halves(cpu, linear, size, access, halves))
			return false;
		exclusive_begin(cpu->translator, cpu);
		if (cpu->slots == slots)
			return true;
		exclusive_end(cpu->translator, cpu);
	}
}

/* Device memory, ROM, or two pages. */
static uint64_t update_slowly(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access, bool lock,
			      update_fn *update, uint64_t argument, packed_flags *flags)
{
	struct halves halves;
	uint64_t old = 0, new;

	if (lock && hold_halves(cpu, linear, size, access, &halves)) {
		halves_load(&halves, &old);
		new = update(flags, old, argument, size);
		halves_store(cpu, &halves, &new);
		exclusive_end(cpu->translator, cpu);
		return old;
	}
	mem_check_write(cpu, linear, size, access);
	old = mem_load(cpu, linear, size, access);
	new = update(flags, old, argument, size);
	mem_store(cpu, linear, size, new, access);
	return old;
}

uint64_t memory_update(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access, bool lock,
		       update_fn *update, uint64_t argument, packed_flags *flags)
{
	void *host = mem_atomic(cpu, linear, size, access);
	uint64_t old;

	if (!host)
		return update_slowly(cpu, linear, size, access, lock, update, argument, flags);
	old = update_host(host, size, lock, update, argument, flags);
	mem_atomic_done(cpu, linear, size);
	return old;
}

uint64_t rm_update(struct vcpu *cpu, const struct insn *insn, unsigned size, update_fn *update,
		   uint64_t argument, packed_flags *flags)
{
	if (insn->has_mem) {
		uint64_t linear = operand_linear(cpu, insn, size, MEM_WRITE);

		return memory_update(cpu, linear, size, operand_access(insn), insn->prefixes & PREFIX_LOCK,
				     update, argument, flags);
	}
	uint64_t old = reg_read(cpu, insn, insn_rm(insn), size);

	reg_write(cpu, insn, insn_rm(insn), size, update(flags, old, argument, size));
	return old;
}

/* --- 16 bytes --------------------------------------------------------------------------------- */

static bool host_exchange16(void *host, uint64_t expected[2], const uint64_t desired[2])
{
	uint8_t equal;

	__asm__ volatile("lock cmpxchg16b (%[host])\n\tsete %[equal]"
			 : "+a"(expected[0]), "+d"(expected[1]), [equal] "=qm"(equal)
			 : "b"(desired[0]), "c"(desired[1]), [host] "r"(host)
			 : "memory", "cc");
	return equal;
}

/* It is aligned (checked by the caller), so it lies in one page; what is not plain memory is no place for
 * atomics. */
bool memory_exchange16(struct vcpu *cpu, uint64_t linear, unsigned access, uint64_t expected[2],
		       const uint64_t desired[2])
{
	void *host = mem_atomic(cpu, linear, 16, access);
	uint64_t old[2];
	bool equal;

	if (host) {
		equal = host_exchange16(host, expected, desired);
		mem_atomic_done(cpu, linear, 16);
		return equal;
	}
	mem_check_write(cpu, linear, 16, access);
	mem_read(cpu, linear, old, 16, access);
	equal = old[0] == expected[0] && old[1] == expected[1];
	mem_write(cpu, linear, equal ? desired : old, 16, access);
	expected[0] = old[0];
	expected[1] = old[1];
	return equal;
}
