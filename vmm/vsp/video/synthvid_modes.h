/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor that the guest sees: its resolutions and its EDID (VESA E-EDID 1.4). */
#ifndef VSP_SYNTHVID_MODES_H
#define VSP_SYNTHVID_MODES_H

#include "vsp/video/synthvid_proto.h"

struct synthvid_modes_config {
	uint64_t vram_size;
	uint16_t preferred_width, preferred_height, width_max, height_max;
};

/*
 * The largest resolution that Linux shows and that fits into these sides; 640 x 480 when none does. Linux' hyperv_drm takes those
 * of VESA's DMT only: for any other preferred one it shows the largest of the list.
 */
struct synthvid_resolution synthvid_modes_within(const struct synthvid_modes_config *config, uint16_t width,
						 uint16_t height);
/* At least one resolution, the preferred one among them. */
void synthvid_modes_fill(const struct synthvid_modes_config *config,
			 struct synthvid_resolution_response *ret_response);

#endif
