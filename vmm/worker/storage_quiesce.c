/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the machine is saved: what is under way ends, and all images are flushed (synthetic_part.quiesce). */
#include "worker/synthetic.h"
#include "worker/synthetic_storage_priv.h"

#include "vsp/storvsp/storvsp.h"

#include <errno.h>
#include <stdlib.h>

struct flush {
	struct storage *storage;
	struct disk_request request;
};

static void on_flushed(struct disk_request *request, int result)
{
	struct flush *flush = request->userdata;
	struct storage *storage = flush->storage;

	if (result < 0)
		storage->flush_error = result;
	storage->flushes_left--;
	free(flush);
}

static void flush_disk(struct storage *storage, struct disk *disk)
{
	struct flush *flush = calloc(1, sizeof(*flush));

	if (!flush) {
		storage->flush_error = -ENOMEM;
		return;
	}
	flush->storage = storage;
	flush->request =
	    (struct disk_request){ .kind = DISK_FLUSH, .on_done = on_flushed, .userdata = flush };
	storage->flushes_left++;
	disk_submit(disk, &flush->request);
}

static void flush_if_writable(struct storage *storage, struct disk *disk)
{
	struct disk_info info;

	disk_get_info(disk, &info);
	if (info.is_writable)
		flush_disk(storage, disk);
}

static bool is_idle(const struct storage *storage)
{
	for (unsigned i = 0; i < WORKER_CONTROLLERS; i++)
		if (storage->controllers[i] && !storvsp_is_idle(storage->controllers[i]))
			return false;
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (storage->ide[i].controller && !storvsp_is_idle(storage->ide[i].controller))
			return false;
	return true;
}

int storage_quiesce(void *opaque)
{
	struct storage *storage = opaque;

	disk_limits_lift(storage->limits, true);
	storage_poll(storage);
	if (!is_idle(storage))
		return 0;
	if (storage->flush == FLUSH_NONE) {
		storage->flush = FLUSH_RUNS;
		storage->flush_error = 0;
		storage_for_each_disk(storage, flush_if_writable);
		storage_poll(storage);
	}
	if (storage->flushes_left > 0)
		return 0;
	storage->flush = FLUSH_DONE;
	if (storage->flush_error == 0 && !storage->is_lent && synthetic_lends(storage->synthetic))
		storage->flush_error = storage_lend(storage);
	return storage->flush_error < 0 ? storage->flush_error : 1;
}

void storage_released(void *opaque)
{
	struct storage *storage = opaque;

	storage->flush = FLUSH_NONE;
	storage_take_back(storage);
	disk_limits_lift(storage->limits, false);
}
