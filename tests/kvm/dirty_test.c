/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dirty_test kvm | kvm-bitmap | translator: dirty pages while the guest writes. It writes each page of 48 MiB
 * once in a round (more than a ring of KVM's has entries), in real mode: 16 pages at a time, then it asks for
 * the next ones. Nobody asks for dirty pages in the first round; another thread asks all the time in the
 * second. Each page must be told, with what was written there, and none at the end of all. Status 77: there
 * is no KVM here.
 */
#include "engine/kvm/kvm.h"
#include "real_mode_guest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MEMORY = 1 << 16,
	TRACKED = 0x400000,
	STEP = 16 * PAGE,
	PAGES = 12288,
	WORDS = PAGES / 64,
	ROUNDS = 3,
	LIMIT_S = 100,
};

static uint8_t *tracked;
static uint8_t copy[PAGES];	     /* of each page's first byte, when it was told last */
static pthread_barrier_t start, end; /* of a round */
static atomic_bool is_done;

/* --- the guest: al to the first byte of 16 pages, then a port ---------------------------------------- */

static const uint8_t writer[] = {
	0x31, 0xdb,		/* xor bx, bx */
	0xb9, 0x10, 0x00,	/* mov cx, 16 */
	0x88, 0x07,		/* 1: mov [bx], al */
	0x81, 0xc3, 0x00, 0x10, /* add bx, 1000h */
	0xe2, 0xf8,		/* loop 1b */
	0xe6, 0x10,		/* out 10h, al */
	0xeb, 0xef,		/* jmp 0 */
};

static bool make_guest(enum hv_engine_kind engine)
{
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tracked = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory != MAP_FAILED && tracked != MAP_FAILED && guest_new(engine, MEMORY) &&
	       hv_map(partition, TRACKED, tracked, PAGES * PAGE, HV_MAP_WRITE | HV_MAP_TRACK) == 0;
}

static void write_all(uint8_t round)
{
	begin(writer, sizeof(writer), TRACKED);
	set(HV_REG_RAX, round);
	for (uint64_t at = 0; at < PAGES * PAGE && failures == 0; at += STEP) {
		set_segment(HV_REG_DS, TRACKED + at, 0x93);
		run(HV_EXIT_PORT, "no OUT");
	}
}

/* One thread runs the VP for all of its life. */
static void *vp_main(void *argument)
{
	(void)argument;
	for (uint8_t round = 1; round <= ROUNDS; round++) {
		pthread_barrier_wait(&start);
		write_all(round);
		atomic_store(&is_done, true);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

/* --- who asks ---------------------------------------------------------------------------------------- */

/* A page may be told before it is written, too: then it is told once more. */
static unsigned ask(void)
{
	static uint64_t bits[WORDS];
	unsigned count = 0;

	check(hv_query_dirty(partition, TRACKED, PAGES * PAGE, bits, sizeof(bits)) == 0, "no dirty pages", 0);
	for (unsigned i = 0; i < PAGES; i++) {
		if (!(bits[i / 64] >> i % 64 & 1))
			continue;
		count++;
		copy[i] = tracked[(size_t)i * PAGE];
	}
	return count;
}

static void all_round(uint8_t round, bool asks)
{
	unsigned queries = 0, told = 0;

	atomic_store(&is_done, false);
	pthread_barrier_wait(&start);
	for (; asks && (queries == 0 || !atomic_load(&is_done)); queries++)
		told += ask();
	pthread_barrier_wait(&end);
	told += ask();
	for (unsigned i = 0; i < PAGES; i++)
		check(copy[i] == round, "a page was not told", i);
	check(ask() == 0, "pages stay dirty", 0);
	printf("round %u: %u pages told, %u queries before the end\n", round, told, queries);
}

int main(int argc, char **argv)
{
	enum hv_engine_kind engine = argc > 1 && strncmp(argv[1], "kvm", 3) == 0 ? HV_ENGINE_KVM
										 : HV_ENGINE_TRANSLATOR,
			    chosen;
	const char *reason = "";
	pthread_t thread;
	bool has_rings;

	kvm_wants_rings = argc > 1 && strcmp(argv[1], "kvm") == 0;
	alarm(LIMIT_S);
	if (hv_engine_choose(engine, &chosen, &reason) < 0) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	if (!make_guest(chosen)) {
		printf("no guest\n");
		return 1;
	}
	pthread_barrier_init(&start, NULL, 2);
	pthread_barrier_init(&end, NULL, 2);
	if (pthread_create(&thread, NULL, vp_main, NULL) != 0)
		abort();
	for (uint8_t round = 1; round <= ROUNDS; round++)
		all_round(round, round == 2);
	pthread_join(thread, NULL);
	has_rings = chosen == HV_ENGINE_KVM && kvm_partition_of(partition)->has_rings;
	guest_free();
	printf("%s, %s: %u failures\n", reason, has_rings ? "rings" : "bitmaps", failures);
	return failures != 0;
}
