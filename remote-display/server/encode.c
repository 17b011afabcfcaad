/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/encode.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>
#include <stdlib.h>
#include <string.h>

enum { ENCODE_KEPT = 1 << 20 };

static _Thread_local struct rd_encode thread_encode;

bool rd_encode_reserve(struct rd_encode *encode, size_t more)
{
	size_t size = encode->used + more;
	uint8_t *bytes;

	if (size <= encode->size)
		return true;
	if (size < 2 * encode->size)
		size = 2 * encode->size;
	bytes = realloc(encode->bytes, size);
	if (!bytes)
		return false;
	encode->bytes = bytes;
	encode->size = size;
	return true;
}

struct rd_encode *rd_encode_begin(size_t size)
{
	thread_encode.used = 0;
	return rd_encode_reserve(&thread_encode, size) ? &thread_encode : NULL;
}

void rd_encode_trim(void)
{
	if (thread_encode.size > ENCODE_KEPT)
		rd_encode_release();
}

void rd_encode_release(void)
{
	free(thread_encode.bytes);
	thread_encode = (struct rd_encode){ 0 };
}

void rd_encode_rect(struct rd_encode *encode, int x, int y, int width, int height, int32_t encoding)
{
	rfbFramebufferUpdateRectHeader header = {
		.r = { htons((uint16_t)x), htons((uint16_t)y), htons((uint16_t)width),
		       htons((uint16_t)height) },
		.encoding = htonl((uint32_t)encoding),
	};

	_Static_assert(sizeof(header) == RD_ENCODE_HEADER, "RFC 6143, 7.6.1");
	memcpy(encode->bytes + encode->used, &header, sizeof(header));
	encode->used += sizeof(header);
}

/* What is small waits in the library's buffer for the end of the update. */
bool rd_encode_write(struct rd_encode *encode, rfbClientPtr client)
{
	size_t used = encode->used;

	encode->used = 0;
	if (used <= (size_t)(UPDATE_BUF_SIZE - client->ublen)) {
		memcpy(client->updateBuf + client->ublen, encode->bytes, used);
		client->ublen += (int)used;
		return true;
	}
	if (client->ublen > 0 && !rfbSendUpdateBuf(client))
		return false;
	if (rfbWriteExact(client, (const char *)encode->bytes, (int)used) < 0) {
		rfbCloseClient(client);
		return false;
	}
	return true;
}

void rd_encode_translate(const rfbClientRec *client, int x, int y, int width, int height, void *ret_pixels)
{
	const rfbScreenInfo *screen = client->scaledScreen;
	char *from = screen->frameBuffer + (size_t)y * (size_t)screen->paddedWidthInBytes + (size_t)x * 4;
	char *to = ret_pixels;

	if (client->translateFn != rfbTranslateNone) {
		client->translateFn(client->translateLookupTable, (rfbPixelFormat *)&screen->serverFormat,
				    (rfbPixelFormat *)&client->format, from, to, screen->paddedWidthInBytes,
				    width, height);
		return;
	}
	for (int line = 0; line < height; line++, from += screen->paddedWidthInBytes, to += 4 * width)
		memcpy(to, from, 4 * (size_t)width);
}
