/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8254: modes, latches, BCD, the gate at port 61h, and the interrupt of counter 0. */
#include "chipset/pit.h"
#include "fake.h"

static struct fake_clock vm;
static struct fake_irq irq;
static struct io_bus *bus;
static struct pit *pit;

static void begin(void)
{
	struct irq_line line = fake_irq_line(&irq);

	fake_clock_init(&vm);
	irq = (struct fake_irq){ 0 };
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(pit_new(&vm.base, &line, &pit), 0);
	EXPECT(pit_attach(pit, bus), 0);
}

static void end(void)
{
	pit_free(pit);
	io_bus_free(bus);
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
	return vm_clock_scale(ticks, NS_PER_SECOND, PIT_HZ) + 1;
}

static void run_ticks(uint64_t ticks)
{
	fake_clock_advance(&vm, ticks_to_ns(ticks));
}

static void program(unsigned counter, unsigned mode, unsigned count, bool bcd)
{
	out8(bus, 0x43, counter << 6 | 3 << 4 | mode << 1 | bcd);
	out8(bus, 0x40 + counter, count & 0xff);
	out8(bus, 0x40 + counter, count >> 8);
}

static unsigned read_count(unsigned counter)
{
	unsigned low;

	out8(bus, 0x43, counter << 6);
	low = in8(bus, 0x40 + counter);
	return low | in8(bus, 0x40 + counter) << 8;
}

static uint8_t status(unsigned counter)
{
	out8(bus, 0x43, 0xe0 | 2u << counter);
	return (uint8_t)in8(bus, 0x40 + counter);
}

static bool out2(void)
{
	return in8(bus, 0x61) & 0x20;
}

static void test_mode0(void)
{
	begin();
	out8(bus, 0x61, 1);
	out8(bus, 0x43, 0xb0);
	EXPECT(out2(), false);
	EXPECT(status(2), 0x70); /* null count */
	out8(bus, 0x42, 100);
	out8(bus, 0x42, 0);
	EXPECT(status(2), 0x30);
	EXPECT(read_count(2), 100);
	run_ticks(40);
	EXPECT(read_count(2), 60);
	out8(bus, 0x61, 0); /* the gate holds the count */
	run_ticks(1000);
	EXPECT(read_count(2), 60);
	EXPECT(out2(), false);
	out8(bus, 0x61, 1);
	run_ticks(59);
	EXPECT(read_count(2), 1);
	EXPECT(out2(), false);
	run_ticks(1);
	EXPECT(out2(), true);
	EXPECT(read_count(2), 0);
	run_ticks(1);
	EXPECT(read_count(2), 0xffff); /* counts on */
	EXPECT(status(2), 0xb0);
	out8(bus, 0x42, 5); /* the first of two bytes stops it and lowers the output */
	EXPECT(out2(), false);
	run_ticks(100);
	EXPECT(out2(), false);
	out8(bus, 0x42, 0);
	run_ticks(5);
	EXPECT(out2(), true);
	end();
}

static void test_mode1_and_5(void)
{
	for (unsigned mode = 1; mode <= 5; mode += 4) {
		begin();
		program(2, mode, 10, false);
		EXPECT(out2(), true);
		run_ticks(100);
		EXPECT(out2(), true); /* not triggered */
		out8(bus, 0x61, 1);
		run_ticks(9);
		EXPECT(read_count(2), 1);
		EXPECT(out2(), mode == 5);
		out8(bus, 0x61, 0); /* the gate's level does not matter */
		run_ticks(1);
		EXPECT(out2(), mode == 1);
		run_ticks(1);
		EXPECT(out2(), true);
		out8(bus, 0x61, 1);
		run_ticks(5);
		program(2, mode, 20, false);
		EXPECT(out2(), true); /* a control word ends the shot */
		out8(bus, 0x61, 0);
		out8(bus, 0x61, 1);
		run_ticks(5);
		out8(bus, 0x61, 0);
		out8(bus, 0x61, 1); /* again from the start */
		EXPECT(read_count(2), 20);
		run_ticks(19);
		EXPECT(out2(), mode == 5);
		end();
	}
}

static void test_mode2(void)
{
	begin();
	out8(bus, 0x61, 1);
	program(2, 2, 10, false);
	for (unsigned i = 0; i < 30; i++) {
		EXPECT(read_count(2), 10 - i % 10);
		EXPECT(out2(), i % 10 != 9);
		run_ticks(1);
	}
	out8(bus, 0x61, 0);
	EXPECT(out2(), true);
	run_ticks(7);
	out8(bus, 0x61, 1); /* a rising gate begins anew */
	EXPECT(read_count(2), 10);
	run_ticks(23); /* in the third period */
	out8(bus, 0x42, 4);
	out8(bus, 0x42, 0);
	EXPECT(status(2), 0xf4); /* null count until the period is over */
	EXPECT(read_count(2), 7);
	run_ticks(7);
	EXPECT(read_count(2), 4);
	run_ticks(4 * 1000 + 3);
	EXPECT(read_count(2), 1);
	EXPECT(status(2), 0x34);
	end();
}

static void test_mode3(void)
{
	begin();
	out8(bus, 0x61, 1);
	program(2, 3, 6, false);
	for (unsigned i = 0; i < 18; i++) {
		EXPECT(read_count(2), 6 - i % 3 * 2);
		EXPECT(out2(), i % 6 < 3);
		run_ticks(1);
	}
	program(2, 7, 5, false); /* 7 is 3; an odd count is longer high than low */
	for (unsigned i = 0; i < 10; i++) {
		EXPECT(out2(), i % 5 < 3);
		EXPECT(read_count(2), 4 - (i % 5 < 3 ? i % 5 : i % 5 - 3) * 2);
		run_ticks(1);
	}
	program(2, 3, 1, false); /* not allowed: no crash */
	run_ticks(1);
	read_count(2);
	out2();
	end();
}

static void test_mode4(void)
{
	begin();
	out8(bus, 0x61, 1);
	program(2, 4, 10, false);
	run_ticks(9);
	EXPECT(out2(), true);
	run_ticks(1);
	EXPECT(out2(), false);
	run_ticks(1);
	EXPECT(out2(), true);
	run_ticks(65536 - 1);
	EXPECT(out2(), true);
	end();
}

static void test_access(void)
{
	begin();
	out8(bus, 0x43, 0x40 | 1 << 4 | 2 << 1); /* counter 1, low byte only */
	out8(bus, 0x41, 0x34);
	EXPECT(in8(bus, 0x41), 0x34);
	out8(bus, 0x43, 0x40 | 2 << 4 | 2 << 1); /* high byte only */
	out8(bus, 0x41, 0x12);
	EXPECT(in8(bus, 0x41), 0x12);
	EXPECT(in8(bus, 0x41), 0x12);
	program(1, 2, 0, false); /* 0 is 65536 */
	EXPECT(read_count(1), 0);
	run_ticks(1);
	EXPECT(read_count(1), 0xffff);
	/* what is latched stays */
	program(1, 2, 1000, false);
	out8(bus, 0x43, 0x40);
	run_ticks(10);
	out8(bus, 0x43, 0x40);
	EXPECT(in8(bus, 0x41), 1000 & 0xff);
	run_ticks(10);
	EXPECT(in8(bus, 0x41), 1000 >> 8);
	EXPECT(in8(bus, 0x41), (1000 - 20) & 0xff);
	EXPECT(in8(bus, 0x41), (1000 - 20) >> 8);
	/* read-back of counters 1 and 2, count and status: status comes first */
	program(2, 3, 500, false);
	out8(bus, 0x43, 0xc0 | 1 << 2 | 1 << 3);
	run_ticks(5);
	EXPECT(in8(bus, 0x41), 0xb4);
	EXPECT(in8(bus, 0x41) | in8(bus, 0x41) << 8, 980);
	EXPECT(in8(bus, 0x42), 0xb6);
	EXPECT(in8(bus, 0x42) | in8(bus, 0x42) << 8, 500);
	EXPECT(in8(bus, 0x43), 0xff);
	/* BCD */
	out8(bus, 0x61, 1);
	program(2, 2, 0x1000, true);
	EXPECT(read_count(2), 0x1000);
	run_ticks(1);
	EXPECT(read_count(2), 0x0999);
	program(2, 0, 0x0005, true);
	run_ticks(7);
	EXPECT(read_count(2), 0x9998);
	program(2, 2, 0, true); /* 10000 */
	EXPECT(read_count(2), 0);
	run_ticks(1);
	EXPECT(read_count(2), 0x9999);
	program(2, 2, 0xffff, true); /* no BCD: no crash */
	run_ticks(3);
	read_count(2);
	end();
}

static void test_port61(void)
{
	begin();
	out8(bus, 0x61, 0xff);
	EXPECT(in8(bus, 0x61) & 0xcf, 0x0f);
	out8(bus, 0x61, 0);
	EXPECT(in8(bus, 0x61) & 0xcf, 0);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t before = in8(bus, 0x61) & 0x10;

		fake_clock_advance(&vm, 15085);
		EXPECT((in8(bus, 0x61) & 0x10) != before, true);
	}
	end();
}

static void test_ticks(void)
{
	begin();
	program(0, 2, 1193, false); /* 1000.15 Hz */
	fake_clock_advance(&vm, 10 * NS_PER_SECOND);
	EXPECT(irq.rises, (uint64_t)10 * PIT_HZ / 1193);
	EXPECT(vm.fired, irq.rises);
	program(0, 3, 0, false); /* 18.2 Hz */
	irq.rises = 0;
	fake_clock_advance(&vm, 60 * NS_PER_SECOND);
	EXPECT(irq.rises, (uint64_t)60 * PIT_HZ / 65536);

	/* one shots */
	irq.rises = 0;
	program(0, 0, 11932, false);
	EXPECT(irq.level, false);
	fake_clock_advance(&vm, 9999000);
	EXPECT(irq.rises, 0);
	fake_clock_advance(&vm, 2000);
	EXPECT(irq.rises, 1);
	EXPECT(irq.level, true);
	EXPECT(fake_clock_is_idle(&vm), true);
	out8(bus, 0x40, 100); /* again, without a control word */
	EXPECT(irq.level, false);
	out8(bus, 0x40, 0);
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.rises, 2);
	program(0, 4, 1193, false);
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.rises, 3);
	program(0, 1, 1193, false); /* its gate never rises */
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.rises, 3);
	EXPECT(fake_clock_is_idle(&vm), true);
	end();
}

static void test_count_change(void)
{
	begin();
	program(0, 2, 11932, false); /* 100 Hz */
	fake_clock_advance(&vm, NS_PER_SECOND + 5000000);
	EXPECT(irq.rises, 100);
	out8(bus, 0x40, 1193 & 0xff);
	out8(bus, 0x40, 1193 >> 8);
	fake_clock_advance(&vm, 5200000); /* the old period ends */
	EXPECT(irq.rises, 101);
	fake_clock_advance(&vm, 100 * 1000000);
	EXPECT(irq.rises, 201);
	end();
}

static void test_listening(void)
{
	begin();
	program(0, 2, 1193, false);
	fake_clock_advance(&vm, 10500000);
	EXPECT(irq.rises, 10);
	pit_set_listened(pit, false);
	EXPECT(fake_clock_is_idle(&vm), true);
	fake_clock_advance(&vm, 3600 * NS_PER_SECOND);
	EXPECT(irq.rises, 10);
	pit_sync(pit); /* the guest looks at the request register */
	EXPECT(irq.rises, 11);
	pit_sync(pit);
	EXPECT(irq.rises, 11);
	fake_clock_advance(&vm, NS_PER_SECOND);
	pit_set_listened(pit, true);
	EXPECT(irq.rises, 12); /* one for all that were missed */
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.rises - 12 >= 999 && irq.rises - 12 <= 1001, true);
	pit_set_listened(pit, false);
	pit_set_listened(pit, true);
	EXPECT(irq.rises - 12 <= 1001, true);
	end();
}

static void test_catch_up(void)
{
	uint64_t before;

	begin();
	program(0, 2, 1193, false);
	fake_clock_advance(&vm, 100 * 1000000);
	before = irq.rises;
	fake_clock_jump(&vm, 50 * 1000000); /* the host was away for 50 ms */
	EXPECT(irq.rises - before, 1);	    /* no storm */
	fake_clock_advance(&vm, 10 * 1000000);
	EXPECT(irq.rises - before >= 18 && irq.rises - before <= 22, true); /* twice the rate */
	fake_clock_advance(&vm, 90 * 1000000);
	EXPECT(irq.rises - before >= 149 && irq.rises - before <= 151, true); /* none was lost */
	before = irq.rises;
	fake_clock_jump(&vm, 3600 * NS_PER_SECOND); /* the host slept */
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.rises - before >= 1000 && irq.rises - before <= 1000 + PIT_MAX_OWED + 2, true);
	/* a period that no host can follow */
	program(0, 2, 2, false);
	before = irq.rises;
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(irq.rises - before <= NS_PER_SECOND / PIT_MIN_PERIOD_NS + 1, true);
	EXPECT(irq.rises - before >= NS_PER_SECOND / PIT_MIN_PERIOD_NS - 10, true);
	pit_reset(pit);
	EXPECT(fake_clock_is_idle(&vm), true);
	end();
}

int main(void)
{
	test_mode0();
	test_mode1_and_5();
	test_mode2();
	test_mode3();
	test_mode4();
	test_access();
	test_port61();
	test_ticks();
	test_count_change();
	test_listening();
	test_catch_up();
	return finish("pit");
}
