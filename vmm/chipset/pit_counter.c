/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One counter of the 8254: see pit_counter.h. */
#include "pit.h"
#include "pit_counter.h"
#include "vm_clock.h"
#include "state/state.h"

static bool is_periodic(const struct pit_counter *counter)
{
	return counter->mode == 2 || counter->mode == 3;
}

static bool is_triggered(const struct pit_counter *counter)
{
	return counter->mode == 1 || counter->mode == 5;
}

static uint64_t raw_elapsed(const struct pit_counter *counter, uint64_t now)
{
	int64_t ticks = counter->ticks_before;

	if (counter->is_counting && now > counter->start_ns)
		ticks += (int64_t)vm_clock_scale(now - counter->start_ns, PIT_HZ, NS_PER_SECOND);
	return ticks > 0 ? (uint64_t)ticks : 0;
}

/* Whole periods are over: their edges are kept, their ticks are not. */
static void drop_periods(struct pit_counter *counter, uint64_t periods)
{
	counter->ticks_before -= (int64_t)(periods * counter->count);
	counter->edges_before += periods;
}

/* Ticks since the count was loaded; changes to the waiting count when its time has come. */
static uint64_t elapsed(struct pit_counter *counter, uint64_t now)
{
	uint64_t ticks = raw_elapsed(counter, now);

	if (counter->next_count && is_periodic(counter) && ticks >= counter->count) {
		drop_periods(counter, 1);
		ticks -= counter->count;
		counter->count = counter->next_count;
		counter->next_count = 0;
	}
	return ticks;
}

static void begin(struct pit_counter *counter, uint64_t now)
{
	counter->start_ns = now;
	counter->ticks_before = 0;
	counter->next_count = 0;
	counter->edges_before = 0;
	counter->is_counting = !is_triggered(counter) && counter->gate;
}

void pit_counter_control(struct pit_counter *counter, uint8_t control, uint64_t now)
{
	uint8_t mode = control >> 1 & 7;

	counter->mode = mode > 5 ? mode & 3 : mode;
	counter->access = control >> 4 & 3;
	counter->is_bcd = control & 1;
	counter->write_high = counter->read_high = false;
	counter->is_count_latched = counter->is_status_latched = false;
	counter->is_loaded = false;
	counter->is_counting = false;
	counter->next_count = 0;
	counter->ticks_before = 0;
	counter->edges_before = 0;
	counter->start_ns = now;
}

static uint32_t count_of(const struct pit_counter *counter, uint16_t value)
{
	if (!counter->is_bcd)
		return value ? value : 65536;
	value = (uint16_t)((value >> 12) * 1000 + (value >> 8 & 15) * 100 + (value >> 4 & 15) * 10 +
			   (value & 15));
	return value ? value : 10000;
}

static uint16_t value_of(const struct pit_counter *counter, uint64_t count)
{
	unsigned rest = (unsigned)(count % 10000);

	if (!counter->is_bcd)
		return (uint16_t)count;
	return (uint16_t)(rest / 1000 << 12 | rest / 100 % 10 << 8 | rest / 10 % 10 << 4 | rest % 10);
}

static bool load(struct pit_counter *counter, uint16_t value, uint64_t now)
{
	uint32_t count = count_of(counter, value);

	if (counter->is_loaded && is_periodic(counter)) {
		drop_periods(counter, elapsed(counter, now) / counter->count);
		counter->next_count = count;
		return false;
	}
	/* In modes 1 and 5 a running shot goes on with the old count (data sheet, "Mode 1"). */
	if (counter->is_loaded && is_triggered(counter) && counter->is_counting) {
		counter->next_count = count;
		return false;
	}
	counter->count = count;
	counter->is_loaded = true;
	begin(counter, now);
	return true;
}

bool pit_counter_write(struct pit_counter *counter, uint8_t byte, uint64_t now)
{
	switch (counter->access) {
	case PIT_ACCESS_LOW: return load(counter, byte, now);
	case PIT_ACCESS_HIGH: return load(counter, (uint16_t)(byte << 8), now);
	}
	counter->write_high = !counter->write_high;
	if (!counter->write_high)
		return load(counter, (uint16_t)(byte << 8 | counter->low_byte), now);
	counter->low_byte = byte;
	if (counter->mode != 0)
		return false;
	/* Mode 0: the first byte stops the counter and takes the output low. */
	counter->is_loaded = false;
	counter->is_counting = false;
	counter->ticks_before = 0;
	counter->edges_before = 0;
	return true;
}

bool pit_counter_set_gate(struct pit_counter *counter, bool gate, uint64_t now)
{
	bool rises = gate && !counter->gate;
	bool falls = !gate && counter->gate;

	if (falls && counter->is_counting && !is_triggered(counter)) {
		counter->ticks_before = (int64_t)elapsed(counter, now);
		counter->is_counting = false;
	}
	counter->gate = gate;
	if (!rises || !counter->is_loaded)
		return false;
	counter->start_ns = now;
	counter->is_counting = true;
	if (!is_triggered(counter) && !is_periodic(counter))
		return false; /* modes 0 and 4 go on where they were */
	if (counter->next_count)
		counter->count = counter->next_count;
	counter->next_count = 0;
	counter->ticks_before = 0;
	counter->edges_before = 0;
	return true;
}

/* The value of the counting element. */
static uint16_t current(struct pit_counter *counter, uint64_t now)
{
	uint64_t ticks = elapsed(counter, now);
	uint32_t half;

	if (counter->count == 0)
		return 0; /* never loaded */
	switch (counter->mode) {
	case 2: return value_of(counter, counter->count - ticks % counter->count);
	case 3: /* counts down by two in each half; an odd count has one clock more in the first */
		ticks %= counter->count;
		half = (counter->count + 1) / 2;
		ticks = ticks < half ? ticks : ticks - half;
		return value_of(counter, (counter->count & ~1u) - 2 * ticks);
	default: /* runs on through 0 */
		if (counter->is_bcd)
			return value_of(counter, counter->count % 10000 + 10000 - ticks % 10000);
		return (uint16_t)(counter->count - ticks);
	}
}

bool pit_counter_output(struct pit_counter *counter, uint64_t now)
{
	uint64_t ticks = elapsed(counter, now);

	if (!counter->is_loaded)
		return counter->mode != 0;
	switch (counter->mode) {
	case 0: return ticks >= counter->count;
	case 1: return !counter->is_counting || ticks >= counter->count;
	case 2: return !counter->is_counting || ticks % counter->count != counter->count - 1;
	case 3: return !counter->is_counting || ticks % counter->count < (counter->count + 1) / 2;
	default: return ticks != counter->count;
	}
}

void pit_counter_latch(struct pit_counter *counter, bool count, bool status, uint64_t now)
{
	/* What is latched stays until it is read. */
	if (status && !counter->is_status_latched) {
		counter->latched_status =
		    (uint8_t)(pit_counter_output(counter, now) << 7 |
			      (!counter->is_loaded || counter->next_count) << 6 | counter->access << 4 |
			      counter->mode << 1 | counter->is_bcd);
		counter->is_status_latched = true;
	}
	if (count && !counter->is_count_latched) {
		counter->latched_count = current(counter, now);
		counter->is_count_latched = true;
	}
}

uint8_t pit_counter_read(struct pit_counter *counter, uint64_t now)
{
	uint16_t value;
	bool is_high, is_last;

	if (counter->is_status_latched) {
		counter->is_status_latched = false;
		return counter->latched_status;
	}
	value = counter->is_count_latched ? counter->latched_count : current(counter, now);
	is_high = counter->access == PIT_ACCESS_HIGH;
	is_last = true;
	if (counter->access == PIT_ACCESS_WORD) {
		is_high = is_last = counter->read_high;
		counter->read_high = !counter->read_high;
	}
	if (is_last)
		counter->is_count_latched = false;
	return (uint8_t)(is_high ? value >> 8 : value);
}

uint64_t pit_counter_edges(struct pit_counter *counter, uint64_t now)
{
	uint64_t ticks = elapsed(counter, now);

	if (!counter->is_loaded)
		return 0;
	switch (counter->mode) {
	case 2:
	case 3: return counter->edges_before + ticks / counter->count;
	case 4:
	case 5: return ticks > counter->count;
	default: return ticks >= counter->count;
	}
}

uint64_t pit_counter_next_edge_ns(const struct pit_counter *counter, uint64_t now)
{
	uint64_t ticks = raw_elapsed(counter, now), target = counter->count;

	if (!counter->is_loaded || !counter->is_counting)
		return PIT_NO_TICK;
	if (is_periodic(counter))
		target = (ticks / counter->count + 1) * counter->count;
	else if (counter->mode >= 4)
		target++;
	if (target <= ticks)
		return PIT_NO_TICK;
	/* Rounded up, so that the edge is there when the clock reads this time. */
	return counter->start_ns +
	       vm_clock_scale((uint64_t)((int64_t)target - counter->ticks_before), NS_PER_SECOND, PIT_HZ) + 1;
}

uint64_t pit_counter_period_ns(const struct pit_counter *counter)
{
	return is_periodic(counter) && counter->is_loaded
		   ? vm_clock_scale(counter->count, NS_PER_SECOND, PIT_HZ)
		   : 0;
}

/* What a counter computes with must be possible: it divides by its count, and adds up times. */
static bool is_possible(const struct pit_counter *counter, uint64_t now)
{
	const int64_t most = INT64_C(1) << 60;

	return counter->count <= 65536 && counter->next_count <= 65536 &&
	       (counter->count > 0 || !counter->is_loaded) && counter->ticks_before < most &&
	       counter->ticks_before > -most && counter->start_ns <= now;
}

void pit_counter_state(struct pit_counter *counter, struct state *state, uint64_t now)
{
	state_u8_max(state, &counter->mode, 5);
	state_u8_max(state, &counter->access, PIT_ACCESS_WORD);
	state_bool(state, &counter->is_bcd);
	state_bool(state, &counter->gate);
	state_bool(state, &counter->is_loaded);
	state_bool(state, &counter->is_counting);
	state_u32(state, &counter->count);
	state_u32(state, &counter->next_count);
	state_u64(state, &counter->start_ns);
	state_i64(state, &counter->ticks_before);
	state_u64(state, &counter->edges_before);
	state_u8(state, &counter->low_byte);
	state_bool(state, &counter->write_high);
	state_bool(state, &counter->read_high);
	state_bool(state, &counter->is_count_latched);
	state_bool(state, &counter->is_status_latched);
	state_u16(state, &counter->latched_count);
	state_u8(state, &counter->latched_status);
	if (!state_is_reading(state) || is_possible(counter, now))
		return;
	state_refuse(state, "has a counter that cannot be");
	*counter = (struct pit_counter){ .access = PIT_ACCESS_WORD };
}
