/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic video: the guest draws into video memory that it places itself and says what it changed.
 *
 * Drawing    Nothing is copied here. The surface says where the picture lies; whoever shows it reads it
 *            there. The guest reports changes only while synthvid_set_watched() is on: an unwatched
 *            screen costs nothing.
 * Resolution The guest chooses among those of synthvid_config; Linux 6.1 asks once, when its driver
 *            starts, so another preferred size is taken at the guest's next start.
 * Threads    The bus's loop.
 * Limits     SYNTHVID_WIDTH_MAX x SYNTHVID_HEIGHT_MAX, and what fits into the video memory; a pointer
 *            of 96 x 96.
 * Trust      Sizes, offsets and rectangles of the guest are checked and cut; a surface always lies
 *            inside the memory that ops->place() gave. The pixels change at any time.
 */
#ifndef VSP_SYNTHVID_H
#define VSP_SYNTHVID_H

#include "vmbus/vmbus.h"

enum {
	SYNTHVID_WIDTH_MAX = 2560,
	SYNTHVID_HEIGHT_MAX = 1600,
};

struct synthvid;

struct synthvid_surface {
	const uint8_t *pixels; /* NULL: the guest shows nothing here */
	uint32_t width, height;
	uint32_t pitch; /* bytes from line to line */
	unsigned depth; /* 32: B, G, R, x; 16: RGB 5-6-5 */
};

struct synthvid_pointer {
	bool is_visible;
	int32_t x, y; /* of the hot spot */
	uint32_t width, height, hot_x, hot_y;
	const uint8_t *argb; /* width * height * 4, B, G, R, A; NULL: unknown */
};

struct synthvid_ops {
	/* The guest's video memory lies at gpa from now on. Host address of `size` bytes; NULL when it cannot
	 * be there. */
	void *(*place)(void *opaque, uint64_t gpa, uint64_t size);
	/* Another surface, or none. All of it is to be drawn. */
	void (*on_surface)(void *opaque, const struct synthvid_surface *surface);
	/* Inside the surface, not empty. */
	void (*on_dirty)(void *opaque, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
	void (*on_pointer)(void *opaque, const struct synthvid_pointer *pointer); /* optional */
};

struct synthvid_config {
	uint16_t vram_megabytes;		    /* 8 for 1920 x 1080, 16 for all */
	uint16_t preferred_width, preferred_height; /* 0: 1024 x 768 */
	uint16_t width_max, height_max;		    /* of all that the guest may show; 0: the limits above */
	const struct synthvid_ops *ops;
	void *opaque;
};

int synthvid_new(struct vmbus *bus, const struct synthvid_config *config, struct synthvid **ret_video);
/* While the bus is stopped. NULL is fine; returns NULL. */
struct synthvid *synthvid_free(struct synthvid *video);
/*
 * The guest is offered the largest resolution that Linux shows and that fits into these sides as its best from now on; it asks when
 * its driver starts. A Linux guest takes it while it runs when the driver is bound anew, in /sys/bus/vmbus/drivers/hyperv_drm:
 * echo DEVICE >unbind; echo DEVICE >bind. No message of the host's makes a guest ask again: Linux takes a second list of
 * resolutions for an answer that it waits for.
 */
void synthvid_set_preferred(struct synthvid *video, uint16_t width, uint16_t height);
/*
 * At once, by taking the device from the guest and offering it anew: measured with Debian 12's 6.1, 100 ms, and fbcon comes back with what
 * stood on it; programs that hold the DRM device, such as a desktop, lose it. A second time while the driver still starts costs it lines of
 * "Unable to send packet via vmbus; error -19": the caller leaves it some time after on_surface().
 * 0: on_surface() comes twice, without and with pixels (the second perhaps never: the guest's business); 1: it shows that size
 * already; -ENOTCONN: it shows nothing here now.
 */
int synthvid_fit(struct synthvid *video, uint16_t width, uint16_t height);
/* Whether somebody looks. */
void synthvid_set_watched(struct synthvid *video, bool is_watched);

#endif
