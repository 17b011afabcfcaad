/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of synthetic video (Linux: drivers/gpu/drm/hyperv/hyperv_drm_proto.c), each behind a pipe header;
 * packed. */
#ifndef VSP_SYNTHVID_PROTO_H
#define VSP_SYNTHVID_PROTO_H

#include <stdint.h>

#define SYNTHVID_TYPE_GUID	       "da0a7802-e377-4aac-8e77-0558eb1073f8"
#define SYNTHVID_VERSION(major, minor) ((uint32_t)(minor) << 16 | (major))

enum synthvid_message_type {
	SYNTHVID_VERSION_REQUEST = 1,
	SYNTHVID_VERSION_RESPONSE = 2,
	SYNTHVID_VRAM_LOCATION = 3,
	SYNTHVID_VRAM_LOCATION_ACK = 4,
	SYNTHVID_SITUATION_UPDATE = 5,
	SYNTHVID_SITUATION_UPDATE_ACK = 6,
	SYNTHVID_POINTER_POSITION = 7,
	SYNTHVID_POINTER_SHAPE = 8,
	SYNTHVID_FEATURE_CHANGE = 9,
	SYNTHVID_DIRT = 10,
	SYNTHVID_RESOLUTION_REQUEST = 13,
	SYNTHVID_RESOLUTION_RESPONSE = 14,
};

enum {
	SYNTHVID_EDID_SIZE = 128,
	SYNTHVID_RESOLUTIONS_MAX = 64,
	SYNTHVID_POINTER_MAX = 96, /* pixels each way */
	SYNTHVID_POINTER_COMPLETE = 0xff,
	SYNTHVID_RECTS_MAX = 255,
};

struct synthvid_header {
	uint32_t type;
	uint32_t size; /* of this header and what follows */
};
_Static_assert(sizeof(struct synthvid_header) == 8, "synthvid header");

struct synthvid_version_request {
	uint32_t version;
};
_Static_assert(sizeof(struct synthvid_version_request) == 4, "version request");

struct __attribute__((packed)) synthvid_version_response {
	uint32_t version;
	uint8_t is_accepted;
	uint8_t outputs_max;
};
_Static_assert(sizeof(struct synthvid_version_response) == 6, "version response");

struct __attribute__((packed)) synthvid_vram_location {
	uint64_t context;
	uint8_t is_gpa_specified;
	uint64_t gpa;
};
_Static_assert(sizeof(struct synthvid_vram_location) == 17, "VRAM location");

struct synthvid_ack { /* of VRAM location and situation update */
	uint64_t context;
};
_Static_assert(sizeof(struct synthvid_ack) == 8, "acknowledgement");

struct __attribute__((packed)) synthvid_output {
	uint8_t is_active;
	uint32_t vram_offset;
	uint8_t depth; /* bits a pixel */
	uint32_t width, height, pitch;
};
_Static_assert(sizeof(struct synthvid_output) == 18, "output situation");

struct __attribute__((packed)) synthvid_situation_update {
	uint64_t context;
	uint8_t output_count;
	struct synthvid_output output;
};
_Static_assert(sizeof(struct synthvid_situation_update) == 27, "situation update");

struct __attribute__((packed)) synthvid_pointer_position {
	uint8_t is_visible;
	uint8_t output;
	int32_t x, y;
};
_Static_assert(sizeof(struct synthvid_pointer_position) == 10, "pointer position");

struct __attribute__((packed)) synthvid_pointer_shape { /* pixels follow: B, G, R, A */
	uint8_t part;
	uint8_t is_argb;
	uint32_t width, height, hot_x, hot_y;
};
_Static_assert(sizeof(struct synthvid_pointer_shape) == 18, "pointer shape");

struct synthvid_feature_change {
	uint8_t needs_dirt, needs_pointer_position, needs_pointer_shape, needs_situation;
};
_Static_assert(sizeof(struct synthvid_feature_change) == 4, "feature change");

struct synthvid_rect {
	int32_t x1, y1, x2, y2; /* x2, y2 lie outside */
};
_Static_assert(sizeof(struct synthvid_rect) == 16, "rectangle");

struct synthvid_dirt { /* rectangles follow */
	uint8_t output;
	uint8_t count;
};
_Static_assert(sizeof(struct synthvid_dirt) == 2, "dirt");

struct synthvid_resolution {
	uint16_t width, height;
};
_Static_assert(sizeof(struct synthvid_resolution) == 4, "resolution");

struct __attribute__((packed)) synthvid_resolution_response {
	uint8_t edid[SYNTHVID_EDID_SIZE];
	uint8_t count;
	uint8_t preferred;
	uint8_t is_standard;
	struct synthvid_resolution resolutions[SYNTHVID_RESOLUTIONS_MAX];
};
_Static_assert(sizeof(struct synthvid_resolution_response) == 387, "resolution response");

#endif
