/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/damage.h"

static bool is_inside(const struct rd_client_rect *a, const struct rd_client_rect *b)
{
	return a->x >= b->x && a->y >= b->y && a->x + a->width <= b->x + b->width &&
	       a->y + a->height <= b->y + b->height;
}

static void cover(struct rd_client_rect *a, const struct rd_client_rect *b)
{
	unsigned right = a->x + a->width, bottom = a->y + a->height;

	if (b->x + b->width > right)
		right = b->x + b->width;
	if (b->y + b->height > bottom)
		bottom = b->y + b->height;
	a->x = b->x < a->x ? b->x : a->x;
	a->y = b->y < a->y ? b->y : a->y;
	a->width = right - a->x;
	a->height = bottom - a->y;
}

void rd_client_damage_add(struct rd_client_damage *damage, struct rd_client_rect rect)
{
	if (rect.width == 0 || rect.height == 0)
		return;
	for (unsigned i = 0; i < damage->count; i++) {
		if (is_inside(&rect, &damage->rects[i]))
			return;
		if (is_inside(&damage->rects[i], &rect))
			damage->rects[i--] = damage->rects[--damage->count];
	}
	if (damage->count == RD_CLIENT_RECTS_MAX) {
		for (unsigned i = 1; i < damage->count; i++)
			cover(&damage->rects[0], &damage->rects[i]);
		cover(&damage->rects[0], &rect);
		damage->count = 1;
		return;
	}
	damage->rects[damage->count++] = rect;
}

void rd_client_damage_clip(struct rd_client_damage *damage, unsigned width, unsigned height)
{
	for (unsigned i = 0; i < damage->count; i++) {
		struct rd_client_rect *rect = &damage->rects[i];

		if (rect->x >= width || rect->y >= height) {
			*rect = damage->rects[--damage->count];
			i--;
			continue;
		}
		if (rect->width > width - rect->x)
			rect->width = width - rect->x;
		if (rect->height > height - rect->y)
			rect->height = height - rect->y;
	}
}
