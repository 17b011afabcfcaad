/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged images: good ones of every kind in memory, patches on them, and checksums made good again on demand. */
#ifndef DISK_TEST_HOSTILE_H
#define DISK_TEST_HOSTILE_H

#include "disk_test.h"

struct base_image {
	const char *name;
	uint8_t *bytes;
	uint64_t size;
	enum disk_format format;
	bool has_parent;
};

enum { BASE_COUNT = 7 };
extern struct base_image base_images[BASE_COUNT];

/* Makes the base images. The first is the parent of those that have one. */
void hostile_init(struct disk_io *io);
void hostile_deinit(void);
/* A file in memory with these bytes (zeros stay holes). */
int hostile_file(const uint8_t *bytes, uint64_t size);
/* Recomputes the checksums of headers, region tables, log entries; of VHD footers and headers. */
void hostile_seal(uint8_t *bytes, uint64_t size, enum disk_format format);
/*
 * Opens the image, reads and writes here and there, closes, opens again. Whatever is wrong with it, that must end, without
 * harm, and a refusal must give its reason. Returns what opening gave.
 */
int hostile_use(struct disk_io *io, const uint8_t *bytes, uint64_t size, bool is_writable, char reason[512]);

#endif
