/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the screens of the benchmark show: frame after frame, the same for both sides. */
#ifndef BENCH_DISPLAY_CONTENT_H
#define BENCH_DISPLAY_CONTENT_H

#include <stdint.h>

struct content {
	const char *name;
	unsigned frames;
	/* Draws frame `number` over the one before; which lines changed. 0 draws everything. */
	void (*draw)(uint32_t *picture, unsigned number, unsigned *ret_top, unsigned *ret_lines);
};

extern const struct content contents[];
extern const unsigned content_count;

#endif
