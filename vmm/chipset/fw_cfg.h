/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware configuration device that SeaBIOS and Linux know (QEMU, docs/specs/fw_cfg): named and numbered
 * blobs that the guest reads.
 *
 * Ports      510h selector (word), 511h data (byte), 514h-51Bh address of a DMA descriptor (big-endian; the
 *            write to the low half starts it).
 * Items      Numbers below FW_CFG_FIRST_FILE have a meaning by themselves; files get the next numbers, and a
 *            place in the directory (item 19h). What is not there reads as zeros; nothing can be written.
 * Threads    Under the bus lock (io_bus.h); adding before the VPs run.
 * Ownership  Data is copied.
 * Limits     FW_CFG_ITEMS_MAX items, FW_CFG_BYTES_MAX bytes each.
 * Trust      Selector, descriptor and its addresses come from the guest; the descriptor is copied once. A DMA
 *            is cut at FW_CFG_DMA_MAX bytes (error bit).
 */
#ifndef CHIPSET_FW_CFG_H
#define CHIPSET_FW_CFG_H

#include <stddef.h>
#include <stdint.h>

struct state;

enum {
	FW_CFG_SIGNATURE = 0x00,
	FW_CFG_ID = 0x01,
	FW_CFG_NOGRAPHIC = 0x04,
	FW_CFG_PROCESSORS = 0x05, /* u16: those that are there */
	FW_CFG_NUMA = 0x0d,
	FW_CFG_BOOT_MENU = 0x0e,
	FW_CFG_PROCESSORS_MAX = 0x0f,
	FW_CFG_DIRECTORY = 0x19,
	FW_CFG_FIRST_FILE = 0x20,
	FW_CFG_ACPI_OLD = 0x8000,
	FW_CFG_SMBIOS_OLD = 0x8001,
	FW_CFG_IRQ0_OVERRIDE = 0x8002,
	FW_CFG_E820_OLD = 0x8003,

	FW_CFG_NAME_MAX = 55,
	FW_CFG_ITEMS_MAX = 64,
	FW_CFG_BYTES_MAX = 4 << 20,
	FW_CFG_DMA_MAX = 16 << 20,
};

struct dma;
struct fw_cfg;
struct io_bus;

/* dma must outlive the device. */
int fw_cfg_new(const struct dma *dma, struct fw_cfg **ret_fw_cfg);
struct fw_cfg *fw_cfg_free(struct fw_cfg *fw_cfg);
int fw_cfg_attach(struct fw_cfg *fw_cfg, struct io_bus *bus);
void fw_cfg_reset(struct fw_cfg *fw_cfg);

/* An item that is there already is replaced. -ENOSPC beyond the limits, -EINVAL for a name. */
int fw_cfg_set(struct fw_cfg *fw_cfg, uint16_t key, const void *data, size_t size);
int fw_cfg_set_number(struct fw_cfg *fw_cfg, uint16_t key, uint64_t value, unsigned bytes);
int fw_cfg_set_file(struct fw_cfg *fw_cfg, const char *name, const void *data, size_t size);

void fw_cfg_state(struct fw_cfg *fw_cfg, struct state *state);

#endif
