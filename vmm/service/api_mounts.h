/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The methods of org.bulkhead.Disks1 that attach disks to the host. */
#ifndef SERVICE_API_MOUNTS_H
#define SERVICE_API_MOUNTS_H

#include "service/disk_task.h"

void api_mount(struct call *call);
void api_unmount(struct call *call);
void api_list_mounts(struct call *call);

#endif
