/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_qemu_key.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENCODING = -258,
	MESSAGE_QEMU = 255,
	SUBMESSAGE_KEY = 0,
	CODE_PAUSE = 0xc6, /* E1 1D 45: the one key of three bytes */
	KEY_E0 = 0xe000,
	KEY_PAUSE = 0xe11d,
};

struct __attribute__((packed)) qemu_key {
	uint8_t submessage;
	uint16_t is_down;
	uint32_t keysym;
	uint32_t code;
};
_Static_assert(sizeof(struct qemu_key) == 11, "what follows the message type");

/* An empty rectangle of this encoding says that we know it. */
static rfbBool acknowledge(rfbClientPtr client, void **data, int encoding)
{
	struct __attribute__((packed)) {
		uint8_t type, padding;
		uint16_t rects, x, y, width, height;
		int32_t encoding;
	} update = { .rects = htons(1),
		     .width = htons((uint16_t)client->screen->width),
		     .height = htons((uint16_t)client->screen->height) };

	(void)data;
	if (encoding != ENCODING)
		return FALSE;
	update.encoding = (int32_t)htonl((uint32_t)ENCODING);
	return rfbWriteExact(client, (const char *)&update, sizeof(update)) == 1;
}

/* 0: no key. */
static uint16_t translate(uint32_t code)
{
	if (code == CODE_PAUSE)
		return KEY_PAUSE;
	if (code == 0 || code > 0xff || (code & 0x7f) == 0)
		return 0;
	return (uint16_t)(code & 0x80 ? KEY_E0 | (code & 0x7f) : code);
}

static rfbBool handle(rfbClientPtr client, void *data, const rfbClientToServerMsg *message)
{
	struct qemu_key key;
	uint16_t code;

	(void)data;
	if (message->type != MESSAGE_QEMU)
		return FALSE;
	if (rfbReadExact(client, (char *)&key, sizeof(key)) <= 0 || key.submessage != SUBMESSAGE_KEY) {
		rfbCloseClient(client); /* of unknown length */
		return TRUE;
	}
	code = translate(ntohl(key.code));
	if (code)
		rd_rfb_on_scan_code(client, code, key.is_down != 0);
	return TRUE;
}

static rfbBool attach(rfbClientPtr client, void **data)
{
	(void)client;
	*data = NULL;
	return TRUE;
}

static int encodings[] = { ENCODING, 0 };
static rfbProtocolExtension extension = {
	.newClient = attach,
	.pseudoEncodings = encodings,
	.enablePseudoEncoding = acknowledge,
	.handleMessage = handle,
};

void rd_rfb_qemu_key_register(void)
{
	rfbRegisterProtocolExtension(&extension);
}

/* rfbDisableExtension() takes it out of the list, but does not free it (0.9.14). */
void rd_rfb_qemu_key_detach(rfbClientPtr client)
{
	rfbExtensionData *data = client->extensions;

	while (data && data->extension != &extension)
		data = data->next;
	if (data && rfbDisableExtension(client, &extension))
		free(data);
}
