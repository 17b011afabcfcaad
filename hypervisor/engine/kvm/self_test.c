/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether KVM runs guests here: an access to a port at the reset vector must exit, and in long mode an instruction of SSE must be executed, which
 * instruction emulators leave out (page-table-based KVM has nothing else for a guest's kernel).
 */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	PORT = 0x42,
	PAGE = 4096,
	PAGES = 5,
	PDPT = PAGE,
	PD = 2 * PAGE,
	CODE = 3 * PAGE,
	STACK = 5 * PAGE,
	RESET_PAGE_OFFSET = 0xff0,
};
#define RESET_PAGE 0xfffff000ull

struct self_test {
	int vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *pages; /* PAGES at 0, the one after them at the reset vector */
};

static int add_memory(const struct self_test *test)
{
	struct kvm_userspace_memory_region low = { .memory_size = PAGES * PAGE,
						   .userspace_addr = (uintptr_t)test->pages };
	struct kvm_userspace_memory_region reset = { .slot = 1,
						     .guest_phys_addr = RESET_PAGE,
						     .memory_size = PAGE,
						     .userspace_addr =
							 (uintptr_t)test->pages + PAGES * PAGE };
	int r = kvm_ioctl(test->vm, KVM_SET_USER_MEMORY_REGION, &low);

	return r < 0 ? r : kvm_ioctl(test->vm, KVM_SET_USER_MEMORY_REGION, &reset);
}

static int run_to_port(const struct self_test *test)
{
	int r = kvm_ioctl(test->vcpu, KVM_RUN, NULL);

	if (r == 0 && (test->run->exit_reason != KVM_EXIT_IO || test->run->io.port != PORT))
		r = -EIO;
	return r;
}

/* --- real mode: out PORT, al ------------------------------------------------------------------------------- */

static int test_reset(const struct self_test *test)
{
	static const uint8_t code[] = { 0xe6, PORT };
	int r;

	memcpy(test->pages + PAGES * PAGE + RESET_PAGE_OFFSET, code, sizeof(code));
	r = run_to_port(test);
	/* The instruction ends when it is entered again. */
	test->run->immediate_exit = 1;
	if (r == 0)
		(void)kvm_ioctl(test->vcpu, KVM_RUN, NULL);
	test->run->immediate_exit = 0;
	return r;
}

/* --- long mode: addps xmm0, xmm0; out PORT, al (SDM 3, 4.5 for the tables) --------------------------------------- */

static void put_entry(const struct self_test *test, unsigned at, uint64_t entry)
{
	memcpy(test->pages + at, &entry, sizeof(entry));
}

static int set_long_mode(const struct self_test *test)
{
	struct kvm_regs regs = { .rip = CODE, .rsp = STACK, .rflags = 2 };
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1
	};
	struct kvm_sregs sregs;
	int r = kvm_ioctl(test->vcpu, KVM_GET_SREGS, &sregs);

	if (r < 0)
		return r;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 = 0x80000033; /* PG, NE, ET, MP, PE */
	sregs.cr3 = 0;
	sregs.cr4 = 0x620;  /* OSXMMEXCPT, OSFXSR, PAE */
	sregs.efer = 0x500; /* LMA, LME */
	r = kvm_ioctl(test->vcpu, KVM_SET_SREGS, &sregs);
	return r < 0 ? r : kvm_ioctl(test->vcpu, KVM_SET_REGS, &regs);
}

static int test_long_mode(const struct self_test *test)
{
	static const uint8_t code[] = { 0x0f, 0x58, 0xc0, 0xe6, PORT };
	int r;

	put_entry(test, 0, PDPT | 3);
	put_entry(test, PDPT, PD | 3);
	put_entry(test, PD, 0x83); /* 2 MiB */
	memcpy(test->pages + CODE, code, sizeof(code));
	r = set_long_mode(test);
	return r < 0 ? r : run_to_port(test);
}

/* --- both ------------------------------------------------------------------------------------------------ */

static int set_up(struct self_test *test, int device)
{
	int size = ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run, *pages;

	if (size < 0)
		return -errno;
	ioctl(test->vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	test->vcpu = ioctl(test->vm, KVM_CREATE_VCPU, 0);
	if (test->vcpu < 0)
		return -errno;
	test->run_size = (size_t)size;
	run = mmap(NULL, test->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, test->vcpu, 0);
	if (run == MAP_FAILED)
		return -errno;
	test->run = run;
	pages = mmap(NULL, (PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return -ENOMEM;
	test->pages = pages;
	return add_memory(test);
}

static void tear_down(struct self_test *test)
{
	if (test->run)
		munmap(test->run, test->run_size);
	if (test->vcpu >= 0)
		close(test->vcpu);
	close(test->vm);
	if (test->pages)
		munmap(test->pages, (PAGES + 1) * PAGE);
}

int kvm_self_test(int device, bool *ret_is_emulated)
{
	struct self_test test = { .vm = ioctl(device, KVM_CREATE_VM, 0), .vcpu = -1 };
	int r;

	if (test.vm < 0)
		return -errno;
	r = set_up(&test, device);
	if (r == 0)
		r = test_reset(&test);
	if (r == 0)
		*ret_is_emulated = test_long_mode(&test) < 0;
	tear_down(&test);
	return r;
}
