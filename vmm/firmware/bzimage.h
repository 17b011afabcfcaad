/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bzImage: the compressed Linux kernel that distributions install. See boot.h for threads, ownership,
 * trust. */
#ifndef FIRMWARE_BZIMAGE_H
#define FIRMWARE_BZIMAGE_H

#include "firmware/boot.h"

/* The fields of the setup header that the loader uses, checked. */
struct bzimage {
	uint16_t version;
	bool is_64bit;
	bool is_relocatable;
	uint32_t alignment;
	uint64_t payload_offset; /* in the file: the protected-mode kernel */
	uint64_t payload_size;
	uint64_t load_address;
	uint64_t init_size; /* bytes from load_address that the kernel needs before it reads the memory map */
	uint64_t initrd_highest; /* the last byte that an initrd may have */
	uint64_t cmdline_size;	 /* without the final NUL */
	uint32_t header_size;	 /* of the raw header, from 0x1f1 */
};

bool bzimage_is(const struct image_file *kernel);
/* Reads and checks the header; `ret_raw` gets the bytes of the file's first sectors up to HDR_END_MAX. */
int bzimage_parse(const struct image_file *kernel, struct bzimage *ret_image, uint8_t ret_raw[0x290],
		  struct boot_error *ret_error);
int bzimage_load(const struct guest_ram *ram, const struct boot_request *request,
		 struct boot_entry *ret_entry, struct boot_error *ret_error);

#endif
