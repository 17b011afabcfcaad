/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executable buffer of stubs. A stub is 16 bytes: eight of NOPs and the instruction, then RET. The eight
 * bytes are also its key, so the buffer is its own direct-mapped hash table: a stub is there, or one store
 * puts it there. A guest that invents encodings only replaces its own stubs; nothing grows.
 *
 * The buffer is mapped twice, writable here and executable there. Threads spread over several pools; the lock
 * of a pool is held while its stub runs (some 10 ns), because the next user may replace it.
 */
#include "engine/translator/sys.h"
#include "engine/translator/vector/vector_priv.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HOST_SIGILL = 4, HOST_SIGFPE = 8 }; /* <signal.h>'s register names clash with cpu.h */
enum { POOLS = 64, POOL_STUBS_SHIFT = 12, POOL_STUBS = 1 << POOL_STUBS_SHIFT };

struct stub {
	uint64_t key; /* executable */
	uint64_t ret;
};

struct pool_lock {
	_Atomic uint32_t taken;
} __attribute__((aligned(64)));

extern enum stub_result vector_stub_call(struct stub_frame *frame);
extern const char vector_stub_fpe[], vector_stub_ill[], vector_stub_segv[];

static const size_t buffer_size = (size_t)POOLS * POOL_STUBS * sizeof(struct stub);
static struct stub *stubs_writable;
static const struct stub *stubs_executable;
static struct pool_lock pool_locks[POOLS];
static _Atomic unsigned pools_given;
static _Thread_local unsigned thread_pool; /* number + 1 */

int vector_init(void)
{
	if (stubs_executable)
		return 0;
	vector_host_init();
	int fd = memfd_create("bulkhead-vector-stubs", MFD_CLOEXEC);
	if (fd < 0)
		return -ENOMEM;
	void *writable = MAP_FAILED, *executable = MAP_FAILED;
	if (ftruncate(fd, (off_t)buffer_size) == 0) {
		writable = mmap(NULL, buffer_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		executable = mmap(NULL, buffer_size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	}
	close(fd);
	if (writable == MAP_FAILED || executable == MAP_FAILED) {
		if (writable != MAP_FAILED)
			munmap(writable, buffer_size);
		if (executable != MAP_FAILED)
			munmap(executable, buffer_size);
		return -ENOMEM;
	}
	stubs_writable = writable;
	stubs_executable = executable;
	return 0;
}

/*
 * Code written through one address and executed through another needs a serializing instruction in between
 * (SDM 3, 9.1.3). IRET is the one that no virtual machine monitor intercepts, CPUID the one that QEMU's emulated processor can
 * execute: its IRET at CPL 3 reads the stack as the supervisor and meets SMAP.
 */
static void serialize(void)
{
	uint64_t scratch;

	if (vector_host.is_emulated) {
		unsigned a = 0, c = 0;

		__asm__ volatile("cpuid" : "+a"(a), "+c"(c) : : "rbx", "rdx", "memory");
		return;
	}
	__asm__ volatile("mov %%ss, %k0\n\t"
			 "mov %%rsp, %%rcx\n\t"
			 "sub $128, %%rsp\n\t"
			 "push %0\n\t"
			 "push %%rcx\n\t"
			 "pushfq\n\t"
			 "mov %%cs, %k0\n\t"
			 "push %0\n\t"
			 "lea 1f(%%rip), %0\n\t"
			 "push %0\n\t"
			 "iretq\n"
			 "1:"
			 : "=&a"(scratch)
			 :
			 : "rcx", "memory", "cc");
}

static unsigned own_pool(void)
{
	if (!thread_pool)
		thread_pool = 1 + atomic_fetch_add_explicit(&pools_given, 1, memory_order_relaxed) % POOLS;
	return thread_pool - 1;
}

/* Only with more threads than pools somebody else may have it, and may have lost the processor. */
static void pool_acquire(struct pool_lock *lock)
{
	unsigned spins = 0;
	while (atomic_exchange_explicit(&lock->taken, 1, memory_order_acquire)) {
		__builtin_ia32_pause();
		if (++spins % 256 == 0)
			sys_call4(SYS_sched_yield, 0, 0, 0, 0);
	}
}

static void pool_release(struct pool_lock *lock)
{
	atomic_store_explicit(&lock->taken, 0, memory_order_release);
}

static const void *find(unsigned pool, uint64_t key)
{
	size_t index =
	    (size_t)pool << POOL_STUBS_SHIFT | (key * 0x9e3779b97f4a7c15ull) >> (64 - POOL_STUBS_SHIFT);
	struct stub *stub = &stubs_writable[index];
	if (stub->key != key) {
		stub->key = key;
		stub->ret = 0xccccccccccccccc3ull;
		serialize();
	}
	return &stubs_executable[index];
}

enum stub_result stub_run(struct stub_frame *frame, uint64_t key)
{
	unsigned pool = own_pool();
	pool_acquire(&pool_locks[pool]);
	frame->code = find(pool, key);
	enum stub_result result = vector_stub_call(frame);
	pool_release(&pool_locks[pool]);
	return result;
}

bool vector_fault(struct vcpu *cpu, uint64_t pc, int signal, uint64_t *ret_pc)
{
	if (pc - (uint64_t)stubs_executable >= buffer_size || !stubs_executable)
		return false;
	if (signal == HOST_SIGFPE)
		*ret_pc = (uint64_t)vector_stub_fpe;
	else if (signal == HOST_SIGILL)
		*ret_pc = (uint64_t)vector_stub_ill;
	else
		*ret_pc = (uint64_t)vector_stub_segv;
	return true;
}

/* A pending x87 error comes before the instruction's own work, so CVTPI2PS and its like may give either (SDM
 * 3, 6.9 and table 6-8). */
static void raise_fpe(struct vcpu *cpu, const struct insn *insn)
{
	unsigned domain = insn->facts->domain;
	if (domain == DOMAIN_X87 || domain == DOMAIN_MMX ||
	    (insn_touches_mmx(insn) && (x87_status() & X87_SW_ES)))
		cpu_raise(cpu, VECTOR_MF);
	cpu_raise(cpu, cpu->cr4 & CR4_OSXMMEXCPT ? VECTOR_XM : VECTOR_UD);
}

void stub_raise(struct vcpu *cpu, const struct insn *insn, enum stub_result result)
{
	switch (result) {
	case STUB_OK: return;
	case STUB_FPE: raise_fpe(cpu, insn); break;
	case STUB_ILL: cpu_raise(cpu, VECTOR_UD);
	case STUB_SEGV: raise_gp(cpu);
	}
}

void register_read(unsigned number, void *buffer, unsigned size, bool vex)
{
	struct stub_frame frame = { .memory = buffer };
	stub_run(&frame, stub_encode_move(number, size, true, vex));
}

void register_write(unsigned number, const void *buffer, unsigned size, bool vex)
{
	struct stub_frame frame = { .memory = (void *)buffer };
	stub_run(&frame, stub_encode_move(number, size, false, vex));
}
