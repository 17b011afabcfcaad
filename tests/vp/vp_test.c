/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the bare guest of guest/ in a partition: vp_test IMAGE PROCESSORS ENGINE [enlightened] [compatible] [view] [only NAME] [saved ENGINE...]
 * (ENGINE: translate, interpret, kvm, or small: a code cache that is full again and again). What the guest prints says which tests failed.
 * "only NAME" runs that test alone. With "view" it tells what CPUID says and which MSRs there are, and ends (compare_views.sh).
 * With "saved" the partition is saved every few milliseconds and goes on in a new one, on the next of those engines: the guest must not
 * notice.
 */
#include "hv/state.h"
#include "hv/synic.h"
#include "last_words.h"

#include <cpuid.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 64 << 20, IMAGE_AT = 0x100000, MMIO_BASE = 0xd0000000 };

static struct hv_partition *partition;
static unsigned processors, engine_traits;
static struct hv_vp *vps[8];
static struct hv_partition_config config;
static uint8_t *memory;
static char **engines; /* those that it moves to, in turns; NULL: it stays */
static _Atomic int moving;
static unsigned moves, seed;
static bool uses_kvm, only_tells;
static const char *only = ""; /* what is left of the name that the guest asks for */
static volatile int result = -1;
static uint8_t bank[4096]; /* the MMIO registers: plain memory */
static unsigned char fifo;

static void port_access(struct hv_exit *exit)
{
	if (!exit->port.is_write) {
		exit->port.data = exit->port.port == 0xf8   ? processors
				  : exit->port.port == 0xf7 ? engine_traits
				  : exit->port.port == 0xf6 ? fifo++
				  : exit->port.port == 0xf2 ? (unsigned char)(*only ? *only++ : 0)
							    : 0xffffffff;
		return;
	}
	if (exit->port.port == 0xe9)
		putchar((int)exit->port.data);
	else if (exit->port.port == 0xf4)
		result = (int)exit->port.data;
	else if (exit->port.port == 0xf0)
		printf("%x ", exit->port.data);
	else if (exit->port.port == 0xf1)
		putchar('\n');
	else if (exit->port.port == 0xf6)
		fifo = (unsigned char)exit->port.data;
}

static void mmio_access(struct hv_exit *exit)
{
	uint64_t offset = exit->mmio.gpa - MMIO_BASE;
	bool inside = exit->mmio.gpa >= MMIO_BASE && offset + exit->mmio.size <= sizeof(bank);
	if (exit->mmio.is_write && inside)
		memcpy(bank + offset, exit->mmio.data, exit->mmio.size);
	else if (inside)
		memcpy(exit->mmio.data, bank + offset, exit->mmio.size);
	else if (!exit->mmio.is_write)
		memset(exit->mmio.data, 0xff, exit->mmio.size);
}

/* --- what the guest sends comes back (guest/t_synic.c) ---------------------------------------------------- */

enum { MESSAGES = 4, EVENTS = 5, SINT = 2 };

static enum hv_status on_message(void *opaque, unsigned vp, uint32_t type, const void *payload, size_t size)
{
	int r = hv_post_message(partition, vp, SINT, type, payload, size);
	return r < 0 ? HV_STATUS_INSUFFICIENT_BUFFERS : HV_STATUS_SUCCESS;
}

static void on_event(void *opaque, uint16_t flag)
{
	hv_signal_event(partition, 0, SINT, flag);
}

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	printf("%s: %s\n", what, strerror(-r));
	exit(1);
}

static void connect_echo(void)
{
	must(hv_connect_messages(partition, MESSAGES, on_message, NULL), "connection");
	must(hv_connect_events(partition, EVENTS, on_event, NULL), "connection");
}

static void cancel_all(void)
{
	for (unsigned i = 0; i < processors; i++)
		hv_vp_cancel(vps[i]);
}

static void tell_end(struct hv_vp *vp, int error, const struct hv_exit *exit)
{
	static const enum hv_reg names[] = { HV_REG_RIP, HV_REG_RSP, HV_REG_CR2, HV_REG_CR3, HV_REG_RAX };
	union hv_value values[5] = { 0 };

	printf("vp: %s\n", error < 0			      ? strerror(-error)
			   : exit->reason == HV_EXIT_SHUTDOWN ? "triple fault"
							      : exit->failure);
	if (hv_vp_get_regs(vp, names, 5, values) == 0)
		printf("vp: rip %llx rsp %llx cr2 %llx cr3 %llx rax %llx\n",
		       (unsigned long long)values[0].u64, (unsigned long long)values[1].u64,
		       (unsigned long long)values[2].u64, (unsigned long long)values[3].u64,
		       (unsigned long long)values[4].u64);
}

static void *run_vp(void *argument)
{
	struct hv_vp *vp = argument;
	struct hv_exit exit = { 0 };
	while (result < 0) {
		int r = hv_vp_run(vp, &exit);
		if (r < 0 || exit.reason == HV_EXIT_FAILURE || exit.reason == HV_EXIT_SHUTDOWN) {
			tell_end(vp, r, &exit);
			result = 1;
		} else if (exit.reason == HV_EXIT_PORT) {
			port_access(&exit);
		} else if (exit.reason == HV_EXIT_MMIO) {
			mmio_access(&exit);
		} else if (exit.reason == HV_EXIT_CANCELED && moving) {
			return NULL;
		}
	}
	cancel_all();
	return NULL;
}

static void load(const char *path)
{
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *file = fopen(path, "rb");
	if (memory == MAP_FAILED || !file) {
		perror(path);
		exit(1);
	}
	if (fread(memory + IMAGE_AT, 1, MEMORY - IMAGE_AT, file) == 0)
		exit(1);
	fclose(file);
	/* identity map for the start: PML4 at 0x1000, PDPT at 0x2000, pages of 2 MiB (page-table-based KVM has no larger ones) */
	*(uint64_t *)(memory + 0x1000) = 0x2003;
	*(uint64_t *)(memory + 0x2000) = 0x3003;
	for (uint64_t i = 0; i < MEMORY >> 21; i++)
		*(uint64_t *)(memory + 0x3000 + 8 * i) = i << 21 | 0x83;
}

static void set(struct hv_vp *vp, enum hv_reg name, uint64_t value)
{
	union hv_value v = { .u64 = value };
	if (hv_vp_set_regs(vp, &name, 1, &v) < 0) {
		printf("register %d refused\n", name);
		exit(1);
	}
}

static void set_segment(struct hv_vp *vp, enum hv_reg name, uint16_t selector, uint16_t attr)
{
	union hv_value v = { .segment = { 0, 0xffffffff, selector, attr } };
	hv_vp_set_regs(vp, &name, 1, &v);
}

static void set_long_mode(struct hv_vp *vp)
{
	set(vp, HV_REG_CR3, 0x1000);
	set(vp, HV_REG_CR4, 0x620);
	set(vp, HV_REG_EFER, 0xd01);
	set(vp, HV_REG_CR0, 0x80010033);
	set_segment(vp, HV_REG_CS, 8, 0xa09b);
	set_segment(vp, HV_REG_SS, 16, 0xc093);
	set_segment(vp, HV_REG_DS, 16, 0xc093);
	set_segment(vp, HV_REG_ES, 16, 0xc093);
	set(vp, HV_REG_RIP, IMAGE_AT);
	set(vp, HV_REG_RFLAGS, 2);
}

/* The bed of tests/kvm: its processor's name says so. */
static bool is_qemu(void)
{
	unsigned name[5] = { 0 };

	__get_cpuid(0x80000002, &name[0], &name[1], &name[2], &name[3]);
	return strstr((char *)name, "QEMU") != NULL;
}

/* guest/guest.h, engine_has() */
static unsigned traits_of(enum hv_engine_kind engine)
{
	enum { VMCALL_FAULTS = 1, AUTO_EOI = 2, IN_TURNS = 4, QEMU_FAULTS = 8, MOVES = 16, TELLS = 32 };
	unsigned traits = (sysconf(_SC_NPROCESSORS_ONLN) == 1 ? IN_TURNS : 0) | (only_tells ? TELLS : 0);

	if (engines && uses_kvm)
		return traits | MOVES | (is_qemu() ? QEMU_FAULTS : 0);
	if (engine != HV_ENGINE_KVM)
		return traits | VMCALL_FAULTS | AUTO_EOI;
	return traits | (is_qemu() ? QEMU_FAULTS : 0);
}

static void choose_engine(const char *name)
{
	config.engine = strcmp(name, "kvm") ? HV_ENGINE_TRANSLATOR : HV_ENGINE_KVM;
	config.interpret_only = !strcmp(name, "interpret");
	config.code_cache_bytes = !strcmp(name, "small") ? 192 << 10 : 0;
	engine_traits = traits_of(config.engine);
}

static void make_partition(void)
{
	must(hv_partition_new(&config, &partition), "partition");
	if (config.is_enlightened)
		connect_echo();
	must(hv_map(partition, 0, memory, MEMORY, HV_MAP_WRITE), "memory");
	for (unsigned i = 0; i < processors; i++)
		must(hv_vp_new(partition, i, &vps[i]), "vp");
}

static void free_partition(void)
{
	for (unsigned i = 0; i < processors; i++)
		hv_vp_free(vps[i]);
	hv_partition_free(partition);
}

/* To a new partition, on the next engine. */
static void move(void)
{
	char reason[HV_STATE_REASON_MAX] = "";
	size_t size = 0;
	void *bytes;
	int r = hv_save(partition, &bytes, &size);

	must(r, "save");
	free_partition();
	if (!engines[moves])
		moves = 0;
	choose_engine(engines[moves++]);
	make_partition();
	r = hv_restore(partition, bytes, size, reason);
	if (r < 0)
		printf("%zu bytes: %s\n", size, reason);
	must(r, "restore");
	free(bytes);
}

/* Until the guest is done, or for a time that is different each time. */
static void run_for_a_while(void)
{
	pthread_t threads[8];

	moving = 0;
	for (unsigned i = 0; i < processors; i++)
		pthread_create(&threads[i], NULL, run_vp, vps[i]);
	if (engines) {
		usleep((useconds_t)rand_r(&seed) % (uses_kvm ? 40000 : 1000)); /* a nested KVM is slow */
		moving = 1;
		cancel_all();
	}
	for (unsigned i = 0; i < processors; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	unsigned times = 0;

	if (argc < 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0); /* what it said before it hung */
	last_words_init();
	processors = (unsigned)atoi(argv[2]);
	config.vp_count = processors;
	for (int i = 3; i < argc; i++) {
		uses_kvm |= !strcmp(argv[i], "kvm");
		only_tells |= !strcmp(argv[i], "view");
		if (!strcmp(argv[i], "only") && i + 1 < argc)
			only = argv[i + 1];
		config.is_compatible |= !strcmp(argv[i], "compatible");
		if (!strcmp(argv[i], "saved") && i + 1 < argc)
			engines = argv + i + 1;
	}
	choose_engine(argv[3]);
	config.is_compatible |= engines && uses_kvm;
	config.is_enlightened = argc > 4 && !strcmp(argv[4], "enlightened");
	seed = (unsigned)getpid();
	load(argv[1]);
	make_partition();
	set_long_mode(vps[0]);
	for (run_for_a_while(); result < 0; run_for_a_while()) {
		move();
		times++;
	}
	struct hv_stats stats;
	hv_vp_stats(vps[0], &stats);
	printf("processor 0: %llu blocks, %llu instructions translated, %llu interpreted, %llu flushes\n",
	       (unsigned long long)stats.blocks_translated, (unsigned long long)stats.insns_translated,
	       (unsigned long long)stats.insns_interpreted, (unsigned long long)stats.cache_flushes);
	if (engines)
		printf("moved %u times, seed %u\n", times, seed);
	if (!engines && config.code_cache_bytes && stats.cache_flushes == 0 && result == 0)
		result = 1;
	free_partition();
	printf("%s\n", result == 0 ? "passed" : "FAILED");
	return result != 0;
}
