/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program on the processor itself. It ends in a signal, whose context holds all of the program's
 * registers. */
#include "diff.h"

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

struct native_frame { /* known to native_enter() */
	struct diff_vector vector;
	uint64_t gpr[16];
	uint64_t rip, cs, rflags, rsp, ss; /* for IRETQ */
};
_Static_assert(offsetof(struct native_frame, gpr) == 832, "native_enter knows");

void native_enter(const struct native_frame *frame);
void native_exit(void);
extern uint64_t native_rsp;

__asm__(
    ".text\n"
    ".globl native_enter, native_exit, native_rsp\n"
    "native_enter:\n"
    "	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
    "	mov %rsp, native_rsp(%rip)\n"
    "	mov $7, %eax\n"
    "	xor %edx, %edx\n"
    "	xrstor64 (%rdi)\n"
    "	lea 832+128(%rdi), %rsp\n" /* the IRETQ frame */
    "	mov -128(%rsp), %rax\n	mov -120(%rsp), %rcx\n	mov -112(%rsp), %rdx\n	mov -104(%rsp), %rbx\n"
    "	mov -88(%rsp), %rbp\n	mov -80(%rsp), %rsi\n	mov -72(%rsp), %rdi\n	mov -64(%rsp), %r8\n"
    "	mov -56(%rsp), %r9\n	mov -48(%rsp), %r10\n	mov -40(%rsp), %r11\n	mov -32(%rsp), %r12\n"
    "	mov -24(%rsp), %r13\n	mov -16(%rsp), %r14\n	mov -8(%rsp), %r15\n"
    "	iretq\n"
    "native_exit:\n"
    "	mov native_rsp(%rip), %rsp\n"
    "	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n"
    "	ret\n"
    ".bss\n"
    ".balign 8\n"
    "native_rsp: .quad 0\n"
    ".text\n");

static uint8_t *writable_code; /* the same memory as at CODE_BASE, where programs must not write */
bool diff_has_16bit = true, diff_code_is_writable;
static struct diff_result *running; /* where the signal handler puts what it finds */

static void take_registers(struct diff_state *state, const greg_t *regs)
{
	static const int order[16] = {
		REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
		REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15
	};

	for (unsigned i = 0; i < 16; i++)
		state->gpr[i] = (uint64_t)regs[order[i]];
	state->rip = (uint64_t)regs[REG_RIP];
	state->rflags = (uint64_t)regs[REG_EFL];
}

/* The rest of the process goes on with the state that it expects. */
static void clean_vector(struct diff_vector *vector)
{
	vector->fcw = 0x37f;
	vector->fsw = 0;
	vector->ftw = 0;
	vector->mxcsr = 0x1f80;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	ucontext_t *frame = context;
	greg_t *regs = frame->uc_mcontext.gregs;
	struct diff_vector *vector = (struct diff_vector *)frame->uc_mcontext.fpregs;

	if (!running) {
		const uint8_t *pc = (const uint8_t *)regs[REG_RIP];

		fprintf(stderr, "signal %d at %p outside a program:", signal, (const void *)pc);
		for (int i = -24; i < 12; i++)
			fprintf(stderr, "%s%02x", i ? " " : " | ", pc[i]);
		fputc('\n', stderr);
		_exit(2);
	}
	take_registers(&running->end, regs);
	memcpy(&running->end.vector, vector, sizeof(*vector));
	running->vector = (uint32_t)regs[REG_TRAPNO];
	running->error = (uint32_t)regs[REG_ERR];
	running->cr2 = (uint64_t)regs[REG_CR2];
	running = NULL;
	clean_vector(vector);
	regs[REG_RIP] = (greg_t)native_exit;
	regs[REG_RSP] = (greg_t)native_rsp;
	regs[REG_EFL] = 0x202;
	/* CS in the low word, SS in the high one */
	regs[REG_CSGSFS] =
	    (regs[REG_CSGSFS] & 0x0000ffffffff0000) | SELECTOR_USER64 | (greg_t)SELECTOR_USER_DATA << 48;
}

static void run_one(const struct diff_program *program, struct diff_result *result)
{
	struct native_frame frame = { .vector = program->start.vector };

	memcpy(writable_code + (program->base - CODE_BASE), program->bytes, program->size);
	mprotect((void *)DATA_START, DATA_BYTES, PROT_READ | PROT_WRITE);
	diff_fill_memory((uint8_t *)DATA_START, program->memory_seed);
	mprotect((void *)(DATA_START + 2 * 4096), 4096, PROT_READ);
	memcpy(frame.gpr, program->start.gpr, sizeof(frame.gpr));
	frame.rip = program->start.rip;
	frame.rflags = program->start.rflags;
	frame.rsp = program->start.gpr[4];
	frame.cs = diff_code_selector(program->mode);
	frame.ss = diff_data_selector(program->mode);
	__asm__ volatile("mov %0, %%ds\n\tmov %0, %%es"
			 :
			 : "r"((uint32_t)frame.ss)); /* 64-bit code ignores them */
	running = result;
	native_enter(&frame);
	memcpy(result->memory, (void *)DATA_START, DATA_BYTES);
	diff_vector_normalize(&result->end.vector);
}

static void native_run(void *self, const struct diff_program *programs, struct diff_result *results,
		       unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		run_one(&programs[i], &results[i]);
}

static void *map_at(uint64_t address, size_t size, int protection, int flags, int fd)
{
	void *at = mmap((void *)address, size, protection, flags, fd, 0);

	if (at == MAP_FAILED || (address && at != (void *)address)) {
		fprintf(stderr, "cannot map %zu bytes at %lx\n", size, (unsigned long)address);
		exit(2);
	}
	return at;
}

static void map_code(void)
{
	int fd = memfd_create("code", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, CODE_BYTES) < 0) {
		perror("memfd_create");
		exit(2);
	}
	map_at(CODE_BASE, CODE_BYTES, PROT_READ | PROT_EXEC | (diff_code_is_writable ? PROT_WRITE : 0),
	       MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd);
	writable_code = map_at(0, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	close(fd);
}

static void set_ldt(unsigned entry, uint64_t base, unsigned contents, bool is_32bit)
{
	struct user_desc descriptor = { .entry_number = entry,
					.base_addr = (unsigned)base,
					.limit = 0xffff,
					.contents = contents,
					.seg_32bit = is_32bit,
					.useable = 1 };

	if (syscall(SYS_modify_ldt, 0x11, &descriptor, sizeof(descriptor)))
		diff_has_16bit = false;
}

static void *native_open(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTRAP };
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = 256 << 10 };

	map_code();
	map_at(DATA_START, DATA_BYTES, PROT_READ | PROT_WRITE,
	       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
	stack.ss_sp = malloc(stack.ss_size);
	action.sa_sigaction = on_signal;
	sigaltstack(&stack, NULL);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);
	set_ldt(0, CODE_BASE, MODIFY_LDT_CONTENTS_CODE, false);
	set_ldt(1, DATA_BASE, MODIFY_LDT_CONTENTS_DATA, true);
	return stack.ss_sp;
}

static void native_close(void *self)
{
	stack_t stack = { .ss_flags = SS_DISABLE };

	sigaltstack(&stack, NULL);
	free(self);
}

const struct diff_backend diff_native = { "native", false, native_open, native_run, native_close };
