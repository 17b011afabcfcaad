/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time in the registers of an MC146818: seconds since 1970 to bytes and back. Private to rtc.c and
 * rtc_time.c.
 *
 * Trust      Register bytes come from the guest: what is no time is bent to the nearest one, years to
 *            1900..2199.
 */
#ifndef CHIPSET_RTC_TIME_H
#define CHIPSET_RTC_TIME_H

#include <stdbool.h>
#include <stdint.h>

enum rtc_register {
	RTC_SECONDS = 0,
	RTC_SECONDS_ALARM = 1,
	RTC_MINUTES = 2,
	RTC_MINUTES_ALARM = 3,
	RTC_HOURS = 4,
	RTC_HOURS_ALARM = 5,
	RTC_DAY_OF_WEEK = 6,
	RTC_DAY = 7,
	RTC_MONTH = 8,
	RTC_YEAR = 9,
	RTC_A = 10,
	RTC_B = 11,
	RTC_C = 12,
	RTC_D = 13,
};

enum {
	RTC_B_24H = 1 << 1,
	RTC_B_BINARY = 1 << 2,
	SECONDS_PER_DAY = 86400,
};

/* `b` is register B, which says how bytes are coded. `weekday_shift`: the guest may count its days of the
 * week from elsewhere. */
void rtc_time_encode(int64_t seconds, uint8_t b, unsigned weekday_shift, uint8_t *registers,
		     uint8_t *ret_century);
int64_t rtc_time_decode(const uint8_t *registers, uint8_t century, uint8_t b, unsigned *ret_weekday_shift);
/* The first second after `seconds` at which the alarm registers match; INT64_MAX = never. */
int64_t rtc_time_next_alarm(int64_t seconds, const uint8_t *registers, uint8_t b);

#endif
