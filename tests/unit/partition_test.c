/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of hv.h on a fake engine: bad arguments, overlap, limits, dirty bitmaps, failures of the engine.
 */
#include "fake_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- tests ------------------------------------------------------------------------------------------- */

static uint8_t memory[64 * 4096] __attribute__((aligned(4096)));

static struct hv_partition *partition_new(unsigned vp_count)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR, .vp_count = vp_count };
	struct hv_partition *partition = NULL;

	fake_reset();
	CHECK(hv_partition_new(&config, &partition) == 0, "new");
	return partition;
}

static void test_choice(void)
{
	enum hv_engine_kind kind = HV_ENGINE_KVM;
	const char *reason = NULL;

	for (enum hv_engine_kind k = HV_ENGINE_AUTO; k <= HV_ENGINE_KVM; k++)
		CHECK(hv_engine_parse(hv_engine_name(k), &kind) == 0 && kind == k, "%s", hv_engine_name(k));
	CHECK(hv_engine_parse("", &kind) == -EINVAL && hv_engine_parse("KVM", &kind) == -EINVAL &&
		  hv_engine_parse("kvmm", &kind) == -EINVAL,
	      "parse");
	CHECK(!strcmp(hv_engine_name((enum hv_engine_kind)77), "unknown"), "name of nothing");
	CHECK(hv_engine_choose(HV_ENGINE_AUTO, &kind, &reason) == 0 && kind == HV_ENGINE_TRANSLATOR &&
		  reason && *reason,
	      "auto");
	CHECK(hv_engine_choose(HV_ENGINE_TRANSLATOR, &kind, &reason) == 0 && kind == HV_ENGINE_TRANSLATOR &&
		  reason,
	      "translator");
	reason = NULL;
	CHECK(hv_engine_choose(HV_ENGINE_KVM, &kind, &reason) == -ENODEV && reason && *reason, "kvm");
	CHECK(hv_engine_choose((enum hv_engine_kind)9, &kind, &reason) == -EINVAL, "nothing");
	fake.probe_error = -ENODEV;
	CHECK(hv_engine_choose(HV_ENGINE_AUTO, &kind, &reason) == -ENODEV && !strcmp(reason, "fake"),
	      "probe fails");
	fake.probe_error = 0;
}

static void test_partition(void)
{
	struct hv_partition_config config = { .vp_count = 0 };
	struct hv_partition *partition = NULL;

	CHECK(hv_partition_new(&config, &partition) == -EINVAL, "no VPs");
	config.vp_count = HV_MAX_VPS + 1;
	CHECK(hv_partition_new(&config, &partition) == -EINVAL, "too many VPs");
	config.vp_count = HV_MAX_VPS;
	config.engine = HV_ENGINE_KVM;
	CHECK(hv_partition_new(&config, &partition) == -ENODEV && !partition, "KVM");
	config.engine = HV_ENGINE_AUTO;
	CHECK(hv_partition_new(&config, &partition) == 0 && fake.partitions == 1, "new");
	CHECK(hv_partition_engine(partition) == HV_ENGINE_TRANSLATOR, "engine");
	CHECK(!hv_partition_free(partition) && fake.partitions == 0, "free");
	CHECK(!hv_partition_free(NULL), "free NULL");
}

static void test_partition_init_fails(void)
{
	struct hv_partition_config config = { .vp_count = 1 };
	struct hv_partition *partition = NULL;

	fake_reset();
	fake.next_error = -ENOMEM;
	CHECK(hv_partition_new(&config, &partition) == -ENOMEM && !partition && fake.partitions == 0,
	      "failure");
}

static void test_map_arguments(void)
{
	struct hv_partition *partition = partition_new(1);
	const uint64_t end = 1ull << HV_GPA_BITS;
	static const struct {
		uint64_t gpa, host, size;
		unsigned flags;
	} bad[] = {
		{ 0, 0, 0, 0 },
		{ 1, 0, 4096, 0 },
		{ 0, 1, 4096, 0 },
		{ 0, 0, 4095, 0 },
		{ 0, 0, 1, 0 },
		{ 0x800, 0, 4096, 0 },
		{ 0, 0, 4096, 4 },
		{ 0, 0, 4096, 1u << 31 },
		{ 1ull << HV_GPA_BITS, 0, 4096, 0 },
		{ (1ull << HV_GPA_BITS) - 4096, 0, 8192, 0 },
		{ 0, 0, (1ull << HV_GPA_BITS) + 4096, 0 },
		{ 0xfffffffffffff000, 0, 4096, 0 },
		{ 0xfffffffffffff000, 0, 8192, 0 },
		{ 4096, 0, 0xfffffffffffff000, 0 },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(hv_map(partition, bad[i].gpa, memory + bad[i].host, bad[i].size, bad[i].flags) ==
			  -EINVAL,
		      "case %u", i);
	CHECK(hv_map(partition, 0, NULL, 4096, 0) == -EINVAL, "no memory");
	CHECK(fake.set_slots == 0, "the engine was asked");
	CHECK(hv_map(partition, end - 4096, memory, 4096, HV_MAP_WRITE) == 0, "the last page");
	CHECK(hv_unmap(partition, end - 4096, 4096) == 0, "unmap");
	hv_partition_free(partition);
}

static void test_overlap(void)
{
	struct hv_partition *partition = partition_new(1);

	CHECK(hv_map(partition, 0x10000, memory, 0x4000, HV_MAP_WRITE) == 0, "map");
	for (uint64_t gpa = 0xc000; gpa <= 0x15000; gpa += 0x1000)
		for (uint64_t size = 0x1000; size <= 0xa000; size += 0x1000) {
			bool overlap = gpa < 0x14000 && gpa + size > 0x10000;
			int r = hv_map(partition, gpa, memory, size, 0);

			CHECK(r == (overlap ? -EEXIST : 0), "%lx+%lx: %d", gpa, size, r);
			if (r == 0)
				CHECK(hv_unmap(partition, gpa, size) == 0, "unmap");
		}
	CHECK(hv_unmap(partition, 0x10000, 0x3000) == -ENOENT &&
		  hv_unmap(partition, 0x11000, 0x3000) == -ENOENT &&
		  hv_unmap(partition, 0x10000, 0x5000) == -ENOENT &&
		  hv_unmap(partition, 0, 0x1000) == -ENOENT,
	      "parts");
	CHECK(hv_unmap(partition, 0x10000, 0x4000) == 0 && hv_unmap(partition, 0x10000, 0x4000) == -ENOENT,
	      "twice");
	hv_partition_free(partition);
}

/* Mapped in a mixed order, the slots are sorted; the 65th is refused. */
static void test_slots(void)
{
	struct hv_partition *partition = partition_new(1);

	for (unsigned i = 0; i < HV_MAX_SLOTS; i++) {
		uint64_t gpa = (i * 37 % HV_MAX_SLOTS) * 0x10000ull;

		CHECK(hv_map(partition, gpa, memory + i % 64 * 4096, 4096, HV_MAP_WRITE) == 0, "slot %u", i);
	}
	CHECK(fake.published.count == HV_MAX_SLOTS, "%u", fake.published.count);
	for (unsigned i = 0; i < fake.published.count; i++)
		CHECK(fake.published.slot[i].gpa == i * 0x10000ull &&
			  fake.published.slot[i].host == memory + i * 45 % 64 * 4096,
		      "slot %u: %lx", i, fake.published.slot[i].gpa);
	CHECK(hv_map(partition, 0x1000, memory, 4096, 0) == -ENOSPC, "too many");
	CHECK(hv_map(partition, 0x10000, memory, 4096, 0) == -EEXIST, "overlap is said first");
	for (unsigned i = 0; i < HV_MAX_SLOTS; i += 2)
		CHECK(hv_unmap(partition, i * 0x10000ull, 4096) == 0, "unmap %u", i);
	CHECK(fake.published.count == HV_MAX_SLOTS / 2, "%u", fake.published.count);
	for (unsigned i = 0; i < fake.published.count; i++)
		CHECK(fake.published.slot[i].gpa == (2 * i + 1) * 0x10000ull, "slot %u: %lx", i,
		      fake.published.slot[i].gpa);
	hv_partition_free(partition);
}

static void test_engine_refuses(void)
{
	struct hv_partition *partition = partition_new(1);

	fake.next_error = -ENOMEM;
	CHECK(hv_map(partition, 0, memory, 4096, HV_MAP_WRITE | HV_MAP_TRACK) == -ENOMEM, "map");
	CHECK(atomic_load(&partition->slots)->count == 0, "a slot stays");
	CHECK(hv_map(partition, 0, memory, 4096, HV_MAP_WRITE | HV_MAP_TRACK) == 0, "map");
	fake.next_error = -ENOMEM;
	CHECK(hv_unmap(partition, 0, 4096) == -ENOMEM && atomic_load(&partition->slots)->count == 1, "unmap");
	CHECK(hv_unmap(partition, 0, 4096) == 0, "unmap");
	hv_partition_free(partition);
}

static void test_dirty(void)
{
	struct hv_partition *partition = partition_new(1);
	uint8_t bitmap[16];
	uint64_t size = 60 * 4096; /* 7.5 bytes of bits */

	CHECK(hv_map(partition, 0x100000, memory, size, HV_MAP_WRITE | HV_MAP_TRACK) == 0, "map");
	CHECK(hv_map(partition, 0x200000, memory, 4096, HV_MAP_WRITE) == 0, "map");
	CHECK(hv_query_dirty(partition, 0x100000, size, bitmap, 7) == -EINVAL, "too short");
	CHECK(hv_query_dirty(partition, 0x100000, size - 4096, bitmap, 16) == -ENOENT, "a part");
	CHECK(hv_query_dirty(partition, 0x200000, 4096, bitmap, 16) == -ENOENT, "not tracked");
	CHECK(hv_query_dirty(partition, 0, 0, bitmap, 16) == -ENOENT, "nothing");
	memset(bitmap, 0x55, sizeof(bitmap));
	CHECK(hv_query_dirty(partition, 0x100000, size, bitmap, 8) == 0 && fake.sync_dirty == 1, "query");
	for (unsigned i = 0; i < 8; i++)
		CHECK(bitmap[i] == 0, "byte %u: %x", i, bitmap[i]);
	CHECK(bitmap[8] == 0x55, "beyond the end");
	hv_memory_written(partition, 0x100000 + 59 * 4096 + 4095, 1);
	hv_memory_written(partition, 0x100000 + 8 * 4096 + 4095, 2);
	CHECK(hv_query_dirty(partition, 0x100000, size, bitmap, 8) == 0, "query");
	/* Page 2 was marked by the fake VP during the first query: it must not be lost. */
	CHECK(bitmap[0] == 4 && bitmap[1] == 3 && bitmap[7] == 8, "%x %x %x", bitmap[0], bitmap[1],
	      bitmap[7]);
	CHECK(hv_query_dirty(partition, 0x100000, size, bitmap, 8) == 0 && bitmap[0] == 4 && bitmap[1] == 0 &&
		  bitmap[7] == 0,
	      "cleared");
	hv_partition_free(partition);
}

static void test_memory_written(void)
{
	struct hv_partition *partition = partition_new(1);

	CHECK(hv_map(partition, 0x10000, memory, 0x2000, HV_MAP_WRITE) == 0 &&
		  hv_map(partition, 0x12000, memory, 0x1000, HV_MAP_WRITE) == 0 &&
		  hv_map(partition, 0x20000, memory, 0x1000, HV_MAP_WRITE) == 0,
	      "map");
	hv_memory_written(partition, 0x11800, 0x1000);
	CHECK(fake.written == 2 && fake.written_gpa[0] == 0x11800 && fake.written_size[0] == 0x800 &&
		  fake.written_gpa[1] == 0x12000 && fake.written_size[1] == 0x800,
	      "%u", fake.written);
	hv_memory_written(partition, 0x13000, 0xd000);
	hv_memory_written(partition, 0x10000, 0);
	CHECK(fake.written == 2, "outside");
	hv_memory_written(partition, 0x20ff0, UINT64_MAX);
	CHECK(fake.written == 3 && fake.written_size[2] == 0x10, "%u: %lx", fake.written,
	      fake.written_size[2]);
	hv_partition_free(partition);
}

static void test_vps(void)
{
	struct hv_partition *partition = partition_new(2);
	struct hv_vp *vp = NULL, *second = NULL, *third = NULL;
	struct hv_exit exit;
	struct hv_stats stats;

	CHECK(hv_vp_new(partition, 2, &vp) == -EINVAL && hv_vp_new(partition, UINT32_MAX, &vp) == -EINVAL,
	      "index");
	fake.next_error = -ENOMEM;
	CHECK(hv_vp_new(partition, 0, &vp) == -ENOMEM && !vp, "engine fails");
	CHECK(hv_vp_new(partition, 0, &vp) == 0 && hv_vp_new(partition, 1, &second) == 0 && fake.vps == 2,
	      "new");
	CHECK(hv_vp_new(partition, 0, &third) == -EEXIST && fake.vps == 2, "twice");
	CHECK(hv_vp_run(vp, &exit) == 0 && exit.reason == HV_EXIT_SHUTDOWN, "run");
	hv_vp_stats(vp, &stats);
	CHECK(stats.exits == 1 && stats.tlb_misses == 0, "stats");
	hv_set_extint(partition, 1, true);
	CHECK(fake.extint[1] == 1, "ExtINT");
	hv_set_extint(partition, 2, true);
	hv_set_extint(partition, HV_MAX_VPS, true);
	CHECK(!hv_vp_free(second) && fake.vps == 1, "free");
	hv_set_extint(partition, 1, false);
	CHECK(fake.extint[1] == 1, "ExtINT of a VP that is gone");
	CHECK(hv_vp_new(partition, 1, &second) == 0, "again");
	CHECK(!hv_vp_free(NULL), "free NULL");
	hv_partition_free(partition); /* takes the VPs that were left along */
	CHECK(fake.vps == 0, "%d left", fake.vps);
}

static void test_regs(void)
{
	struct hv_partition *partition = partition_new(1);
	enum hv_reg names[3] = { HV_REG_RAX, HV_REG_CR3, HV_REG_DR7 };
	union hv_value values[3] = { { 0 } };
	struct hv_vp *vp = NULL;
	uint64_t value;

	CHECK(hv_vp_new(partition, 0, &vp) == 0, "new");
	CHECK(hv_vp_get_regs(vp, names, 3, values) == 0 && values[2].u64 == 100 + HV_REG_DR7, "get");
	CHECK(hv_vp_set_regs(vp, names, 3, values) == 0, "set");
	values[1].u64 = 0;
	CHECK(hv_vp_set_regs(vp, names, 3, values) == -EINVAL, "the engine refuses");
	names[2] = HV_REG_COUNT;
	CHECK(hv_vp_get_regs(vp, names, 3, values) == -EINVAL &&
		  hv_vp_set_regs(vp, names, 3, values) == -EINVAL,
	      "no such register");
	names[2] = (enum hv_reg) - 1;
	CHECK(hv_vp_get_regs(vp, names, 3, values) == -EINVAL, "no such register");
	CHECK(hv_vp_get_regs(vp, names, 0, values) == 0, "none");
	CHECK(hv_vp_get_msr(vp, 0x10, &value) == -ENOENT && hv_vp_set_msr(vp, 0x10, 0) == 0, "MSR");
	hv_vp_free(vp);
	hv_partition_free(partition);
}

static void test_interrupt(void)
{
	struct hv_partition *partition = partition_new(1);

	CHECK(hv_interrupt(partition, 0xfee01000, 0x31) == 0 && fake.interrupt_address == 0xfee01000 &&
		  fake.interrupt_data == 0x31,
	      "MSI");
	CHECK(hv_interrupt(partition, 0xfed00000, 0x31) == -EINVAL &&
		  hv_interrupt(partition, 0xfef00000, 0x31) == -EINVAL &&
		  hv_interrupt(partition, 0x1fee00000, 0x31) == -EINVAL &&
		  hv_interrupt(partition, 0, 0) == -EINVAL,
	      "not an MSI");
	hv_partition_free(partition);
}

int main(void)
{
	test_choice();
	test_partition();
	test_partition_init_fails();
	test_map_arguments();
	test_overlap();
	test_slots();
	test_engine_refuses();
	test_dirty();
	test_memory_written();
	test_vps();
	test_regs();
	test_interrupt();
	printf("%u failures\n", failures);
	return failures != 0;
}
