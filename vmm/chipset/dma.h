/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a chip reaches guest memory. Both copy, give 0 or -EFAULT when a part of the range is no memory
 * (then nothing or a part was copied), and come under the bus lock. write() tells the hypervisor
 * (hv_memory_written()).
 */
#ifndef CHIPSET_DMA_H
#define CHIPSET_DMA_H

#include <stddef.h>
#include <stdint.h>

struct dma {
	int (*read)(void *opaque, uint64_t gpa, void *buffer, size_t size);
	int (*write)(void *opaque, uint64_t gpa, const void *buffer, size_t size);
	void *opaque;
};

#endif
