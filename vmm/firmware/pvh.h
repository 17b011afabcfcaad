/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF kernel with a PVH entry (an uncompressed vmlinux). It starts faster than a bzImage: nothing is
 * unpacked. See boot.h for threads, ownership, trust. Source: Xen's docs/misc/pvh.pandoc and
 * public/arch-x86/hvm/start_info.h.
 */
#ifndef FIRMWARE_PVH_H
#define FIRMWARE_PVH_H

#include "firmware/boot.h"

int pvh_load(const struct guest_ram *ram, const struct boot_request *request, struct boot_entry *ret_entry,
	     struct boot_error *ret_error);

#endif
