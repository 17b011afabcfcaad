/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the test guest that may use libc. */
#include "vector_guest.h"

#include "engine/translator/vector/vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct guest *guest_new(void)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	void *cpu =
	    mmap(NULL, sizeof(struct vcpu), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *memory =
	    mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (!guest || cpu == MAP_FAILED || memory == MAP_FAILED) {
		fprintf(stderr, "no memory for a test guest\n");
		exit(1);
	}
	guest->cpu = cpu;
	guest->memory = memory;
	guest_reset(guest);
	return guest;
}

void guest_free(struct guest *guest)
{
	munmap(guest->cpu, sizeof(struct vcpu));
	munmap(guest->memory, GUEST_BYTES);
	free(guest);
}

void guest_set_mode(struct guest *guest, enum insn_mode mode)
{
	struct vcpu *cpu = guest->cpu;
	cpu->efer = EFER_LME | EFER_LMA;
	for (unsigned i = 0; i < 6; i++)
		cpu->seg[i] = (struct segment){ .limit = 0xffffffff, .selector = 8, .attr = 0xc093 };
	cpu->seg[SEG_CS].attr = mode == MODE_64 ? 0xa09b : mode == MODE_32 ? 0xc09b : 0x809b;
}

void guest_reset(struct guest *guest)
{
	struct vcpu *cpu = guest->cpu;
	memset(cpu->gpr, 0, sizeof(cpu->gpr));
	cpu->rflags = RFLAGS_ONE;
	cpu->cr0 = CR0_PE | CR0_PG | CR0_NE | CR0_ET | CR0_MP;
	cpu->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
	cpu->xcr0 = 7;
	cpu->cpl = 0;
	guest_set_mode(guest, MODE_64);
	vector_reset(cpu, false);
	for (unsigned i = 0; i < GUEST_PAGES; i++)
		guest->pages[i] = PAGE_WRITABLE;
	cpu->mmio.count = cpu->mmio.next = 0;
}
