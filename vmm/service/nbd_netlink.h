/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaches a served disk to this computer's kernel as /dev/nbdN, and detaches it: generic netlink, family "nbd"
 * (linux/nbd-netlink.h). Needs CAP_SYS_ADMIN.
 *
 * Threads   Any; waits for the kernel.
 * Errors    Negative errno; -ENOENT: the kernel has no network block devices.
 */
#ifndef SERVICE_NBD_NETLINK_H
#define SERVICE_NBD_NETLINK_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct nbd_device {
	int socket;		/* a connected stream socket, to who serves it in the transmission phase */
	uint64_t size;		/* bytes */
	uint32_t block;		/* bytes: 512 to 4096 */
	uint16_t flags;		/* of the export, as NBD has them */
	const char *identifier; /* /sys/block/nbdN/backend */
};

enum { NBD_MESSAGE_MAX = 4096 };

int nbd_netlink_attach(const struct nbd_device *device, unsigned *ret_index);
int nbd_netlink_detach(unsigned index);

/* For tests: the message to family `family`, and its length; 0: it is too long. */
size_t nbd_netlink_build_attach(const struct nbd_device *device, uint16_t family,
				uint8_t message[NBD_MESSAGE_MAX]);

#endif
