/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a saved partition: a header, then sections of a kind and an index (a VP's number), little-endian, packed by hand so that
 * compilers agree. state.c has header, registers and MSRs; state_hyperv.c what the Hyper-V interface keeps; state_features.c
 * says what of the processor's is missing, state_offers.c what of Hyper-V's interface.
 */
#ifndef HV_CORE_STATE_PRIV_H
#define HV_CORE_STATE_PRIV_H

#include "core/cpuid.h"
#include "engine/engine.h"
#include "hv/state.h"

enum { STATE_FEATURE_WORDS = 8, STATE_OFFER_WORDS = 4 };

struct state_header {
	char magic[8];
	uint32_t version, vp_count;
	uint32_t is_enlightened, engine; /* enum hv_engine_kind: for people */
	uint64_t clock, clock_hz, apic_hz;
	uint32_t features[STATE_FEATURE_WORDS];
};

enum state_kind {
	STATE_REGISTERS = 1,
	STATE_MSRS,
	STATE_VP,
	STATE_HYPERV, /* of the partition */
	STATE_HYPERV_VP,
	STATE_HYPERV_OVERLAY, /* a page of the guest's that one of ours hides */
	STATE_HYPERV_MESSAGE, /* waits in the queue of a VP's SINT */
	STATE_HYPERV_OFFERS,  /* what the guest was told of the interface; the first of its sections */
};

struct state_section {
	uint32_t kind, index, size, reserved;
};

struct state_writer {
	uint8_t *bytes;
	size_t size, room;
	int error; /* sticks */
};

void state_put(struct state_writer *writer, const void *data, size_t size);
void state_put_section(struct state_writer *writer, enum state_kind kind, uint32_t index, const void *data,
		       size_t size);

/* state_hyperv.c. The partition is enlightened. */
void state_put_hyperv(struct state_writer *writer, struct hv_partition *partition);
/* One section: 0; -EINVAL: it makes no sense here; -ENOMEM. */
int state_take_hyperv(struct hv_partition *partition, const struct state_section *section, const void *data);
/* All sections are in: timers and interrupts go on. */
void state_start_hyperv(struct hv_partition *partition);

/* state_features.c */
void state_get_features(const struct cpuid_policy *policy, uint32_t words[STATE_FEATURE_WORDS]);
/* False: `reason` names some that the saved processor had and this one has not. */
bool state_check_features(const struct cpuid_policy *policy, const uint32_t words[STATE_FEATURE_WORDS],
			  char reason[HV_STATE_REASON_MAX]);

/* state_offers.c. The partition is enlightened. 0; -EINVAL; -EOPNOTSUPP: `reason` names what this one lacks. */
void state_put_offers(struct state_writer *writer, const struct hv_partition *partition);
int state_check_offers(const struct hv_partition *partition, const void *data, size_t size,
		       char reason[HV_STATE_REASON_MAX]);

#endif
