/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program on the processor itself. It ends in a signal, whose context holds all of the program's
 * registers. */
#include "diff.h"

#include <asm/ldt.h>
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
	uint64_t es, ds, fs_base, gs_base;
};
_Static_assert(offsetof(struct native_frame, gpr) == 832 && offsetof(struct native_frame, es) == 1000,
	       "native_enter knows");

void native_enter(const struct native_frame *frame);
void native_exit(void);
void native_signal(int signal, siginfo_t *info, void *context);
extern uint64_t native_rsp, native_fs_base;

/* What a context of a signal does not hold. */
struct native_segments {
	uint64_t es, ds, fs, gs, fs_base, gs_base;
};
extern struct native_segments native_segments;
static struct diff_result *running __attribute__((used)); /* where the signal handler puts what it finds */
static void on_signal(int signal, siginfo_t *info, void *context) __attribute__((used));

/* clang-format off */
__asm__(
    ".text\n"
    ".globl native_enter, native_exit, native_signal, native_rsp, native_fs_base, native_segments\n"
    "native_enter:\n"
    "	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
    "	mov %rsp, native_rsp(%rip)\n"
    "	mov $7, %eax\n"
    "	xor %edx, %edx\n"
    "	xrstor64 (%rdi)\n"
    "	mov 1000(%rdi), %eax\n	mov %eax, %es\n	mov 1008(%rdi), %eax\n	mov %eax, %ds\n"
    "	rdfsbase %rcx\n	mov %rcx, native_fs_base(%rip)\n"
    "	xor %eax, %eax\n	mov %eax, %fs\n	mov %eax, %gs\n"
    "	mov 1016(%rdi), %rax\n	wrfsbase %rax\n	mov 1024(%rdi), %rax\n	wrgsbase %rax\n"
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
    "native_signal:\n" /* with the program's AC, NT, segments and bases of FS and GS */
    "	pushfq\n	andl $~0x44000, (%rsp)\n	popfq\n"
    "	cmpq $0, running(%rip)\n	je on_signal\n"
    "	mov %es, %eax\n	mov %rax, native_segments(%rip)\n"
    "	mov %ds, %eax\n	mov %rax, native_segments+8(%rip)\n"
    "	mov %fs, %eax\n	mov %rax, native_segments+16(%rip)\n"
    "	mov %gs, %eax\n	mov %rax, native_segments+24(%rip)\n"
    "	rdfsbase %rax\n	mov %rax, native_segments+32(%rip)\n"
    "	rdgsbase %rax\n	mov %rax, native_segments+40(%rip)\n"
    "	xor %eax, %eax\n	mov %eax, %fs\n"
    "	mov native_fs_base(%rip), %rax\n	wrfsbase %rax\n"
    "	jmp on_signal\n"
    ".bss\n"
    ".balign 8\n"
    "native_rsp: .quad 0\n"
    "native_fs_base: .quad 0\n"
    "native_segments: .fill 6, 8, 0\n"
    ".text\n");
/* clang-format on */

static uint8_t *writable_code; /* the same memory as at CODE_BASE, where programs must not write */
bool diff_has_ldt = true, diff_code_is_writable;

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
	state->selectors[SEG_ES] = (uint16_t)native_segments.es;
	state->selectors[SEG_CS] = (uint16_t)regs[REG_CSGSFS];
	state->selectors[SEG_SS] = (uint16_t)((uint64_t)regs[REG_CSGSFS] >> 48);
	state->selectors[SEG_DS] = (uint16_t)native_segments.ds;
	state->selectors[SEG_FS] = (uint16_t)native_segments.fs;
	state->selectors[SEG_GS] = (uint16_t)native_segments.gs;
	state->fs_base = native_segments.fs_base;
	state->gs_base = native_segments.gs_base;
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
	frame.cs = program->start.selectors[SEG_CS];
	frame.ss = program->start.selectors[SEG_SS];
	frame.es = program->start.selectors[SEG_ES];
	frame.ds = program->start.selectors[SEG_DS];
	frame.fs_base = program->start.fs_base;
	frame.gs_base = program->start.gs_base;
	running = result;
	native_enter(&frame);
	memcpy(result->memory, (void *)DATA_START, DATA_BYTES);
	diff_vector_normalize(&result->end.vector);
}

static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTRAP };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* Ours (NULL) only while programs run: the engine's handler cannot do without its FS base. */
static void exchange_handlers(const struct sigaction *new, struct sigaction *ret_old)
{
	struct sigaction ours = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

	ours.sa_sigaction = native_signal;
	for (unsigned i = 0; i < SIGNALS; i++)
		sigaction(signals[i], new ? &new[i] : &ours, ret_old ? &ret_old[i] : NULL);
}

static void native_run(void *self, const struct diff_program *programs, struct diff_result *results,
		       unsigned count)
{
	struct sigaction before[SIGNALS];

	exchange_handlers(NULL, before);
	for (unsigned i = 0; i < count; i++)
		run_one(&programs[i], &results[i]);
	exchange_handlers(before, NULL);
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

static void set_ldt(unsigned entry)
{
	const struct diff_segment *segment = &diff_ldt[entry];
	struct user_desc descriptor = { .entry_number = entry,
					.base_addr = segment->base,
					.limit = segment->limit,
					.contents = segment->contents,
					.seg_32bit = segment->is_32bit,
					.read_exec_only = segment->is_locked,
					.limit_in_pages = segment->in_pages,
					.seg_not_present = segment->is_absent };

	if (syscall(SYS_modify_ldt, 0x11, &descriptor, sizeof(descriptor)))
		diff_has_ldt = false;
}

static void *native_open(void)
{
	stack_t stack = { .ss_size = 256 << 10 };

	map_code();
	map_at(DATA_START, DATA_BYTES, PROT_READ | PROT_WRITE,
	       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
	stack.ss_sp = malloc(stack.ss_size);
	sigaltstack(&stack, NULL);
	for (unsigned i = 0; i < OUR_LDT_ENTRIES; i++)
		set_ldt(i);
	return stack.ss_sp;
}

static void native_close(void *self)
{
	stack_t stack = { .ss_flags = SS_DISABLE };

	sigaltstack(&stack, NULL);
	free(self);
}

const struct diff_backend diff_native = { "native", false, native_open, native_run, native_close };
