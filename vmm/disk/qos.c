/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "disk/disk_priv.h"
#include "disk/wire.h"

enum { QOS_UNIT = 8192 }; /* bytes that count as one operation */

static const uint64_t second_ns = 1000000000u;

void qos_init(struct disk_qos_state *qos)
{
	memset(qos, 0, sizeof(*qos));
	list_init(&qos->waiting);
	list_init(&qos->timer.link);
}

/* A tenth of a second may be saved up: short bursts pass, the mean does not rise. */
static void refill(struct qos_bucket *bucket, uint64_t now_ns)
{
	uint64_t passed = now_ns - bucket->last_ns;
	if (passed > second_ns)
		passed = second_ns;
	int64_t gain = (int64_t)((unsigned __int128)bucket->rate * passed / second_ns);
	if (!gain)
		return;
	int64_t most = (int64_t)(bucket->rate / 10 + 1);
	bucket->level = bucket->level + gain > most ? most : bucket->level + gain;
	bucket->last_ns = now_ns;
}

static uint64_t ready_at(struct qos_bucket *bucket, uint64_t now_ns)
{
	if (!bucket->rate)
		return 0;
	refill(bucket, now_ns);
	if (bucket->level > 0)
		return 0;
	uint64_t missing = (uint64_t)(1 - bucket->level);
	return bucket->last_ns + (uint64_t)((unsigned __int128)missing * second_ns / bucket->rate) + 1;
}

uint64_t qos_charge(struct disk_qos_state *qos, uint64_t bytes, uint64_t now_ns)
{
	uint64_t iops_at = ready_at(&qos->iops, now_ns);
	uint64_t bytes_at = ready_at(&qos->bytes, now_ns);
	if (iops_at || bytes_at)
		return iops_at > bytes_at ? iops_at : bytes_at;
	uint64_t units = bytes > QOS_UNIT ? div_up(bytes, QOS_UNIT) : 1;
	if (qos->iops.rate)
		qos->iops.level -= (int64_t)units;
	if (qos->bytes.rate)
		qos->bytes.level -= (int64_t)bytes;
	return 0;
}

int disk_set_qos(struct disk *disk, const struct disk_qos *qos)
{
	static const uint64_t most = UINT64_C(1) << 50;
	if (qos->max_iops > most || qos->max_bytes_per_second > most || qos->min_iops > most)
		return -EINVAL;
	if (qos->max_iops && qos->min_iops > qos->max_iops)
		return -EINVAL;
	uint64_t now = io_now_ns();
	disk->qos.limits = *qos;
	disk->qos.iops = (struct qos_bucket){ .rate = qos->max_iops, .level = 1, .last_ns = now };
	disk->qos.bytes = (struct qos_bucket){ .rate = qos->max_bytes_per_second, .level = 1, .last_ns = now };
	disk->qos.window_ns = now;
	disk->qos.window_ops = 0;
	disk->stats.below_minimum = false;
	if (!list_is_empty(&disk->qos.waiting)) /* the new limits decide at once */
		io_timer_set(disk->io, &disk->qos.timer, now);
	return 0;
}
