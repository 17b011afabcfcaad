/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/counters.h"

#include "disk/disk.h"
#include "link/worker_link.h"
#include "vmbus/vmbus.h"
#include "vsp/netvsp/netvsp.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

static_assert(WORKER_NET_RECEIVED_PACKETS - WORKER_DISK_READS == DISK_COUNTERS, "as the disks count");
static_assert(WORKER_VMBUS_INTERRUPTS - WORKER_NET_RECEIVED_PACKETS == NETVSP_COUNTERS, "as adapters count");
static_assert(WORKER_COUNTERS_NAMED - WORKER_VMBUS_INTERRUPTS == VMBUS_COUNTERS, "as the bus counts");
static_assert((int)WORKER_COUNTED_VPS == (int)WORKER_PROCESSORS_MAX, "a place for each VP");

static _Atomic uint64_t own[WORKER_COUNTERS_SIZE / 8];
static _Atomic uint64_t *all = own;

void counters_take(int fd)
{
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, WORKER_COUNTERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		all = map;
	close(fd);
}

_Atomic uint64_t *counters_disk(void)
{
	return all + WORKER_DISK_READS;
}

_Atomic uint64_t *counters_network(void)
{
	return all + WORKER_NET_RECEIVED_PACKETS;
}

_Atomic uint64_t *counters_vmbus(void)
{
	return all + WORKER_VMBUS_INTERRUPTS;
}

_Atomic uint64_t *counters_vp(unsigned index)
{
	return all + WORKER_COUNTERS + index * WORKER_VP_COUNTERS;
}
