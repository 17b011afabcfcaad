/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest and the bus at the same time, on two threads: each side signals only when the other's mask and
 * indices say so (as Linux: hv_signal_on_write(), hv_begin_read(), hv_end_read()), and sleeps until it is
 * signalled. A wake-up that is lost stops both for good.
 *
 * race_test [SEED]
 */
#include "../run/check.h"
#include "echo.h"
#include "guest.h"

#include "vmbus/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PACKETS = 40000,
	BURST_MAX = 24,
	STUCK_NS = 1000000000,
	STUCK_SECONDS = 60,
};

static uint64_t state;
static unsigned signals;

static unsigned next_random(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

/* --- the moments between looking and changing a mask, made long (the linker puts these in between) --- */

static void linger(void)
{
	static unsigned turn;

	for (unsigned spins = turn++ % 300; spins > 0; spins--)
		__builtin_ia32_pause();
	if (turn % 5 == 0) /* both threads may share a processor */
		sched_yield();
}

bool __real_ring_in_unmask(struct ring *ring);
bool __wrap_ring_in_unmask(struct ring *ring);
bool __wrap_ring_in_unmask(struct ring *ring)
{
	linger();
	return __real_ring_in_unmask(ring);
}

bool __real_ring_out_show(struct ring *ring);
bool __wrap_ring_out_show(struct ring *ring);
bool __wrap_ring_out_show(struct ring *ring)
{
	linger();
	return __real_ring_out_show(ring);
}

/* --- the guest ------------------------------------------------------------------------------------------ */

static void *run_loop(void *opaque)
{
	loop_run(opaque);
	return NULL;
}

static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* One packet; the guest signals when the ring was empty and the host did not mask it. */
static void put(struct guest_channel *channel, uint64_t transaction)
{
	struct {
		struct vmbus_packet_head head;
		uint64_t payload;
	} packet = { .head = { .type = VMBUS_PACKET_INBAND,
			       .offset8 = sizeof(packet.head) / 8,
			       .length8 = sizeof(packet) / 8,
			       .flags = VMBUS_PACKET_FLAG_COMPLETION,
			       .transaction_id = transaction },
		     .payload = transaction };
	uint32_t before = channel->out_index;

	CHECK(guest_put(channel, &packet, sizeof(packet)) == 0);
	full_barrier();
	if (__atomic_load_n(&channel->out->interrupt_mask, __ATOMIC_RELAXED))
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&channel->out->read, __ATOMIC_ACQUIRE) != before)
		return;
	signals++;
	guest_signal(channel);
}

/* All answers that are there; how many. */
static unsigned drain(struct guest_channel *channel)
{
	uint32_t size = (channel->pages - 1) * VMBUS_PAGE;
	unsigned count = 0;

	while (__atomic_load_n(&channel->in->write, __ATOMIC_ACQUIRE) != channel->in_index) {
		struct vmbus_packet_head head;

		for (unsigned i = 0; i < sizeof(head); i++)
			((uint8_t *)&head)[i] = channel->in_data[(channel->in_index + i) % size];
		channel->in_index = (channel->in_index + head.length8 * 8u + VMBUS_RING_TRAILER) % size;
		__atomic_store_n(&channel->in->read, channel->in_index, __ATOMIC_RELEASE);
		count++;
	}
	return count;
}

/* Answers, with the mask set while they are read, as a tasklet of Linux does. */
static unsigned take(struct guest_channel *channel)
{
	unsigned count = 0;

	do {
		__atomic_store_n(&channel->in->interrupt_mask, 1, __ATOMIC_RELAXED);
		full_barrier();
		count += drain(channel);
		__atomic_store_n(&channel->in->interrupt_mask, 0, __ATOMIC_RELAXED);
		full_barrier();
	} while (__atomic_load_n(&channel->in->write, __ATOMIC_ACQUIRE) != channel->in_index);
	return count;
}

/* False: no interrupt came for a minute. */
static bool sleep_until_interrupt(const struct guest_channel *channel, unsigned seen)
{
	uint64_t end = loop_now() + (uint64_t)STUCK_SECONDS * STUCK_NS;

	while (__atomic_load_n(&channel->interrupts, __ATOMIC_ACQUIRE) == seen) {
		if (loop_now() > end)
			return false;
		sched_yield();
	}
	return true;
}

/* Bursts of packets; the guest sleeps when it waits for all of one. How many; 0: stuck. */
static unsigned run_guest(struct guest_channel *channel)
{
	unsigned sent = 0, answered = 0;

	while (sent < PACKETS) {
		unsigned burst = 1 + next_random(next_random(4) ? 3 : BURST_MAX);

		for (unsigned i = 0; i < burst; i++) {
			put(channel, ++sent);
			for (unsigned spins = next_random(200); spins > 0; spins--)
				__builtin_ia32_pause();
		}
		while (answered < sent) {
			unsigned seen = __atomic_load_n(&channel->interrupts, __ATOMIC_ACQUIRE);

			answered += take(channel);
			if (answered < sent && !sleep_until_interrupt(channel, seen)) {
				printf("stuck: %u sent, %u answered; masks %u %u\n", sent, answered,
				       channel->out->interrupt_mask, channel->in->interrupt_mask);
				return 0;
			}
		}
	}
	return answered == sent ? sent : 0;
}

static void test(bool gathers)
{
	struct guest *guest = guest_new();
	struct guest_channel *channel;
	struct echo echo;
	pthread_t thread;
	unsigned sent;

	signals = 0;
	CHECK(echo_init_kind(&echo, guest_bus(guest), 1, gathers) == 0);
	CHECK(guest_start(guest) == 1);
	channel = guest_open(guest, guest_offer(guest, &echo.type, 0), 4, NULL);
	CHECK(pthread_create(&thread, NULL, run_loop, guest_loop(guest)) == 0);
	sent = run_guest(channel);
	CHECK(sent >= PACKETS);
	loop_quit(guest_loop(guest));
	pthread_join(thread, NULL);
	CHECK(echo.packets == sent && echo.errors == 0);
	printf("%s: %u packets, %u signals, %u interrupts\n", gathers ? "gathering" : "at once", sent,
	       signals, channel->interrupts);
	guest_close(channel);
	guest_free(guest);
}

int main(int argc, char **argv)
{
	state = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)state);
	test(false);
	test(true);
	return check_result();
}
