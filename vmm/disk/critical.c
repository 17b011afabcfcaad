/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/critical.h"

#include <errno.h>

#include "disk/disk_limits.h"

void critical_init(struct disk_critical *critical)
{
	*critical = (struct disk_critical){ 0 };
	list_init(&critical->kept);
}

static bool is_for(const struct disk_critical *critical, const struct disk_request *request)
{
	switch (request->state.error) {
	case -ENOSPC: return critical->policy.holds_full && request->kind != DISK_READ;
	case -EIO:
	case -ENXIO:
	case -ENODEV:
	case -ETIMEDOUT:
	case -ESTALE: return critical->policy.holds_errors;
	default: return false;
	}
}

/* By age. Nearly always at the end. */
static void keep(struct disk *disk, struct disk_request *request)
{
	struct list *after = disk->critical.kept.prev;
	while (after != &disk->critical.kept &&
	       list_entry(after, struct disk_request, state.queue)->state.age > request->state.age)
		after = after->prev;
	list_insert(after, &request->state.queue);
	request->state.is_kept = true;
	disk->critical.count++;
	disk->stats.in_flight--; /* nobody waits for it to end: closing gives it up */
}

static void leave(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	list_remove(&request->state.queue);
	request->state.is_kept = false;
	disk->critical.count--;
	disk->stats.in_flight++;
}

bool critical_keeps(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	struct disk_critical *critical = &disk->critical;
	/*
	 * After a failed sync another attempt proves nothing (see set_prepared() in request.c): its owner learns of it before
	 * the guest does, and the next attempt reports it.
	 */
	if (request->state.is_waited_for || (disk->broken && critical->is_broken_told) ||
	    !is_for(critical, request) || critical->count >= DISK_KEPT_MAX)
		return false;
	int error = request->state.error;
	bool is_first = !critical->error;
	critical->error = critical->last_error = error;
	keep(disk, request);
	if (is_first && critical->policy.on_critical)
		critical->policy.on_critical(critical->policy.userdata, disk, error);
	return true;
}

bool critical_delays(struct disk_request *request)
{
	struct disk_critical *critical = &request->state.disk->critical;
	if (request->state.is_retried || (!critical->error && !critical->count) ||
	    request->kind == DISK_READ || request->state.is_waited_for || critical->count >= DISK_KEPT_MAX)
		return false;
	keep(request->state.disk, request);
	return true;
}

bool critical_cancel(struct disk_request *request)
{
	if (!request->state.is_kept)
		return false;
	leave(request);
	request_end(request, -ECANCELED);
	return true;
}

void disk_set_hold_policy(struct disk *disk, const struct disk_hold_policy *policy)
{
	disk->critical.policy = *policy;
}

int disk_critical_error(const struct disk *disk)
{
	return disk->critical.error;
}

/* A flush covers what came before it: it waits until that is over. */
static void resume(struct disk_critical *critical)
{
	while (!critical->error && !list_is_empty(&critical->kept)) {
		struct disk_request *request = list_first(&critical->kept, struct disk_request, state.queue);
		if (request->kind == DISK_FLUSH && critical->retried)
			return;
		leave(request);
		critical->retried++;
		request->state.is_retried = true;
		request_again(request);
	}
}

void critical_over(struct disk_request *request)
{
	if (!request->state.is_retried)
		return;
	request->state.is_retried = false;
	request->state.disk->critical.retried--;
}

void critical_continue(struct disk *disk)
{
	if (disk->critical.count && !disk->critical.retried)
		resume(&disk->critical);
}

void disk_retry_kept(struct disk *disk)
{
	disk->critical.error = 0;
	if (!disk->broken) {
		resume(&disk->critical);
		return;
	}
	/* Nothing more is written to it, not by one that waited either. */
	disk->critical.is_broken_told = true;
	disk->critical.last_error = disk->broken;
	disk_fail_kept(disk);
}

bool disk_is_broken(const struct disk *disk)
{
	return disk->broken != 0;
}

void disk_fail_kept(struct disk *disk)
{
	struct disk_critical *critical = &disk->critical;
	critical->error = 0;
	while (!list_is_empty(&critical->kept)) {
		struct disk_request *request = list_first(&critical->kept, struct disk_request, state.queue);
		leave(request);
		request_end(request, critical->last_error);
	}
}
