/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hyperv_guest.h"

#include <string.h>

uint8_t guest_ram[RAM_BYTES] __attribute__((aligned(4096)));
uint8_t guest_rom[ROM_BYTES] __attribute__((aligned(4096)));

void guest_new(struct hyperv_guest *guest, unsigned vp_count)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR,
					      .vp_count = vp_count,
					      .is_enlightened = true };

	fake_reset();
	memset(guest_ram, 0, sizeof(guest_ram));
	memset(guest_rom, 0xee, sizeof(guest_rom));
	*guest = (struct hyperv_guest){ .vp_count = vp_count };
	CHECK(hv_partition_new(&config, &guest->partition) == 0, "partition");
	CHECK(hv_map(guest->partition, 0, guest_ram, RAM_BYTES, HV_MAP_WRITE) == 0 &&
		  hv_map(guest->partition, ROM_AT, guest_rom, ROM_BYTES, 0) == 0,
	      "memory");
	for (unsigned i = 0; i < vp_count; i++)
		CHECK(hv_vp_new(guest->partition, i, &guest->vps[i]) == 0, "VP %u", i);
}

void guest_free(struct hyperv_guest *guest)
{
	for (unsigned i = 0; i < guest->vp_count; i++)
		hv_vp_free(guest->vps[i]);
	hv_partition_free(guest->partition);
}

bool guest_wrmsr(struct hyperv_guest *guest, unsigned vp, uint32_t index, uint64_t value)
{
	return hv_vp_set_msr(guest->vps[vp], index, value) == 0;
}

uint64_t guest_rdmsr(struct hyperv_guest *guest, unsigned vp, uint32_t index)
{
	uint64_t value = 0xbad;

	CHECK(hv_vp_get_msr(guest->vps[vp], index, &value) == 0, "rdmsr %x", index);
	return value;
}

bool guest_has_msr(struct hyperv_guest *guest, unsigned vp, uint32_t index)
{
	uint64_t value;

	return hv_vp_get_msr(guest->vps[vp], index, &value) == 0;
}

void guest_synic_on(struct hyperv_guest *guest, unsigned vp, unsigned sint, uint64_t value)
{
	uint64_t page = SIMP_AT + vp * 2ull * PAGE;

	CHECK(guest_wrmsr(guest, vp, HYPERV_SIMP, page | 1), "SIMP");
	CHECK(guest_wrmsr(guest, vp, HYPERV_SIEFP, (page + PAGE) | 1), "SIEFP");
	CHECK(guest_wrmsr(guest, vp, HYPERV_SINT0 + sint, value), "SINT");
	CHECK(guest_wrmsr(guest, vp, HYPERV_SCONTROL, 1), "SCONTROL");
}

struct hyperv_message *guest_slot(unsigned vp, unsigned sint)
{
	return (struct hyperv_message *)(guest_ram + SIMP_AT + vp * 2ull * PAGE) + sint;
}

void guest_calls_on(struct hyperv_guest *guest)
{
	CHECK(guest_wrmsr(guest, 0, HYPERV_GUEST_OS_ID, 0x8100000601000000), "GUEST_OS_ID");
	CHECK(guest_wrmsr(guest, 0, HYPERV_HYPERCALL, 0x8000 | 1), "HYPERCALL");
}

uint64_t guest_call(struct hyperv_guest *guest, unsigned vp, uint64_t control, uint64_t input,
		    uint64_t output)
{
	struct hyperv_call call = { control, input, output };

	return hyperv_hypercall(guest->vps[vp], &call);
}
