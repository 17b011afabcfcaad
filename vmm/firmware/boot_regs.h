/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts VP 0 at a kernel's entry: descriptor table, page tables and registers as the boot protocols want them
 * (Linux boot.rst, "64-bit Boot Protocol" and "32-bit Boot Protocol"; Xen docs/misc/pvh.pandoc, "PVH start").
 * Threads: before any VP runs.
 */
#ifndef FIRMWARE_BOOT_REGS_H
#define FIRMWARE_BOOT_REGS_H

#include "firmware/boot.h"

#include <hv/hv.h>

/* Negative errno of hv_vp_set_regs(); -EFAULT when the RAM is too small for the tables. */
int boot_set_registers(const struct guest_ram *ram, struct hv_vp *vp, const struct boot_entry *entry);

#endif
