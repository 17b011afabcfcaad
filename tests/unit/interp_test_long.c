/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long mode: exceptions and IST, IRETQ, SYSCALL and its like, control registers, MSRs, breakpoints, page
 * faults in instructions. */
#include "interp_guest.h"

#define NOT_CANONICAL 0x8000000000000000ull

/* --- events ----------------------------------------------------------------------------------- */

static void test_fault_same_level(void)
{
	struct exception fault = {
		.vector = VECTOR_PF, .has_error = true, .error = 2, .address = 0x123456789
	};

	guest_reset(GUEST_64);
	cpu->gpr[REG_RSP] = STACK_TOP - 0x18; /* not a multiple of 16 */
	CHECK_EQ(guest_deliver(&fault, false), DONE);
	CHECK_EQ(cpu->cr2, 0x123456789);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP - 0x20 - 48);
	CHECK_EQ(memory_read(STACK_TOP - 0x20 - 48, 8), 2);
	CHECK_EQ(memory_read(STACK_TOP - 0x20 - 40, 8), CODE_AT);
	CHECK_EQ(memory_read(STACK_TOP - 0x20 - 32, 8), SEL_CODE64);
	CHECK_EQ(memory_read(STACK_TOP - 0x20 - 24, 8), RFLAGS_ONE | RFLAGS_RF);
	CHECK_EQ(memory_read(STACK_TOP - 0x20 - 16, 8), STACK_TOP - 0x18);
	CHECK_EQ(memory_read(STACK_TOP - 0x20 - 8, 8), SEL_DATA32);
	CHECK_EQ(cpu->seg[SEG_SS].selector, SEL_DATA32);
}

static void test_from_user(void)
{
	struct exception interrupt = { .vector = 0x40 };

	guest_reset(GUEST_64);
	guest_to_user();
	CHECK_EQ(guest_deliver(&interrupt, true), DONE);
	CHECK_EQ(cpu->cpl, 0);
	CHECK_EQ(cpu->gpr[REG_RSP], INNER_STACK_TOP - 40);
	CHECK_EQ(cpu->seg[SEG_SS].selector, 0); /* null */
	CHECK_EQ(cpu->tlb_mode, TLB_KERNEL);
	STEP(0x48, 0xcf); /* iretq */
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);
	CHECK_EQ(cpu->seg[SEG_SS].selector, SEL_DATA32_USER | 3);
}

static void test_ist(void)
{
	struct exception nmi = { .vector = VECTOR_NMI };

	guest_reset(GUEST_64);
	idt_set(VECTOR_NMI, SEL_CODE64, HANDLERS_AT, 0x8e, 1);
	CHECK_EQ(guest_deliver(&nmi, true), DONE);
	CHECK_EQ(cpu->gpr[REG_RSP], IST_STACK_TOP - 40);
	CHECK_EQ(cpu->seg[SEG_SS].selector, SEL_DATA32); /* same level: kept */

	guest_reset(GUEST_64);
	idt_set(VECTOR_NMI, SEL_CODE64, HANDLERS_AT, 0x8e, 1);
	memory_store(TSS_AT + 0x24, NOT_CANONICAL, 8);
	guest_deliver(&nmi, true);
	CHECK_RAISED(VECTOR_SS, 1);
	cpu->tr.limit = 0x2a;
	guest_deliver(&nmi, true);
	CHECK_RAISED(VECTOR_TS, SEL_TSS | 1);
}

static void test_bad_gates(void)
{
	struct exception fault = { .vector = VECTOR_UD };

	guest_reset(GUEST_64);
	idt_set(VECTOR_UD, SEL_CODE32, HANDLERS_AT, 0x8e, 0); /* not 64-bit code */
	guest_deliver(&fault, false);
	CHECK_RAISED(VECTOR_GP, SEL_CODE32 | 1);
	idt_set(VECTOR_UD, SEL_CODE64, HANDLERS_AT, 0x86, 0); /* no 16-bit gates */
	guest_deliver(&fault, false);
	CHECK_RAISED(VECTOR_GP, VECTOR_UD * 8 + 3);
	idt_set(VECTOR_UD, SEL_CODE64, NOT_CANONICAL, 0x8e, 0);
	guest_deliver(&fault, false);
	CHECK_RAISED(VECTOR_GP, 0);
	CHECK_EQ(cpu->rip, CODE_AT);
}

static void test_from_compatibility_mode(void)
{
	guest_reset(GUEST_COMPAT);
	STEP(0x0f, 0x0b);
	CHECK_RAISED(VECTOR_UD, 0);
	CHECK(guest_run(2), "no halt");
	CHECK_EQ(cpu->seg[SEG_CS].selector, SEL_CODE64);
}

static void push_frame(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp, uint64_t ss)
{
	const uint64_t words[] = { rip, cs, rflags, rsp, ss };

	cpu->gpr[REG_RSP] = STACK_TOP - 0x40;
	memcpy(ram + STACK_TOP - 0x40, words, sizeof(words));
}

static void test_iretq(void)
{
	guest_reset(GUEST_64);
	push_frame(0x9000, SEL_CODE64, 0x202, 0x7777, 0); /* a null SS is fine in the kernel */
	STEP(0x48, 0xcf);
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RSP], 0x7777);
	CHECK_EQ(cpu->rflags, 0x202);

	guest_reset(GUEST_64);
	push_frame(0x9000, SEL_CODE64_USER | 3, 0x202, 0x7777, 3);
	STEP(0x48, 0xcf);
	CHECK_RAISED(VECTOR_GP, 0);
	push_frame(NOT_CANONICAL, SEL_CODE64_USER | 3, 0x202, 0x7777, SEL_DATA32_USER | 3);
	STEP(0x48, 0xcf);
	CHECK_RAISED(VECTOR_GP, 0);
	push_frame(0x9000, SEL_CODE32_USER | 3, 0x202, 0x123456789, SEL_DATA32_USER | 3);
	STEP(0x48, 0xcf); /* to compatibility mode: esp has 32 bits */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RSP], 0x23456789);
	CHECK_EQ(cpu_mode(cpu), MODE_32);
	CHECK_EQ(cpu->cpl, 3);
	guest_reset(GUEST_64);
	cpu->rflags |= RFLAGS_NT;
	push_frame(0x9000, SEL_CODE64, 2, 0, 0);
	STEP(0x48, 0xcf);
	CHECK_RAISED(VECTOR_GP, 0);
}

/* --- system calls ----------------------------------------------------------------------------- */

static void set_msrs(void)
{
	CHECK(cpu_wrmsr(cpu, 0xc0000081, (uint64_t)(SEL_CODE32_USER - 0) << 48 | (uint64_t)SEL_CODE32 << 32),
	      "STAR");
	CHECK(cpu_wrmsr(cpu, 0xc0000082, 0xffffffff81000000), "LSTAR");
	CHECK(cpu_wrmsr(cpu, 0xc0000084, 0x47700), "SFMASK");
	CHECK(cpu_wrmsr(cpu, 0x174, 0x60), "SYSENTER_CS");
	CHECK(cpu_wrmsr(cpu, 0x175, 0xffff888000001000), "SYSENTER_ESP");
	CHECK(cpu_wrmsr(cpu, 0x176, 0xffffffff82000000), "SYSENTER_EIP");
}

static void test_syscall(void)
{
	guest_reset(GUEST_64);
	guest_to_user();
	set_msrs();
	cpu->rflags = RFLAGS_ONE | RFLAGS_IF | RFLAGS_DF | FLAG_CF;
	STEP(0x0f, 0x05);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, 0xffffffff81000000);
	CHECK_EQ(cpu->gpr[REG_RCX], CODE_AT + 2);
	CHECK_EQ(cpu->gpr[11], RFLAGS_ONE | RFLAGS_IF | RFLAGS_DF | FLAG_CF);
	CHECK_EQ(cpu->rflags, RFLAGS_ONE | FLAG_CF);
	CHECK_EQ(cpu->cpl, 0);
	CHECK_EQ(cpu->seg[SEG_CS].selector, SEL_CODE32);
	CHECK_EQ(cpu->seg[SEG_CS].attr, 0xa09b);
	CHECK_EQ(cpu->seg[SEG_SS].selector, SEL_CODE32 + 8);

	cpu->rip = CODE_AT;
	STEP(0x48, 0x0f, 0x07); /* sysretq */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 2);
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->rflags, RFLAGS_ONE | RFLAGS_IF | RFLAGS_DF | FLAG_CF);
	CHECK_EQ(cpu->seg[SEG_CS].selector, (SEL_CODE32_USER + 16) | 3);
	CHECK_EQ(cpu->seg[SEG_SS].selector, (SEL_CODE32_USER + 8) | 3);
	CHECK_EQ(cpu_mode(cpu), MODE_64);

	cpu_set_cpl(cpu, 0);
	cpu->rip = CODE_AT;
	STEP(0x0f, 0x07); /* sysretl */
	CHECK_DONE();
	CHECK_EQ(cpu_mode(cpu), MODE_32);
	CHECK_EQ(cpu->seg[SEG_CS].selector, SEL_CODE32_USER | 3);
}

static void test_syscall_refused(void)
{
	guest_reset(GUEST_64);
	set_msrs();
	cpu->gpr[REG_RCX] = NOT_CANONICAL;
	STEP(0x48, 0x0f, 0x07);
	CHECK_RAISED(VECTOR_GP, 0);
	guest_to_user();
	STEP(0x48, 0x0f, 0x07);
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->efer &= ~EFER_SCE;
	STEP(0x0f, 0x05);
	CHECK_RAISED(VECTOR_UD, 0);
	guest_reset(GUEST_COMPAT);
	STEP(0x0f, 0x05);
	CHECK_RAISED(VECTOR_UD, 0);
}

static void test_sysenter(void)
{
	guest_reset(GUEST_COMPAT);
	guest_to_user();
	set_msrs();
	cpu->rflags |= RFLAGS_IF;
	STEP(0x0f, 0x34);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, 0xffffffff82000000);
	CHECK_EQ(cpu->gpr[REG_RSP], 0xffff888000001000);
	CHECK_EQ(cpu->seg[SEG_CS].selector, 0x60);
	CHECK_EQ(cpu->seg[SEG_SS].selector, 0x68);
	CHECK_EQ(cpu_mode(cpu), MODE_64);
	CHECK_EQ(cpu->rflags & RFLAGS_IF, 0);
	cpu->rip = CODE_AT;
	cpu->gpr[REG_RDX] = 0x12345678;
	cpu->gpr[REG_RCX] = 0x5000;
	STEP(0x0f, 0x35); /* sysexit to 32 bits */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, 0x12345678);
	CHECK_EQ(cpu->gpr[REG_RSP], 0x5000);
	CHECK_EQ(cpu->seg[SEG_CS].selector, 0x73);
	CHECK_EQ(cpu->seg[SEG_SS].selector, 0x7b);
	CHECK_EQ(cpu->cpl, 3);
	cpu->rip = CODE_AT;
	STEP(0x0f, 0x35);
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_swapgs(void)
{
	guest_reset(GUEST_64);
	cpu->seg[SEG_GS].base = 0x1111;
	cpu->kernel_gs_base = 0x2222;
	STEP(0x0f, 0x01, 0xf8);
	CHECK_DONE();
	CHECK_EQ(cpu->seg[SEG_GS].base, 0x2222);
	CHECK_EQ(cpu->kernel_gs_base, 0x1111);
	guest_to_user();
	STEP(0x0f, 0x01, 0xf8);
	CHECK_RAISED(VECTOR_GP, 0);
	guest_reset(GUEST_COMPAT);
	STEP(0x0f, 0x01, 0xf8);
	CHECK_RAISED(VECTOR_UD, 0);
}

/* Loading a selector replaces the base that an MSR gave; a null one clears it. */
static void test_bases(void)
{
	guest_reset(GUEST_64);
	CHECK(cpu_wrmsr(cpu, 0xc0000100, 0x7f0000001000), "FS base");
	CHECK(!cpu_wrmsr(cpu, 0xc0000101, NOT_CANONICAL), "GS base");
	CHECK_EQ(cpu->seg[SEG_FS].base, 0x7f0000001000);
	cpu->gpr[REG_RAX] = 0;
	STEP(0x8e, 0xe0); /* mov fs, ax */
	CHECK_EQ(cpu->seg[SEG_FS].base, 0);
	STEP(0xf3, 0x0f, 0xae, 0xd0); /* wrfsbase eax without CR4.FSGSBASE */
	CHECK_RAISED(VECTOR_UD, 0);
	if (cpu_set_cr4(cpu, cpu->cr4 | CR4_FSGSBASE)) {
		cpu->gpr[REG_RAX] = 0xffff888012345678;
		STEP(0xf3, 0x48, 0x0f, 0xae, 0xd0);
		CHECK_DONE();
		CHECK_EQ(cpu->seg[SEG_FS].base, 0xffff888012345678);
		STEP(0xf3, 0x0f, 0xae, 0xc1); /* rdfsbase ecx */
		CHECK_EQ(cpu->gpr[REG_RCX], 0x12345678);
	}
	cpu->seg[SEG_GS].base = DATA_AT;
	cpu->seg[SEG_DS].base = 0xdead0000; /* counts for nothing */
	memory_store(DATA_AT + 0x10, 0xabcdef, 4);
	STEP(0x65, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0); /* mov eax, gs:[0x10] */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RAX], 0xabcdef);
	cpu->gpr[REG_RBX] = DATA_AT + 0x10;
	STEP(0x8b, 0x0b);
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RCX], 0xabcdef);
}

/* --- control registers ------------------------------------------------------------------------ */

static void test_control_checks(void)
{
	guest_reset(GUEST_64);
	CHECK(!cpu_set_cr0(cpu, cpu->cr0 & ~CR0_PG), "leaving paging in 64-bit mode");
	CHECK(!cpu_set_cr0(cpu, cpu->cr0 | 1ull << 32), "high bits of CR0");
	CHECK(!cpu_set_cr0(cpu, (cpu->cr0 | CR0_NW) & ~CR0_CD), "NW without CD");
	CHECK(!cpu_set_cr4(cpu, cpu->cr4 & ~CR4_PAE), "PAE in long mode");
	CHECK(!cpu_set_cr4(cpu, cpu->cr4 | CR4_VME), "VME is not offered");
	CHECK(!cpu_set_cr4(cpu, cpu->cr4 | 1 << 13), "VMXE is not offered");
	CHECK(!cpu_set_cr3(cpu, 1ull << 62), "CR3 beyond the address width");
	CHECK(!cpu_set_cr3(cpu, cpu->cr3 | 1ull << 63), "no-flush without PCIDs");
	CHECK(!cpu_set_efer(cpu, cpu->efer & ~EFER_LME), "LME with paging");
	CHECK(!cpu_set_efer(cpu, cpu->efer | 1 << 12), "SVME");
	CHECK(cpu_set_efer(cpu, cpu->efer & ~EFER_LMA), "writes of LMA are ignored");
	CHECK_EQ(cpu->efer & EFER_LMA, EFER_LMA);
	if (cpuid_has(cpu->cpuid, CPUID_PCID)) {
		cpu->cr3 |= 1;
		CHECK(!cpu_set_cr4(cpu, cpu->cr4 | CR4_PCIDE), "PCIDE with a PCID in CR3");
		cpu->cr3 &= ~1ull;
		CHECK(cpu_set_cr4(cpu, cpu->cr4 | CR4_PCIDE), "PCIDE");
		CHECK(cpu_set_cr3(cpu, cpu->cr3 | 1ull << 63 | 5), "no-flush");
		CHECK_EQ(cpu->cr3, TABLES_AT | 5);
	}
	CHECK(!cpu_set_xcr0(cpu, 0), "x87 must be on");
	CHECK(!cpu_set_xcr0(cpu, 5), "AVX without SSE");
	CHECK(!cpu_set_xcr0(cpu, 1 << 5 | 7), "AVX-512 is not offered");

	guest_reset(GUEST_32);
	CHECK(!cpu_set_cr0(cpu, CR0_PG), "PG without PE");
	CHECK(cpu_set_efer(cpu, EFER_LME), "LME");
	CHECK(!cpu_set_cr0(cpu, cpu->cr0 | CR0_PG), "long mode without PAE");
	CHECK_EQ(cpu->efer, EFER_LME);
}

static void test_mov_cr(void)
{
	guest_reset(GUEST_64);
	cpu->gpr[REG_RAX] = 9;
	STEP(0x44, 0x0f, 0x22, 0xc0); /* mov cr8, rax */
	CHECK_DONE();
	STEP(0x44, 0x0f, 0x20, 0xc1); /* mov rcx, cr8 */
	CHECK_EQ(cpu->gpr[REG_RCX], 9);
	cpu->gpr[REG_RAX] = 16;
	STEP(0x44, 0x0f, 0x22, 0xc0);
	CHECK_RAISED(VECTOR_GP, 0);
	STEP(0x0f, 0x20, 0xe1); /* mov rcx, cr4 */
	CHECK_EQ(cpu->gpr[REG_RCX], CR4_PAE);
	STEP(0x0f, 0x22, 0xc8); /* mov cr1 */
	CHECK_RAISED(VECTOR_UD, 0);
	cpu->cr0 |= CR0_TS;
	STEP(0x0f, 0x06); /* clts */
	CHECK_EQ(cpu->cr0 & CR0_TS, 0);
}

static void test_msrs(void)
{
	uint64_t value;

	guest_reset(GUEST_64);
	CHECK(!cpu_rdmsr(cpu, 0x12345, &value), "unknown");
	CHECK(!cpu_rdmsr(cpu, 0x480, &value), "VMX");
	CHECK(!cpu_wrmsr(cpu, 0x277, 0x0007040600070403), "PAT type 3");
	CHECK(cpu_wrmsr(cpu, 0x277, 0x0407050600070106), "PAT as Linux sets it");
	CHECK(cpu_rdmsr(cpu, 0x277, &value) && value == 0x0407050600070106, "PAT %#llx",
	      (unsigned long long)value);
	CHECK(!cpu_wrmsr(cpu, 0xc0000082, NOT_CANONICAL), "LSTAR");
	CHECK(cpu_wrmsr(cpu, 0x2ff, 0xc06), "MTRR default type");
	CHECK(!cpu_wrmsr(cpu, 0x2ff, 0x1000), "reserved");
	CHECK(cpu_wrmsr(cpu, 0x250, 0x0606060606060606) && !cpu_wrmsr(cpu, 0x26f, 2), "fixed ranges");
	CHECK(cpu_wrmsr(cpu, 0x201, 0xfffff0000800 & ((1ull << cpu->cpuid->physical_bits) - 1)) &&
		  !cpu_wrmsr(cpu, 0x201, 1),
	      "variable");
	CHECK(cpu_wrmsr(cpu, 0x10, 1000000), "TSC");
	CHECK(cpu_rdmsr(cpu, 0x10, &value) && value - 1000000 < 100, "TSC %llu", (unsigned long long)value);
	CHECK(cpu_wrmsr(cpu, 0xc0000103, 7) && !cpu_wrmsr(cpu, 0xc0000103, 1ull << 32), "TSC_AUX");
	cpu->gpr[REG_RCX] = 0xc0000080;
	STEP(0x0f, 0x32); /* rdmsr */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RAX], EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE);
	cpu->gpr[REG_RCX] = 0x99999;
	STEP(0x0f, 0x30);
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_umip(void)
{
	guest_reset(GUEST_64);
	if (!cpu_set_cr4(cpu, cpu->cr4 | CR4_UMIP))
		return;
	guest_to_user();
	cpu->gpr[REG_RBX] = DATA_AT;
	STEP(0x0f, 0x01, 0x03); /* sgdt [rbx] */
	CHECK_RAISED(VECTOR_GP, 0);
	STEP(0x0f, 0x00, 0xc8); /* str eax */
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->cr4 &= ~CR4_UMIP;
	STEP(0x0f, 0x01, 0x03);
	CHECK_DONE();
	CHECK_EQ(memory_read(DATA_AT, 2), GDT_BYTES - 1);
	CHECK_EQ(memory_read(DATA_AT + 2, 8), GDT_AT);
}

static void test_ltr(void)
{
	guest_reset(GUEST_64);
	gdt_set(SEL_FREE, descriptor(TSS2_AT, 0x67, 0x89));
	memory_store(GDT_AT + SEL_FREE + 8, 0xffff8880, 8);
	cpu->gpr[REG_RAX] = SEL_FREE;
	STEP(0x0f, 0x00, 0xd8);
	CHECK_DONE();
	CHECK_EQ(cpu->tr.base, 0xffff888000000000 | TSS2_AT);
	CHECK_EQ(memory_read(GDT_AT + SEL_FREE + 5, 1), 0x8b); /* busy */
	STEP(0x0f, 0x00, 0xd8);
	CHECK_RAISED(VECTOR_GP, SEL_FREE);
	gdt_set(SEL_FREE, descriptor(TSS2_AT, 0x67, 0x81)); /* 16-bit: not in long mode */
	STEP(0x0f, 0x00, 0xd8);
	CHECK_RAISED(VECTOR_GP, SEL_FREE);
}

static void test_call_gate(void)
{
	guest_reset(GUEST_64);
	guest_to_user();
	gdt_set(SEL_GATE, gate(SEL_CODE64, 0x9000, 0xec));
	memory_store(DATA_AT, 0, 4);
	memory_store(DATA_AT + 4, SEL_GATE | 3, 2);
	cpu->gpr[REG_RBX] = DATA_AT;
	STEP(0xff, 0x1b); /* call far [rbx] */
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 0);
	CHECK_EQ(cpu->rip, 0x9000);
	CHECK_EQ(cpu->gpr[REG_RSP], INNER_STACK_TOP - 32);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 8, 8), SEL_DATA32_USER | 3);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 16, 8), STACK_TOP);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 24, 8), SEL_CODE64_USER | 3);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 32, 8), CODE_AT + 2);
	STEP(0x48, 0xcb); /* retfq */
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);
	memory_store(GDT_AT + SEL_GATE + 13, 0x0c, 1); /* type bits in the upper half */
	STEP(0xff, 0x1b);
	CHECK_RAISED(VECTOR_GP, SEL_GATE);
}

/* --- faults inside instructions --------------------------------------------------------------- */

static void test_page_faults(void)
{
	guest_reset(GUEST_64);
	guest_map_page(DATA_AT, DATA_AT, 5); /* read-only */
	guest_map_page(DATA_AT + 0x1000, 0, 0);
	cpu->gpr[REG_RBX] = DATA_AT;
	STEP(0x01, 0x03); /* add [rbx], eax: a write from the beginning */
	CHECK_RAISED(VECTOR_PF, 3);
	CHECK_EQ(seen.address, DATA_AT);
	cpu->gpr[REG_RBX] = DATA_AT + 0x1000;
	STEP(0x01, 0x03);
	CHECK_RAISED(VECTOR_PF, 2);
	STEP(0x8b, 0x43, 0xfe); /* mov eax, [rbx-2]: crosses into the absent page */
	CHECK_RAISED(VECTOR_PF, 0);
	CHECK_EQ(seen.address, DATA_AT + 0x1000);
	cpu->gpr[REG_RSP] = DATA_AT + 0x1008;
	memory_store(DATA_AT + 0xff8, 0x42, 8);
	STEP(0x50); /* push: rsp stays */
	CHECK_RAISED(VECTOR_PF, 2);
	CHECK_EQ(cpu->gpr[REG_RSP], DATA_AT + 0x1008);
	STEP(0x8f, 0x03); /* pop [rbx] */
	CHECK_RAISED(VECTOR_PF, 0);
	guest_to_user();
	guest_map_page(DATA_AT, DATA_AT, 3); /* supervisor */
	cpu->gpr[REG_RBX] = DATA_AT;
	STEP(0x8b, 0x03);
	CHECK_RAISED(VECTOR_PF, 5);
	cpu->gpr[REG_RBX] = NOT_CANONICAL;
	STEP(0x8b, 0x03);
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->gpr[REG_RSP] = NOT_CANONICAL;
	STEP(0x58);
	CHECK_RAISED(VECTOR_SS, 0);
	STEP(0x8b, 0x44, 0x24, 0x08); /* mov eax, [rsp+8] */
	CHECK_RAISED(VECTOR_SS, 0);
}

/* An instruction that lies in two pages, the second absent. */
static void test_fetch_faults(void)
{
	guest_reset(GUEST_64);
	guest_map_page(DATA_AT + 0x1000, 0, 0);
	cpu->rip = DATA_AT + 0xffe;
	STEP(0x31, 0xc0); /* xor eax, eax: just fits */
	CHECK_DONE();
	cpu->rip = DATA_AT + 0xffe;
	CODE(0x48, 0x31);
	guest_step();
	CHECK_RAISED(VECTOR_PF, 0x10);
	CHECK_EQ(seen.address, DATA_AT + 0x1000);
	cpu->rip = NOT_CANONICAL;
	guest_step();
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->rip = CODE_AT;
	memset(ram + CODE_AT, 0x66, 20);
	guest_step(); /* over 15 bytes */
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_alignment_check(void)
{
	guest_reset(GUEST_64);
	cpu->cr0 |= CR0_AM;
	cpu->rflags |= RFLAGS_AC;
	cpu->gpr[REG_RBX] = DATA_AT + 1;
	STEP(0x8b, 0x03);
	CHECK_DONE(); /* not in the kernel */
	guest_to_user();
	STEP(0x8b, 0x03);
	CHECK_RAISED(VECTOR_AC, 0);
	STEP(0x8a, 0x03);
	CHECK_DONE();
}

/* --- breakpoints ------------------------------------------------------------------------------ */

static void test_breakpoints(void)
{
	guest_reset(GUEST_64);
	cpu->dr[0] = CODE_AT;
	cpu->dr[7] = 0x401; /* execute */
	STEP(0x90);
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK_EQ(cpu->dr[6], 0xffff0ff1);
	cpu->rflags |= RFLAGS_RF;
	STEP(0x90);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 1);
	CHECK_EQ(cpu->rflags & RFLAGS_RF, 0);

	cpu->dr[1] = DATA_AT + 4;
	cpu->dr[7] = 0x404 | 1 << 20 | 3 << 22; /* write of 4 bytes */
	cpu->gpr[REG_RBX] = DATA_AT + 2;
	STEP(0x8b, 0x03); /* a read does not count */
	CHECK_DONE();
	STEP(0x89, 0x03); /* a write that overlaps */
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->dr[6] & 15, 2);
	CHECK_EQ(cpu->rip, CODE_AT + 5);
	STEP(0x88, 0x03); /* one byte before */
	CHECK_DONE();
	cpu->dr[7] |= 1 << 13;	/* GD */
	STEP(0x0f, 0x21, 0xf0); /* mov rax, dr6 */
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->dr[6] >> 13 & 1, 1);
}

static void test_debug_registers(void)
{
	guest_reset(GUEST_64);
	cpu->gpr[REG_RAX] = 0xffffffff;
	STEP(0x0f, 0x23, 0xf0); /* mov dr6, rax */
	CHECK_EQ(cpu->dr[6], 0xffffefff & 0xffffefff);
	cpu->gpr[REG_RAX] = 1ull << 32;
	STEP(0x0f, 0x23, 0xf8);
	CHECK_RAISED(VECTOR_GP, 0);
	STEP(0x0f, 0x21, 0xe1); /* mov rcx, dr4 = dr6 */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RCX], cpu->dr[6]);
	cpu->cr4 |= CR4_DE;
	STEP(0x0f, 0x21, 0xe1);
	CHECK_RAISED(VECTOR_UD, 0);
}

/* --- atomics ---------------------------------------------------------------------------------- */

static void test_cmpxchg16b(void)
{
	guest_reset(GUEST_64);
	cpu->gpr[REG_RBX] = 3;
	cpu->gpr[REG_RCX] = 4;
	cpu->gpr[REG_RSI] = DATA_AT;
	memory_store(DATA_AT, 1, 8);
	memory_store(DATA_AT + 8, 2, 8);
	cpu->gpr[REG_RAX] = 1;
	cpu->gpr[REG_RDX] = 9;
	STEP(0xf0, 0x48, 0x0f, 0xc7, 0x0e);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags & FLAG_ZF, 0);
	CHECK_EQ(cpu->gpr[REG_RDX], 2);
	STEP(0xf0, 0x48, 0x0f, 0xc7, 0x0e);
	CHECK_EQ(cpu->rflags & FLAG_ZF, FLAG_ZF);
	CHECK_EQ(memory_read(DATA_AT, 8), 3);
	CHECK_EQ(memory_read(DATA_AT + 8, 8), 4);
	cpu->gpr[REG_RSI] = DATA_AT + 8;
	STEP(0xf0, 0x48, 0x0f, 0xc7, 0x0e);
	CHECK_RAISED(VECTOR_GP, 0);
}

/* LOCK over two pages, and on device memory. */
static void test_locked_corners(void)
{
	guest_reset(GUEST_64);
	memory_store(DATA_AT + 0xffe, 0x0000fffe, 4);
	cpu->gpr[REG_RBX] = DATA_AT + 0xffe;
	cpu->gpr[REG_RAX] = 3;
	STEP(0xf0, 0x01, 0x03); /* lock add [rbx], eax */
	CHECK_DONE();
	CHECK_EQ(memory_read(DATA_AT + 0xffe, 4), 0x10001);
	guest_map_page(DATA_AT + 0x1000, DATA_AT + 0x1000, 5);
	STEP(0xf0, 0x01, 0x03);
	CHECK_RAISED(VECTOR_PF, 3);
	CHECK_EQ(memory_read(DATA_AT + 0xffe, 4), 0x10001);
	cpu->gpr[REG_RBX] = MMIO_AT;
	mmio_answer = 0x1000;
	exits = 0;
	STEP(0xf0, 0x0f, 0xc1, 0x03); /* lock xadd [rbx], eax */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RAX], 0x1000);
	CHECK_EQ(exits, 2);
	CHECK_EQ(cpu->mmio.count, 0);
}

int main(void)
{
	test_fault_same_level();
	test_from_user();
	test_ist();
	test_bad_gates();
	test_from_compatibility_mode();
	test_iretq();
	test_syscall();
	test_syscall_refused();
	test_sysenter();
	test_swapgs();
	test_bases();
	test_control_checks();
	test_mov_cr();
	test_msrs();
	test_umip();
	test_ltr();
	test_call_gate();
	test_page_faults();
	test_fetch_faults();
	test_alignment_check();
	test_breakpoints();
	test_debug_registers();
	test_cmpxchg16b();
	test_locked_corners();
	return failures != 0;
}
