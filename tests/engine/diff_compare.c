/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff_policy.h"

#include <Zydis/Zydis.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const gpr_names[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					   "r8",  "r9",	 "r10", "r11", "r12", "r13", "r14", "r15" };

enum {
	RFLAGS_CONTROL = 0x254700, /* ID, AC, RF, NT, DF, IF, TF */
	PF_PRESENT = 1,
	VECTOR_PAGE_FAULT = 14,
};

struct report {
	bool quiet, differs;
};

__attribute__((format(printf, 2, 3))) static void differ(struct report *report, const char *format, ...)
{
	va_list args;

	report->differs = true;
	if (report->quiet)
		return;
	printf("    ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static void compare_word(struct report *report, const char *name, uint64_t native, uint64_t guest)
{
	if (native != guest)
		differ(report, "%-8s native %016lx guest %016lx", name, (unsigned long)native,
		       (unsigned long)guest);
}

/* An IRET to CPL 3, as that to the signal's handler, makes any null selector 0 (SDM 2, IRET). */
static uint16_t comparable_selector(uint16_t selector)
{
	return selector < 4 ? 0 : selector;
}

static void compare_segments(struct report *report, const struct diff_state *native,
			     const struct diff_state *guest)
{
	static const char *const names[6] = { "es", "cs", "ss", "ds", "fs", "gs" };

	for (unsigned i = 0; i < 6; i++)
		compare_word(report, names[i], comparable_selector(native->selectors[i]),
			     comparable_selector(guest->selectors[i]));
	compare_word(report, "fs base", native->fs_base, guest->fs_base);
	compare_word(report, "gs base", native->gs_base, guest->gs_base);
}

static void compare_bytes(struct report *report, const char *name, unsigned index, const uint8_t *native,
			  const uint8_t *guest, unsigned size)
{
	char text[2][40];

	if (!memcmp(native, guest, size))
		return;
	for (unsigned i = 0; i < size; i++) {
		snprintf(text[0] + 2 * i, 3, "%02x", native[size - 1 - i]);
		snprintf(text[1] + 2 * i, 3, "%02x", guest[size - 1 - i]);
	}
	differ(report, "%s%u native %s guest %s", name, index, text[0], text[1]);
}

static void compare_x87(struct report *report, const struct diff_vector *native,
			const struct diff_vector *guest)
{
	compare_word(report, "fcw", native->fcw, guest->fcw);
	compare_word(report, "fsw", native->fsw, guest->fsw);
	compare_word(report, "ftw", native->ftw, guest->ftw);
	for (unsigned i = 0; i < 8; i++)
		compare_bytes(report, "st", i, native->st[i], guest->st[i], 10);
}

static void compare_vector(struct report *report, const struct diff_vector *native,
			   const struct diff_vector *guest, unsigned ignored)
{
	for (unsigned i = 0; i < 16; i++) {
		if (ignored >> i & 1)
			continue;
		compare_bytes(report, "xmm", i, native->xmm[i], guest->xmm[i], 16);
		compare_bytes(report, "ymm high", i, native->ymm_high[i], guest->ymm_high[i], 16);
	}
}

static void compare_memory(struct report *report, const uint8_t *native, const uint8_t *guest)
{
	unsigned shown = 0;

	for (unsigned i = 0; i < DATA_BYTES; i += 8) {
		uint64_t a, b;

		memcpy(&a, native + i, 8);
		memcpy(&b, guest + i, 8);
		if (a != b && shown++ < 4)
			differ(report, "[%lx] native %016lx guest %016lx", (unsigned long)(DATA_START + i),
			       (unsigned long)a, (unsigned long)b);
	}
	if (shown > 4)
		differ(report, "and %u more words", shown - 4);
}

#define TASK_SIZE_MAX 0x7ffffffff000ull /* Linux leaves the last page of a process's half empty */

/*
 * Linux says "present" of all addresses beyond, so that nobody finds out what is mapped there; the guest's
 * kernel is where there is nothing natively.
 */
static uint32_t comparable_error(const struct diff_result *result)
{
	bool is_kernel =
	    result->cr2 >= TASK_SIZE_MAX || (result->cr2 >= KERNEL_BASE && result->cr2 < KERNEL_END);

	if (result->vector == VECTOR_PAGE_FAULT && is_kernel)
		return result->error & ~(uint32_t)PF_PRESENT;
	return result->error;
}

static void compare_exception(struct report *report, const struct diff_program *program,
			      const struct diff_result *native, const struct diff_result *guest)
{
	compare_word(report, "rip", native->end.rip, guest->end.rip);
	if (policy_fault_order(program, native, guest))
		return;
	compare_word(report, "vector", native->vector, guest->vector);
	if (native->vector != guest->vector)
		return;
	compare_word(report, "error", comparable_error(native), comparable_error(guest));
	if (native->vector == VECTOR_PAGE_FAULT && !policy_fault_address(program, native, guest))
		compare_word(report, "cr2", native->cr2, guest->cr2);
}

bool diff_compare(const struct diff_program *program, const struct diff_result *native,
		  const struct diff_result *guest, bool is_translated, bool quiet)
{
	uint64_t flags = RFLAGS_CONTROL | policy_flags(program, native, is_translated);
	struct report report = { .quiet = quiet };

	if (policy_ignore_all(program, native, guest))
		return false;
	compare_exception(&report, program, native, guest);
	compare_word(&report, "rflags", native->end.rflags & flags, guest->end.rflags & flags);
	for (unsigned i = 0; i < 16; i++)
		if (!(policy_ignored_gprs(program, native) >> i & 1))
			compare_word(&report, gpr_names[i], native->end.gpr[i], guest->end.gpr[i]);
	compare_segments(&report, &native->end, &guest->end);
	if (!policy_ignore_x87(program, native))
		compare_x87(&report, &native->end.vector, &guest->end.vector);
	if (!policy_ignore_mxcsr(program, native))
		compare_word(&report, "mxcsr", native->end.vector.mxcsr, guest->end.vector.mxcsr);
	compare_vector(&report, &native->end.vector, &guest->end.vector,
		       policy_ignored_vectors(program, native));
	if (!policy_ignore_memory(program, native))
		compare_memory(&report, native->memory, guest->memory);
	return report.differs;
}

/* --- the program as text ------------------------------------------------------------------------------ */

static void print_insn(const struct diff_program *program, unsigned at, unsigned size)
{
	static const ZydisMachineMode modes[] = { [MODE_16] = ZYDIS_MACHINE_MODE_LONG_COMPAT_16,
						  [MODE_32] = ZYDIS_MACHINE_MODE_LONG_COMPAT_32,
						  [MODE_64] = ZYDIS_MACHINE_MODE_LONG_64 };
	ZydisMachineMode mode = modes[program->mode];
	ZydisDisassembledInstruction insn;
	char hex[40] = "";

	for (unsigned i = 0; i < size && i < 15; i++)
		snprintf(hex + 2 * i, 3, "%02x", program->bytes[at + i]);
	if (ZYAN_FAILED(ZydisDisassembleIntel(mode, program->rip + at, program->bytes + at,
					      program->size - at, &insn)))
		snprintf(insn.text, sizeof(insn.text), "?");
	printf("  %06lx: %-30s %s\n", (unsigned long)(program->rip + at), hex, insn.text);
}

void diff_print_program(const struct diff_program *program)
{
	const struct diff_state *start = &program->start;

	printf("  es %04x cs %04x ss %04x ds %04x\n", start->selectors[SEG_ES], start->selectors[SEG_CS],
	       start->selectors[SEG_SS], start->selectors[SEG_DS]);
	printf("  %u-bit code, rflags %03lx, mxcsr %04x, fcw %04x fsw %04x ftw %02x\n", 16u << program->mode,
	       (unsigned long)start->rflags, start->vector.mxcsr, start->vector.fcw, start->vector.fsw,
	       start->vector.ftw);
	for (unsigned i = 0; i < 16; i++)
		printf("  %-3s %016lx%s", gpr_names[i], (unsigned long)start->gpr[i], i % 4 == 3 ? "\n" : "");
	for (unsigned i = 0; i <= program->count; i++)
		print_insn(program, program->at[i],
			   (i < program->count ? program->at[i + 1] : program->size) - program->at[i]);
}
