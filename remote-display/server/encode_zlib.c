/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zlib encoding: one stream for the whole connection, of which each rectangle has a piece behind its
 * size. libvncserver (0.9.14) cuts rectangles at 32,768 pixels, so that the stream has more tables than
 * pictures need, and counts the parts before it asks for any. Where the update's head still lies in its
 * buffer, it is corrected.
 */
#include "server/encode.h"
#include "server/rfb_order.h"
#include "server/screen.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <string.h>
#include <zlib.h>

enum {
	PART_PIXELS = 128 * 256, /* of the library, but two lines at least */
	WHOLE_PIXELS_MAX =
	    4 << 20,	 /* what waits in memory until it is packed; the library's parts above it */
	PACKED_MIN = 17, /* bytes: fewer go as they are */
	ROOM = 16 << 10,
};

static int lines_of_part(int width)
{
	return (width * 2 > PART_PIXELS ? width * 2 : PART_PIXELS) / width;
}

/* How many rectangles the library has counted for those of this update too many, if none is cut; -1: cut
 * them. */
static int count_parts_too_many(void)
{
	sraRectangleIterator *iterator = rd_rfb_order_again();
	int count = iterator ? 0 : -1;
	sraRect rect;

	while (count >= 0 && sraRgnIteratorNext(iterator, &rect)) {
		int width = rect.x2 - rect.x1, height = rect.y2 - rect.y1;

		if (width <= 0 || height <= 0 || (int64_t)width * height > WHOLE_PIXELS_MAX)
			count = -1;
		else
			count += (height - 1) / lines_of_part(width);
	}
	if (iterator)
		sraRgnReleaseIterator(iterator);
	return count;
}

/* Whether this update's rectangles go whole. Its first one decides: nothing but the head lies before it. */
static bool goes_whole(rfbClientPtr client)
{
	static _Thread_local unsigned decided; /* for which walk */
	rfbFramebufferUpdateMsg head;
	int count;

	if (client->ublen != sz_rfbFramebufferUpdateMsg || client->screen != client->scaledScreen)
		return decided == rd_rfb_order_walks();
	count = count_parts_too_many();
	memcpy(&head, client->updateBuf, sizeof(head));
	if (count < 0 || head.type != rfbFramebufferUpdate || ntohs(head.nRects) <= count)
		return false;
	head.nRects = htons((uint16_t)(ntohs(head.nRects) - count));
	memcpy(client->updateBuf, &head, sizeof(head));
	decided = rd_rfb_order_walks();
	return true;
}

static bool start_stream(rfbClientPtr client)
{
	if (client->compStreamInited)
		return true;
	memset(&client->compStream, 0, sizeof(client->compStream));
	client->compStreamInited =
	    deflateInit2(&client->compStream, (int)client->zlibCompressLevel, Z_DEFLATED, MAX_WBITS,
			 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
	return client->compStreamInited; /* the library ends it */
}

static bool pack(struct rd_encode *encode, z_stream *stream, int flush)
{
	do {
		if (!rd_encode_reserve(encode, ROOM))
			return false;
		stream->next_out = encode->bytes + encode->used;
		stream->avail_out = ROOM;
		if (deflate(stream, flush) == Z_STREAM_ERROR)
			return false;
		encode->used += ROOM - stream->avail_out;
	} while (stream->avail_out == 0);
	return true;
}

static bool put_packed(struct rd_encode *encode, rfbClientPtr client, int x, int y, int width, int height)
{
	z_stream *stream = &client->compStream;
	uint8_t line[RD_WIDTH_MAX * 4];
	size_t size_at = encode->used;
	uint32_t size;

	encode->used += sizeof(size);
	for (int i = 0; i < height; i++) {
		rd_encode_translate(client, x, y + i, width, 1, line);
		stream->next_in = line;
		stream->avail_in = (unsigned)width * client->format.bitsPerPixel / 8;
		if (!pack(encode, stream, i == height - 1 ? Z_SYNC_FLUSH : Z_NO_FLUSH))
			return false;
	}
	size = htonl((uint32_t)(encode->used - size_at - sizeof(size)));
	memcpy(encode->bytes + size_at, &size, sizeof(size));
	return true;
}

static rfbBool send_part(rfbClientPtr client, int x, int y, int width, int height)
{
	struct rd_encode *encode;

	if (width * height * client->format.bitsPerPixel / 8 < PACKED_MIN)
		return rfbSendRectEncodingRaw(client, x, y, width, height);
	encode = rd_encode_begin(ROOM);
	if (!encode || !start_stream(client))
		return FALSE;
	rd_encode_rect(encode, x, y, width, height, rfbEncodingZlib);
	return put_packed(encode, client, x, y, width, height) && rd_encode_write(encode, client);
}

rfbBool rfbSendRectEncodingZlib(rfbClientPtr client, int x, int y, int width, int height)
{
	int lines = goes_whole(client) ? height : lines_of_part(width);
	rfbBool is_sent = TRUE;

	for (int i = 0; is_sent && i < height; i += lines)
		is_sent = send_part(client, x, y + i, width, height - i < lines ? height - i : lines);
	rd_encode_trim();
	if (!is_sent)
		rfbCloseClient(client); /* its stream and ours are not the same any more */
	return is_sent;
}
