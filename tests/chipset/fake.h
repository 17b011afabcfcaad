/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the chips' tests share: checks that print, a clock that stands until it is pushed, an interrupt sink.
 */
#ifndef TESTS_CHIPSET_FAKE_H
#define TESTS_CHIPSET_FAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "chipset/io_bus.h"
#include "chipset/irq.h"
#include "chipset/vm_clock.h"

extern int failures;

/* Prints file, line, expression and both values when they differ. */
#define EXPECT(got, wanted) expect((uint64_t)(got), (uint64_t)(wanted), #got, __FILE__, __LINE__)
void expect(uint64_t got, uint64_t wanted, const char *what, const char *file, int line);
int finish(const char *name); /* the exit status; prints what failed */

enum { FAKE_MAX_TIMERS = 16 };

struct fake_clock {
	struct vm_clock base;
	uint64_t now;
	int64_t wall_minus_now;
	unsigned fired; /* timer calls: what would wake the host */
	struct fake_timer *timers[FAKE_MAX_TIMERS];
	unsigned timer_count;
};

void fake_clock_init(struct fake_clock *clock);
/* Moves time on, calling timers at their deadlines. */
void fake_clock_advance(struct fake_clock *clock, uint64_t ns);
/* Moves time on at once, so that all timers are late. */
void fake_clock_jump(struct fake_clock *clock, uint64_t ns);
bool fake_clock_is_idle(const struct fake_clock *clock); /* no timer is set */

struct fake_irq {
	bool level;
	unsigned rises;
};

struct irq_line fake_irq_line(struct fake_irq *irq);

static inline uint32_t in8(struct io_bus *bus, uint16_t port)
{
	return io_bus_port_read(bus, port, 1);
}

static inline void out8(struct io_bus *bus, uint16_t port, uint32_t value)
{
	io_bus_port_write(bus, port, 1, value);
}

#endif
