/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_flow.h"
#include "server/rfb_extension.h"

#include <arpa/inet.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <string.h>

enum {
	ENCODING_FENCE = -312,
	ENCODING_CONTINUOUS = -313,
	MESSAGE_FENCE = 248,
	MESSAGE_CONTINUOUS = 150,
	PAYLOAD_MAX = 64,
	BLOCK_BEFORE = 1 << 0,
	BLOCK_AFTER = 1 << 1,
	SYNC_NEXT = 1 << 2,
};
#define REQUEST (1u << 31)

struct __attribute__((packed)) fence {
	uint8_t type, padding[3];
	uint32_t flags;
	uint8_t size;
	uint8_t payload[PAYLOAD_MAX];
};

struct __attribute__((packed)) continuous { /* what follows the type */
	uint8_t is_on;
	uint16_t x, y, width, height;
};
_Static_assert(sizeof(struct continuous) == 9, "EnableContinuousUpdates");

static void send_fence(rfbClientPtr client, uint32_t flags, const void *payload, uint8_t size)
{
	struct fence fence = { .type = MESSAGE_FENCE, .flags = htonl(flags), .size = size };

	memcpy(fence.payload, payload, size);
	if (rfbWriteExact(client, (const char *)&fence, (int)(sizeof(fence) - PAYLOAD_MAX + size)) < 0)
		rfbCloseClient(client);
}

static void send_end(rfbClientPtr client)
{
	static const char end = (char)MESSAGE_CONTINUOUS;

	if (rfbWriteExact(client, &end, 1) < 0)
		rfbCloseClient(client);
}

/* --- updates ----------------------------------------------------------------------------------------- */

bool rd_rfb_flow_is_open(const struct rd_flow *flow)
{
	return flow->is_on && flow->sent - flow->answered < RD_FLOW_WINDOW;
}

void rd_rfb_flow_before(rfbClientPtr client)
{
	const struct rd_flow *flow = rd_rfb_flow(client);
	int right = flow->x + flow->width, bottom = flow->y + flow->height;
	sraRegionPtr region;

	if (right > client->screen->width)
		right = client->screen->width;
	if (bottom > client->screen->height)
		bottom = client->screen->height;
	if (flow->x >= right || flow->y >= bottom)
		return;
	region = sraRgnCreateRect(flow->x, flow->y, right, bottom);
	sraRgnOr(client->requestedRegion, region);
	sraRgnDestroy(region);
}

void rd_rfb_flow_after(rfbClientPtr client)
{
	struct rd_flow *flow = rd_rfb_flow(client);
	uint32_t number;

	if (!sraRgnEmpty(client->requestedRegion)) {
		sraRgnMakeEmpty(client->requestedRegion); /* there was nothing to send */
		return;
	}
	number = htonl(++flow->sent);
	send_fence(client, REQUEST | BLOCK_BEFORE, &number, sizeof(number));
}

/* --- what the viewer says ---------------------------------------------------------------------------- */

/* Each message is read whole before the next, so every fence is one that blocks. */
static void on_fence(rfbClientPtr client)
{
	struct rd_flow *flow = rd_rfb_flow(client);
	struct fence fence = { 0 };
	uint32_t flags, number;

	if (rfbReadExact(client, (char *)&fence.padding, 8) <= 0 || fence.size > PAYLOAD_MAX ||
	    (fence.size && rfbReadExact(client, (char *)fence.payload, fence.size) <= 0)) {
		rfbCloseClient(client);
		return;
	}
	flags = ntohl(fence.flags);
	if (flags & REQUEST) {
		send_fence(client, flags & (BLOCK_BEFORE | BLOCK_AFTER | SYNC_NEXT), fence.payload,
			   fence.size);
		return;
	}
	memcpy(&number, fence.payload, sizeof(number));
	number = ntohl(number);
	if (fence.size == sizeof(number) && number - flow->answered <= flow->sent - flow->answered)
		flow->answered = number;
}

static void on_continuous(rfbClientPtr client)
{
	struct rd_flow *flow = rd_rfb_flow(client);
	struct continuous message;
	bool was_on = flow->is_on;

	if (rfbReadExact(client, (char *)&message, sizeof(message)) <= 0) {
		rfbCloseClient(client);
		return;
	}
	flow->is_on =
	    message.is_on && message.width && message.height && flow->knows_fence && flow->knows_continuous;
	flow->x = ntohs(message.x);
	flow->y = ntohs(message.y);
	flow->width = ntohs(message.width);
	flow->height = ntohs(message.height);
	flow->answered = flow->sent; /* of those before none is waited for */
	if (was_on && !flow->is_on)
		send_end(client);
}

static rfbBool handle(rfbClientPtr client, void *data, const rfbClientToServerMsg *message)
{
	(void)data;
	if (message->type == MESSAGE_FENCE)
		on_fence(client);
	else if (message->type == MESSAGE_CONTINUOUS)
		on_continuous(client);
	else
		return FALSE;
	return TRUE;
}

/* Both are announced when the viewer has named both: without fences there would be no pace. */
static rfbBool enable(rfbClientPtr client, void **data, int encoding)
{
	struct rd_flow *flow = rd_rfb_flow(client);

	(void)data;
	if (encoding != ENCODING_FENCE && encoding != ENCODING_CONTINUOUS)
		return FALSE;
	flow->knows_fence |= encoding == ENCODING_FENCE;
	flow->knows_continuous |= encoding == ENCODING_CONTINUOUS;
	if (flow->knows_fence && flow->knows_continuous && !flow->is_announced) {
		flow->is_announced = true;
		send_fence(client, REQUEST, "", 0);
		send_end(client);
	}
	return TRUE;
}

static int encodings[] = { ENCODING_FENCE, ENCODING_CONTINUOUS, 0 };
static rfbProtocolExtension extension = {
	.newClient = rd_rfb_extension_attach,
	.pseudoEncodings = encodings,
	.enablePseudoEncoding = enable,
	.handleMessage = handle,
};

void rd_rfb_flow_register(void)
{
	rfbRegisterProtocolExtension(&extension);
}

void rd_rfb_flow_detach(rfbClientPtr client)
{
	rd_rfb_extension_detach(client, &extension);
}
