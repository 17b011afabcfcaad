/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time clock and CMOS memory (Motorola MC146818A), 128 bytes, with the century at 32h.
 *
 * Ports      70h index (bit 7: NMI mask, kept only), 71h data.
 * Has        Time from the host's clock plus an offset, BCD and binary, 12 and 24 hours, SET and
 *            divider reset, UIP, alarm with don't-care codes, periodic and update-ended interrupts.
 *            Not: daylight saving, square wave output.
 * Timer      Runs only while an interrupt is enabled in register B and none is pending.
 * Threads    Under the bus lock (io_bus.h).
 */
#ifndef CHIPSET_RTC_H
#define CHIPSET_RTC_H

#include <stdbool.h>
#include <stdint.h>

#include "irq.h"

struct state;

enum {
	RTC_CMOS_SIZE = 128,
	RTC_CENTURY = 0x32, /* the FADT must name it */
};

struct io_bus;
struct rtc;
struct vm_clock;

/*
 * utc_offset_s: what the guest's clock shows beyond UTC (0, or the zone for a guest that keeps local time).
 */
int rtc_new(struct vm_clock *clock, const struct irq_line *irq, int64_t utc_offset_s, struct rtc **ret_rtc);
struct rtc *rtc_free(struct rtc *rtc);
int rtc_attach(struct rtc *rtc, struct io_bus *bus);
void rtc_reset(struct rtc *rtc); /* RESET# pin: interrupt enables and flags go, time and memory stay */

/*
 * CMOS memory for the firmware (memory sizes, boot order), index 0Eh..7Fh; others are ignored and read as 0.
 */
void rtc_set_cmos(struct rtc *rtc, uint8_t index, uint8_t value);
uint8_t rtc_get_cmos(const struct rtc *rtc, uint8_t index);
/* The offset as it is now: the guest may have set the clock. For keeping it over a restart. */
int64_t rtc_utc_offset_s(const struct rtc *rtc);

void rtc_state(struct rtc *rtc, struct state *state);

#endif
