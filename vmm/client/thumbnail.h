/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's screen as a small picture, for lists and details: looks when it is asked to, scales down what
 * the machine drew, and says so only when it is another one than before. Whoever looks so is no viewer.
 *
 * Use        vmc_thumbnail_new(), then vmc_thumbnail_look() as often as wanted (once a second) while it
 *            is seen.
 * Threads    The main context's.
 * Limits     One question at a time; VMC_THUMBNAIL_MAX pixels a side.
 * Trust      The machine's process may be its guest's: ui/viewer.h and ui/framebuffer.h check what
 *            comes.
 */
#ifndef CLIENT_THUMBNAIL_H
#define CLIENT_THUMBNAIL_H

#include "client/host.h"

enum { VMC_THUMBNAIL_MAX = 512 };

struct vmc_thumbnail;

/* At most `width` * `height` pixels. `on_changed`: from the main loop, never after vmc_thumbnail_free(). */
struct vmc_thumbnail *vmc_thumbnail_new(VmcHost *host, VmcObject *machine, guint width, guint height,
					void (*on_changed)(gpointer opaque), gpointer opaque);
struct vmc_thumbnail *vmc_thumbnail_free(struct vmc_thumbnail *thumbnail);
/* Connects when it is not connected yet. Nothing happens while a look is under way. */
void vmc_thumbnail_look(struct vmc_thumbnail *thumbnail);
/* 0x00RRGGBB, `ret_width` * `ret_height`; NULL: there is none (yet). They live until the next change. */
const guint32 *vmc_thumbnail_pixels(const struct vmc_thumbnail *thumbnail, guint *ret_width,
				    guint *ret_height);
/* Why there is none: a sentence; "" while that is not known. */
const char *vmc_thumbnail_problem(const struct vmc_thumbnail *thumbnail);

#endif
