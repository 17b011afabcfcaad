/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_message.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

enum {
	CONTINUOUS_UPDATES = 150, /* rfb_flow.c */
	FENCE = 248,
	QEMU = 255, /* rfb_qemu_key.c */
};

static bool get(rfbClientPtr client, void *buffer, int size)
{
	if (rfbReadExact(client, buffer, size) > 0)
		return true;
	rfbCloseClient(client);
	return false;
}

/* --- SetPixelFormat (RFC 6143, 7.5.1) ---------------------------------------------------------------- */

/* A colour of `max`, 2^n - 1, fits into the pixel at its shift. */
static bool is_possible_colour(unsigned max, unsigned shift, unsigned bits)
{
	return max > 0 && (max & (max + 1)) == 0 && shift < bits &&
	       (uint64_t)max << shift < (uint64_t)1 << bits;
}

static bool is_possible_format(const rfbPixelFormat *format)
{
	unsigned bits = format->bitsPerPixel;

	if (!format->trueColour)
		return bits == 8;
	return (bits == 8 || bits == 16 || bits == 32) &&
	       is_possible_colour(format->redMax, format->redShift, bits) &&
	       is_possible_colour(format->greenMax, format->greenShift, bits) &&
	       is_possible_colour(format->blueMax, format->blueShift, bits);
}

static void on_pixel_format(rfbClientPtr client)
{
	struct __attribute__((packed)) {
		uint8_t type, padding[3];
		rfbPixelFormat format;
	} message;
	rfbPixelFormat format;

	if (!get(client, &message, sizeof(message)))
		return;
	format = message.format;
	format.redMax = ntohs(format.redMax);
	format.greenMax = ntohs(format.greenMax);
	format.blueMax = ntohs(format.blueMax);
	format.bigEndian = format.bigEndian != 0;
	format.trueColour = format.trueColour != 0;
	if (!is_possible_format(&format)) {
		rfbCloseClient(client);
		return;
	}
	client->format = format;
	client->readyForSetColourMapEntries = TRUE;
	if (!client->screen->setTranslateFunction(client))
		rfbCloseClient(client);
}

/* --- FramebufferUpdateRequest (RFC 6143, 7.5.3) ------------------------------------------------------ */

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* The library takes a request of no width for one, and later divides by it (0.9.14). */
static void on_request(rfbClientPtr client)
{
	struct __attribute__((packed)) {
		uint8_t type, is_incremental;
		uint16_t x, y, width, height;
	} message;
	int left, top, right, bottom;
	sraRegionPtr region;

	if (!get(client, &message, sizeof(message)))
		return;
	left = ntohs(message.x);
	top = ntohs(message.y);
	right = smaller(left + ntohs(message.width), client->screen->width);
	bottom = smaller(top + ntohs(message.height), client->screen->height);
	if (left >= right || top >= bottom)
		return;
	region = sraRgnCreateRect(left, top, right, bottom);
	sraRgnOr(client->requestedRegion, region);
	if (!message.is_incremental)
		sraRgnOr(client->modifiedRegion, region);
	sraRgnDestroy(region);
	if (!client->readyForSetColourMapEntries) {
		client->readyForSetColourMapEntries = TRUE;
		if (!client->format.trueColour && !rfbSetClientColourMap(client, 0, 0))
			rfbCloseClient(client);
	}
}

/* --- all --------------------------------------------------------------------------------------------- */

/* The library reads no byte ahead: the first one that is there is a message's type. */
void rd_rfb_process_message(rfbClientPtr client)
{
	uint8_t type;

	if (recv(client->sock, &type, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
		rfbProcessClientMessage(client); /* the end */
		return;
	}
	switch (type) {
	case rfbSetPixelFormat: on_pixel_format(client); return;
	case rfbFramebufferUpdateRequest: on_request(client); return;
	case rfbSetEncodings:
	case rfbKeyEvent:
	case rfbPointerEvent:
	case rfbClientCutText:
	case rfbSetDesktopSize:
	case CONTINUOUS_UPDATES:
	case FENCE:
	case QEMU: rfbProcessClientMessage(client); return;
	default: rfbCloseClient(client); return; /* scaling, file transfer, chat, and what nobody knows */
	}
}
