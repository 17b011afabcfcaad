/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real-time clock's registers, flags and interrupts, and CMOS memory. */
#include <errno.h>
#include <stdlib.h>

#include "io_bus.h"
#include "rtc.h"
#include "rtc_time.h"
#include "vm_clock.h"
#include "state/state.h"

enum {
	A_UIP = 1 << 7,
	A_DIVIDER_RESET = 6 << 4, /* both bits set: the divider is held in reset */
	A_RATE = 0x0f,

	B_SET = 1 << 7,
	B_PIE = 1 << 6,
	B_AIE = 1 << 5,
	B_UIE = 1 << 4,
	B_SQWE = 1 << 3,

	C_IRQF =
	    1 << 7, /* computed at a read; the flags PF, AF, UF are at the places of their enables in B */

	D_VALID = 1 << 7,

	CRYSTAL_HZ = 32768,
	UIP_NS = 244000, /* UIP is high for this long before an update (data sheet, table 6) */
};

struct rtc {
	struct vm_clock *clock;
	struct irq_line irq;
	struct vm_timer *timer;
	uint8_t cmos[RTC_CMOS_SIZE]; /* the time's registers only while it stands still */
	uint8_t index;
	bool is_stopped;   /* SET, or divider reset */
	int64_t offset_ns; /* the guest's time is the host's plus this */
	unsigned weekday_shift;
	int64_t seen_seconds; /* the guest's time up to which UF and AF are worked out */
	uint64_t seen_ns;     /* monotonic: the same for PF */
};

static int64_t guest_ns(struct rtc *rtc)
{
	return vm_clock_wall(rtc->clock) + rtc->offset_ns;
}

static int64_t floor_seconds(int64_t ns)
{
	int64_t seconds = ns / (int64_t)NS_PER_SECOND;

	return seconds - (ns % (int64_t)NS_PER_SECOND < 0);
}

/* How far the second has come. */
static int64_t phase_ns(int64_t ns)
{
	return ns - floor_seconds(ns) * (int64_t)NS_PER_SECOND;
}

/* --- flags and interrupts ------------------------------------------------------------------------ */

/* The period of PF in cycles of the crystal, as a shift (data sheet, table 5: 1 and 2 are as 8 and 9); -1 =
 * off. */
static int periodic_shift(const struct rtc *rtc)
{
	unsigned rate = rtc->cmos[RTC_A] & A_RATE;

	if (rate == 0 || (rtc->cmos[RTC_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET)
		return -1;
	return (int)(rate <= 2 ? rate + 6 : rate - 1);
}

static uint64_t periods_at(int shift, uint64_t ns)
{
	return vm_clock_scale(ns, CRYSTAL_HZ, NS_PER_SECOND) >> shift;
}

static void work_out_flags(struct rtc *rtc)
{
	uint64_t now = vm_clock_now(rtc->clock);
	int64_t seconds = floor_seconds(guest_ns(rtc));
	int shift = periodic_shift(rtc);

	if (shift >= 0 && periods_at(shift, now) != periods_at(shift, rtc->seen_ns))
		rtc->cmos[RTC_C] |= B_PIE;
	rtc->seen_ns = now;
	if (!rtc->is_stopped && seconds > rtc->seen_seconds) {
		rtc->cmos[RTC_C] |= B_UIE;
		if (rtc_time_next_alarm(rtc->seen_seconds, rtc->cmos, rtc->cmos[RTC_B]) <= seconds)
			rtc->cmos[RTC_C] |= B_AIE;
	}
	rtc->seen_seconds = seconds;
}

static uint64_t ns_until_second(struct rtc *rtc, int64_t second)
{
	int64_t left;

	if (second == INT64_MAX)
		return VM_CLOCK_NEVER;
	left = second * (int64_t)NS_PER_SECOND - guest_ns(rtc);
	return left > 0 ? (uint64_t)left : 0;
}

static uint64_t next_interrupt_ns(struct rtc *rtc)
{
	uint8_t b = rtc->cmos[RTC_B];
	uint64_t now = vm_clock_now(rtc->clock), deadline = VM_CLOCK_NEVER, wait = VM_CLOCK_NEVER;
	int shift = periodic_shift(rtc);

	if (b & B_PIE && shift >= 0)
		deadline =
		    vm_clock_scale((periods_at(shift, now) + 1) << shift, NS_PER_SECOND, CRYSTAL_HZ) + 1;
	if (rtc->is_stopped)
		return deadline;
	if (b & B_UIE)
		wait = ns_until_second(rtc, rtc->seen_seconds + 1);
	else if (b & B_AIE)
		wait = ns_until_second(rtc, rtc_time_next_alarm(rtc->seen_seconds, rtc->cmos, b));
	return wait < deadline - now ? now + wait : deadline;
}

/* Sets the line and the timer by the flags and their enables. */
static void update(struct rtc *rtc)
{
	uint8_t enabled = rtc->cmos[RTC_B] & (B_PIE | B_AIE | B_UIE);
	bool is_pending;

	work_out_flags(rtc);
	is_pending = rtc->cmos[RTC_C] & enabled;
	irq_line_set(&rtc->irq, is_pending);
	/* While one is pending the line cannot rise: the guest must read register C first. */
	vm_timer_set(rtc->timer, is_pending || !enabled ? VM_CLOCK_NEVER : next_interrupt_ns(rtc));
}

static void on_timer(void *opaque)
{
	update(opaque);
}

static uint8_t read_flags(struct rtc *rtc)
{
	uint8_t flags;

	work_out_flags(rtc);
	flags = rtc->cmos[RTC_C] & ~C_IRQF;
	if (flags & rtc->cmos[RTC_B])
		flags |= C_IRQF;
	rtc->cmos[RTC_C] = 0;
	update(rtc);
	return flags;
}

/* --- time ---------------------------------------------------------------------------------------- */

static bool is_time(uint8_t index)
{
	return index == RTC_SECONDS || index == RTC_MINUTES ||
	       (index >= RTC_HOURS && index <= RTC_YEAR && index != 5) || index == RTC_CENTURY;
}

static void load_time(struct rtc *rtc)
{
	rtc_time_encode(floor_seconds(guest_ns(rtc)), rtc->cmos[RTC_B], rtc->weekday_shift, rtc->cmos,
			&rtc->cmos[RTC_CENTURY]);
}

/* Takes the time from the registers; the second has come as far as `phase`. */
static void store_time(struct rtc *rtc, int64_t phase)
{
	int64_t seconds =
	    rtc_time_decode(rtc->cmos, rtc->cmos[RTC_CENTURY], rtc->cmos[RTC_B], &rtc->weekday_shift);

	rtc->offset_ns = seconds * (int64_t)NS_PER_SECOND + phase - vm_clock_wall(rtc->clock);
	rtc->seen_seconds = seconds;
}

/* After a change of register A or B. The clock stands while SET is on or the divider is held. */
static void stop_or_start(struct rtc *rtc, uint8_t old_a, uint8_t old_b)
{
	uint8_t a = rtc->cmos[RTC_A], b = rtc->cmos[RTC_B];
	bool is_held = (a & A_DIVIDER_RESET) == A_DIVIDER_RESET;
	bool was_held = (old_a & A_DIVIDER_RESET) == A_DIVIDER_RESET;
	bool is_stopped = b & B_SET || is_held;

	if (is_stopped && !rtc->is_stopped) {
		rtc->cmos[RTC_B] = old_b; /* the registers are coded the old way */
		load_time(rtc);
		rtc->cmos[RTC_B] = b;
	} else if (!is_stopped && rtc->is_stopped) {
		/* The first update comes half a second after the divider is let go. */
		store_time(rtc, was_held ? (int64_t)NS_PER_SECOND / 2 : phase_ns(guest_ns(rtc)));
	}
	rtc->is_stopped = is_stopped;
}

static uint8_t read_register(struct rtc *rtc, uint8_t index)
{
	switch (index) {
	case RTC_A:
		if (!rtc->is_stopped && phase_ns(guest_ns(rtc)) >= (int64_t)NS_PER_SECOND - UIP_NS)
			return rtc->cmos[RTC_A] | A_UIP;
		return rtc->cmos[RTC_A];
	case RTC_C: return read_flags(rtc);
	case RTC_D: return D_VALID;
	}
	if (is_time(index) && !rtc->is_stopped)
		load_time(rtc);
	return rtc->cmos[index];
}

static void write_time(struct rtc *rtc, uint8_t index, uint8_t value)
{
	if (!rtc->is_stopped)
		load_time(rtc);
	rtc->cmos[index] = value;
	if (!rtc->is_stopped)
		store_time(rtc, phase_ns(guest_ns(rtc)));
}

static void write_register(struct rtc *rtc, uint8_t index, uint8_t value)
{
	uint8_t old_a = rtc->cmos[RTC_A], old_b = rtc->cmos[RTC_B];

	if (index == RTC_C || index == RTC_D)
		return;
	if (is_time(index)) {
		write_time(rtc, index, value);
	} else if (index > RTC_D) {
		rtc->cmos[index] = value;
		return;
	}
	work_out_flags(rtc); /* with the old settings */
	switch (index) {
	case RTC_A: rtc->cmos[RTC_A] = value & ~A_UIP; break;
	case RTC_B:
		if (value & B_SET)
			value &= (uint8_t)~B_UIE;
		rtc->cmos[RTC_B] = value;
		break;
	default: rtc->cmos[index] = value; break;
	}
	stop_or_start(rtc, old_a, old_b);
	update(rtc);
}

/* --- ports --------------------------------------------------------------------------------------- */

static uint64_t rtc_read(void *opaque, uint64_t offset, unsigned size)
{
	struct rtc *rtc = opaque;

	return offset == 0 ? 0xff : read_register(rtc, rtc->index & 0x7f);
}

static void rtc_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct rtc *rtc = opaque;

	if (offset == 0)
		rtc->index = (uint8_t)value;
	else
		write_register(rtc, rtc->index & 0x7f, (uint8_t)value);
}

static const struct io_handler rtc_handler = { rtc_read, rtc_write, 1 };

int rtc_attach(struct rtc *rtc, struct io_bus *bus)
{
	return io_bus_add_ports(bus, 0x70, 2, &rtc_handler, rtc);
}

void rtc_set_cmos(struct rtc *rtc, uint8_t index, uint8_t value)
{
	if (index > RTC_D && index < RTC_CMOS_SIZE && index != RTC_CENTURY)
		rtc->cmos[index] = value;
}

uint8_t rtc_get_cmos(const struct rtc *rtc, uint8_t index)
{
	return index > RTC_D && index < RTC_CMOS_SIZE && index != RTC_CENTURY ? rtc->cmos[index] : 0;
}

int64_t rtc_utc_offset_s(const struct rtc *rtc)
{
	return floor_seconds(rtc->offset_ns + (int64_t)NS_PER_SECOND / 2);
}

void rtc_reset(struct rtc *rtc)
{
	rtc->cmos[RTC_B] &= (uint8_t) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
	update(rtc);
	rtc->cmos[RTC_C] = 0;
	rtc->index = 0;
}

int rtc_new(struct vm_clock *clock, const struct irq_line *irq, int64_t utc_offset_s, struct rtc **ret_rtc)
{
	struct rtc *rtc = calloc(1, sizeof(*rtc));
	int r;

	if (!rtc)
		return -ENOMEM;
	rtc->clock = clock;
	rtc->irq = *irq;
	rtc->offset_ns = utc_offset_s * (int64_t)NS_PER_SECOND;
	rtc->cmos[RTC_A] = 0x26; /* 32768 Hz, 1024 Hz: as PC firmware leaves it */
	rtc->cmos[RTC_B] = RTC_B_24H;
	rtc->seen_seconds = floor_seconds(guest_ns(rtc));
	rtc->seen_ns = vm_clock_now(clock);
	r = vm_timer_new(clock, on_timer, rtc, &rtc->timer);
	if (r < 0) {
		free(rtc);
		return r;
	}
	*ret_rtc = rtc;
	return 0;
}

struct rtc *rtc_free(struct rtc *rtc)
{
	if (!rtc)
		return NULL;
	vm_timer_free(rtc->timer);
	free(rtc);
	return NULL;
}

/* The guest's time is the host's plus an offset: it is right after however long a sleep. */
void rtc_state(struct rtc *rtc, struct state *state)
{
	const int64_t most = INT64_C(7000000000000000000); /* with today it still fits */
	uint8_t weekday_shift = (uint8_t)rtc->weekday_shift;

	if (!state_begin(state, "rtc", 1))
		return;
	if (!state_is_reading(state))
		update(rtc);
	state_bytes(state, rtc->cmos, sizeof(rtc->cmos));
	state_u8(state, &rtc->index);
	state_bool(state, &rtc->is_stopped);
	state_i64(state, &rtc->offset_ns);
	state_u8_max(state, &weekday_shift, 6);
	state_i64(state, &rtc->seen_seconds);
	state_u64(state, &rtc->seen_ns);
	state_end(state);
	if (!state_is_reading(state))
		return;
	rtc->weekday_shift = weekday_shift;
	if (rtc->offset_ns > most || rtc->offset_ns < -most)
		rtc->offset_ns = 0;
	if (rtc->seen_ns > vm_clock_now(rtc->clock))
		rtc->seen_ns = vm_clock_now(rtc->clock);
	/* an alarm that it slept through comes now; from no further back than a day */
	if (rtc->seen_seconds > floor_seconds(guest_ns(rtc)) ||
	    rtc->seen_seconds < floor_seconds(guest_ns(rtc)) - 86400)
		rtc->seen_seconds = floor_seconds(guest_ns(rtc));
	update(rtc);
}
