/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One counter of the 8254, computed from the time when it is looked at. Private to pit.c and
 * pit_counter.c.
 *
 * Model      A count that is written takes effect at once (hardware: at the next clock); in modes 2
 *            and 3 a count written without a control word waits for the end of the period (hardware
 *            in mode 3: of the half-period).
 */
#ifndef CHIPSET_PIT_COUNTER_H
#define CHIPSET_PIT_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

struct state;

#define PIT_NO_TICK UINT64_MAX

enum pit_access { /* bits 5:4 of the control word */
		  PIT_ACCESS_LATCH = 0,
		  PIT_ACCESS_LOW = 1,
		  PIT_ACCESS_HIGH = 2,
		  PIT_ACCESS_WORD = 3,
};

struct pit_counter {
	uint8_t mode;	/* 0..5 */
	uint8_t access; /* enum pit_access */
	bool is_bcd;
	bool gate;

	bool is_loaded;	     /* a count was written since the control word */
	bool is_counting;    /* gate high, or triggered in modes 1 and 5 */
	uint32_t count;	     /* 1..65536 */
	uint32_t next_count; /* modes 2 and 3: from the next period on; 0 = none */
	uint64_t start_ns;   /* with ticks_before: counted since the count was loaded */
	int64_t ticks_before;
	uint64_t edges_before; /* in periods that are over and were counted with another count */

	uint8_t low_byte; /* first byte of two that the guest writes */
	bool write_high, read_high;
	bool is_count_latched, is_status_latched;
	uint16_t latched_count;
	uint8_t latched_status;
};

void pit_counter_control(struct pit_counter *counter, uint8_t control, uint64_t now);
/* Both return whether a new count began, so that edges are counted from 0. */
bool pit_counter_write(struct pit_counter *counter, uint8_t byte, uint64_t now);
bool pit_counter_set_gate(struct pit_counter *counter, bool gate, uint64_t now);
uint8_t pit_counter_read(struct pit_counter *counter, uint64_t now);
void pit_counter_latch(struct pit_counter *counter, bool count, bool status, uint64_t now);
bool pit_counter_output(struct pit_counter *counter, uint64_t now);

/* How often the output rose since the count was loaded. */
uint64_t pit_counter_edges(struct pit_counter *counter, uint64_t now);
/* When it rises next, or PIT_NO_TICK. */
uint64_t pit_counter_next_edge_ns(const struct pit_counter *counter, uint64_t now);
/* Between two rises; 0 = there is no period. */
uint64_t pit_counter_period_ns(const struct pit_counter *counter);

void pit_counter_state(struct pit_counter *counter, struct state *state, uint64_t now);

#endif
