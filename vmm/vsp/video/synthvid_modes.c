/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/video/synthvid_modes.h"

#include <stdbool.h>
#include <string.h>

static const struct synthvid_resolution common[] = {
	{ 640, 480 },	{ 800, 600 },	{ 1024, 768 },	{ 1152, 864 },	{ 1280, 720 },
	{ 1280, 800 },	{ 1280, 1024 }, { 1366, 768 },	{ 1400, 1050 }, { 1440, 900 },
	{ 1600, 900 },	{ 1600, 1200 }, { 1680, 1050 }, { 1920, 1080 }, { 1920, 1200 },
	{ 2048, 1152 }, { 2048, 1536 }, { 2560, 1080 }, { 2560, 1440 }, { 2560, 1600 },
};

static bool fits(const struct synthvid_modes_config *config, struct synthvid_resolution r)
{
	return r.width <= config->width_max && r.height <= config->height_max &&
	       (uint64_t)r.width * r.height * 4 <= config->vram_size;
}

struct synthvid_resolution synthvid_modes_within(const struct synthvid_modes_config *config, uint16_t width,
						 uint16_t height)
{
	/* VESA DMT 1.13, as drivers/gpu/drm/drm_edid.c shows them at 60 Hz */
	static const struct synthvid_resolution timings[] = {
		{ 800, 600 },	{ 1024, 768 },	{ 1280, 720 },	{ 1280, 768 },	{ 1280, 800 },
		{ 1280, 960 },	{ 1280, 1024 }, { 1360, 768 },	{ 1366, 768 },	{ 1400, 1050 },
		{ 1440, 900 },	{ 1600, 900 },	{ 1600, 1200 }, { 1680, 1050 }, { 1792, 1344 },
		{ 1856, 1392 }, { 1920, 1080 }, { 1920, 1200 }, { 1920, 1440 }, { 2048, 1152 },
		{ 2560, 1600 },
	};
	struct synthvid_resolution best = { 640, 480 };

	for (unsigned i = 0; i < sizeof(timings) / sizeof(timings[0]); i++)
		if (fits(config, timings[i]) && timings[i].width <= width && timings[i].height <= height &&
		    timings[i].width * timings[i].height > best.width * best.height)
			best = timings[i];
	return best;
}

/* --- EDID ------------------------------------------------------------------------------------------ */

enum {
	REFRESH_HZ = 60,
	H_BLANK = 160, /* as VESA CVT with reduced blanking */
	H_FRONT = 48,
	H_SYNC = 32,
	V_BLANK = 40,
	V_FRONT = 3,
	V_SYNC = 5,
	TIMING_OFFSET = 54,
};

/* A detailed timing (3.10.2); pixel clock in units of 10 kHz. */
static void put_timing(uint8_t *at, struct synthvid_resolution r)
{
	unsigned clock =
	    (unsigned)((uint64_t)(r.width + H_BLANK) * (r.height + V_BLANK) * REFRESH_HZ / 10000);

	at[0] = clock & 0xff;
	at[1] = (uint8_t)(clock >> 8);
	at[2] = r.width & 0xff;
	at[3] = H_BLANK;
	at[4] = (uint8_t)((r.width >> 8) << 4);
	at[5] = r.height & 0xff;
	at[6] = V_BLANK;
	at[7] = (uint8_t)((r.height >> 8) << 4);
	at[8] = H_FRONT;
	at[9] = H_SYNC;
	at[10] = V_FRONT << 4 | V_SYNC;
	at[17] = 0x1a; /* separate syncs, horizontal positive */
}

static void put_text(uint8_t *at, uint8_t tag, const char *text)
{
	size_t size = strlen(text);

	at[3] = tag;
	memset(at + 5, ' ', 13);
	memcpy(at + 5, text, size);
	at[5 + size] = '\n';
}

static void fill_edid(uint8_t *edid, struct synthvid_resolution preferred)
{
	static const uint8_t head[] = {
		0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, /* 3.3 */
		0x09, 0x04, 1,	  0,	1,    0,    0,	  0, /* maker "BHD", product 1, serial 1 (3.4) */
		1,    34,   1,	  4,			     /* week, year 2024; version 1.4 */
		0xa5, 0,    0,	  0x78, 0x06, /* digital, 8 bits; no size; gamma 2.2; sRGB, preferred first */
		0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* sRGB (3.7) */
		0x21, 0x08, 0, /* 640x480, 800x600, 1024x768 at 60 Hz (3.8) */
	};
	uint8_t sum = 0;

	memset(edid, 0, SYNTHVID_EDID_SIZE);
	memcpy(edid, head, sizeof(head));
	memset(edid + 38, 1, 16); /* no standard timings */
	put_timing(edid + TIMING_OFFSET, preferred);
	put_text(edid + TIMING_OFFSET + 18, 0xfc, "Bulkhead");
	edid[TIMING_OFFSET + 2 * 18 + 3] = 0x10; /* dummies (3.10.3.11) */
	edid[TIMING_OFFSET + 3 * 18 + 3] = 0x10;
	for (unsigned i = 0; i < SYNTHVID_EDID_SIZE - 1; i++)
		sum += edid[i];
	edid[SYNTHVID_EDID_SIZE - 1] = (uint8_t)-sum;
}

/* --- the list -------------------------------------------------------------------------------------- */

void synthvid_modes_fill(const struct synthvid_modes_config *config,
			 struct synthvid_resolution_response *ret_response)
{
	struct synthvid_resolution preferred = { config->preferred_width, config->preferred_height };
	uint8_t count = 0;

	memset(ret_response, 0, sizeof(*ret_response));
	if (!fits(config, preferred) || preferred.width < 640 || preferred.height < 480)
		preferred = (struct synthvid_resolution){ 1024, 768 };
	if (!fits(config, preferred))
		preferred = (struct synthvid_resolution){ config->width_max, config->height_max };
	if (!fits(config, preferred) || preferred.width < 640 || preferred.height < 480)
		preferred = (struct synthvid_resolution){ 640, 480 };
	ret_response->resolutions[count++] = preferred;
	for (unsigned i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (fits(config, common[i]) && memcmp(&common[i], &preferred, sizeof(preferred)) != 0)
			ret_response->resolutions[count++] = common[i];
	ret_response->count = count;
	ret_response->preferred = 0;
	fill_edid(ret_response->edid, preferred);
}
