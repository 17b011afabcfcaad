/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V's guest interface as numbers: CPUID bits, synthetic MSRs, structures in guest memory (Hypervisor Top-Level
 * Functional Specification, "TLFS": chapters 2, 3, 11, 12 and appendices A to C). No functions.
 */
#ifndef HV_CORE_HYPERV_PROTO_H
#define HV_CORE_HYPERV_PROTO_H

#include <stdint.h>

enum {
	HYPERV_LEAF_FIRST = 0x40000000,
	HYPERV_LEAF_MAX = 0x40000006,
	HYPERV_MSR_FIRST = 0x40000000,
	HYPERV_MSR_END = 0x40000200,
};

/* Leaf 3, EAX (TLFS 2.4.4). */
enum hyperv_privilege {
	PRIVILEGE_VP_RUNTIME = 1 << 0,
	PRIVILEGE_TIME_REF_COUNT = 1 << 1,
	PRIVILEGE_SYNIC = 1 << 2,
	PRIVILEGE_STIMER = 1 << 3,
	PRIVILEGE_APIC = 1 << 4,
	PRIVILEGE_HYPERCALL = 1 << 5,
	PRIVILEGE_VP_INDEX = 1 << 6,
	PRIVILEGE_RESET = 1 << 7,
	PRIVILEGE_REFERENCE_TSC = 1 << 9,
	PRIVILEGE_GUEST_IDLE = 1 << 10,
	PRIVILEGE_FREQUENCY = 1 << 11,
	PRIVILEGE_TSC_INVARIANT = 1 << 15,
};

/* Leaf 3, EBX. */
enum hyperv_privilege_high {
	PRIVILEGE_POST_MESSAGES = 1 << 4,
	PRIVILEGE_SIGNAL_EVENTS = 1 << 5,
	PRIVILEGE_EXTENDED_HYPERCALLS = 1 << 20,
};

/* Leaf 3, EDX. */
enum hyperv_feature {
	FEATURE_FREQUENCY_MSRS = 1 << 8,
	FEATURE_CRASH_MSRS = 1 << 10,
	FEATURE_DIRECT_STIMER = 1 << 19,
};

/* Leaf 4, EAX (TLFS 2.4.5). */
enum hyperv_hint {
	HINT_REMOTE_FLUSH = 1 << 2,
	HINT_APIC_MSRS = 1 << 3,
	HINT_RELAXED_TIMING = 1 << 5,
	HINT_NO_AUTO_EOI = 1 << 9,
	HINT_CLUSTER_IPI = 1 << 10,
	HINT_EX_MASKS = 1 << 11,
};

/* TLFS, appendix C. */
enum hyperv_msr {
	HYPERV_GUEST_OS_ID = 0x40000000,
	HYPERV_HYPERCALL,
	HYPERV_VP_INDEX,
	HYPERV_RESET,
	HYPERV_VP_RUNTIME = 0x40000010,
	HYPERV_TIME_REF_COUNT = 0x40000020,
	HYPERV_REFERENCE_TSC,
	HYPERV_TSC_FREQUENCY,
	HYPERV_APIC_FREQUENCY,
	HYPERV_EOI = 0x40000070,
	HYPERV_ICR,
	HYPERV_TPR,
	HYPERV_VP_ASSIST_PAGE,
	HYPERV_SCONTROL = 0x40000080,
	HYPERV_SVERSION,
	HYPERV_SIEFP,
	HYPERV_SIMP,
	HYPERV_EOM,
	HYPERV_SINT0 = 0x40000090,
	HYPERV_SINT15 = 0x4000009f,
	HYPERV_STIMER0_CONFIG = 0x400000b0, /* then its count, then those of timers 1 to 3 */
	HYPERV_STIMER3_COUNT = 0x400000b7,
	HYPERV_GUEST_IDLE = 0x400000f0,
	HYPERV_CRASH_P0 = 0x40000100,
	HYPERV_CRASH_P4 = 0x40000104,
	HYPERV_CRASH_CTL,
	HYPERV_TSC_INVARIANT_CONTROL = 0x40000118,
};

/* What the MSRs that place a page have in common: HYPERCALL, REFERENCE_TSC, VP_ASSIST_PAGE, SIEFP, SIMP. */
#define PAGE_MSR_ENABLE	  1ull
#define PAGE_MSR_GPA(msr) ((msr) & ~0xfffull)
#define HYPERCALL_LOCKED  2ull

#define CRASH_CTL_MESSAGE (1ull << 62) /* P3 and P4: address and size of a text */
#define CRASH_CTL_NOTIFY  (1ull << 63)

#define SCONTROL_ENABLE 1ull
#define SINT_VECTOR	0xffull
#define SINT_MASKED	(1ull << 16)
#define SINT_AUTO_EOI	(1ull << 17)
#define SINT_POLLING	(1ull << 18)
#define SINT_PROXY	(1ull << 19)

/* TLFS 12.3. */
#define STIMER_ENABLE	  (1ull << 0)
#define STIMER_PERIODIC	  (1ull << 1)
#define STIMER_LAZY	  (1ull << 2)
#define STIMER_AUTOENABLE (1ull << 3)
#define STIMER_DIRECT	  (1ull << 12)
#define STIMER_VECTOR(c)  ((uint8_t)((c) >> 4))
#define STIMER_SINT(c)	  ((unsigned)((c) >> 16) & 15)
#define STIMER_VALID	  0xf1fffull

enum { STIMER_COUNT = 4, HYPERV_MESSAGE_TIMER = (int)0x80000010 };

/* A slot of the message page (TLFS 11.8). */
struct hyperv_message {
	uint32_t type; /* 0: free */
	uint8_t size;
	uint8_t flags; /* bit 0: more wait */
	uint16_t reserved;
	uint64_t sender;
	uint8_t payload[240];
};
_Static_assert(sizeof(struct hyperv_message) == 256, "TLFS 11.8.1");

struct hyperv_timer_payload {
	uint32_t index;
	uint32_t reserved;
	uint64_t expiration;
	uint64_t delivery;
};
_Static_assert(sizeof(struct hyperv_timer_payload) == 24, "TLFS 12.3.4");

/* The reference TSC page (TLFS 12.7): time = (tsc * scale >> 64) + offset, while sequence is not 0. */
struct hyperv_tsc_page {
	uint32_t sequence;
	uint32_t reserved;
	uint64_t scale;
	int64_t offset;
};
_Static_assert(sizeof(struct hyperv_tsc_page) == 24, "TLFS 12.7");

#endif
