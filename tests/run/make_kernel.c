/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a file to standard output that the boot loader takes for a kernel. */
#include "firmware/bzimage_proto.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
	static unsigned char image[512 * 5 + 4096];

	memset(image + 5 * 512, 0xf4, 4096); /* HLT */
	image[HDR_SETUP_SECTS] = 4;
	image[HDR_SYSSIZE + 1] = 1; /* 256 * 16 */
	image[HDR_BOOT_FLAG] = 0x55;
	image[HDR_BOOT_FLAG + 1] = 0xaa;
	image[HDR_JUMP] = 0xeb;
	image[HDR_JUMP + 1] = 0x6a;
	memcpy(image + HDR_MAGIC, "HdrS", 4);
	image[HDR_VERSION] = 0x0f;
	image[HDR_VERSION + 1] = 2;
	image[HDR_LOADFLAGS] = LOADFLAGS_LOADED_HIGH;
	memset(image + HDR_INITRD_ADDR_MAX, 0xff, 3);
	image[HDR_INITRD_ADDR_MAX + 3] = 0x7f;
	image[HDR_RELOCATABLE] = 1;
	image[HDR_XLOADFLAGS] = XLF_KERNEL_64;
	image[HDR_CMDLINE_SIZE + 1] = 8; /* 2048 */
	image[HDR_PREF_ADDRESS + 3] = 1; /* 16 MiB */
	image[HDR_INIT_SIZE + 2] = 0x40; /* 4 MiB */
	return fwrite(image, sizeof(image), 1, stdout) == 1 ? 0 : 1;
}
