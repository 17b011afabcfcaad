/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest was told of Hyper-V's interface: a machine that goes on elsewhere must find all of it there. */
#include "core/state_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum word { W3_EAX, W3_EBX, W3_EDX, W4_EAX };

/* Leaf 4 is advice: what it advises must be there, even where it is not advised. */
enum { HINTS_OF_CALLS = HINT_REMOTE_FLUSH | HINT_APIC_MSRS };

static const struct {
	uint32_t word, bit;
	const char *name;
} names[] = {
	{ W3_EAX, PRIVILEGE_STIMER, "synthetic timers" },
	{ W3_EDX, FEATURE_DIRECT_STIMER, "direct synthetic timers" },
	{ W3_EAX, PRIVILEGE_APIC, "the APIC's synthetic MSRs" },
	{ W3_EAX, PRIVILEGE_GUEST_IDLE, "waiting by MSR" },
	{ W3_EAX, PRIVILEGE_TSC_INVARIANT, "an invariant TSC" },
	{ W4_EAX, HINT_REMOTE_FLUSH, "TLB flushes by hypercall" },
	{ W4_EAX, HINT_APIC_MSRS, "the APIC's synthetic MSRs" },
};

static void get_offers(const struct hv_partition *partition, uint32_t words[STATE_OFFER_WORDS])
{
	const struct hyperv_cpuid_params *params = &partition->ops->cpuid(partition)->hyperv;
	struct cpuid_regs privileges = { 0 }, hints = { 0 };

	hyperv_cpuid(params, 0x40000003, &privileges);
	hyperv_cpuid(params, 0x40000004, &hints);
	words[W3_EAX] = privileges.eax;
	words[W3_EBX] = privileges.ebx;
	words[W3_EDX] = privileges.edx;
	words[W4_EAX] = hints.eax & HINTS_OF_CALLS;
}

void state_put_offers(struct state_writer *writer, const struct hv_partition *partition)
{
	uint32_t words[STATE_OFFER_WORDS];

	get_offers(partition, words);
	state_put_section(writer, STATE_HYPERV_OFFERS, 0, words, sizeof(words));
}

static void name_missing(const uint32_t missing[STATE_OFFER_WORDS], char reason[HV_STATE_REASON_MAX])
{
	size_t length = (size_t)snprintf(reason, HV_STATE_REASON_MAX, "this engine lacks ");
	const char *comma = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (missing[names[i].word] & names[i].bit && length < HV_STATE_REASON_MAX) {
			length += (size_t)snprintf(reason + length, HV_STATE_REASON_MAX - length, "%s%s",
						   comma, names[i].name);
			comma = ", ";
		}
	if (!*comma)
		snprintf(reason + length, HV_STATE_REASON_MAX - length, "a part of Hyper-V's interface");
}

int state_check_offers(const struct hv_partition *partition, const void *data, size_t size,
		       char reason[HV_STATE_REASON_MAX])
{
	uint32_t saved[STATE_OFFER_WORDS], have[STATE_OFFER_WORDS], any = 0;

	if (size != sizeof(saved))
		return -EINVAL;
	memcpy(saved, data, sizeof(saved));
	get_offers(partition, have);
	if (partition->ops->flush_tlbs)
		have[W4_EAX] |= HINT_REMOTE_FLUSH;
	if (have[W3_EAX] & PRIVILEGE_APIC)
		have[W4_EAX] |= HINT_APIC_MSRS;
	for (unsigned i = 0; i < STATE_OFFER_WORDS; i++)
		any |= saved[i] &= ~have[i];
	if (!any)
		return 0;
	name_missing(saved, reason);
	return -EOPNOTSUPP;
}
