/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_leds.h"
#include "server/rfb_extension.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>

enum { QEMU = -261, VMWARE = 0x574d5668 };

static void tell(rfbClientPtr client, const struct rd_leds *leds)
{
	uint8_t qemu = (uint8_t)leds->leds;
	uint32_t vmware = htonl(leds->leds);

	if (leds->is_known && leds->wants_qemu)
		rd_rfb_send_pseudo(client, QEMU, &qemu, sizeof(qemu));
	else if (leds->is_known && leds->wants_vmware)
		rd_rfb_send_pseudo(client, VMWARE, &vmware, sizeof(vmware));
}

void rd_rfb_leds_set(rfbClientPtr client, unsigned now)
{
	struct rd_leds *leds = rd_rfb_leds(client);

	if (leds->is_known && leds->leds == now)
		return;
	leds->is_known = true;
	leds->leds = now;
	tell(client, leds);
}

static rfbBool enable(rfbClientPtr client, void **data, int encoding)
{
	struct rd_leds *leds = rd_rfb_leds(client);
	bool is_new;

	(void)data;
	if (encoding != QEMU && encoding != VMWARE)
		return FALSE;
	is_new = !leds->wants_qemu && !leds->wants_vmware;
	leds->wants_qemu |= encoding == QEMU;
	leds->wants_vmware |= encoding == VMWARE;
	if (is_new)
		tell(client, leds);
	return TRUE;
}

static int encodings[] = { QEMU, VMWARE, 0 };
static rfbProtocolExtension extension = {
	.newClient = rd_rfb_extension_attach,
	.pseudoEncodings = encodings,
	.enablePseudoEncoding = enable,
};

void rd_rfb_leds_register(void)
{
	rfbRegisterProtocolExtension(&extension);
}

void rd_rfb_leds_detach(rfbClientPtr client)
{
	rd_rfb_extension_detach(client, &extension);
}
