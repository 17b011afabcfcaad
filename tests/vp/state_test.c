/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved partitions that are none: cut off, changed at random, of another machine. Each is refused with a reason, or accepted, and then
 * the partition runs whatever that was: state_test [SEED ROUNDS].
 */
#include "core/state_priv.h"
#include "hv/synic.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY = 1 << 20, VPS = 2 };

static unsigned failures, accepted, refused;
static uint8_t *memory;

static void check(bool condition, const char *what, const char *reason)
{
	if (condition)
		return;
	failures++;
	printf("%s: %s\n", what, reason);
}

static struct hv_partition *make(bool is_enlightened, unsigned count)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR,
					      .vp_count = count,
					      .is_enlightened = is_enlightened };
	struct hv_partition *partition;
	struct hv_vp *vp;

	if (hv_partition_new(&config, &partition) < 0 ||
	    hv_map(partition, 0, memory, MEMORY, HV_MAP_WRITE) < 0)
		exit(1);
	for (unsigned i = 0; i < count; i++)
		if (hv_vp_new(partition, i, &vp) < 0)
			exit(1);
	return partition;
}

static struct hv_vp *vp_of(struct hv_partition *partition)
{
	return atomic_load(&partition->vps[0]);
}

/* With an overlay, a timer and a message that waits. */
static void *save_one(size_t *ret_size)
{
	struct hv_partition *partition = make(true, VPS);
	struct hv_vp *vp = vp_of(partition);
	void *bytes = NULL;

	hv_vp_set_msr(vp, HYPERV_GUEST_OS_ID, 1);
	hv_vp_set_msr(vp, HYPERV_HYPERCALL, 0x5001);
	hv_vp_set_msr(vp, HYPERV_SIMP, 0x6001);
	hv_vp_set_msr(vp, HYPERV_SINT0 + 2, 0x40);
	hv_vp_set_msr(vp, HYPERV_STIMER0_CONFIG, 0x50 << 4 | 1 << 12 | 1);
	hv_vp_set_msr(vp, HYPERV_STIMER0_CONFIG + 1, 100000);
	hv_post_message(partition, 0, 2, 1, "one", 3);
	check(hv_save(partition, &bytes, ret_size) == 0, "save", "failed");
	hv_partition_free(partition);
	return bytes;
}

/* --- running what was accepted ------------------------------------------------------------------------- */

static void *run(void *opaque)
{
	struct hv_exit exit = { 0 };

	for (unsigned i = 0; i < 200; i++)
		if (hv_vp_run(opaque, &exit) < 0 || exit.reason == HV_EXIT_CANCELED ||
		    exit.reason == HV_EXIT_SHUTDOWN)
			break;
	return NULL;
}

static void run_a_little(struct hv_partition *partition)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, vp_of(partition));
	usleep(500);
	hv_vp_cancel(vp_of(partition));
	pthread_join(thread, NULL);
}

static void try_bytes(const uint8_t *bytes, size_t size, const char *what)
{
	struct hv_partition *partition = make(true, VPS);
	char reason[HV_STATE_REASON_MAX] = "";

	if (hv_restore(partition, bytes, size, reason) == 0) {
		accepted++;
		run_a_little(partition);
	} else {
		refused++;
		check(*reason, what, "refused without a reason");
	}
	hv_partition_free(partition);
}

/* --- the cases ----------------------------------------------------------------------------------------- */

static void must_refuse(struct hv_partition *partition, const void *bytes, size_t size, int error,
			const char *words)
{
	char reason[HV_STATE_REASON_MAX] = "";
	int r = hv_restore(partition, bytes, size, reason);

	check(r == error && strstr(reason, words), words, reason);
	hv_partition_free(partition);
}

static void test_refusals(const uint8_t *bytes, size_t size)
{
	struct state_header *header = malloc(size);

	memcpy(header, bytes, size);
	must_refuse(make(true, VPS), "what", 4, -EINVAL, "no saved state");
	must_refuse(make(true, VPS), bytes, size - 1, -EINVAL, "ends in the middle");
	must_refuse(make(true, 1), bytes, size, -EINVAL, "2 processors");
	must_refuse(make(false, VPS), bytes, size, -EINVAL, "with Hyper-V's interface");
	header->version = 99;
	must_refuse(make(true, VPS), header, size, -EOPNOTSUPP, "format 99");
	memcpy(header, bytes, size);
	header->features[2] |= 1u << 16;
	header->features[3] |= 1u << 3 | 1u << 31;
	must_refuse(make(true, VPS), header, size, -EOPNOTSUPP, "lacks avx512f, pku, CPUID 7.ECX bit 31");
	memcpy(header, bytes, size);
	header->clock_hz /= 2;
	must_refuse(make(true, VPS), header, size, -EOPNOTSUPP, "clock");
	free(header);
}

static void test_cut(const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += size / 40 + 1)
		try_bytes(bytes, at, "cut");
}

static void test_changed(const uint8_t *bytes, size_t size, unsigned rounds, unsigned *seed)
{
	uint8_t *copy = malloc(size);

	for (unsigned i = 0; i < rounds; i++) {
		memcpy(copy, bytes, size);
		for (int n = rand_r(seed) % 8; n >= 0; n--)
			copy[(size_t)rand_r(seed) % size] = (uint8_t)(rand_r(seed) % 3 ? rand_r(seed) : 0xff);
		memcpy(copy, bytes, sizeof(struct state_header));
		try_bytes(copy, size, "changed");
	}
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : 1,
		 rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 300;
	size_t size = 0;
	uint8_t *bytes;

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bytes = save_one(&size);
	test_refusals(bytes, size);
	test_cut(bytes, size);
	test_changed(bytes, size, rounds, &seed);
	free(bytes);
	printf("%zu bytes; %u accepted, %u refused, %u failures\n", size, accepted, refused, failures);
	return failures != 0 || accepted == 0;
}
