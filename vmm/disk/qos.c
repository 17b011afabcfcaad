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
	qos->window_ns = qos->idle_since_ns = io_now_ns();
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

static uint64_t count_units(uint64_t bytes)
{
	return bytes > QOS_UNIT ? div_up(bytes, QOS_UNIT) : 1;
}

void qos_begin(struct disk_qos_state *qos, uint64_t now_ns)
{
	if (qos->idle_since_ns)
		qos->idle_ns += now_ns - qos->idle_since_ns;
	qos->idle_since_ns = 0;
}

bool qos_count(struct disk_qos_state *qos, uint64_t bytes, bool is_idle, uint64_t now_ns, bool *ret_is_below)
{
	uint64_t passed = now_ns - qos->window_ns;
	qos->window_units += count_units(bytes);
	qos->window_bytes += bytes;
	if (is_idle)
		qos->idle_since_ns = now_ns;
	if (passed < second_ns)
		return false;
	uint64_t iops = (uint64_t)((unsigned __int128)qos->window_units * second_ns / passed);
	uint64_t rate = (uint64_t)((unsigned __int128)qos->window_bytes * second_ns / passed);
	*ret_is_below = qos->idle_ns < passed / 10 && /* the guest did ask for more */
			(iops < qos->limits.min_iops || rate < qos->limits.min_bytes_per_second);
	qos->window_ns = now_ns;
	qos->window_units = qos->window_bytes = 0;
	qos->idle_ns = 0;
	return true;
}

uint64_t qos_charge(struct disk_qos_state *qos, uint64_t bytes, uint64_t now_ns)
{
	uint64_t iops_at = ready_at(&qos->iops, now_ns);
	uint64_t bytes_at = ready_at(&qos->bytes, now_ns);
	if (iops_at || bytes_at)
		return iops_at > bytes_at ? iops_at : bytes_at;
	if (qos->iops.rate)
		qos->iops.level -= (int64_t)count_units(bytes);
	if (qos->bytes.rate)
		qos->bytes.level -= (int64_t)bytes;
	return 0;
}

int disk_set_qos(struct disk *disk, const struct disk_qos *qos)
{
	static const uint64_t most = UINT64_C(1) << 50;
	if (qos->max_iops > most || qos->max_bytes_per_second > most || qos->min_iops > most ||
	    qos->min_bytes_per_second > most)
		return -EINVAL;
	if (qos->max_iops && qos->min_iops > qos->max_iops)
		return -EINVAL;
	if (qos->max_bytes_per_second && qos->min_bytes_per_second > qos->max_bytes_per_second)
		return -EINVAL;
	uint64_t now = io_now_ns();
	disk->qos.limits = *qos;
	disk->qos.iops = (struct qos_bucket){ .rate = qos->max_iops, .level = 1, .last_ns = now };
	disk->qos.bytes =
	    (struct qos_bucket){ .rate = qos->max_bytes_per_second, .level = 1, .last_ns = now };
	disk->qos.window_ns = now;
	disk->qos.window_units = disk->qos.window_bytes = 0;
	disk->qos.idle_ns = 0;
	disk->stats.below_minimum = false;
	if (!list_is_empty(&disk->qos.waiting)) /* the new limits decide at once */
		io_timer_set(disk->io, &disk->qos.timer, now);
	return 0;
}
