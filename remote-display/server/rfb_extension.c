/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_extension.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>
#include <stdlib.h>
#include <string.h>

signed char rd_rfb_extension_attach(rfbClientPtr client, void **data)
{
	(void)client;
	*data = NULL;
	return TRUE;
}

/* rfbDisableExtension() takes it out of the list, but does not free it (0.9.14). */
void rd_rfb_extension_detach(rfbClientPtr client, rfbProtocolExtension *extension)
{
	rfbExtensionData *data = client->extensions;

	while (data && data->extension != extension)
		data = data->next;
	if (data && rfbDisableExtension(client, extension))
		free(data);
}

void rd_rfb_send_pseudo(rfbClientPtr client, int32_t encoding, const void *payload, size_t size)
{
	struct __attribute__((packed)) {
		uint8_t type, padding;
		uint16_t rects, x, y, width, height;
		int32_t encoding;
		uint8_t payload[16];
	} update = { .rects = htons(1), .encoding = (int32_t)htonl((uint32_t)encoding) };

	if (size > sizeof(update.payload))
		return;
	if (size == 0) { /* those without a payload have the screen's size */
		update.width = htons((uint16_t)client->screen->width);
		update.height = htons((uint16_t)client->screen->height);
	} else {
		memcpy(update.payload, payload, size);
	}
	if (rfbWriteExact(client, (const char *)&update,
			  (int)(sizeof(update) - sizeof(update.payload) + size)) < 0)
		rfbCloseClient(client);
}
