/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_tight.h"

#include <rfb/rfb.h>
#include <zlib.h>

enum {
	STREAMS = 4,
	LEVEL = 6,
	LIBRARY_LEVEL = 1, /* what it compares with before each piece: the same means "go on" */
};

void rd_rfb_tight_prepare(rfbClientPtr client)
{
	if (client->preferredEncoding != rfbEncodingTight || client->turboQualityLevel != -1)
		return;
	for (unsigned i = 0; i < STREAMS; i++) {
		z_stream *stream = &client->zsStruct[i];

		if (client->zsActive[i])
			continue;
		stream->zalloc = Z_NULL;
		stream->zfree = Z_NULL;
		stream->opaque = Z_NULL;
		if (deflateInit2(stream, LEVEL, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) !=
		    Z_OK)
			return;
		client->zsActive[i] = TRUE; /* the library ends it */
		client->zsLevel[i] = LIBRARY_LEVEL;
	}
}
