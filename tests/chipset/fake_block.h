/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk in memory for the controllers' tests, and guest memory for their DMA. */
#ifndef TESTS_CHIPSET_FAKE_BLOCK_H
#define TESTS_CHIPSET_FAKE_BLOCK_H

#include "chipset/block.h"
#include "chipset/dma.h"

struct fake_disk {
	struct block base;
	uint8_t *content;
	bool is_late; /* requests wait for fake_disk_run() */
	bool fails;
	unsigned flushes, requests;
	struct block_request *first, **last;
};

void fake_disk_init(struct fake_disk *disk, uint64_t size);
void fake_disk_deinit(struct fake_disk *disk);
/* Completes what waits; returns how many. */
unsigned fake_disk_run(struct fake_disk *disk);

enum { FAKE_MEMORY_SIZE = 1 << 20 };
extern uint8_t fake_memory[FAKE_MEMORY_SIZE];
extern const struct dma fake_dma;

#endif
