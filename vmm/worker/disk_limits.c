/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/disk_limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMITED_MAX = WORKER_DRIVES + WORKER_DISKS_MAX, WARN_S = 60 };

#define LOOK_NS 2000000000u
#define WARN_NS (WARN_S * 1000000000ull)

struct limited {
	struct disk *disk;
	struct worker_qos qos;
	uint64_t warned_ns; /* 0: never */
};

struct disk_limits {
	struct loop *loop;
	struct loop_timer *timer;
	void (*warn)(void *opaque, const char *text);
	void *opaque;
	bool is_lifted;
	unsigned count;
	struct limited disks[LIMITED_MAX];
};

static void apply(const struct disk_limits *limits, const struct limited *limited)
{
	struct disk_qos qos = { .max_iops = limits->is_lifted ? 0 : limited->qos.max_iops,
				.min_iops = limits->is_lifted ? 0 : limited->qos.min_iops };

	disk_set_qos(limited->disk, &qos);
}

static void look(struct disk_limits *limits, struct limited *limited)
{
	struct disk_stats stats;
	uint64_t now = loop_now();
	char text[WORKER_FILE_NAME_MAX + 200];

	disk_get_stats(limited->disk, &stats);
	if (!stats.below_minimum || (limited->warned_ns && now - limited->warned_ns < WARN_NS))
		return;
	limited->warned_ns = now;
	snprintf(
	    text, sizeof(text),
	    "%s: the host's storage gives fewer than the minimum of %llu I/O operations a second that this disk is to have; "
	    "limit other disks on it, or move this one",
	    disk_path(limited->disk), (unsigned long long)limited->qos.min_iops);
	limits->warn(limits->opaque, text);
}

/* Nobody looks at disks without a minimum. */
static void on_timer(void *opaque)
{
	struct disk_limits *limits = opaque;
	bool has_minimum = false;

	for (unsigned i = 0; i < limits->count; i++)
		if (limits->disks[i].qos.min_iops) {
			has_minimum = true;
			look(limits, &limits->disks[i]);
		}
	loop_timer_set(limits->timer, has_minimum ? loop_now() + LOOK_NS : LOOP_NEVER);
}

int disk_limits_new(struct loop *loop, void (*warn)(void *opaque, const char *text), void *opaque,
		    struct disk_limits **ret_limits)
{
	struct disk_limits *limits = calloc(1, sizeof(*limits));
	int r;

	if (!limits)
		return -ENOMEM;
	limits->loop = loop;
	limits->warn = warn;
	limits->opaque = opaque;
	r = loop_timer_new(loop, on_timer, limits, &limits->timer);
	if (r < 0) {
		free(limits);
		return r;
	}
	*ret_limits = limits;
	return 0;
}

struct disk_limits *disk_limits_free(struct disk_limits *limits)
{
	if (!limits)
		return NULL;
	loop_timer_free(limits->timer);
	free(limits);
	return NULL;
}

static struct limited *find(struct disk_limits *limits, const struct disk *disk)
{
	for (unsigned i = 0; i < limits->count; i++)
		if (limits->disks[i].disk == disk)
			return &limits->disks[i];
	return NULL;
}

void disk_limits_set(struct disk_limits *limits, struct disk *disk, const struct worker_qos *qos)
{
	struct limited *limited = find(limits, disk);

	if (!limited && ((!qos->max_iops && !qos->min_iops) || limits->count == LIMITED_MAX))
		return;
	if (!limited)
		limited = &limits->disks[limits->count++];
	*limited = (struct limited){ .disk = disk, .qos = *qos };
	apply(limits, limited);
	if (qos->min_iops)
		loop_timer_set(limits->timer, loop_now() + LOOK_NS);
}

void disk_limits_forget(struct disk_limits *limits, const struct disk *disk)
{
	struct limited *limited = find(limits, disk);

	if (limited)
		*limited = limits->disks[--limits->count];
}

void disk_limits_exchange(struct disk_limits *limits, const struct disk *from, struct disk *to)
{
	struct limited *limited = find(limits, from);

	if (!limited)
		return;
	limited->disk = to;
	apply(limits, limited);
}

void disk_limits_lift(struct disk_limits *limits, bool is_lifted)
{
	if (limits->is_lifted == is_lifted)
		return;
	limits->is_lifted = is_lifted;
	for (unsigned i = 0; i < limits->count; i++)
		apply(limits, &limits->disks[i]);
}
