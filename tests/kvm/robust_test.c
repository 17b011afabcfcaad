/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * robust_test [SEED]: what may go wrong with KVM beside the guest. Signals to a VP's thread at random lose no
 * intercept and repeat none; memory slots run out with an error, and the machine goes on; an instruction that
 * KVM cannot emulate is named; /dev/kvm without permission is explained. Runs where /dev/kvm is real (nested,
 * as root).
 */
#include "hv/hv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY = 1 << 20, CODE = 0x1000, ROUNDS = 3000, PAGE = 4096, FAR = 0x40000000 };

static struct hv_partition *partition;
static struct hv_vp *vp;
static uint8_t *memory;
static unsigned failures, seed = 1;

static void check(bool is_right, const char *what, long long value)
{
	if (is_right)
		return;
	failures++;
	printf("seed %u: %s: %lld\n", seed, what, value);
}

/* --- a guest in real mode: eax + 1 to port 0x10, for ever -------------------------------------------- */

static void set(enum hv_reg name, uint64_t value)
{
	union hv_value v = { .u64 = value };

	check(hv_vp_set_regs(vp, &name, 1, &v) == 0, "register", name);
}

static void set_code(uint64_t base, uint64_t rip)
{
	enum hv_reg name = HV_REG_CS;
	union hv_value v = { .segment = { base, 0xffff, (uint16_t)(base >> 4), 0x9b } };

	check(hv_vp_set_regs(vp, &name, 1, &v) == 0, "code segment", 0);
	set(HV_REG_RIP, rip);
}

static bool guest_new(void)
{
	static const uint8_t code[] = { 0x66, 0x40, 0x66, 0xe7, 0x10, 0xeb, 0xf9 };
	struct hv_partition_config config = { .engine = HV_ENGINE_KVM,
					      .vp_count = 1,
					      .is_enlightened = true };

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || hv_partition_new(&config, &partition) < 0 ||
	    hv_map(partition, 0, memory, MEMORY, HV_MAP_WRITE) < 0 || hv_vp_new(partition, 0, &vp) < 0)
		return false;
	memcpy(memory + CODE, code, sizeof(code));
	set_code(0, CODE);
	set(HV_REG_RAX, 0);
	return true;
}

/* The next `count` intercepts come one after the other, each once. */
static void count_outs(unsigned count)
{
	static struct hv_exit exit;
	static uint32_t last;

	for (unsigned i = 0; i < count;) {
		int r = hv_vp_run(vp, &exit);

		if (r < 0 || (exit.reason != HV_EXIT_PORT && exit.reason != HV_EXIT_CANCELED)) {
			check(false, "the guest does not run on", r < 0 ? r : (int)exit.reason);
			return;
		}
		if (exit.reason == HV_EXIT_CANCELED)
			continue;
		check(exit.port.data == last + 1, "an intercept is lost or repeated", exit.port.data);
		last = exit.port.data;
		i++;
	}
}

/* --- signals ------------------------------------------------------------------------------------------- */

static atomic_bool is_done;
static pthread_t vp_thread;

static void *disturb(void *argument)
{
	unsigned state = seed;

	(void)argument;
	while (!atomic_load(&is_done)) {
		switch (rand_r(&state) % 3) {
		case 0: hv_vp_cancel(vp); break;
		case 1: pthread_kill(vp_thread, SIGRTMIN + 6); break; /* the engine's own, out of turn */
		default: pthread_kill(vp_thread, SIGWINCH); break;
		}
		usleep((unsigned)rand_r(&state) % 400);
	}
	return NULL;
}

static void signals(void)
{
	pthread_t thread;

	vp_thread = pthread_self();
	pthread_create(&thread, NULL, disturb, NULL);
	count_outs(ROUNDS);
	atomic_store(&is_done, true);
	pthread_join(thread, NULL);
}

/* --- memory slots ------------------------------------------------------------------------------------ */

static void slots(void)
{
	uint64_t count = 0;
	int r = 0;

	while (count < 100000 && r == 0) {
		r = hv_map(partition, FAR + count * 2 * PAGE, memory, PAGE, HV_MAP_WRITE);
		count += r == 0;
	}
	check(r < 0 && count > 8, "memory slots do not end", (long long)count);
	count_outs(10);
	check(hv_unmap(partition, FAR, PAGE) == 0, "a slot cannot be given back", 0);
	check(hv_map(partition, FAR, memory, PAGE, HV_MAP_WRITE) == 0,
	      "a slot that was given back is not free", 0);
	count_outs(10);
}

/* --- what KVM cannot do: fetch an instruction where there is no memory ------------------------------- */

static void emulation(void)
{
	struct hv_exit exit = { 0 };
	int r;

	set_code(0x80000, 0);
	check(hv_unmap(partition, 0, MEMORY) == 0, "memory cannot be taken away", 0);
	r = hv_vp_run(vp, &exit);
	check(r == 0 && exit.reason == HV_EXIT_FAILURE, "no failure but exit", exit.reason);
	if (exit.reason == HV_EXIT_FAILURE)
		check(strstr(exit.failure, "cannot emulate an instruction") && strstr(exit.failure, " at 0"),
		      exit.failure, 0);
}

/* --- permission: in a process that has not opened the device ----------------------------------------- */

static int without_permission(void)
{
	enum hv_engine_kind kind;
	const char *reason = "";

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 1;
	if (hv_engine_choose(HV_ENGINE_KVM, &kind, &reason) < 0 && strstr(reason, "group kvm"))
		return 0;
	printf("without permission: \"%s\"\n", reason);
	return 1;
}

static void permission(void)
{
	int status = -1;
	pid_t child;

	chmod("/dev/kvm", 0600); /* the bed's own device */
	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(without_permission());
	waitpid(child, &status, 0);
	check(status == 0, "permission", status);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = (unsigned)strtoul(argv[1], NULL, 0);
	permission();
	signal(SIGWINCH, SIG_IGN);
	if (!guest_new()) {
		printf("no guest on KVM\n");
		return 1;
	}
	signals();
	slots();
	emulation();
	hv_vp_free(vp);
	hv_partition_free(partition);
	printf("seed %u: %u failures\n", seed, failures);
	return failures != 0;
}
