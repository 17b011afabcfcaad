/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages and events. The test program echoes: what is posted to connection 4 comes back on SINT 2 of the same VP; an event on
 * connection 5 comes back as that flag of SINT 2.
 */
#include "guest.h"

enum {
	SCONTROL = 0x40000080,
	SIEFP = 0x40000082,
	SIMP,
	EOM,
	SINT2 = 0x40000092,
	STIMER1_CONFIG = 0x400000b2,
	STIMER1_COUNT,
	TIME_REF_COUNT = 0x40000020,
};
enum { POST_MESSAGE = 0x5c, SIGNAL_EVENT = 0x5d, FAST = 1 << 16, VECTOR = 0xf3, BURST = 200 };

struct slot {
	volatile uint32_t type;
	volatile uint8_t size, flags;
	uint16_t reserved;
	uint64_t sender;
	volatile uint64_t payload[30];
};
static struct slot *const slots = (struct slot *)(FREE_BASE + 0x140000);
static volatile uint64_t *const events = (uint64_t *)(FREE_BASE + 0x141000);

static volatile unsigned interrupts, messages, timers, flags_seen;
static uint64_t expected;

static void take_message(struct slot *slot)
{
	if (!slot->type)
		return;
	if (slot->type == 1) {
		CHECK_EQ(slot->payload[0], expected);
		CHECK_EQ(slot->payload[29], ~expected);
		CHECK_EQ(slot->size, 240);
		expected++;
		messages++;
	} else {
		CHECK_EQ(slot->type, 0x80000010);
		CHECK_EQ((uint32_t)slot->payload[0], 1);
		timers++;
	}
	__atomic_store_n(&slot->type, 0, __ATOMIC_SEQ_CST);
	if (slot->flags & 1)
		wrmsr(EOM, 0);
}

static void take_events(void)
{
	for (unsigned i = 0; i < 32; i++) {
		uint64_t word = __atomic_exchange_n(&events[2 * 32 + i], 0, __ATOMIC_SEQ_CST);
		for (; word; word &= word - 1)
			flags_seen++;
	}
}

static bool sends_eoi;
static bool on_synic(struct trap *trap)
{
	if (trap->vector != VECTOR)
		return false;
	interrupts++;
	take_events();
	take_message(&slots[2]);
	if (sends_eoi)
		*apic(0xb0) = 0;
	return true;
}

static void synic_on(uint64_t sint_bits)
{
	hypercalls_on();
	trap_hook = on_synic;
	interrupts = messages = timers = flags_seen = 0;
	expected = 0;
	sends_eoi = !(sint_bits & 1 << 17);
	*apic(0xf0) = 0x1ff;
	wrmsr(SIMP, (uint64_t)slots | 1);
	wrmsr(SIEFP, (uint64_t)events | 1);
	wrmsr(SINT2, VECTOR | sint_bits);
	wrmsr(SCONTROL, 1);
}

static void synic_off(void)
{
	wrmsr(SINT2, 0x10000);
	wrmsr(SCONTROL, 0);
	wrmsr(SIMP, 0);
	wrmsr(SIEFP, 0);
	hypercalls_off();
}

static void post(uint64_t number)
{
	struct {
		uint32_t connection, reserved, type, size;
		uint64_t payload[30];
	} *input = (void *)(FREE_BASE + 0x142000);
	input->connection = 4;
	input->type = 1;
	input->size = 240;
	for (unsigned i = 0; i < 29; i++)
		input->payload[i] = number;
	input->payload[29] = ~number;
	CHECK_EQ(hypercall(POST_MESSAGE, (uint64_t)input, 0), 0);
}

static void wait_for(volatile unsigned *count, unsigned wanted)
{
	while (*count < wanted)
		__asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void burst(uint64_t sint_bits)
{
	synic_on(sint_bits);
	for (unsigned i = 0; i < BURST; i++)
		post(i);
	wait_for(&messages, BURST);
	for (unsigned i = 0; i < 20; i++) {
		post(BURST + i);
		wait_for(&messages, BURST + i + 1);
	}
	synic_off();
}

static void echo(void)
{
	burst(0);
}

static void auto_eoi(void)
{
	if (engine_has(ENGINE_AUTO_EOI))
		burst(1 << 17);
}

static void event_echo(void)
{
	synic_on(0);
	for (unsigned i = 0; i < 100; i++) {
		CHECK_EQ(hypercall(SIGNAL_EVENT | FAST, 5 | (uint64_t)(i * 20 + 1) << 32, 0), 0);
		wait_for(&flags_seen, i + 1);
	}
	for (unsigned i = 0; i < 512; i++)
		CHECK_EQ(events[i], 0);
	synic_off();
}

static void timer_message(void)
{
	synic_on(0);
	wrmsr(STIMER1_CONFIG, 0x20009);
	for (unsigned i = 1; i <= 20; i++) {
		wrmsr(STIMER1_COUNT, rdmsr(TIME_REF_COUNT) + 2000);
		post(i - 1); /* both want the slot */
		wait_for(&timers, i);
		wait_for(&messages, i);
	}
	wrmsr(STIMER1_CONFIG, 0);
	synic_off();
}

/* --- INIT ---------------------------------------------------------------------------------------------------- */

extern volatile unsigned ap_count;

static void leave_state(unsigned id)
{
	if (id != 1)
		return;
	wrmsr(SINT2, VECTOR);
	wrmsr(STIMER1_CONFIG, 0x20008);
	wrmsr(SCONTROL, 1);
}

static void find_none(unsigned id)
{
	if (id != 1)
		return;
	CHECK_EQ(rdmsr(SCONTROL), 0);
	CHECK_EQ(rdmsr(SINT2), 0x10000);
	CHECK_EQ(rdmsr(STIMER1_CONFIG), 0);
}

static void init_resets(void)
{
	if (processors < 2)
		return;
	on_all(leave_state);
	unsigned before = ap_count;
	*apic(0x310) = 1 << 24;
	*apic(0x300) = 0x4500;
	/* a SIPI that comes before the INIT is taken is lost; one too many does nothing */
	while (ap_count == before) {
		*apic(0x310) = 1 << 24;
		*apic(0x300) = 0x4608;
		for (volatile unsigned i = 0; i < 20000; i++)
			__asm__ volatile("pause");
	}
	on_all(find_none);
}

const struct named_test tests_synic[] = {
	{ "message_echo", echo },	    { "auto_eoi", auto_eoi },	    { "event_echo", event_echo },
	{ "timer_message", timer_message }, { "init_resets", init_resets }, { 0 },
};
