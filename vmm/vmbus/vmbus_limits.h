/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maximum of everything that a guest could make grow. */
#ifndef VMBUS_LIMITS_H
#define VMBUS_LIMITS_H

enum vmbus_limits {
	VMBUS_RELIDS = 2048,		     /* event flags of one SINT; 0 is no channel */
	VMBUS_CHANNELS_MAX = 1024,	     /* offered at one time */
	VMBUS_GPADLS_MAX = 8192,	     /* of one connection */
	VMBUS_GPADL_PAGES_MAX = 16384,	     /* of one: 64 MiB */
	VMBUS_GPADL_PAGES_ALL_MAX = 1 << 18, /* of all: 1 GiB, 2 MiB of addresses */
	VMBUS_MESSAGES_IN_MAX = 512,	     /* posted and not handled yet; then the guest has to try again */
	VMBUS_MESSAGES_OUT_MAX = 64,	     /* waiting answers above which no message is handled */
	VMBUS_MESSAGES_PER_TURN = 64,	     /* of the loop: other channels and timers have theirs between */
	VMBUS_PACKETS_PER_TURN = 64,	     /* of one channel */
	VMBUS_RANGES_MAX = 128,		     /* of one GPA_DIRECT packet */
	VMBUS_PACKET_BYTES_MAX = 128 * 1024,
	VMBUS_LOGS_PER_MINUTE = 10,
};

#endif
