/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

struct channel channels[OFFERS_MAX];
unsigned channel_count;
uint32_t opens, gpadls;

static uint32_t connection = VMBUS_CONNECTION, next_gpadl = 1, heap_at = HEAP_START;

uint8_t *heap_pages(uint32_t count)
{
	uint8_t *pages;

	if (heap_at + count * PAGE > HEAP_END)
		heap_at = HEAP_START; /* what was there belongs to somebody: so be it */
	pages = (uint8_t *)(uint64_t)heap_at;
	heap_at += count * PAGE;
	return pages;
}

/* --- messages of the host ---------------------------------------------------------------------------- */

static void take_offer(const uint8_t *message)
{
	struct vmbus_offer_channel offer;

	memcpy(&offer, message, sizeof(offer));
	for (unsigned i = 0; i < channel_count; i++)
		if (channels[i].offer.relid == offer.relid) {
			channels[i].offer = offer;
			return;
		}
	if (channel_count < OFFERS_MAX) {
		memset(&channels[channel_count], 0, sizeof(channels[0]));
		channels[channel_count++].offer = offer;
	}
}

/* Offers and rescinds are taken whenever they come. */
static uint32_t next_message(uint8_t *message)
{
	struct vmbus_header header;

	if (take_message(message) == 0)
		return 0;
	memcpy(&header, message, sizeof(header));
	if (header.type == VMBUS_OFFER_CHANNEL)
		take_offer(message);
	return header.type;
}

/* Waits a while for a message of this type; false: it does not come. */
static bool wait_for(uint32_t type, uint8_t *message)
{
	uint64_t end = reference_time() + 3 * 10000000; /* a loaded host */
	uint32_t got;

	do {
		got = next_message(message);
		if (got == type)
			return true;
		if (got == 0)
			__asm__ volatile("pause");
	} while (reference_time() < end);
	return false;
}

void bus_drain(void)
{
	uint8_t message[MESSAGE_MAX];

	while (next_message(message) != 0)
		;
}

/* --- as a good guest --------------------------------------------------------------------------------- */

bool bus_connect(void)
{
	static const uint32_t versions[] = { 0x20004, 0x30000, 0x40000, 0x50000,
					     0x50001, 0x50002, 0x50003, 0x50003 };
	struct vmbus_initiate_contact contact = { .header.type = VMBUS_INITIATE_CONTACT };
	struct vmbus_header request = { .type = VMBUS_REQUEST_OFFERS };
	uint8_t message[MESSAGE_MAX];
	struct vmbus_version_response response;

	channel_count = 0;
	contact.version = versions[below(sizeof(versions) / sizeof(versions[0]))];
	contact.sint = VMBUS_SINT;
	post_message(contact.version >= VMBUS_VERSION_5_0 ? VMBUS_CONNECTION_5_0 : VMBUS_CONNECTION, &contact,
		     sizeof(contact));
	if (!wait_for(VMBUS_VERSION_RESPONSE, message))
		return false;
	memcpy(&response, message, sizeof(response));
	if (!response.is_supported)
		return false;
	connection = contact.version >= VMBUS_VERSION_5_0 ? response.connection_id : VMBUS_CONNECTION;
	post_message(connection, &request, sizeof(request));
	return wait_for(VMBUS_ALL_OFFERS_DELIVERED, message);
}

void bus_disconnect(void)
{
	struct vmbus_header unload = { .type = VMBUS_UNLOAD };
	uint8_t message[MESSAGE_MAX];

	post_message(connection, &unload, sizeof(unload));
	wait_for(VMBUS_UNLOAD_RESPONSE, message);
	for (unsigned i = 0; i < channel_count; i++)
		channels[i].is_open = false;
	channel_count = 0;
}

/* Up to 26 pages in one message, which is enough for all here. */
uint32_t gpadl_of(uint32_t relid, const void *memory, uint32_t size)
{
	struct {
		struct vmbus_gpadl_header head;
		uint64_t pages[26];
	} __attribute__((packed)) request = { .head = { .header.type = VMBUS_GPADL_HEADER } };
	struct vmbus_gpadl_created created = { .status = 1 };
	uint32_t count = (size + PAGE - 1) / PAGE;
	uint8_t message[MESSAGE_MAX];

	if (count > 26)
		return 0;
	request.head.relid = relid;
	request.head.gpadl = next_gpadl++;
	request.head.range_count = 1;
	request.head.range_bytes = (uint16_t)(8 + count * 8);
	request.head.byte_count = size;
	for (uint32_t i = 0; i < count; i++)
		request.pages[i] = (uint64_t)memory / PAGE + i;
	post_message(connection, &request, (uint32_t)sizeof(request.head) + count * 8);
	if (wait_for(VMBUS_GPADL_CREATED, message))
		memcpy(&created, message, sizeof(created));
	gpadls += created.status == 0;
	return created.status == 0 ? request.head.gpadl : 0;
}

bool channel_open(struct channel *channel)
{
	struct vmbus_open_channel message = { .header.type = VMBUS_OPEN_CHANNEL };
	struct vmbus_open_result result = { .status = 1 };
	uint8_t answer[MESSAGE_MAX], *memory;

	channel->pages = 2 + below(12);
	memory = heap_pages(2 * channel->pages);
	memset(memory, 0, 2 * channel->pages * PAGE);
	channel->out = (void *)memory;
	channel->in = (void *)(memory + channel->pages * PAGE);
	channel->out_data = memory + PAGE;
	channel->in_data = (uint8_t *)channel->in + PAGE;
	channel->out->features = channel->in->features = VMBUS_RING_FEATURE_PENDING_SIZE;
	channel->step = channel->last_size = 0;
	channel->gpadl = gpadl_of(channel->offer.relid, memory, 2 * channel->pages * PAGE);
	message.relid = message.open_id = channel->offer.relid;
	message.ring_gpadl = channel->gpadl;
	message.downstream_page = channel->pages;
	if (channel->gpadl == 0)
		return false;
	post_message(connection, &message, sizeof(message));
	if (wait_for(VMBUS_OPEN_RESULT, answer))
		memcpy(&result, answer, sizeof(result));
	channel->is_open = result.status == 0;
	opens += channel->is_open;
	return channel->is_open;
}

void channel_close(struct channel *channel)
{
	struct vmbus_relid_message close = { .header.type = VMBUS_CLOSE_CHANNEL,
					     .relid = channel->offer.relid };
	struct vmbus_gpadl_teardown teardown = { .header.type = VMBUS_GPADL_TEARDOWN,
						 .relid = channel->offer.relid,
						 .gpadl = channel->gpadl };

	post_message(connection, &close, sizeof(close));
	if (!one_in(4))
		post_message(connection, &teardown, sizeof(teardown));
	channel->is_open = false;
}

/* --- as none ----------------------------------------------------------------------------------------- */

static void gpadl_attack(uint32_t relid)
{
	struct {
		struct vmbus_gpadl_header head;
		uint64_t pages[26];
	} __attribute__((packed)) request = { .head = { .header.type = VMBUS_GPADL_HEADER } };
	uint32_t count = below(27);

	request.head.relid = relid;
	request.head.gpadl =
	    one_in(2) ? 1 + below(next_gpadl) : next_gpadl++; /* one that is in use, perhaps */
	request.head.range_count = (uint16_t)(one_in(4) ? random() : 1);
	request.head.range_bytes = (uint16_t)(one_in(4) ? random() : 8 + count * 8);
	request.head.byte_count = one_in(4) ? (uint32_t)random() : count * PAGE;
	request.head.byte_offset = one_in(4) ? (uint32_t)random() : 0;
	for (uint32_t i = 0; i < count; i++) /* pages twice, of other rings, and of nowhere */
		request.pages[i] = wild_page();
	post_message(connection, &request, (uint32_t)sizeof(request.head) + below(count + 1) * 8);
	if (one_in(2)) {
		struct vmbus_gpadl_body *body = (void *)&request;

		body->header.type = VMBUS_GPADL_BODY;
		body->gpadl = one_in(3) ? (uint32_t)random() : next_gpadl - 1;
		post_message(connection, &request, (uint32_t)sizeof(*body) + below(27) * 8);
	}
}

static void random_message(uint32_t relid)
{
	struct {
		struct vmbus_header header;
		uint32_t words[(MESSAGE_MAX - 8) / 4];
	} message;

	scribble(&message, sizeof(message));
	message.header.type = one_in(8) ? (uint32_t)random() : below(27);
	message.words[0] = one_in(3) ? (uint32_t)random() : relid;
	message.words[1] = below(next_gpadl + 2);
	message.words[2] = below(next_gpadl + 2);
	if (message.header.type == VMBUS_INITIATE_CONTACT || message.header.type == VMBUS_UNLOAD)
		return; /* with a random SINT nothing would be heard any more: bus_connect() and
			   bus_disconnect() do it */
	post_message(one_in(8) ? (uint32_t)random() : connection, &message,
		     one_in(2) ? sizeof(message) : below(sizeof(message) + 9));
}

void bus_attack(void)
{
	struct channel *channel = channel_count ? &channels[below(channel_count)] : NULL;
	uint32_t relid = channel ? channel->offer.relid : below(64);

	switch (below(6)) {
	case 0:
	case 1: gpadl_attack(relid); break;
	case 2: /* a storm */
		for (unsigned i = below(2000); i > 0; i--)
			signal_event(channel && !one_in(4) ? channel->offer.connection_id
							   : (uint32_t)random(),
				     (uint16_t)(one_in(2) ? 0 : random()));
		break;
	case 3: random_hypercall(); break;
	default: random_message(relid); break;
	}
	bus_drain();
}
