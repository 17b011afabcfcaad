/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SeaBIOS in a generation 1 machine: its image in memory, and what it wants to be told.
 *
 * Memory     The image is a ROM that ends at 4 GiB; its last 128 KiB are also copied to RAM at E0000h, where
 *            the 440FX's PAM registers show either ROM or RAM. SeaBIOS copies itself there first of all, and
 *            with RAM in that place already, nobody has to know what PAM says.
 * Told       Through fw_cfg: processors, memory map, VGA BIOS, boot order, ACPI and SMBIOS tables with their
 *            table loader. In CMOS memory: the same for software that looks there.
 * Threads    Before the VPs run.
 * Trust      The images come from the host's packages, but are checked for size.
 */
#ifndef FIRMWARE_PC_FIRMWARE_H
#define FIRMWARE_PC_FIRMWARE_H

#include "firmware/guest_ram.h"
#include "firmware/smbios.h"

struct fw_cfg;
struct rtc;

enum {
	PC_FIRMWARE_MIN = 128 << 10,
	PC_FIRMWARE_MAX = 16 << 20,
	PC_FIRMWARE_VGA_MAX = 256 << 10,
};

struct pc_firmware_config {
	const struct guest_ram *ram;
	unsigned vp_count;
	const char *vga_rom_name; /* "pciVVVV,DDDD.rom" */
	const void *vga_rom;
	size_t vga_rom_size;
	const char *pxe_rom_name; /* of the network adapters; pxe_rom_size 0: they have none */
	const void *pxe_rom;
	size_t pxe_rom_size;
	const char *boot_order; /* lines, see pc_firmware_boot_path() */
	struct smbios_config smbios;
	bool has_com2;
	bool has_vmbus;
};

/* Is this the size of a BIOS image? */
bool pc_firmware_is_image(uint64_t size);
/* The name by which SeaBIOS knows a drive of the IDE controller. */
int pc_firmware_boot_path(unsigned ide_unit, char *ret_path, size_t size);
int pc_firmware_configure(struct fw_cfg *fw_cfg, struct rtc *rtc, const struct pc_firmware_config *config);
/*
 * Makes a VGA BIOS the one of the adapter vendor:device: it drives only what its own PCI data structure
 * names. -EINVAL for what is no option ROM (PCI Firmware 3.0, 5.1).
 */
int pc_firmware_adopt_vga_rom(uint8_t *rom, uint64_t size, uint16_t vendor, uint16_t device);
/* The copy below 1 MiB; at each start of the machine. */
int pc_firmware_load(const struct guest_ram *ram, const uint8_t *image, uint64_t size);

#endif
