/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/boot_regs.h"

#include <errno.h>
#include <string.h>

enum {
	SELECTOR_CODE = 0x10, /* __BOOT_CS */
	SELECTOR_DATA = 0x18, /* __BOOT_DS */
	SELECTOR_TASK = 0x20,
	GDT_ENTRIES = 6, /* the task segment takes two in long mode */
	/* hv_segment attributes: type, S, P, then L, D/B, G */
	ATTR_CODE64 = 0xa09b,
	ATTR_CODE32 = 0xc09b,
	ATTR_DATA = 0xc093,
	ATTR_TASK = 0x008b,
};

#define CR0_PE		     (1ull << 0)
#define CR0_ET		     (1ull << 4)
#define CR0_NE		     (1ull << 5)
#define CR0_PG		     (1ull << 31)
#define CR4_PAE		     (1ull << 5)
#define EFER_LME	     (1ull << 8)
#define EFER_LMA	     (1ull << 10)
#define RFLAGS_ALWAYS_ONE    (1ull << 1)
#define PAGE_PRESENT_WRITE   3ull
#define PAGE_LARGE	     (1ull << 7)
#define IDENTITY_DIRECTORIES 4 /* GiB */

struct register_list {
	enum hv_reg names[24];
	union hv_value values[24];
	size_t count;
};

static void add(struct register_list *list, enum hv_reg name, uint64_t value)
{
	list->names[list->count] = name;
	list->values[list->count++].u64 = value;
}

static void add_segment(struct register_list *list, enum hv_reg name, uint16_t selector, uint16_t attr,
			uint32_t limit)
{
	list->names[list->count] = name;
	list->values[list->count++].segment =
	    (struct hv_segment){ .base = 0, .limit = limit, .selector = selector, .attr = attr };
}

/* SDM 3, 3.4.5: a flat descriptor of 4 GiB has limit 0xfffff in pages; attributes go to bits 40..55. */
static uint64_t flat_descriptor(uint16_t attr)
{
	return 0xffffull | (uint64_t)attr << 40 | 0xfull << 48;
}

static bool write_gdt(const struct guest_ram *ram, bool is_long_mode)
{
	uint64_t gdt[GDT_ENTRIES] = { 0 };

	gdt[SELECTOR_CODE / 8] = flat_descriptor(is_long_mode ? ATTR_CODE64 : ATTR_CODE32);
	gdt[SELECTOR_DATA / 8] = flat_descriptor(ATTR_DATA);
	gdt[SELECTOR_TASK / 8] = 0x67 | (uint64_t)ATTR_TASK << 40;
	return guest_ram_write(ram, BOOT_GDT, gdt, sizeof(gdt));
}

/* The low 4 GiB, each at its own address, in pages of 2 MiB. */
static bool write_page_tables(const struct guest_ram *ram)
{
	uint64_t pdpt = BOOT_PAGE_TABLES + 0x1000;
	uint64_t directories = BOOT_PAGE_TABLES + 0x2000;
	uint64_t *tables = guest_ram_at(ram, BOOT_PAGE_TABLES, (2 + IDENTITY_DIRECTORIES) * 0x1000);

	if (!tables)
		return false;
	memset(tables, 0, 0x2000);
	tables[0] = pdpt | PAGE_PRESENT_WRITE;
	for (unsigned i = 0; i < IDENTITY_DIRECTORIES; i++)
		tables[512 + i] = (directories + i * 0x1000) | PAGE_PRESENT_WRITE;
	for (unsigned i = 0; i < IDENTITY_DIRECTORIES * 512; i++)
		tables[1024 + i] = (uint64_t)i << 21 | PAGE_LARGE | PAGE_PRESENT_WRITE;
	return true;
}

static void add_segments(struct register_list *list, bool is_long_mode)
{
	static const enum hv_reg data[] = { HV_REG_DS, HV_REG_ES, HV_REG_SS, HV_REG_FS, HV_REG_GS };

	add_segment(list, HV_REG_CS, SELECTOR_CODE, is_long_mode ? ATTR_CODE64 : ATTR_CODE32, UINT32_MAX);
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		add_segment(list, data[i], SELECTOR_DATA, ATTR_DATA, UINT32_MAX);
	add_segment(list, HV_REG_TR, SELECTOR_TASK, ATTR_TASK, 0x67);
	list->names[list->count] = HV_REG_GDTR;
	list->values[list->count++].segment =
	    (struct hv_segment){ .base = BOOT_GDT, .limit = GDT_ENTRIES * 8 - 1 };
	list->names[list->count] = HV_REG_IDTR;
	list->values[list->count++].segment = (struct hv_segment){ 0 };
}

int boot_set_registers(const struct guest_ram *ram, struct hv_vp *vp, const struct boot_entry *entry)
{
	struct register_list list = { .count = 0 };

	if (!write_gdt(ram, entry->is_long_mode))
		return -EFAULT;
	if (entry->is_long_mode) {
		if (!write_page_tables(ram))
			return -EFAULT;
		add(&list, HV_REG_CR3, BOOT_PAGE_TABLES);
		add(&list, HV_REG_CR4, CR4_PAE);
		add(&list, HV_REG_EFER, EFER_LME | EFER_LMA);
		add(&list, HV_REG_CR0, CR0_PG | CR0_NE | CR0_ET | CR0_PE);
	} else {
		add(&list, HV_REG_CR4, 0);
		add(&list, HV_REG_EFER, 0);
		add(&list, HV_REG_CR0, CR0_ET | CR0_PE);
	}
	add_segments(&list, entry->is_long_mode);
	add(&list, HV_REG_RFLAGS, RFLAGS_ALWAYS_ONE);
	add(&list, HV_REG_RSP, BOOT_STACK_TOP);
	add(&list, HV_REG_RBP, 0);
	add(&list, HV_REG_RDI, 0);
	add(&list, HV_REG_RBX, entry->rbx);
	add(&list, HV_REG_RSI, entry->rsi);
	add(&list, HV_REG_RIP, entry->rip);
	return hv_vp_set_regs(vp, list.names, list.count, list.values);
}
