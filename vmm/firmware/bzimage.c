/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/bzimage.h"
#include "firmware/bzimage_proto.h"

#include <errno.h>
#include <string.h>

static void put_le(uint8_t *p, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

bool bzimage_is(const struct image_file *kernel)
{
	uint8_t mark[8];

	if (image_file_read(kernel, HDR_BOOT_FLAG, mark, sizeof(mark)) < 0)
		return false;
	return image_le16(mark) == 0xaa55 && memcmp(&mark[HDR_MAGIC - HDR_BOOT_FLAG], "HdrS", 4) == 0;
}

static int check_payload(const struct image_file *kernel, const uint8_t *raw, struct bzimage *image,
			 struct boot_error *error)
{
	uint64_t setup_sectors = raw[HDR_SETUP_SECTS] ? raw[HDR_SETUP_SECTS] : 4; /* boot.rst: 0 means 4 */
	uint64_t promised = (uint64_t)image_le32(raw + HDR_SYSSIZE) * 16;

	image->payload_offset = (setup_sectors + 1) * 512;
	if (image->payload_offset >= kernel->size)
		return boot_fail(error, -ENODATA, "%s: this kernel image is truncated; copy it again",
				 kernel->name);
	image->payload_size = kernel->size - image->payload_offset;
	/* syssize is rounded up to 16 bytes, and a signature may follow it. */
	if (promised > image->payload_size + 15)
		return boot_fail(error, -ENODATA,
				 "%s: this kernel image is truncated (%llu of %llu bytes); copy it again",
				 kernel->name, (unsigned long long)kernel->size,
				 (unsigned long long)(image->payload_offset + promised));
	return 0;
}

static int check_addresses(const struct image_file *kernel, const uint8_t *raw, struct bzimage *image,
			   struct boot_error *error)
{
	image->is_relocatable = raw[HDR_RELOCATABLE] != 0;
	image->alignment = image_le32(raw + HDR_KERNEL_ALIGNMENT);
	image->load_address = image_le64(raw + HDR_PREF_ADDRESS);
	image->init_size = image_le32(raw + HDR_INIT_SIZE);
	if (image->init_size < image->payload_size)
		image->init_size = image->payload_size;
	if (image->load_address < GUEST_RAM_ROM_END || image->load_address >= GUEST_RAM_LOW_MAX ||
	    image->init_size > GUEST_RAM_LOW_MAX - image->load_address)
		return boot_fail(
		    error, -EINVAL,
		    "%s: the kernel wants to lie at 0x%llx (%llu bytes), where this machine has no RAM; "
		    "give another kernel image",
		    kernel->name, (unsigned long long)image->load_address,
		    (unsigned long long)image->init_size);
	return 0;
}

int bzimage_parse(const struct image_file *kernel, struct bzimage *ret_image, uint8_t ret_raw[0x290],
		  struct boot_error *ret_error)
{
	struct bzimage image = { 0 };
	uint8_t *raw = ret_raw;
	unsigned end;
	int r;

	r = image_file_read(kernel, 0, raw, HDR_END_MAX);
	if (r < 0)
		return boot_fail(ret_error, r, "%s: this kernel image is truncated; copy it again",
				 kernel->name);
	image.version = image_le16(raw + HDR_VERSION);
	if (image.version < HDR_VERSION_MIN || !(raw[HDR_LOADFLAGS] & LOADFLAGS_LOADED_HIGH))
		return boot_fail(
		    ret_error, -ENOEXEC,
		    "%s: this kernel speaks boot protocol %u.%02u, at least 2.10 (Linux 2.6.31, bzImage) is "
		    "needed; give a newer kernel",
		    kernel->name, image.version >> 8, image.version & 0xff);
	end = HDR_MAGIC + raw[HDR_JUMP + 1];
	if (end < HDR_INIT_SIZE + 4)
		return boot_fail(ret_error, -ENOEXEC,
				 "%s: the kernel's setup header is damaged; copy the file again",
				 kernel->name);
	image.header_size = (end < HDR_END_MAX ? end : HDR_END_MAX) - HDR_START;
	r = check_payload(kernel, raw, &image, ret_error);
	if (r < 0)
		return r;
	r = check_addresses(kernel, raw, &image, ret_error);
	if (r < 0)
		return r;
	image.is_64bit =
	    image.version >= HDR_VERSION_XLOADFLAGS && (image_le16(raw + HDR_XLOADFLAGS) & XLF_KERNEL_64);
	image.initrd_highest = image_le32(raw + HDR_INITRD_ADDR_MAX);
	image.cmdline_size = image_le32(raw + HDR_CMDLINE_SIZE);
	*ret_image = image;
	return 0;
}

/* The memory map in boot_params; Linux reads it before anything else of the machine. */
static void fill_e820(const struct guest_ram *ram, uint8_t *zero_page)
{
	struct guest_range ranges[GUEST_RANGES_MAX];
	unsigned count = guest_ram_map(ram, ranges);

	for (unsigned i = 0; i < count; i++) {
		uint8_t *entry = zero_page + BP_E820_TABLE + i * BP_E820_ENTRY_SIZE;

		put_le(entry, ranges[i].start, 8);
		put_le(entry + 8, ranges[i].size, 8);
		put_le(entry + 16, ranges[i].type, 4);
	}
	zero_page[BP_E820_ENTRIES] = (uint8_t)count;
}

static void fill_zero_page(const struct guest_ram *ram, const struct boot_request *request,
			   const uint8_t *raw, const struct bzimage *image, uint64_t initrd,
			   uint8_t *zero_page)
{
	uint64_t initrd_size = initrd ? request->initrd.size : 0;

	memset(zero_page, 0, BP_SIZE);
	memcpy(zero_page + HDR_START, raw + HDR_START, image->header_size);
	/* What the file has in the loader's own fields is not to be believed. */
	zero_page[HDR_TYPE_OF_LOADER] = LOADER_UNDEFINED;
	zero_page[HDR_LOADFLAGS] &= (uint8_t)~LOADFLAGS_CAN_USE_HEAP;
	put_le(zero_page + HDR_VID_MODE, 0xffff, 2); /* normal */
	put_le(zero_page + HDR_CODE32_START, image->load_address, 4);
	put_le(zero_page + HDR_RAMDISK_IMAGE, initrd, 4);
	put_le(zero_page + HDR_RAMDISK_SIZE, initrd_size, 4);
	put_le(zero_page + HDR_CMD_LINE_PTR, BOOT_CMDLINE, 4);
	put_le(zero_page + HDR_SETUP_DATA, 0, 8);
	put_le(zero_page + BP_ACPI_RSDP_ADDR, request->rsdp, 8);
	fill_e820(ram, zero_page);
}

static int check_room(const struct guest_ram *ram, const struct image_file *kernel,
		      const struct bzimage *image, uint64_t initrd_size, struct boot_error *error)
{
	uint64_t end = image->load_address + image->init_size;

	if (end <= ram->low_size)
		return 0;
	if (initrd_size < GUEST_RAM_LOW_MAX)
		end += initrd_size;
	return boot_fail(
	    error, -ENOSPC,
	    "%s: this kernel does not fit into %llu MiB of memory; give the machine at least %llu MiB with "
	    "--memory",
	    kernel->name, (unsigned long long)(ram->size >> 20),
	    (unsigned long long)((end + 0xfffff) >> 20) + 1);
}

int bzimage_load(const struct guest_ram *ram, const struct boot_request *request,
		 struct boot_entry *ret_entry, struct boot_error *ret_error)
{
	const struct image_file *kernel = &request->kernel;
	uint8_t raw[HDR_END_MAX];
	struct bzimage image = { 0 };
	uint64_t initrd = 0;
	uint8_t *zero_page;
	int r;

	r = bzimage_parse(kernel, &image, raw, ret_error);
	if (r < 0)
		return r;
	r = check_room(ram, kernel, &image, request->initrd.fd < 0 ? 0 : request->initrd.size, ret_error);
	if (r < 0)
		return r;
	r = boot_read_to_ram(ram, kernel, image.payload_offset, image.load_address, image.payload_size,
			     ret_error);
	if (r < 0)
		return r;
	r = boot_place_initrd(ram, &request->initrd, image.load_address + image.init_size,
			      image.initrd_highest, &initrd, ret_error);
	if (r < 0)
		return r;
	r = boot_place_cmdline(ram, request->cmdline, image.cmdline_size, ret_error);
	if (r < 0)
		return r;
	zero_page = guest_ram_at(ram, BOOT_ZERO_PAGE, BP_SIZE);
	if (!zero_page)
		return boot_fail(ret_error, -ENOSPC, "--memory: too little for the boot parameters");
	fill_zero_page(ram, request, raw, &image, initrd, zero_page);
	ret_entry->is_long_mode = image.is_64bit;
	ret_entry->rip = image.load_address + (image.is_64bit ? BZIMAGE_ENTRY_64 : 0);
	ret_entry->rsi = BOOT_ZERO_PAGE;
	return 0;
}
