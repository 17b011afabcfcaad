/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/ic.h"
#include "vsp/ic/timesync.h"

#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define PERIOD_NS    5000000000u
#define EPOCH_1601_S 11644473600u /* seconds from 1601 to 1970 */
#define UNITS_PER_S  10000000u	  /* of 100 ns */

enum { FLAG_SET = 1, FLAG_SAMPLE = 2 };

struct timesync {
	struct ic ic;
	struct loop_timer *timer;
	uint64_t (*reference_time)(void *opaque);
	void *opaque;
	bool must_set;
};

static uint64_t host_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec + EPOCH_1601_S) * UNITS_PER_S + (uint64_t)now.tv_nsec / 100;
}

/* Both clocks are read close together; the guest corrects by what passed since on the second. */
static int send_time(struct timesync *timesync)
{
	uint8_t flags = timesync->must_set ? FLAG_SET : FLAG_SAMPLE;
	struct ic_time body = { .flags = flags };
	struct ic_time_old old = { .flags = flags };
	int r;

	body.reference_time = timesync->reference_time(timesync->opaque);
	body.host_time = old.host_time = host_time();
	r = timesync->ic.version.major >= 4 ? ic_request(&timesync->ic, &body, sizeof(body))
					    : ic_request(&timesync->ic, &old, sizeof(old));
	if (r == 0)
		timesync->must_set = false;
	return r;
}

static void on_timer(void *opaque)
{
	struct timesync *timesync = opaque;

	send_time(timesync); /* one that is not answered yet: the next one will do */
	loop_timer_set(timesync->timer, loop_now() + PERIOD_NS);
}

static void on_ready(void *opaque, struct ic_version version)
{
	struct timesync *timesync = opaque;

	timesync->must_set = true;
	on_timer(timesync);
}

static void on_answer(void *opaque, uint32_t status, const void *body, size_t size)
{
	struct timesync *timesync = opaque;

	if (timesync->must_set)
		send_time(timesync);
}

static void on_gone(void *opaque)
{
	struct timesync *timesync = opaque;

	loop_timer_set(timesync->timer, LOOP_NEVER);
}

static const struct ic_service service = {
	.type = IC_TIME,
	.type_guid = "9527e630-d0ae-497b-adce-e80ab0175caf",
	.instance_guid = "2dd1ce17-079e-403c-b352-a1921ee207ee",
	.framework = { { 3, 0 }, { 1, 0 } },
	.message = { { 4, 0 }, { 3, 0 }, { 1, 0 } },
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_gone = on_gone,
};

int timesync_new(struct vmbus *bus, struct loop *loop, uint64_t (*reference_time)(void *opaque), void *opaque,
		 struct timesync **ret_timesync)
{
	struct timesync *timesync = calloc(1, sizeof(*timesync));
	int r;

	if (!timesync)
		return -ENOMEM;
	timesync->reference_time = reference_time;
	timesync->opaque = opaque;
	r = loop_timer_new(loop, on_timer, timesync, &timesync->timer);
	if (r == 0)
		r = ic_init(&timesync->ic, bus, &service, timesync);
	if (r < 0) {
		timesync_free(timesync);
		return r;
	}
	*ret_timesync = timesync;
	return 0;
}

struct timesync *timesync_free(struct timesync *timesync)
{
	if (!timesync)
		return NULL;
	ic_deinit(&timesync->ic);
	loop_timer_free(timesync->timer);
	free(timesync);
	return NULL;
}

int timesync_set(struct timesync *timesync)
{
	int r;

	timesync->must_set = true;
	r = send_time(timesync);
	return r == -EBUSY ? 0 : r; /* follows the answer that is awaited */
}

struct ic *timesync_ic(struct timesync *timesync)
{
	return &timesync->ic;
}
