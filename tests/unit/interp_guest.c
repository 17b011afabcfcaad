/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interp_guest.h"

#include "engine/translator/upcall.h"
#include "engine/translator/exclusive.h"
#include "engine/translator/jit/jit.h"
#include "engine/translator/vector/vector.h"

#include <stdlib.h>

static struct vcpu vcpu_memory;
static uint8_t ram_memory[RAM_BYTES] __attribute__((aligned(4096)));
static struct hv_slots slots;
static struct cpuid_policy policy;
static struct apic_bus bus;
static struct hv_exit exit_memory;
static uint64_t tables_next;
static uint64_t tsc;

enum { MAX_EXITS = 1000 }; /* of one instruction: REP on a device may want millions */

struct vcpu *cpu = &vcpu_memory;
uint8_t *ram = ram_memory;
struct seen seen;
char console[4096];
unsigned console_length;
uint32_t port_answer;
uint64_t mmio_answer;
unsigned exits;
unsigned failures;

/* --- the parts of the engine that are not under test ------------------------------------------ */

_Noreturn static void leave(enum outcome outcome)
{
	seen.outcome = outcome;
	__builtin_longjmp(cpu->run_frame, 1);
}

_Noreturn static void raise(enum cpu_vector vector, bool has_error, uint32_t error, uint64_t address)
{
	seen = (struct seen){
		.vector = (int)vector, .has_error = has_error, .error = error, .address = address
	};
	leave(RAISED);
}

_Noreturn void cpu_raise(struct vcpu *c, enum cpu_vector vector)
{
	raise(vector, false, 0, 0);
}

_Noreturn void cpu_raise_error(struct vcpu *c, enum cpu_vector vector, uint32_t error)
{
	raise(vector, true, error, 0);
}

_Noreturn void cpu_raise_page_fault(struct vcpu *c, uint64_t address, uint32_t error)
{
	raise(VECTOR_PF, true, error, address);
}

_Noreturn void cpu_leave(struct vcpu *c)
{
	leave(LEFT);
}

uint64_t cpu_read_tsc(struct vcpu *c)
{
	return ++tsc + c->tsc_offset;
}

void exclusive_begin(struct translator *translator, struct vcpu *c)
{
}

void exclusive_end(struct translator *translator, struct vcpu *c)
{
}

bool jit_page_has_code(const struct translator *translator, uint64_t gpa)
{
	return false;
}

void jit_code_written(struct translator *translator, struct vcpu *c, uint64_t gpa, uint64_t size)
{
}

void jit_flush_jumps(struct vcpu *c)
{
}

void jit_flush_local_jumps(struct vcpu *c)
{
}

void jit_switch_context(struct vcpu *c, uint64_t cr3, bool keep)
{
}

void jit_drop_context(struct vcpu *c, uint64_t pcid)
{
}

bool has_vector;

void vector_check_enabled(struct vcpu *c, const struct insn *insn)
{
	if (!has_vector)
		cpu_raise(c, VECTOR_UD);
}

void vector_execute(struct vcpu *c, const struct insn *insn, uint64_t linear)
{
}

static void on_kick(struct apic *apic)
{
}

unsigned upcalls;

bool upcall_rdmsr(struct vcpu *c, uint32_t index, uint64_t *ret_value)
{
	upcalls++;
	*ret_value = 0;
	return true;
}

bool upcall_wrmsr(struct vcpu *c, uint32_t index, uint64_t value)
{
	upcalls++;
	return true;
}

bool upcall_hypercall(struct vcpu *c)
{
	upcalls++;
	return true;
}

void upcall_tsc_written(struct vcpu *c)
{
	upcalls++;
}

static uint64_t on_read_tsc(struct apic *apic)
{
	return tsc;
}

static uint64_t on_tsc_hz(struct apic *apic)
{
	return 1000000000;
}

static void on_set_timer(struct apic *apic, uint64_t deadline)
{
}

static void on_eoi(struct apic *apic, uint8_t vector)
{
}

static const struct apic_ops ops = { on_kick, on_read_tsc, on_tsc_hz, on_set_timer, on_eoi };

/* --- memory ----------------------------------------------------------------------------------- */

uint64_t memory_read(uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, ram + gpa, size);
	return value;
}

void memory_store(uint64_t gpa, uint64_t value, unsigned size)
{
	memcpy(ram + gpa, &value, size);
}

uint64_t descriptor(uint32_t base, uint32_t limit, unsigned attr)
{
	uint64_t raw =
	    (uint64_t)attr << 40 | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(base >> 24) << 56;

	if (attr & 0x8000)
		limit >>= 12;
	return raw | (limit & 0xffff) | (uint64_t)(limit >> 16 & 15) << 48;
}

void gdt_set(unsigned selector, uint64_t low)
{
	memory_store(GDT_AT + (selector & ~7u), low, 8);
}

uint64_t gate(uint16_t selector, uint32_t offset, unsigned attr)
{
	return (offset & 0xffff) | (uint64_t)selector << 16 | (uint64_t)(attr >> 8 & 31) << 32 |
	       (uint64_t)(attr & 0xff) << 40 | (uint64_t)(offset >> 16) << 48;
}

void idt_set(unsigned vector, uint16_t selector, uint64_t offset, unsigned attr, unsigned ist)
{
	unsigned bytes = cpu_long_mode(cpu) ? 16 : 8;

	memory_store(IDT_AT + vector * bytes, gate(selector, (uint32_t)offset, attr | ist << 8), 8);
	if (bytes == 16)
		memory_store(IDT_AT + vector * bytes + 8, offset >> 32, 8);
}

/* --- tables ----------------------------------------------------------------------------------- */

static void build_gdt(bool is_long)
{
	gdt_set(SEL_CODE32, descriptor(0, 0xffffffff, 0xc09b));
	gdt_set(SEL_DATA32, descriptor(0, 0xffffffff, 0xc093));
	gdt_set(SEL_CODE32_USER, descriptor(0, 0xffffffff, 0xc0fb));
	gdt_set(SEL_DATA32_USER, descriptor(0, 0xffffffff, 0xc0f3));
	gdt_set(SEL_CODE16, descriptor(0, 0xffff, 0x9b));
	gdt_set(SEL_DATA16, descriptor(0, 0xffff, 0x93));
	gdt_set(SEL_CONFORMING, descriptor(0, 0xffffffff, 0xc09f));
	gdt_set(SEL_CODE64, descriptor(0, 0xffffffff, 0xa09b));
	gdt_set(SEL_CODE64_USER, descriptor(0, 0xffffffff, 0xa0fb));
	gdt_set(SEL_TSS, descriptor(TSS_AT, 0x400, 0x8b));
	gdt_set(SEL_TSS2, descriptor(TSS2_AT, 0x67, 0x89));
	gdt_set(SEL_LDT, descriptor(LDT_AT, 0x3f, 0x82));
	gdt_set(SEL_EXPAND_DOWN, descriptor(0, 0xfff, 0x4097));
	gdt_set(SEL_EXECUTE_ONLY, descriptor(0, 0xffffffff, 0xc099));
	gdt_set(SEL_READ_ONLY, descriptor(0, 0xffffffff, 0xc091));
	gdt_set(SEL_ABSENT, descriptor(0, 0xffffffff, 0xc013));
	gdt_set(SEL_SMALL, descriptor(DATA_AT, 0xff, 0x4093));
	gdt_set(SEL_CODE1, descriptor(0, 0xffffffff, is_long ? 0xa0bb : 0xc0bb));
	gdt_set(SEL_DATA1, descriptor(0, 0xffffffff, 0xc0b3));
	gdt_set(SEL_CODE_ABSENT, descriptor(0, 0xffffffff, 0xc01b));
	cpu->gdtr = (struct table_register){ GDT_AT, GDT_BYTES - 1 };
}

static void build_tss(bool is_long)
{
	cpu->tr = (struct segment){ TSS_AT, 0x400, SEL_TSS, 0x8b };
	memory_store(TSS_AT + 0x66, 0x68,
		     2); /* the port map behind it allows everything until the test says otherwise */
	if (is_long) {
		memory_store(TSS_AT + 4, INNER_STACK_TOP, 8);
		memory_store(TSS_AT + 12, RING1_STACK_TOP, 8);
		memory_store(TSS_AT + 0x24, IST_STACK_TOP, 8);
		return;
	}
	memory_store(TSS_AT + 4, INNER_STACK_TOP, 4);
	memory_store(TSS_AT + 8, SEL_DATA32, 2);
	memory_store(TSS_AT + 12, RING1_STACK_TOP, 4);
	memory_store(TSS_AT + 16, SEL_DATA1 | 1, 2);
}

static void build_idt(enum guest_mode mode)
{
	memset(ram + HANDLERS_AT, 0xf4, 256);
	for (unsigned i = 0; i < 256; i++) {
		if (mode == GUEST_REAL)
			memory_store(IVT_AT + i * 4, HANDLERS_AT + i, 4);
		else
			idt_set(i, mode == GUEST_32 ? SEL_CODE32 : SEL_CODE64, HANDLERS_AT + i, 0x8e, 0);
	}
	cpu->idtr = mode == GUEST_REAL ? (struct table_register){ IVT_AT, 0x3ff }
				       : (struct table_register){ IDT_AT, 0xfff };
}

/* The first 4 GiB, in 2 MiB pages for user and supervisor. */
static void build_paging(void)
{
	memory_store(TABLES_AT, (TABLES_AT + 0x1000) | 7, 8);
	for (unsigned i = 0; i < 4; i++)
		memory_store(TABLES_AT + 0x1000 + i * 8, (TABLES_AT + 0x2000 + i * 0x1000) | 7, 8);
	for (unsigned i = 0; i < 2048; i++)
		memory_store(TABLES_AT + 0x2000 + i * 8, (uint64_t)i << 21 | 0xe7, 8);
	tables_next = TABLES_AT + 0x6000;
	cpu->cr3 = TABLES_AT;
	cpu->cr4 |= CR4_PAE;
	cpu->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
	cpu->cr0 |= CR0_PG | CR0_WP;
}

void guest_map_page(uint64_t linear, uint64_t gpa, uint64_t flags)
{
	uint64_t directory = TABLES_AT + 0x2000 + (linear >> 21) * 8;
	uint64_t entry = memory_read(directory, 8);

	if (entry & 0x80) {
		for (unsigned i = 0; i < 512; i++)
			memory_store(tables_next + i * 8, ((entry & ~0x1fffffull) + i * 4096) | 0x67, 8);
		entry = tables_next | 7;
		memory_store(directory, entry, 8);
		tables_next += 4096;
	}
	memory_store((entry & ~0xfffull) + (linear >> 12 & 511) * 8, gpa | flags, 8);
	tlb_flush_all(cpu);
}

static void flat_segment(unsigned index, uint16_t selector, uint16_t attr)
{
	cpu->seg[index] = (struct segment){ 0, 0xffffffff, selector, attr };
}

static void load_segments(enum guest_mode mode, unsigned cpl)
{
	uint16_t data = (uint16_t)(cpl ? SEL_DATA32_USER | 3 : SEL_DATA32);
	uint16_t user_bits = cpl ? 0x60 : 0;
	static const uint8_t data_segments[] = { SEG_ES, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

	for (unsigned i = 0; i < sizeof(data_segments); i++)
		flat_segment(data_segments[i], data, 0xc093 | user_bits);
	if (mode == GUEST_64)
		flat_segment(SEG_CS, cpl ? SEL_CODE64_USER | 3 : SEL_CODE64, 0xa09b | user_bits);
	else
		flat_segment(SEG_CS, cpl ? SEL_CODE32_USER | 3 : SEL_CODE32, 0xc09b | user_bits);
}

void guest_reset(enum guest_mode mode)
{
	memset(ram, 0, RAM_BYTES);
	memset(cpu, 0, sizeof(*cpu));
	console_length = exits = 0;
	cpuid_policy_init_translator(&policy, 1000000000);
	slots.count = 1;
	slots.slot[0] = (struct hv_slot){ .size = RAM_BYTES, .host = ram, .flags = HV_MAP_WRITE };
	cpu->cpuid = &policy;
	cpu->slots = &slots;
	cpu->exit = &exit_memory;
	apic_bus_init(&bus);
	apic_init(&cpu->apic, &bus, 0, &ops, cpu);
	cpu_reset(cpu, false);
	cpu->rip = CODE_AT;
	cpu->gpr[REG_RSP] = mode == GUEST_REAL ? 0xf000 : STACK_TOP;
	if (mode == GUEST_REAL) {
		cpu->seg[SEG_CS] = (struct segment){ 0, 0xffff, 0, 0x9b };
	} else {
		cpu->cr0 |= CR0_PE;
		load_segments(mode, 0);
		if (mode != GUEST_32)
			build_paging();
		build_gdt(mode != GUEST_32);
		build_tss(mode != GUEST_32);
	}
	build_idt(mode);
	tlb_flush_all(cpu);
	cpu_set_cpl(cpu, 0);
}

void guest_to_user(void)
{
	load_segments(cpu_mode(cpu) == MODE_64 ? GUEST_64 : GUEST_32, 3);
	cpu_set_cpl(cpu, 3);
}

/* A 16-bit task at CODE_AT; protected tables stay. */
void guest_set_v86(unsigned iopl)
{
	cpu->rflags |= RFLAGS_VM | iopl << 12;
	for (unsigned i = 0; i < 6; i++)
		cpu->seg[i] = (struct segment){ 0, 0xffff, 0, 0xf3 };
	cpu->gpr[REG_RSP] = 0xf000;
	cpu_set_cpl(cpu, 3);
}

/* --- running ---------------------------------------------------------------------------------- */

void code_put(const uint8_t *bytes, unsigned size)
{
	uint64_t linear = cpu_mode(cpu) == MODE_64 ? cpu->rip : (uint32_t)(cpu->seg[SEG_CS].base + cpu->rip);

	memcpy(ram + linear, bytes, size);
}

static void port_exit(struct mmio_access *access)
{
	if (!access->is_write)
		memcpy(access->data, &port_answer, access->size);
	else if (access->gpa == 0xe9 && console_length < sizeof(console) - 1)
		console[console_length++] = (char)access->data[0];
	console[console_length] = 0;
}

static void answer_exit(void)
{
	struct mmio_access *access = &cpu->mmio.access[cpu->mmio.count - 1];

	exits++;
	if (access->is_port)
		port_exit(access);
	else if (!access->is_write)
		memcpy(access->data, &mmio_answer, access->size);
	cpu->mmio.pending = false;
	cpu->mmio.next = 0;
}

static void attempt(const struct exception *exception, bool external)
{
	seen.outcome = DONE;
	if (__builtin_setjmp(cpu->run_frame))
		return;
	if (exception)
		exception_deliver(cpu, exception, external);
	else
		interp_step(cpu);
}

enum outcome guest_step(void)
{
	for (unsigned i = 0; i < MAX_EXITS; i++) {
		attempt(NULL, false);
		if (seen.outcome != LEFT)
			break;
		answer_exit();
	}
	mmio_log_commit(cpu);
	return seen.outcome;
}

enum outcome guest_deliver(const struct exception *exception, bool external)
{
	attempt(exception, external);
	return seen.outcome;
}

/* As the run loop does it: faults during delivery combine. */
static bool deliver_seen(void)
{
	struct exception exception = { .vector = (uint8_t)seen.vector,
				       .has_error = seen.has_error,
				       .error = seen.error,
				       .address = seen.address };

	while (guest_deliver(&exception, false) == RAISED) {
		struct exception second = { .vector = (uint8_t)seen.vector,
					    .has_error = seen.has_error,
					    .error = seen.error,
					    .address = seen.address },
				 next;

		if (!exception_combine(&exception, &second, &next))
			return false;
		exception = next;
	}
	return true;
}

bool guest_run(unsigned steps)
{
	while (steps-- > 0 && cpu->activity == ACTIVITY_RUNNING) {
		if (guest_step() == RAISED && !deliver_seen())
			return false;
	}
	return cpu->activity == ACTIVITY_HALTED;
}
