/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/pc_firmware.h"
#include "firmware/acpi_tables.h"
#include "firmware/table_loader.h"

#include "chipset/fw_cfg.h"
#include "chipset/i440fx.h"
#include "chipset/rtc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	SHADOW_SIZE = 128 << 10, /* up to 1 MiB */
	IDE_FUNCTION = 1,

	/* an option ROM */
	ROM_SIZE = 2,	  /* in 512 bytes */
	ROM_CHECKSUM = 6, /* behind the jump at its entry: free, and where SeaBIOS's build puts it */
	ROM_PCI_DATA = 0x18,
	ROM_HEADER_SIZE = 0x1a,
	ROM_PCI_IDS = 4,

	/* CMOS memory, as SeaBIOS and old systems read it */
	CMOS_EQUIPMENT = 0x14,
	CMOS_BASE_MEMORY_KIB = 0x15,
	CMOS_ABOVE_1M_KIB = 0x17, /* again at 30h */
	CMOS_ABOVE_1M_KIB_AGAIN = 0x30,
	CMOS_ABOVE_16M_64KIB = 0x34,
	CMOS_ABOVE_4G_64KIB = 0x5b,
	CMOS_PROCESSORS = 0x5f, /* those besides the first */
};

struct e820_entry {
	uint64_t start;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct e820_entry) == 20, "E820 entry");

bool pc_firmware_is_image(uint64_t size)
{
	return size >= PC_FIRMWARE_MIN && size <= PC_FIRMWARE_MAX && size % (64 << 10) == 0;
}

int pc_firmware_boot_path(unsigned ide_unit, char *ret_path, size_t size)
{
	int n = snprintf(ret_path, size, "/pci@i0cf8/ide@%x,%x/drive@%u/disk@%u", I440FX_ISA_DEVICE,
			 IDE_FUNCTION, ide_unit / 2, ide_unit % 2);

	return n > 0 && (size_t)n < size ? 0 : -ENOSPC;
}

int pc_firmware_load(const struct guest_ram *ram, const uint8_t *image, uint64_t size)
{
	if (!pc_firmware_is_image(size))
		return -EINVAL;
	return guest_ram_write(ram, GUEST_RAM_ROM_END - SHADOW_SIZE, image + size - SHADOW_SIZE, SHADOW_SIZE)
		   ? 0
		   : -EFAULT;
}

int pc_firmware_adopt_vga_rom(uint8_t *rom, uint64_t size, uint16_t vendor, uint16_t device)
{
	const uint8_t ids[4] = { (uint8_t)vendor, (uint8_t)(vendor >> 8), (uint8_t)device,
				 (uint8_t)(device >> 8) };
	uint64_t data, used;
	uint8_t sum = 0;

	if (size < ROM_HEADER_SIZE || rom[0] != 0x55 || rom[1] != 0xaa)
		return -EINVAL;
	data = rom[ROM_PCI_DATA] | (uint64_t)rom[ROM_PCI_DATA + 1] << 8;
	used = rom[ROM_SIZE] * 512ull;
	if (used < ROM_HEADER_SIZE || used > size || data > used - ROM_PCI_IDS - sizeof(ids) ||
	    memcmp(rom + data, "PCIR", 4) != 0)
		return -EINVAL;
	memcpy(rom + data + ROM_PCI_IDS, ids, sizeof(ids));
	for (uint64_t i = 0; i < used; i++)
		sum = (uint8_t)(sum + rom[i]);
	rom[ROM_CHECKSUM] = (uint8_t)(rom[ROM_CHECKSUM] - sum);
	return 0;
}

/* --- CMOS memory --------------------------------------------------------------------------------- */

static void set_word(struct rtc *rtc, uint8_t index, uint64_t value)
{
	uint64_t bent = value < 0xffff ? value : 0xffff;

	rtc_set_cmos(rtc, index, (uint8_t)bent);
	rtc_set_cmos(rtc, (uint8_t)(index + 1), (uint8_t)(bent >> 8));
}

static void set_cmos(struct rtc *rtc, const struct pc_firmware_config *config)
{
	uint64_t low = config->ram->low_size, high = config->ram->size - low;
	uint64_t above_16m = low > 16 << 20 ? (low - (16 << 20)) >> 16 : 0;

	rtc_set_cmos(rtc, CMOS_EQUIPMENT, 0x06); /* FPU, PS/2 mouse, no floppy */
	set_word(rtc, CMOS_BASE_MEMORY_KIB, 640);
	set_word(rtc, CMOS_ABOVE_1M_KIB, (low - (1 << 20)) >> 10);
	set_word(rtc, CMOS_ABOVE_1M_KIB_AGAIN, (low - (1 << 20)) >> 10);
	set_word(rtc, CMOS_ABOVE_16M_64KIB, above_16m);
	for (unsigned i = 0; i < 3; i++)
		rtc_set_cmos(rtc, (uint8_t)(CMOS_ABOVE_4G_64KIB + i), (uint8_t)(high >> (16 + 8 * i)));
	rtc_set_cmos(rtc, CMOS_PROCESSORS, (uint8_t)(config->vp_count - 1));
}

/* --- fw_cfg -------------------------------------------------------------------------------------- */

static int set_numbers(struct fw_cfg *fw_cfg, const struct pc_firmware_config *config)
{
	const struct {
		uint16_t key;
		uint8_t bytes;
		uint64_t value;
	} numbers[] = {
		{ FW_CFG_NOGRAPHIC, 2, 0 },
		{ FW_CFG_PROCESSORS, 2, config->vp_count },
		{ FW_CFG_PROCESSORS_MAX, 2, config->vp_count },
		{ FW_CFG_NUMA, 8, 0 },
		{ FW_CFG_BOOT_MENU, 2, 0 },
		{ FW_CFG_ACPI_OLD, 2, 0 },
		{ FW_CFG_SMBIOS_OLD, 2, 0 },
		{ FW_CFG_IRQ0_OVERRIDE, 1, 1 },
		{ FW_CFG_E820_OLD, 4, 0 },
	};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		r = fw_cfg_set_number(fw_cfg, numbers[i].key, numbers[i].value, numbers[i].bytes);
	return r;
}

/* SeaBIOS takes its own ranges out of it. */
static int set_e820(struct fw_cfg *fw_cfg, const struct guest_ram *ram)
{
	struct e820_entry entries[2] = {
		{ 0, ram->low_size, GUEST_RANGE_RAM },
		{ GUEST_RAM_HIGH_START, ram->size - ram->low_size, GUEST_RANGE_RAM },
	};
	size_t count = ram->size > ram->low_size ? 2 : 1;

	return fw_cfg_set_file(fw_cfg, "etc/e820", entries, count * sizeof(entries[0]));
}

static int set_smbios(struct fw_cfg *fw_cfg, const struct smbios_config *config)
{
	struct smbios tables;
	int r = smbios_build(config, &tables);

	if (r == 0)
		r = fw_cfg_set_file(fw_cfg, "etc/smbios/smbios-anchor", &tables.anchor,
				    sizeof(tables.anchor));
	if (r == 0)
		r = fw_cfg_set_file(fw_cfg, "etc/smbios/smbios-tables", tables.data, tables.size);
	return r;
}

static int set_acpi(struct fw_cfg *fw_cfg, const struct pc_firmware_config *config)
{
	const struct acpi_config acpi = {
		.vp_count = config->vp_count,
		.has_32bit_timer = true,
		.has_i8042_devices = true,
		.has_vga = true,
		.has_pci = true,
		.has_com2 = config->has_com2,
		.has_vmbus = config->has_vmbus,
		.high_gap = guest_ram_high_gap(config->ram),
	};
	static struct acpi_blob blob; /* big for a stack; made before any thread is */
	struct table_loader loader;
	int r = acpi_tables_build_blob(&acpi, &blob);

	if (r < 0)
		return r;
	table_loader_init(&loader);
	table_loader_add_acpi(&loader, &blob);
	if (loader.is_full)
		return -ENOSPC;
	r = fw_cfg_set_file(fw_cfg, TABLE_LOADER_RSDP, blob.rsdp, sizeof(blob.rsdp));
	if (r == 0)
		r = fw_cfg_set_file(fw_cfg, TABLE_LOADER_TABLES, blob.data, blob.size);
	if (r == 0)
		r = fw_cfg_set_file(fw_cfg, "etc/table-loader", loader.commands,
				    loader.count * sizeof(loader.commands[0]));
	return r;
}

int pc_firmware_configure(struct fw_cfg *fw_cfg, struct rtc *rtc, const struct pc_firmware_config *config)
{
	int r = set_numbers(fw_cfg, config);

	set_cmos(rtc, config);
	if (r == 0)
		r = set_e820(fw_cfg, config->ram);
	if (r == 0)
		r = set_smbios(fw_cfg, &config->smbios);
	if (r == 0)
		r = set_acpi(fw_cfg, config);
	if (r == 0 && config->vga_rom_size > 0)
		r = fw_cfg_set_file(fw_cfg, config->vga_rom_name, config->vga_rom, config->vga_rom_size);
	if (r == 0 && config->pxe_rom_size > 0)
		r = fw_cfg_set_file(fw_cfg, config->pxe_rom_name, config->pxe_rom, config->pxe_rom_size);
	if (r == 0)
		r = fw_cfg_set_file(fw_cfg, "bootorder", config->boot_order, strlen(config->boot_order) + 1);
	return r;
}
