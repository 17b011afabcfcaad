/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time in the registers of an MC146818. By hand: gmtime_r() would read the host's time zone files. */
#include "rtc_time.h"

enum {
	HOURS_PM = 0x80,
	ALARM_ANY = 0xc0, /* both bits set: any value matches */
};

struct civil {
	int year, month, day; /* 1..12, 1..31 */
};

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first day of a year from 1900 to 2200. */
static int64_t days_before_year(int year)
{
	int y = year - 1;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static int64_t days_of(const struct civil *date)
{
	int64_t days = days_before_year(date->year);

	for (int month = 1; month < date->month; month++)
		days += days_of_month(date->year, month);
	return days + date->day - 1;
}

static struct civil civil_of(int64_t days)
{
	struct civil date = { .year = 1970 + (int)(days / 366), .month = 1 };

	while (days_before_year(date.year) > days)
		date.year--;
	while (days_before_year(date.year + 1) <= days)
		date.year++;
	days -= days_before_year(date.year);
	while (days >= days_of_month(date.year, date.month))
		days -= days_of_month(date.year, date.month++);
	date.day = (int)days + 1;
	return date;
}

static uint8_t encode(int value, uint8_t b)
{
	return (uint8_t)(b & RTC_B_BINARY ? value : value / 10 << 4 | value % 10);
}

/* May give more than a byte's 99 for bytes that are no BCD; callers limit. */
static int decode(uint8_t byte, uint8_t b)
{
	return b & RTC_B_BINARY ? byte : (byte >> 4) * 10 + (byte & 15);
}

static uint8_t encode_hour(int hour, uint8_t b)
{
	if (b & RTC_B_24H)
		return encode(hour, b);
	return encode((hour + 11) % 12 + 1, b) | (hour >= 12 ? HOURS_PM : 0);
}

static int decode_hour(uint8_t byte, uint8_t b)
{
	if (b & RTC_B_24H)
		return decode(byte, b);
	return decode(byte & 0x7f, b) % 12 + (byte & HOURS_PM ? 12 : 0);
}

static int limit(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static int64_t floor_days(int64_t seconds)
{
	int64_t days = seconds / SECONDS_PER_DAY;

	return days - (seconds % SECONDS_PER_DAY < 0);
}

/* 1970-01-01 was a Thursday, and Sunday is 1. */
static unsigned weekday_of(int64_t days)
{
	return (unsigned)(((days + 4) % 7 + 7) % 7);
}

void rtc_time_encode(int64_t seconds, uint8_t b, unsigned weekday_shift, uint8_t *registers,
		     uint8_t *ret_century)
{
	int64_t days = floor_days(seconds);
	int second = (int)(seconds - days * SECONDS_PER_DAY);
	struct civil date = civil_of(days);

	registers[RTC_SECONDS] = encode(second % 60, b);
	registers[RTC_MINUTES] = encode(second / 60 % 60, b);
	registers[RTC_HOURS] = encode_hour(second / 3600, b);
	registers[RTC_DAY_OF_WEEK] = encode((int)((weekday_of(days) + weekday_shift) % 7) + 1, b);
	registers[RTC_DAY] = encode(date.day, b);
	registers[RTC_MONTH] = encode(date.month, b);
	registers[RTC_YEAR] = encode(date.year % 100, b);
	*ret_century = encode(date.year / 100, b);
}

int64_t rtc_time_decode(const uint8_t *registers, uint8_t century, uint8_t b, unsigned *ret_weekday_shift)
{
	struct civil date;
	int64_t days;
	int weekday;

	date.year = limit(decode(century, b), 19, 21) * 100 + limit(decode(registers[RTC_YEAR], b), 0, 99);
	date.month = limit(decode(registers[RTC_MONTH], b), 1, 12);
	date.day = limit(decode(registers[RTC_DAY], b), 1, days_of_month(date.year, date.month));
	days = days_of(&date);
	weekday = limit(decode(registers[RTC_DAY_OF_WEEK], b), 1, 7) - 1;
	*ret_weekday_shift = ((unsigned)weekday + 7 - weekday_of(days)) % 7;
	return days * SECONDS_PER_DAY + limit(decode_hour(registers[RTC_HOURS], b), 0, 23) * 3600 +
	       limit(decode(registers[RTC_MINUTES], b), 0, 59) * 60 +
	       limit(decode(registers[RTC_SECONDS], b), 0, 59);
}

static bool alarm_matches(uint8_t byte, int value, int decoded)
{
	return (byte & ALARM_ANY) == ALARM_ANY || value == decoded;
}

int64_t rtc_time_next_alarm(int64_t seconds, const uint8_t *registers, uint8_t b)
{
	uint8_t hour = registers[RTC_HOURS_ALARM], minute = registers[RTC_MINUTES_ALARM];
	uint8_t second = registers[RTC_SECONDS_ALARM];
	int64_t base = floor_days(seconds) * SECONDS_PER_DAY;
	int64_t t = seconds + 1 - base;
	int64_t end = t + SECONDS_PER_DAY;

	while (t < end) {
		if (!alarm_matches(hour, (int)(t / 3600 % 24), decode_hour(hour, b)))
			t = (t / 3600 + 1) * 3600;
		else if (!alarm_matches(minute, (int)(t / 60 % 60), decode(minute, b)))
			t = (t / 60 + 1) * 60;
		else if (!alarm_matches(second, (int)(t % 60), decode(second, b)))
			t++;
		else
			return base + t;
	}
	return INT64_MAX;
}
