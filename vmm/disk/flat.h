/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk whose content lies in the file as it is: raw, ISO, fixed VHD. */
#ifndef DISK_FLAT_H
#define DISK_FLAT_H

#include "disk/disk_priv.h"
#include "disk/wire.h"

int flat_new(const struct disk_source *source, enum disk_format format, uint64_t size, uint32_t sector_size,
	     struct disk **ret_disk);

#endif
