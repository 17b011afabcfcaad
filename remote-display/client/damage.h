/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short list of changed rectangles; when it is full they become the one that covers them. Threads: none. */
#ifndef RD_CLIENT_DAMAGE_H
#define RD_CLIENT_DAMAGE_H

#include "client/client.h"

struct rd_client_damage {
	struct rd_client_rect rects[RD_CLIENT_RECTS_MAX];
	unsigned count;
};

/* Empty ones are ignored; what lies inside another is left out. */
void rd_client_damage_add(struct rd_client_damage *damage, struct rd_client_rect rect);
/* Cuts all to a size. */
void rd_client_damage_clip(struct rd_client_damage *damage, unsigned width, unsigned height);

#endif
