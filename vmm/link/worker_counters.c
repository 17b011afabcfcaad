/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/worker_counters.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *const worker_counter_names[WORKER_COUNTERS_NAMED] = {
	[WORKER_DISK_READS] = "disk-reads",
	[WORKER_DISK_READ_BYTES] = "disk-read-bytes",
	[WORKER_DISK_WRITES] = "disk-writes",
	[WORKER_DISK_WRITTEN_BYTES] = "disk-written-bytes",
	[WORKER_DISK_FLUSHES] = "disk-flushes",
	[WORKER_DISK_ERRORS] = "disk-errors",
	[WORKER_NET_RECEIVED_PACKETS] = "network-received-packets",
	[WORKER_NET_RECEIVED_BYTES] = "network-received-bytes",
	[WORKER_NET_SENT_PACKETS] = "network-sent-packets",
	[WORKER_NET_SENT_BYTES] = "network-sent-bytes",
	[WORKER_NET_DROPPED_PACKETS] = "network-dropped-packets",
	[WORKER_VMBUS_INTERRUPTS] = "vmbus-interrupts",
	[WORKER_VMBUS_SIGNALS] = "vmbus-signals",
};

const char *const worker_vp_counter_names[WORKER_VP_COUNTERS_NAMED] = {
	[WORKER_VP_PORT] = "exits-port",
	[WORKER_VP_MMIO] = "exits-mmio",
	[WORKER_VP_EOI] = "exits-eoi",
	[WORKER_VP_EXTINT] = "exits-interrupt",
	[WORKER_VP_HYPERCALL] = "exits-hypercall",
	[WORKER_VP_MSR] = "exits-msr",
	[WORKER_VP_OTHER] = "exits-other",
};

int worker_counters_prepare(int fd)
{
	static const uint8_t zeros[WORKER_COUNTERS_SIZE];
	ssize_t size = pwrite(fd, zeros, sizeof(zeros), 0);

	if (size < 0)
		return -errno;
	return size == sizeof(zeros) ? 0 : -ENOSPC;
}

int worker_counters_read(int fd, struct worker_counts *ret_counts)
{
	uint64_t all[WORKER_COUNTERS_SIZE / 8];
	ssize_t size = pread(fd, all, sizeof(all), 0);

	if (size < 0)
		return -errno;
	if (size != sizeof(all))
		return -EBADMSG;
	memcpy(ret_counts->counts, all, sizeof(ret_counts->counts));
	memset(ret_counts->vp_counts, 0, sizeof(ret_counts->vp_counts));
	for (unsigned vp = 0; vp < WORKER_COUNTED_VPS; vp++)
		for (unsigned i = 0; i < WORKER_VP_COUNTERS_NAMED; i++)
			ret_counts->vp_counts[i] += all[WORKER_COUNTERS + vp * WORKER_VP_COUNTERS + i];
	return 0;
}
