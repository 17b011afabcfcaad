/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several packets for one signal. A guest signals when it writes into an empty ring whose mask is off (Linux,
 * hv_signal_on_write()), and where the host wakes at once for the first packet of sixteen, it finds one, and
 * the guest signals for the next. With the mask set, the VP first gets the processor back, if it had to give
 * it up: it writes the others without a signal. Where the VP runs on a processor of its own, that costs one
 * system call.
 */
#include "vmbus/vmbus_priv.h"

#include <sched.h>

enum {
	PAUSE_MAX = 64,
	/* Somebody else's time slice: then other machines' work is between, and requests should not wait for
	   it. */
	TOO_LONG_NS = 3000000,
};

void gather(struct vmbus_channel *channel)
{
	struct gather *gather = &channel->gather;
	uint32_t before = ring_in_waiting(&channel->in);
	uint64_t began;

	if (before == 0)
		return;
	if (gather->wait > 0) {
		gather->wait--;
		return;
	}
	began = loop_now();
	sched_yield();
	if (ring_in_waiting(&channel->in) > before && loop_now() - began < TOO_LONG_NS)
		gather->pause = 0;
	else if (gather->pause < PAUSE_MAX)
		gather->pause = gather->pause * 2 + 1;
	gather->wait = gather->pause;
}
