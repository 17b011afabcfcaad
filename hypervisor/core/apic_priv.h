/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the local APIC share. The user's header is apic.h. */
#ifndef HV_CORE_APIC_PRIV_H
#define HV_CORE_APIC_PRIV_H

#include "core/apic.h"

/*
 * Registers by number: the offset in the page is 16 times that, the x2APIC MSR 0x800 plus that (SDM 3, tables
 * 11-1 and 11-6).
 */
enum apic_register {
	APIC_ID = 0x02,
	APIC_VERSION = 0x03,
	APIC_TPR = 0x08,
	APIC_APR = 0x09,
	APIC_PPR = 0x0a,
	APIC_EOI = 0x0b,
	APIC_RRD = 0x0c,
	APIC_LDR = 0x0d,
	APIC_DFR = 0x0e,
	APIC_SVR = 0x0f,
	APIC_ISR = 0x10, /* 8 words each */
	APIC_TMR = 0x18,
	APIC_IRR = 0x20,
	APIC_ESR = 0x28,
	APIC_LVT_CMCI = 0x2f,
	APIC_ICR = 0x30,
	APIC_ICR_HIGH = 0x31, /* xAPIC only */
	APIC_LVT_TIMER = 0x32,
	APIC_LVT_THERMAL = 0x33,
	APIC_LVT_PERF = 0x34,
	APIC_LVT_LINT0 = 0x35,
	APIC_LVT_LINT1 = 0x36,
	APIC_LVT_ERROR = 0x37,
	APIC_INITIAL_COUNT = 0x38,
	APIC_CURRENT_COUNT = 0x39,
	APIC_DIVIDE = 0x3e,
	APIC_SELF_IPI = 0x3f, /* x2APIC only */
};

enum apic_lvt_index {
	LVT_CMCI,
	LVT_TIMER,
	LVT_THERMAL,
	LVT_PERF,
	LVT_LINT0,
	LVT_LINT1,
	LVT_ERROR,
	LVT_COUNT
};

enum {
	APIC_VERSION_VALUE = 0x14 | (LVT_COUNT - 1) << 16, /* no EOI-broadcast suppression */
	SVR_ENABLE = 1 << 8,
	LVT_MASKED = 1 << 16,
	LVT_TIMER_MODE = 3 << 17,
	LVT_TIMER_PERIODIC = 1 << 17,
	LVT_TIMER_DEADLINE = 2 << 17,
	VECTOR_MIN = 16, /* below: illegal (SDM 3, 11.5.2) */
};

#define BASE_BSP    (1ull << 8)
#define BASE_EXTD   (1ull << 10)
#define BASE_ENABLE (1ull << 11)

/* Bits of the ESR. */
enum apic_error {
	ESR_SEND_ILLEGAL_VECTOR = 1 << 5,
	ESR_RECEIVE_ILLEGAL_VECTOR = 1 << 6,
	ESR_ILLEGAL_REGISTER = 1 << 7,
};

enum apic_delivery {
	DELIVERY_FIXED,
	DELIVERY_LOWEST,
	DELIVERY_SMI,
	DELIVERY_NMI = 4,
	DELIVERY_INIT,
	DELIVERY_SIPI,
	DELIVERY_EXTINT,
};

static inline bool apic_is_enabled(const struct apic *apic) /* IA32_APIC_BASE */
{
	return atomic_load(&apic->base_msr) & BASE_ENABLE;
}

static inline bool apic_is_x2(const struct apic *apic)
{
	return (atomic_load(&apic->base_msr) & (BASE_ENABLE | BASE_EXTD)) == (BASE_ENABLE | BASE_EXTD);
}

static inline bool apic_is_software_enabled(const struct apic *apic)
{
	return atomic_load(&apic->svr) & SVR_ENABLE;
}

/* Own thread: an error for the ESR, and its interrupt. */
void apic_error(struct apic *apic, uint32_t bits);

/* apic_ipi.c: the interrupt command register was written. */
void apic_send_ipi(struct apic *apic, uint64_t icr);

/* apic_timer.c */
void apic_timer_reset(struct apic *apic);
void apic_timer_lvt_changed(struct apic *apic, uint32_t old_lvt);
void apic_timer_set_initial(struct apic *apic, uint32_t count);
uint32_t apic_timer_current(struct apic *apic);
void apic_timer_set_divide(struct apic *apic, uint32_t divide);
uint64_t apic_timer_get_deadline(const struct apic *apic);
/* The LVT, divisor and initial count are in place: goes on with what is left, or waits for that deadline. */
void apic_timer_restore(struct apic *apic, uint32_t count, uint64_t deadline);
void apic_timer_set_deadline(struct apic *apic, uint64_t deadline);

#endif
