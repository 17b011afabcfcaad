/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/rfb_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The community's RFB protocol (rfbproto): pseudo-encodings and message types. */
enum {
	ENCODING_QEMU_LEDS = -261,
	ENCODING_FENCE = -312,
	ENCODING_POINTER_ALPHA = -314,
	ENCODING_RAW = 0,
	MESSAGE_FENCE = 248,
	FENCE_REQUEST = 1u << 31,
	FENCE_KNOWN = 7, /* BlockBefore, BlockAfter, SyncNext */
	FENCE_PAYLOAD_MAX = 64,
	MEASURE_US = 2000000, /* at most once in so long */
	MEASURING_MAX_US = 10000000,
};

struct __attribute__((packed)) fence {
	uint8_t type, padding[3];
	uint32_t flags;
	uint8_t size, payload[FENCE_PAYLOAD_MAX];
};
_Static_assert(sizeof(struct fence) == 9 + FENCE_PAYLOAD_MAX, "fence");

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* --- fences: the server sends ours back when it comes to it -------------------------------------------- */

static bool send_fence(struct rd_rfb_client *rfb, uint32_t flags, const void *payload, size_t size)
{
	struct fence fence = { .type = MESSAGE_FENCE, .flags = htonl(flags), .size = (uint8_t)size };

	memcpy(fence.payload, payload, size);
	return WriteToRFBServer(rfb->library, (const char *)&fence, (unsigned)(9 + size));
}

bool rd_rfb_client_measure(struct rd_rfb_client *rfb)
{
	uint64_t now = now_us();

	if (!rfb->has_fence || now - rfb->measured_us < (rfb->is_measuring ? MEASURING_MAX_US : MEASURE_US))
		return true;
	rfb->is_measuring = true;
	rfb->measured_us = now;
	return send_fence(rfb, FENCE_REQUEST, &now, sizeof(now));
}

static void take_answer(struct rd_rfb_client *rfb, const struct fence *fence)
{
	if (!rfb->is_measuring || fence->size != sizeof(rfb->measured_us) ||
	    memcmp(fence->payload, &rfb->measured_us, fence->size) != 0)
		return;
	rfb->is_measuring = false;
	rfb->ops->latency(rfb->opaque, (unsigned)(now_us() - rfb->measured_us));
}

static rfbBool handle_message(rfbClient *library, rfbServerToClientMsg *message)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	struct fence fence;
	uint32_t flags;

	if (message->type != MESSAGE_FENCE)
		return FALSE;
	if (!ReadFromRFBServer(library, (char *)fence.padding, 8) || fence.size > FENCE_PAYLOAD_MAX ||
	    !ReadFromRFBServer(library, (char *)fence.payload, fence.size))
		return FALSE;
	flags = ntohl(fence.flags);
	rfb->has_fence = true;
	if (flags & FENCE_REQUEST)
		return send_fence(rfb, flags & FENCE_KNOWN, fence.payload, fence.size);
	take_answer(rfb, &fence);
	return TRUE;
}

/* --- pseudo-encodings ---------------------------------------------------------------------------------- */

/* QEMU counts Scroll, Num and Caps Lock from bit 0, as we do. */
static rfbBool handle_leds(rfbClient *library)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	uint8_t leds;

	if (!ReadFromRFBServer(library, (char *)&leds, 1))
		return FALSE;
	rfb->ops->leds(rfb->opaque, leds & 7u);
	return TRUE;
}

/* RGBA bytes, premultiplied. */
static rfbBool handle_pointer(rfbClient *library, const rfbRectangle *rect)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	size_t count = (size_t)rect->w * rect->h;
	uint32_t encoding;
	uint32_t *pixels;

	if (!ReadFromRFBServer(library, (char *)&encoding, 4) || ntohl(encoding) != ENCODING_RAW ||
	    rect->w > RD_CLIENT_POINTER_SIDE_MAX || rect->h > RD_CLIENT_POINTER_SIDE_MAX)
		return FALSE;
	pixels = malloc(count * 4 + 1);
	if (!pixels || !ReadFromRFBServer(library, (char *)pixels, (unsigned)count * 4)) {
		free(pixels);
		return FALSE;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t rgba = ntohl(pixels[i]);

		pixels[i] = rgba >> 8 | rgba << 24;
	}
	free(rfb->shape);
	rfb->shape = pixels;
	rd_rfb_client_tell_shape(rfb, rect->x, rect->y, rect->w, rect->h);
	return TRUE;
}

static rfbBool handle_encoding(rfbClient *library, rfbFramebufferUpdateRectHeader *rect)
{
	rfbBool is_good;

	switch ((int32_t)rect->encoding) {
	case ENCODING_QEMU_LEDS: is_good = handle_leds(library); break;
	case ENCODING_POINTER_ALPHA: is_good = handle_pointer(library, &rect->r); break;
	default: return FALSE;
	}
	rect->r = (rfbRectangle){ 0, 0, 0, 0 }; /* the library tells it as drawn */
	return is_good;
}

static int encodings[] = { ENCODING_QEMU_LEDS, ENCODING_FENCE, ENCODING_POINTER_ALPHA, 0 };
static rfbClientProtocolExtension extension = {
	.encodings = encodings,
	.handleEncoding = handle_encoding,
	.handleMessage = handle_message,
};

void rd_rfb_extension_register(void)
{
	rfbClientRegisterExtension(&extension);
}
