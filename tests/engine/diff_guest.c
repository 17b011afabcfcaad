/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs programs as CPL 3 code of a guest in long mode. Each exception vector has a handler at CPL 0, on a
 * stack of its own, that does OUT to the port of its number, which ends hv_vp_run(); behind the OUT stands an
 * IRETQ that starts the next program from a frame that the host writes.
 */
#include "diff.h"

#include "engine/translator/translator.h"
#include "hv/hv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum guest_layout { /* guest-physical */
		    GPA_PML4 = 0x0,
		    GPA_PDPT = 0x1000,
		    GPA_PD = 0x2000,
		    GPA_PT_CODE = 0x3000,
		    GPA_PT_DATA = 0x4000,
		    GPA_PT_KERNEL = 0x5000,
		    GPA_TABLES = 0x8000,
		    GPA_GDT = GPA_TABLES,
		    GPA_IDT = GPA_TABLES + 0x200,
		    GPA_TSS = GPA_TABLES + 0x800,
		    GPA_LDT = GPA_TABLES + 0x900,
		    GPA_HANDLERS = 0x9000,
		    GPA_STACK = 0xa000,
		    GPA_STACK_TOP = 0xb000,
		    GPA_DATA_3 = 0x1e000,
		    GPA_DATA_2 = 0x1f000,
		    GPA_DATA_1 = 0x21000, /* not in the order of their virtual addresses */
		    GPA_CODE = 0x100000,
		    GUEST_BYTES = GPA_CODE + CODE_BYTES,
		    HANDLER_BYTES = 16,
		    SELECTOR_KERNEL = 0x10,
		    SELECTOR_KERNEL_DATA = 0x18,
		    SELECTOR_TSS = 0x40,
		    SELECTOR_LDT = 0x50,
		    SELECTOR_CPU = 0x78, /* as Linux has it, but for the processor's number in the limit */
		    START_HANDLER = 32,	 /* a handler without OUT: the first program starts there */
};
#define DESCRIPTOR_USER_DATA 0x00cff3000000ffffull
#define KERNEL_CR0	     (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)
#define KERNEL_CR4	     (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_FSGSBASE)

struct diff_guest {
	struct hv_partition *partition;
	struct hv_vp *vp;
	uint8_t *memory;
	bool interpret_only;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool has_work, stop;
	const struct diff_program *programs;
	struct diff_result *results;
	unsigned count;
	struct hv_exit exit; /* the same object for every hv_vp_run() */
	unsigned last_slot;
};

static void put64(struct diff_guest *guest, uint64_t gpa, uint64_t value)
{
	memcpy(guest->memory + gpa, &value, 8);
}

/* --- the guest's memory ------------------------------------------------------------------------------ */

static void map_page(struct diff_guest *guest, uint64_t table, uint64_t address, uint64_t gpa, unsigned flags)
{
	put64(guest, table + (address >> 12 & 511) * 8, gpa | flags);
}

static void make_page_tables(struct diff_guest *guest)
{
	enum { P = 1, W = 2, U = 4 };

	put64(guest, GPA_PML4, GPA_PDPT | P | W | U);
	put64(guest, GPA_PDPT, GPA_PD | P | W | U);
	put64(guest, GPA_PD + (CODE_BASE >> 21) * 8, GPA_PT_CODE | P | W | U);
	put64(guest, GPA_PD + (DATA_BASE >> 21) * 8, GPA_PT_DATA | P | W | U);
	put64(guest, GPA_PD + (KERNEL_BASE >> 21) * 8, GPA_PT_KERNEL | P | W);
	for (uint64_t at = 0; at < CODE_BYTES; at += 4096)
		map_page(guest, GPA_PT_CODE, CODE_BASE + at, GPA_CODE + at,
			 P | U | (diff_code_is_writable ? W : 0));
	map_page(guest, GPA_PT_DATA, DATA_START, GPA_DATA_1, P | W | U);
	map_page(guest, GPA_PT_DATA, DATA_START + 4096, GPA_DATA_2, P | W | U);
	map_page(guest, GPA_PT_DATA, DATA_START + 8192, GPA_DATA_3, P | U);
	for (uint64_t at = GPA_TABLES; at < GPA_STACK_TOP; at += 4096)
		map_page(guest, GPA_PT_KERNEL, KERNEL_BASE + at, at, P | W);
}

static void make_gdt(struct diff_guest *guest)
{
	uint64_t tss = KERNEL_BASE + GPA_TSS;

	put64(guest, GPA_GDT + SELECTOR_KERNEL, 0x00af9b000000ffff);
	put64(guest, GPA_GDT + SELECTOR_KERNEL_DATA, 0x00cf93000000ffff);
	put64(guest, GPA_GDT + (SELECTOR_USER32 & ~3), 0x00cffb000000ffff);
	put64(guest, GPA_GDT + (SELECTOR_USER_DATA & ~3), DESCRIPTOR_USER_DATA);
	put64(guest, GPA_GDT + (SELECTOR_USER64 & ~3), 0x00affb000000ffff);
	put64(guest, GPA_GDT + SELECTOR_CPU, 0x0040f50000000000);
	put64(guest, GPA_GDT + SELECTOR_TSS,
	      0x0000890000000067 | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56);
	put64(guest, GPA_GDT + SELECTOR_TSS + 8, tss >> 32);
	for (unsigned i = 0; i < OUR_LDT_ENTRIES; i++)
		put64(guest, GPA_LDT + 8 * i, diff_ldt_descriptor(i));
	put64(guest, GPA_TSS + 4, KERNEL_BASE + GPA_STACK_TOP);	 /* RSP0 */
	put64(guest, GPA_TSS + 36, KERNEL_BASE + GPA_STACK_TOP); /* IST1 */
	guest->memory[GPA_TSS + 102] = 0x68;			 /* no I/O bitmap: ports are for CPL 0 */
}

static void make_handlers(struct diff_guest *guest)
{
	for (unsigned vector = 0; vector <= START_HANDLER; vector++) {
		uint64_t handler = KERNEL_BASE + GPA_HANDLERS + vector * HANDLER_BYTES;
		const uint8_t code[] = { 0xe6, (uint8_t)vector, 0x48, 0xcf }; /* out %al, $vector; iretq */
		const uint8_t start[] = { 0x48, 0xcf };

		if (vector == START_HANDLER) {
			memcpy(guest->memory + GPA_HANDLERS + vector * HANDLER_BYTES, start, sizeof(start));
			break;
		}
		memcpy(guest->memory + GPA_HANDLERS + vector * HANDLER_BYTES, code, sizeof(code));
		put64(guest, GPA_IDT + vector * 16, /* interrupt gate, DPL 3, IST 1 */
		      (handler & 0xffff) | SELECTOR_KERNEL << 16 | 1ull << 32 | 0xeeull << 40 |
			  (handler >> 16 & 0xffff) << 48);
		put64(guest, GPA_IDT + vector * 16 + 8, handler >> 32);
	}
}

static void set_reg(struct diff_guest *guest, enum hv_reg name, uint64_t value)
{
	union hv_value v = { .u64 = value };

	if (hv_vp_set_regs(guest->vp, &name, 1, &v))
		fprintf(stderr, "register %d refuses %lx\n", name, (unsigned long)value);
}

static void set_segment(struct diff_guest *guest, enum hv_reg name, uint16_t selector, uint64_t base,
			uint32_t limit, uint16_t attr)
{
	union hv_value v = { .segment = {
				 .base = base, .limit = limit, .selector = selector, .attr = attr } };

	hv_vp_set_regs(guest->vp, &name, 1, &v);
}

static uint64_t get_reg(struct diff_guest *guest, enum hv_reg name)
{
	union hv_value v = { 0 };

	hv_vp_get_regs(guest->vp, &name, 1, &v);
	return v.u64;
}

static void enter_long_mode(struct diff_guest *guest)
{
	set_reg(guest, HV_REG_CR4, KERNEL_CR4);
	set_reg(guest, HV_REG_EFER, EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE);
	set_reg(guest, HV_REG_CR3, GPA_PML4);
	set_reg(guest, HV_REG_CR0, KERNEL_CR0);
	set_reg(guest, HV_REG_XCR0, 7);
	set_segment(guest, HV_REG_CS, SELECTOR_KERNEL, 0, 0xffffffff, 0xa09b);
	set_segment(guest, HV_REG_SS, SELECTOR_KERNEL_DATA, 0, 0xffffffff, 0xc093);
	set_segment(guest, HV_REG_LDTR, SELECTOR_LDT, KERNEL_BASE + GPA_LDT, OUR_LDT_ENTRIES * 8 - 1, 0x82);
	set_segment(guest, HV_REG_TR, SELECTOR_TSS, KERNEL_BASE + GPA_TSS, 0x67, 0x8b);
	set_segment(guest, HV_REG_GDTR, 0, KERNEL_BASE + GPA_GDT, GDT_BYTES - 1, 0);
	set_segment(guest, HV_REG_IDTR, 0, KERNEL_BASE + GPA_IDT, 32 * 16 - 1, 0);
	set_reg(guest, HV_REG_RIP, KERNEL_BASE + GPA_HANDLERS + START_HANDLER * HANDLER_BYTES);
	set_reg(guest, HV_REG_RFLAGS, 2);
}

/* --- one program ------------------------------------------------------------------------------------- */

static void put_memory(struct diff_guest *guest, const struct diff_program *program)
{
	uint8_t data[DATA_BYTES];
	uint64_t gpa = program->base - CODE_BASE + GPA_CODE;

	diff_fill_memory(data, program->memory_seed);
	memcpy(guest->memory + GPA_DATA_1, data, 4096);
	memcpy(guest->memory + GPA_DATA_2, data + 4096, 4096);
	memcpy(guest->memory + GPA_DATA_3, data + 8192, 4096);
	memcpy(guest->memory + gpa, program->bytes, program->size);
	hv_memory_written(guest->partition, gpa, program->size);
}

/* As a load of the selector would: the descriptor in parts. */
static void set_data_segment(struct diff_guest *guest, enum hv_reg name, uint16_t selector)
{
	uint64_t descriptor =
	    selector == SELECTOR_USER_DATA ? DESCRIPTOR_USER_DATA : diff_ldt_descriptor(selector >> 3);
	uint32_t limit = (uint32_t)((descriptor & 0xffff) | (descriptor >> 32 & 0xf0000));
	uint32_t base = (uint32_t)((descriptor >> 16 & 0xffffff) | (descriptor >> 56 << 24));
	uint16_t attr = descriptor >> 40 & 0xf0ff;

	set_segment(guest, name, selector, base, attr & 0x8000 ? limit << 12 | 0xfff : limit, attr);
}

static uint16_t get_selector(struct diff_guest *guest, enum hv_reg name, uint64_t *ret_base)
{
	union hv_value v = { 0 };

	hv_vp_get_regs(guest->vp, &name, 1, &v);
	*ret_base = v.segment.base;
	return v.segment.selector;
}

static void put_start(struct diff_guest *guest, const struct diff_program *program)
{
	struct vcpu *cpu = guest->vp->engine;
	uint64_t frame = GPA_STACK_TOP - 40;
	const struct diff_state *start = &program->start;

	for (unsigned i = 0; i < 16; i++)
		set_reg(guest, HV_REG_RAX + i, start->gpr[i]);
	set_reg(guest, HV_REG_RSP, KERNEL_BASE + frame);
	set_data_segment(guest, HV_REG_ES, start->selectors[SEG_ES]);
	set_data_segment(guest, HV_REG_DS, start->selectors[SEG_DS]);
	set_segment(guest, HV_REG_FS, 0, start->fs_base, 0, 0);
	set_segment(guest, HV_REG_GS, 0, start->gs_base, 0, 0);
	put64(guest, frame, start->rip);
	put64(guest, frame + 8, start->selectors[SEG_CS]);
	put64(guest, frame + 16, start->rflags);
	put64(guest, frame + 24, start->gpr[4]);
	put64(guest, frame + 32, start->selectors[SEG_SS]);
	memcpy(cpu->vector_area, &start->vector, sizeof(start->vector));
}

static void take_segments(struct diff_guest *guest, struct diff_state *end)
{
	uint64_t base;

	end->selectors[SEG_ES] = get_selector(guest, HV_REG_ES, &base);
	end->selectors[SEG_DS] = get_selector(guest, HV_REG_DS, &base);
	end->selectors[SEG_FS] = get_selector(guest, HV_REG_FS, &end->fs_base);
	end->selectors[SEG_GS] = get_selector(guest, HV_REG_GS, &end->gs_base);
}

static void take_frame(struct diff_guest *guest, struct diff_result *result)
{
	uint64_t rsp = get_reg(guest, HV_REG_RSP) - KERNEL_BASE, frame[6] = { 0 };
	unsigned words = (GPA_STACK_TOP - (unsigned)rsp) / 8;

	if (words != 5 && words != 6) {
		result->vector = RESULT_FAILURE;
		return;
	}
	memcpy(frame + (words == 5), guest->memory + rsp, words * 8);
	result->error = (uint32_t)frame[0];
	result->end.rip = frame[1];
	result->end.rflags = frame[3];
	result->end.gpr[4] = frame[4];
	result->end.selectors[SEG_CS] = (uint16_t)frame[2];
	result->end.selectors[SEG_SS] = (uint16_t)frame[5];
}

static void take_result(struct diff_guest *guest, struct diff_result *result)
{
	struct vcpu *cpu = guest->vp->engine;

	for (unsigned i = 0; i < 16; i++)
		result->end.gpr[i] = get_reg(guest, HV_REG_RAX + i);
	result->cr2 = get_reg(guest, HV_REG_CR2);
	take_segments(guest, &result->end);
	memcpy(&result->end.vector, cpu->vector_area, sizeof(result->end.vector));
	diff_vector_normalize(&result->end.vector);
	memcpy(result->memory, guest->memory + GPA_DATA_1, 4096);
	memcpy(result->memory + 4096, guest->memory + GPA_DATA_2, 4096);
	memcpy(result->memory + 8192, guest->memory + GPA_DATA_3, 4096);
	result->error = 0;
	result->vector = guest->exit.port.port;
	take_frame(guest, result);
}

static void run_one(struct diff_guest *guest, const struct diff_program *program, struct diff_result *result)
{
	int r;

	put_memory(guest, program);
	put_start(guest, program);
	r = hv_vp_run(guest->vp, &guest->exit);
	if (r == 0 && guest->exit.reason == HV_EXIT_PORT && guest->exit.port.is_write) {
		take_result(guest, result);
		return;
	}
	fprintf(stderr, "hv_vp_run() gives %d, reason %d%s%s\n", r, guest->exit.reason,
		guest->exit.reason == HV_EXIT_FAILURE ? ": " : "",
		guest->exit.reason == HV_EXIT_FAILURE ? guest->exit.failure : "");
	diff_print_program(program);
	exit(1);
}

/* --- the VP's thread --------------------------------------------------------------------------------- */

static void *guest_main(void *argument)
{
	struct diff_guest *guest = argument;

	pthread_mutex_lock(&guest->lock);
	for (;;) {
		while (!guest->has_work && !guest->stop)
			pthread_cond_wait(&guest->changed, &guest->lock);
		if (guest->stop)
			break;
		for (unsigned i = 0; i < guest->count; i++)
			run_one(guest, &guest->programs[i], &guest->results[i]);
		guest->has_work = false;
		pthread_cond_broadcast(&guest->changed);
	}
	pthread_mutex_unlock(&guest->lock);
	guest->vp = hv_vp_free(guest->vp);
	return NULL;
}

static void guest_run(void *self, const struct diff_program *programs, struct diff_result *results,
		      unsigned count)
{
	struct diff_guest *guest = self;

	pthread_mutex_lock(&guest->lock);
	guest->programs = programs;
	guest->results = results;
	guest->count = count;
	guest->has_work = true;
	pthread_cond_broadcast(&guest->changed);
	while (guest->has_work)
		pthread_cond_wait(&guest->changed, &guest->lock);
	pthread_mutex_unlock(&guest->lock);
}

static void guest_close(void *self)
{
	struct diff_guest *guest = self;

	pthread_mutex_lock(&guest->lock);
	guest->stop = true;
	pthread_cond_broadcast(&guest->changed);
	pthread_mutex_unlock(&guest->lock);
	pthread_join(guest->thread, NULL);
	hv_partition_free(guest->partition);
	munmap(guest->memory, GUEST_BYTES);
	free(guest);
}

static void *guest_open(bool interpret_only)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR,
					      .vp_count = 1,
					      .interpret_only = interpret_only };
	struct diff_guest *guest = calloc(1, sizeof(*guest));
	int r;

	guest->memory = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	guest->interpret_only = interpret_only;
	r = hv_partition_new(&config, &guest->partition);
	if (r == 0)
		r = hv_map(guest->partition, 0, guest->memory, GUEST_BYTES, HV_MAP_WRITE);
	if (r == 0)
		r = hv_vp_new(guest->partition, 0, &guest->vp);
	if (r < 0) {
		fprintf(stderr, "no partition: %s\n", strerror(-r));
		exit(2);
	}
	make_page_tables(guest);
	make_gdt(guest);
	make_handlers(guest);
	enter_long_mode(guest);
	pthread_mutex_init(&guest->lock, NULL);
	pthread_cond_init(&guest->changed, NULL);
	pthread_create(&guest->thread, NULL, guest_main, guest);
	return guest;
}

static void *interpreter_open(void)
{
	return guest_open(true);
}

static void *translator_open(void)
{
	return guest_open(false);
}

const struct diff_backend diff_interpreter = { "interpreter", false, interpreter_open, guest_run,
					       guest_close };
const struct diff_backend diff_translator = { "translator", true, translator_open, guest_run, guest_close };
