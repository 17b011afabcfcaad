/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An enlightened partition with 1 MiB of RAM at 0 and a ROM behind it, on the fake engine. */
#ifndef TESTS_UNIT_HYPERV_GUEST_H
#define TESTS_UNIT_HYPERV_GUEST_H

#include "core/hyperv.h"
#include "fake_engine.h"
#include "hv/synic.h"

enum {
	PAGE = 4096,
	RAM_BYTES = 1 << 20,
	ROM_AT = RAM_BYTES,
	ROM_BYTES = 4 * PAGE,
	HOLE_AT = 0x40000000, /* nothing is there */
};

struct hyperv_guest {
	struct hv_partition *partition;
	unsigned vp_count;
	struct hv_vp *vps[HV_MAX_VPS];
};

extern uint8_t guest_ram[RAM_BYTES], guest_rom[ROM_BYTES];

void guest_new(struct hyperv_guest *guest, unsigned vp_count);
void guest_free(struct hyperv_guest *guest);

/* True: accepted (no #GP). */
bool guest_wrmsr(struct hyperv_guest *guest, unsigned vp, uint32_t index, uint64_t value);
uint64_t guest_rdmsr(struct hyperv_guest *guest, unsigned vp, uint32_t index);
bool guest_has_msr(struct hyperv_guest *guest, unsigned vp, uint32_t index);

/* What Linux does: SIMP, SIEFP, SINT `sint` with that vector, SCONTROL. */
enum { SIMP_AT = 0x10000, SIEFP_AT = 0x11000 }; /* of VP 0; each VP has the next two pages */
void guest_synic_on(struct hyperv_guest *guest, unsigned vp, unsigned sint, uint64_t value);
struct hyperv_message *guest_slot(unsigned vp, unsigned sint);

/* GUEST_OS_ID and the hypercall page at 0x8000. */
void guest_calls_on(struct hyperv_guest *guest);
uint64_t guest_call(struct hyperv_guest *guest, unsigned vp, uint64_t control, uint64_t input,
		    uint64_t output);

#endif
