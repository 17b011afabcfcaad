/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code that changes: its own, through another mapping, by another processor; see guest_test.c. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "guest_test.h"

static int test_self_modifying(void)
{
	uint8_t *p = pages(2, PROT_READ | PROT_WRITE | PROT_EXEC);
	uint8_t *at = p + 4096 - 3; /* mov imm32 crosses the page */
	uint32_t (*code)(void) = (uint32_t(*)(void))(uintptr_t)at;

	at[0] = 0xb8;
	at[5] = 0xc3;
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t value = i * 2654435761u;

		memcpy(at + 1, &value, 4);
		if (code() != value)
			return fail("round %u: %#x instead of %#x", i, code(), value);
	}
	return PASS;
}

static int test_modify_own_block(void)
{
	uint8_t *p = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
	/* movb $2, 1(%rip of mov) ; mov $1, %eax ; ret: the store changes the next instruction */
	static const uint8_t code[] = { 0xc6, 0x05, 0x01, 0, 0, 0, 0x02, 0xb8, 0x01, 0, 0, 0, 0xc3 };
	uint32_t got;

	memcpy(p, code, sizeof(code));
	got = ((uint32_t(*)(void))(uintptr_t)p)();
	return got == 2 ? PASS : fail("the old instruction ran: %u", got);
}

/* The same code page seen through two mappings: written through one, run through the other. */
static int test_aliased_code(void)
{
	int fd = memfd_create("code", 0);
	uint8_t *writable, *runnable;
	uint32_t (*code)(void);

	if (fd < 0 || ftruncate(fd, 4096))
		return fail("memfd: %s", strerror(errno));
	writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	runnable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	code = (uint32_t(*)(void))(uintptr_t)runnable;
	writable[0] = 0xb8;
	writable[5] = 0xc3;
	for (uint32_t i = 0; i < 500; i++) {
		memcpy(writable + 1, &i, 4);
		if (code() != i)
			return fail("round %u", i);
	}
	close(fd);
	return PASS;
}

struct cross {
	uint8_t *code;
	_Atomic uint32_t wanted, seen;
};

static void *cross_runner(void *argument)
{
	struct cross *cross = argument;
	uint32_t wanted = 0;

	while (wanted != 1000) {
		uint32_t next = atomic_load(&cross->wanted), eax = 0, ebx, ecx = 0, edx;

		if (next == wanted) {
			sched_yield();
			continue;
		}
		wanted = next;
		__asm__ volatile("cpuid"
				 : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx)
				 :
				 : "memory"); /* serializes */
		atomic_store(&cross->seen, ((uint32_t(*)(void))(uintptr_t)cross->code)());
	}
	return NULL;
}

static int test_cross_modifying(void)
{
	struct cross cross = { .code = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC) };
	pthread_t thread;
	uint32_t bad = 0;

	cross.code[0] = 0xb8;
	cross.code[5] = 0xc3;
	pthread_create(&thread, NULL, cross_runner, &cross);
	for (uint32_t i = 1; i <= 1000; i++) {
		memcpy(cross.code + 1, &i, 4);
		atomic_store(&cross.wanted, i);
		while (atomic_load(&cross.seen) < i)
			sched_yield();
		if (atomic_load(&cross.seen) != i)
			bad = bad ? bad : i;
	}
	pthread_join(thread, NULL);
	return bad ? fail("round %u ran other code", bad) : PASS;
}

const struct guest_test code_tests[] = {
	{ "self-modifying", test_self_modifying },
	{ "modify-own-block", test_modify_own_block },
	{ "aliased-code", test_aliased_code },
	{ "cross-modifying", test_cross_modifying },
	{ NULL, NULL },
};
