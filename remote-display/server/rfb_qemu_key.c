/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_qemu_key.h"
#include "server/rfb_extension.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>

enum {
	ENCODING = -258,
	MESSAGE_QEMU = 255,
	SUBMESSAGE_KEY = 0,
	CODE_PAUSE = 0xc6, /* E1 1D 45: the one key of three bytes */
	CODE_PRINT = 0x54, /* QEMU's number for it; alone it is E0 37 */
	KEY_E0 = 0xe000,
	KEY_PAUSE = 0xe11d,
	KEY_PRINT = 0xe037,
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
	(void)data;
	if (encoding != ENCODING)
		return FALSE;
	rd_rfb_send_pseudo(client, ENCODING, NULL, 0);
	return TRUE;
}

/* 0: no key. */
static uint16_t translate(uint32_t code)
{
	if (code == CODE_PAUSE)
		return KEY_PAUSE;
	if (code == CODE_PRINT)
		return KEY_PRINT;
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

static int encodings[] = { ENCODING, 0 };
static rfbProtocolExtension extension = {
	.newClient = rd_rfb_extension_attach,
	.pseudoEncodings = encodings,
	.enablePseudoEncoding = acknowledge,
	.handleMessage = handle,
};

void rd_rfb_qemu_key_register(void)
{
	rfbRegisterProtocolExtension(&extension);
}

void rd_rfb_qemu_key_detach(rfbClientPtr client)
{
	rd_rfb_extension_detach(client, &extension);
}
