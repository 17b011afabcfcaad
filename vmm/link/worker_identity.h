/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User and group IDs of workers, where root starts them: in no user database, owner of nothing, never of two
 * running machines. Both ranges lie where no distribution hands out IDs.
 *
 *   WORKER_UID_FIRST...   machines of the system service; each keeps its own (service/worker_uid.h)
 *   WORKER_UID_HELPER     the system service's disk helpers: they hold descriptors only
 *   WORKER_UID_SWITCH     its virtual switch
 *   WORKER_UID_RUN...     `bulkhead run`: the process ID of that command is added
 *   WORKER_UID_RUN_SWITCH... the same for its virtual switch
 */
#ifndef LINK_WORKER_IDENTITY_H
#define LINK_WORKER_IDENTITY_H

enum worker_identity {
	WORKER_UID_FIRST = 0x6b000000, /* 1795162112 */
	WORKER_UID_COUNT = 0x10000,
	WORKER_UID_HELPER = 0x6b400000, /* 1799356416 */
	WORKER_UID_SWITCH = 0x6b400001,
	WORKER_UID_RUN = 0x6b800000,	    /* 1803550720 */
	WORKER_UID_RUN_COUNT = 0x400000,    /* as many as there are process IDs */
	WORKER_UID_RUN_SWITCH = 0x6bc00000, /* and so many again */
};

#endif
