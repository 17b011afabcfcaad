/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's screen, small, beside the details of a machine: alive while it is seen, at most once a second.
 */
#ifndef VIEWS_THUMBNAIL_H
#define VIEWS_THUMBNAIL_H

#include "app/app.h"

struct thumbnail;

struct thumbnail *thumbnail_new(struct tui_view *view);
struct thumbnail *thumbnail_free(struct thumbnail *thumbnail);
/* Into the right end of the area, as high as it is; returns the columns that are left for others. Draws
 * nothing where there is no picture, and follows this machine from now on (NULL: none). */
int thumbnail_draw(struct thumbnail *thumbnail, const struct tui_area *area, VmcObject *machine);
/* Once a second: looks, when it was drawn since the last time. */
void thumbnail_tick(struct thumbnail *thumbnail);

#endif
