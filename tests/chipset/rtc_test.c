/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MC146818: time in all codings, setting it, UIP, interrupts, idleness, CMOS memory. */
#include <time.h>

#include "chipset/rtc.h"
#include "chipset/rtc_time.h"
#include "fake.h"

static struct fake_clock vm;
static struct fake_irq irq;
static struct io_bus *bus;
static struct rtc *rtc;

static void begin(int64_t offset_s)
{
	struct irq_line line = fake_irq_line(&irq);

	fake_clock_init(&vm);
	irq = (struct fake_irq){ 0 };
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(rtc_new(&vm.base, &line, offset_s, &rtc), 0);
	EXPECT(rtc_attach(rtc, bus), 0);
}

static void end(void)
{
	rtc_free(rtc);
	io_bus_free(bus);
}

static uint8_t reg(uint8_t index)
{
	out8(bus, 0x70, index);
	return (uint8_t)in8(bus, 0x71);
}

static void set(uint8_t index, uint8_t value)
{
	out8(bus, 0x70, index | 0x80);
	out8(bus, 0x71, value);
}

static void expect_time(unsigned century, unsigned year, unsigned month, unsigned day, unsigned weekday,
			unsigned hour, unsigned minute, unsigned second)
{
	EXPECT(reg(0x32), century);
	EXPECT(reg(9), year);
	EXPECT(reg(8), month);
	EXPECT(reg(7), day);
	EXPECT(reg(6), weekday);
	EXPECT(reg(4), hour);
	EXPECT(reg(2), minute);
	EXPECT(reg(0), second);
}

/* The fake clock starts on 2023-11-14 (a Tuesday) at 22:13:20 UTC. */
static void test_codings(void)
{
	begin(0);
	expect_time(0x20, 0x23, 0x11, 0x14, 3, 0x22, 0x13, 0x20);
	set(RTC_B, 0x06); /* binary */
	expect_time(20, 23, 11, 14, 3, 22, 13, 20);
	set(RTC_B, 0x04); /* binary, 12 hours */
	EXPECT(reg(4), 0x80 | 10);
	set(RTC_B, 0x00);
	EXPECT(reg(4), 0x90);
	fake_clock_advance(&vm, 2 * 3600 * NS_PER_SECOND);
	EXPECT(reg(4), 0x12); /* 00:13 is 12 AM */
	EXPECT(reg(7), 0x15);
	EXPECT(reg(6), 4);
	fake_clock_advance(&vm, 12 * 3600 * NS_PER_SECOND);
	EXPECT(reg(4), 0x92);
	EXPECT(reg(RTC_D), 0x80);
	EXPECT(in8(bus, 0x70), 0xff);
	end();
	begin(-3600 * 24);
	expect_time(0x20, 0x23, 0x11, 0x13, 2, 0x22, 0x13, 0x20);
	end();
}

static void set_time(bool with_divider)
{
	uint8_t a = reg(RTC_A), b = reg(RTC_B);

	set(RTC_B, b | 0x80);
	if (with_divider)
		set(RTC_A, a | 0x70);
	set(RTC_YEAR, 0x24);
	set(RTC_MONTH, 0x02);
	set(RTC_DAY, 0x28);
	set(RTC_DAY_OF_WEEK, 7); /* not what the calendar says (Wednesday, 4) */
	set(RTC_HOURS, 0x23);
	set(RTC_MINUTES, 0x59);
	set(RTC_SECONDS, 0x58);
	set(RTC_CENTURY, 0x20);
	fake_clock_advance(&vm, 5 * NS_PER_SECOND); /* stands still */
	EXPECT(reg(RTC_SECONDS), 0x58);
	set(RTC_B, b);
	if (with_divider)
		set(RTC_A, a);
}

static void test_setting(void)
{
	begin(0);
	set_time(true);
	fake_clock_advance(&vm, 499 * 1000000);
	EXPECT(reg(RTC_SECONDS), 0x58);
	fake_clock_advance(&vm, 2 * 1000000);
	EXPECT(reg(RTC_SECONDS), 0x59); /* the divider begins with half a second */
	fake_clock_advance(&vm, NS_PER_SECOND);
	expect_time(0x20, 0x24, 0x02, 0x29, 1, 0x00, 0x00, 0x00);
	EXPECT(rtc_utc_offset_s(rtc), (uint64_t)(1709164800 - (int64_t)(1700000000 + 6)));
	fake_clock_advance(&vm, 24 * 3600 * NS_PER_SECOND);
	expect_time(0x20, 0x24, 0x03, 0x01, 2, 0x00, 0x00, 0x00);
	set(RTC_HOURS, 0x05); /* without SET */
	expect_time(0x20, 0x24, 0x03, 0x01, 2, 0x05, 0x00, 0x00);
	set(RTC_CENTURY, 0x19);
	EXPECT(reg(RTC_YEAR), 0x24);
	EXPECT(reg(RTC_CENTURY), 0x19);
	end();
	begin(0);
	set_time(false);
	fake_clock_advance(&vm, 2 * NS_PER_SECOND);
	EXPECT(reg(RTC_DAY), 0x29);
	/* nonsense is bent, not believed */
	set(RTC_B, 0x82);
	for (unsigned i = 0; i < 10; i++)
		set((uint8_t)i, 0xff);
	set(RTC_CENTURY, 0xff);
	set(RTC_B, 0x02);
	EXPECT(reg(RTC_MONTH), 0x12);
	EXPECT(reg(RTC_CENTURY), 0x21);
	set(RTC_B, 0x82);
	for (unsigned i = 0; i < 10; i++)
		set((uint8_t)i, 0);
	set(RTC_CENTURY, 0);
	set(RTC_B, 0x02);
	expect_time(0x19, 0x00, 0x01, 0x01, 1, 0, 0, 0);
	end();
}

static void test_uip(void)
{
	begin(0);
	EXPECT(reg(RTC_A), 0x26);
	fake_clock_advance(&vm, NS_PER_SECOND - 250000);
	EXPECT(reg(RTC_A), 0x26);
	fake_clock_advance(&vm, 10000);
	EXPECT(reg(RTC_A), 0xa6);
	EXPECT(reg(RTC_SECONDS), 0x20);
	set(RTC_B, 0x82);
	EXPECT(reg(RTC_A), 0x26); /* not while SET */
	set(RTC_B, 0x02);
	fake_clock_advance(&vm, 240000);
	EXPECT(reg(RTC_A), 0x26);
	EXPECT(reg(RTC_SECONDS), 0x21);
	set(RTC_A, 0xff);
	EXPECT(reg(RTC_A), 0x7f);
	end();
}

static void test_periodic(void)
{
	static const uint16_t hz[16] = { 0,   256, 128, 8192, 4096, 2048, 1024, 512,
					 256, 128, 64,	32,   16,   8,	  4,	2 };

	for (unsigned rate = 0; rate < 16; rate++) {
		unsigned count = 0;

		begin(0);
		set(RTC_A, 0x20 | rate);
		reg(RTC_C);
		set(RTC_B, 0x42);
		for (unsigned i = 0; i < 40000; i++) {
			fake_clock_advance(&vm, 50000);
			if (!irq.level)
				continue;
			count++;
			EXPECT(reg(RTC_C) & 0xc0, 0xc0);
			EXPECT(irq.level, false);
		}
		EXPECT(count + 1 >= hz[rate] * 2u && count <= hz[rate] * 2u + 1, true);
		if (rate == 0)
			EXPECT(fake_clock_is_idle(&vm), true);
		end();
	}
}

static void test_update_and_alarm(void)
{
	begin(0);
	EXPECT(fake_clock_is_idle(&vm), true);
	reg(RTC_C);
	fake_clock_advance(&vm, NS_PER_SECOND + 1);
	EXPECT(vm.fired, 0);		 /* nothing enabled: no wake-up */
	EXPECT(reg(RTC_C) & 0xb0, 0x10); /* but the flag is there */
	EXPECT(reg(RTC_C) & 0xb0, 0x00);
	set(RTC_B, 0x12);
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.level, true);
	EXPECT(fake_clock_is_idle(&vm), true); /* pending: no more wake-ups until C is read */
	fake_clock_advance(&vm, 10 * NS_PER_SECOND);
	EXPECT(vm.fired, 1);
	EXPECT(reg(RTC_C) & 0x90, 0x90);
	EXPECT(irq.level, false);
	EXPECT(fake_clock_is_idle(&vm), false);
	set(RTC_B, 0x92); /* SET takes UIE away */
	EXPECT(reg(RTC_B), 0x82);
	set(RTC_B, 0x02);
	EXPECT(fake_clock_is_idle(&vm), true);

	/* alarm at 22:15:00 */
	set(RTC_HOURS_ALARM, 0x22);
	set(RTC_MINUTES_ALARM, 0x15);
	set(RTC_SECONDS_ALARM, 0x00);
	vm.fired = 0;
	reg(RTC_C);
	set(RTC_B, 0x22);
	fake_clock_advance(&vm, 80 * NS_PER_SECOND);
	EXPECT(irq.level, false);
	EXPECT(vm.fired, 0);
	fake_clock_advance(&vm, 20 * NS_PER_SECOND);
	EXPECT(irq.level, true);
	EXPECT(reg(RTC_MINUTES), 0x15);
	EXPECT(reg(RTC_C) & 0xa0, 0xa0);
	EXPECT(reg(RTC_C) & 0xa0, 0);
	set(RTC_HOURS_ALARM, 0xff); /* any hour, any minute: each minute */
	set(RTC_MINUTES_ALARM, 0xc0);
	for (unsigned i = 0; i < 10; i++) {
		fake_clock_advance(&vm, 60 * NS_PER_SECOND);
		EXPECT(reg(RTC_C) & 0xa0, 0xa0);
	}
	set(RTC_HOURS_ALARM, 0x25); /* no such hour */
	fake_clock_advance(&vm, 3 * 86400 * NS_PER_SECOND);
	EXPECT(reg(RTC_C) & 0xa0, 0);
	set(RTC_HOURS_ALARM, 0x23);
	set(RTC_B, 0x72);
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.level, true);
	rtc_reset(rtc);
	EXPECT(irq.level, false);
	EXPECT(reg(RTC_B), 0x02);
	EXPECT(fake_clock_is_idle(&vm), true);
	end();
}

static void test_cmos(void)
{
	begin(0);
	for (unsigned i = 0x0e; i < 128; i++)
		if (i != RTC_CENTURY)
			set((uint8_t)i, (uint8_t)(i ^ 0x5a));
	for (unsigned i = 0x0e; i < 128; i++)
		if (i != RTC_CENTURY)
			EXPECT(reg((uint8_t)i), i ^ 0x5a);
	rtc_set_cmos(rtc, 0x34, 0x77);
	EXPECT(reg(0x34), 0x77);
	EXPECT(rtc_get_cmos(rtc, 0x34), 0x77);
	rtc_set_cmos(rtc, RTC_B, 0x77);
	rtc_set_cmos(rtc, 200, 0x77);
	EXPECT(reg(RTC_B), 0x02);
	EXPECT(rtc_get_cmos(rtc, 200), 0);
	end();
}

/* Our calendar against libc's, over the years that registers can hold. */
static void test_calendar(void)
{
	for (int64_t day = -25567 + 1; day < 84000; day += 1) {
		int64_t t = day * 86400 + 86399 - (day & 1) * 43200;
		time_t host = (time_t)t;
		struct tm tm;
		uint8_t registers[10] = { 0 }, century = 0;
		unsigned shift = 9;

		gmtime_r(&host, &tm);
		rtc_time_encode(t, 0x06, 0, registers, &century);
		EXPECT(century * 100 + registers[RTC_YEAR], tm.tm_year + 1900);
		EXPECT(registers[RTC_MONTH], tm.tm_mon + 1);
		EXPECT(registers[RTC_DAY], tm.tm_mday);
		EXPECT(registers[RTC_DAY_OF_WEEK], tm.tm_wday + 1);
		EXPECT(registers[RTC_HOURS], tm.tm_hour);
		EXPECT(rtc_time_decode(registers, century, 0x06, &shift), t);
		EXPECT(shift, 0);
	}
}

int main(void)
{
	test_codings();
	test_setting();
	test_uip();
	test_periodic();
	test_update_and_alarm();
	test_cmos();
	test_calendar();
	return finish("rtc");
}
