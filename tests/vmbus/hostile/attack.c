/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done to an open channel: the words of a good driver in its order, so that providers get far; the
 * same words damaged, repeated and out of order; and rings that make no sense.
 */
#include "guest.h"

/* The first words of a driver, by the first bytes of the device's type. `gpadl_at`: where a GPADL goes, in
 * words; 0: nowhere. */
struct script {
	uint8_t type[4]; /* of the GUID, as it lies in memory */
	uint16_t packet_type;
	bool wants_completion;
	unsigned count;
	struct {
		uint8_t size, gpadl_at;
		uint32_t words[12];
	} steps[8];
};

static const struct script scripts[] = {
	/* SCSI and IDE: storvsc: begin, version 6.2, properties, end, INQUIRY */
	{ { 0xd9, 0x63, 0x61, 0xba },
	  6,
	  true,
	  5,
	  { { 64, 0, { 7, 1 } },
	    { 64, 0, { 9, 1, 0, 0x602 } },
	    { 64, 0, { 10, 1 } },
	    { 64, 0, { 8, 1 } },
	    { 64, 0, { 3, 1, 0, 52, 0, 0x00010000 | 6 | 20 << 8, 36, 0x12, 36 } } } },
	{ { 0x32, 0x26, 0x41, 0x32 },
	  6,
	  true,
	  5,
	  { { 64, 0, { 7, 1 } },
	    { 64, 0, { 9, 1, 0, 0x602 } },
	    { 64, 0, { 10, 1 } },
	    { 64, 0, { 8, 1 } },
	    { 64, 0, { 3, 1, 0, 52, 0, 0x00010000 | 6 | 20 << 8, 36, 0x12, 36 } } } },
	/* network: NVSP 6.1, NDIS 6.30, configuration, receive and send buffers, sub-channels */
	{ { 0x63, 0x51, 0x61, 0xf8 },
	  6,
	  true,
	  7,
	  { { 40, 0, { 1, 0x60001, 0x60001 } },
	    { 40, 0, { 125, 1514, 0, 0x88 } },
	    { 40, 0, { 100, 6, 30 } },
	    { 40, 1, { 101, 0, 0xcafe } },
	    { 40, 1, { 104, 0, 0 } },
	    { 40, 0, { 133, 1, 4 } },
	    { 40, 0, { 107, 1, 0xffffffff, 0 } } } },
	/* screen: pipe heads; version 3.2, VRAM, resolutions, situation, pointer, features, dirt */
	{ { 0x02, 0x78, 0x0a, 0xda },
	  6,
	  false,
	  7,
	  { { 20, 0, { 1, 12, 1, 12, 0x20003 } },
	    { 36, 0, { 1, 25, 3, 25, 0, 0, 1, 0xf8000000 } },
	    { 17, 0, { 1, 9, 13, 9, 1 } },
	    { 36, 0, { 1, 27, 5, 27, 0, 0, 0x01010000, 32, 800 } },
	    { 36, 0, { 1, 26, 8, 26, 0, 0 } },
	    { 20, 0, { 1, 12, 9, 12, 0x01010101 } },
	    { 36, 0, { 1, 26, 10, 26, 0x00000100, 0, 0, 640, 480 } } } },
	/* keyboard: protocol request; mouse: the same in a pipe, and its acknowledgement */
	{ { 0x6d, 0xad, 0x12, 0xf9 }, 6, true, 2, { { 8, 0, { 1, 0x10000 } }, { 8, 0, { 4, 7 } } } },
	{ { 0x9e, 0xb6, 0xa8, 0xcf },
	  6,
	  false,
	  2,
	  { { 20, 0, { 1, 12, 0, 4, 0x20000 } }, { 20, 0, { 1, 9, 3, 1, 0 } } } },
	/* dynamic memory: version 2, capabilities, status, pages given away */
	{ { 0xdc, 0x74, 0x50, 0x52 },
	  6,
	  false,
	  5,
	  { { 16, 0, { 16 << 16 | 1, 1, 0x20000, 1 } },
	    { 32, 0, { 32 << 16 | 3, 2, 0x1f, 0, 0, 0, 0xffffffff } },
	    { 48, 0, { 48 << 16 | 5, 3, 1000, 0, 2000 } },
	    { 40, 0, { 40 << 16 | 7, 4, 0, 6, 0x1000, 0x100, 0xffffffff, 0xffffffff, 0x2000, 0x400 } },
	    { 16, 0, { 16 << 16 | 11, 5, 0x8000, 1 } } } },
};

static const struct script *script_of(const struct channel *channel)
{
	for (unsigned i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (memcmp(channel->offer.type, scripts[i].type, 4) == 0)
			return &scripts[i];
	return NULL;
}

/* --- rings ----------------------------------------------------------------------------------------- */

static uint32_t ring_size(const struct channel *channel)
{
	return (channel->pages - 1) * PAGE;
}

static void ring_write(struct channel *channel, const void *bytes, uint32_t size)
{
	uint32_t at = channel->out->write % ring_size(channel);

	for (uint32_t i = 0; i < size; i++) {
		channel->out_data[at] = ((const uint8_t *)bytes)[i];
		at = at + 1 == ring_size(channel) ? 0 : at + 1;
	}
	__atomic_store_n(&channel->out->write, at, __ATOMIC_RELEASE);
}

void channel_put(struct channel *channel, uint16_t type, const void *more, uint32_t more_size,
		 const void *payload, uint32_t size)
{
	uint8_t packet[PACKET_BYTES] = { 0 };
	struct vmbus_packet_head head = { .type = type,
					  .flags = !one_in(3),
					  .transaction_id = 1 + below(100) };
	uint32_t offset = sizeof(head) + more_size, end = (offset + size + 7) & ~7u;

	if (end + 8 > sizeof(packet) || end + 16 > ring_size(channel))
		return;
	head.offset8 = (uint16_t)(offset / 8);
	head.length8 = (uint16_t)(end / 8);
	memcpy(packet, &head, sizeof(head));
	if (more_size)
		memcpy(packet + sizeof(head), more, more_size);
	memcpy(packet + offset, payload, size);
	if (one_in(24))
		mutate(packet, sizeof(head));
	ring_write(channel, packet, end + 8); /* with a trailer that nobody should believe */
	signal_event(channel->offer.connection_id, 0);
}

/* Takes one packet of the host out of its ring, if there is one. */
static void ring_read(struct channel *channel)
{
	uint32_t read = channel->in->read % ring_size(channel),
		 write = __atomic_load_n(&channel->in->write, __ATOMIC_ACQUIRE);
	uint32_t size;

	if (read == write)
		return;
	size = (channel->in_data[(read + 4) % ring_size(channel)] |
		channel->in_data[(read + 5) % ring_size(channel)] << 8) *
	       8u;
	channel->last_size = size < PACKET_BYTES ? size : PACKET_BYTES;
	for (uint32_t i = 0; i < channel->last_size; i++)
		channel->last[i] = channel->in_data[(read + i) % ring_size(channel)];
	channel->in->read = (read + size + 8) % ring_size(channel);
	signal_event(channel->offer.connection_id, 0);
}

/* Indices of nowhere, sizes of nothing. */
static void ring_attack(struct channel *channel)
{
	struct vmbus_ring_control *ring = one_in(2) ? channel->out : channel->in;
	uint32_t number = one_in(2) ? (uint32_t)random() : below(ring_size(channel) + 32);

	switch (below(6)) {
	case 0: ring->write = number; break;
	case 1: ring->read = number; break;
	case 2: ring->pending_send_size = number; break;
	case 3: ring->interrupt_mask = number; break;
	case 4: scribble(channel->out_data, ring_size(channel)); break;
	default: scribble(ring, sizeof(*ring)); break;
	}
	signal_event(channel->offer.connection_id, 0);
}

/* --- words ------------------------------------------------------------------------------------------- */

/* {size, offset, pages}: where storvsc's data and netvsc's RNDIS messages are. */
static uint32_t make_ranges(uint32_t *more, const void *good)
{
	uint32_t pages = one_in(6) ? below(20) : 1, bytes = pages * PAGE;
	uint64_t page;

	more[0] = 0;
	more[1] = one_in(8) ? (uint32_t)random() : 1;
	more[2] = one_in(6) ? (uint32_t)random() : one_in(2) ? 36 : bytes;
	more[3] = one_in(6) ? (uint32_t)random() : 0;
	for (uint32_t i = 0; i < pages; i++) {
		page = one_in(4) ? wild_page() : (uint64_t)good / PAGE;
		memcpy(&more[4 + 2 * i], &page, 8);
	}
	return 16 + pages * 8;
}

/* A SCSI command or an RNDIS message, random but for its first words. */
static void say_with_data(struct channel *channel, const struct script *script)
{
	bool is_network = script->type[0] == 0x63;
	uint32_t more[64], words[16] = { 0 }, *page = (uint32_t *)heap_pages(1), size;

	memset(more, 0, sizeof(more));
	scribble(page, 256);
	if (is_network) {
		words[0] = 107;
		words[1] = below(3);
		words[2] = one_in(2) ? 0xffffffff : below(64);
		words[3] = below(8192);
		page[0] = 1 + below(9);
		page[1] = one_in(3) ? (uint32_t)random() : 28 + below(200);
		page[2] = one_in(2) ? 36 : (uint32_t)random();
		page[3] = one_in(2) ? below(120) : (uint32_t)random();
		for (unsigned i = 4; i < 11; i++)
			page[i] = one_in(2) ? 0 : below(256);
	} else {
		words[0] = 3;
		words[1] = 1;
		words[3] = 52;
		words[4] = below(4) << 24; /* lun */
		words[5] = (6 + below(11)) | 20u << 8 | below(4) << 16;
		words[6] = one_in(4) ? (uint32_t)random() : below(70000);
		for (unsigned i = 7; i < 11; i++)
			words[i] = one_in(2) ? below(256) : (uint32_t)random();
		if (one_in(2)) /* of the commands that there are */
			*(uint8_t *)&words[7] = "\x00\x03\x12\x1a\x1b\x1e\x25\x28\x2a\x35\x41\x42\x43\x4a\x51"
						"\x5a\x5e\x5f\x88\x8a\x93\x9e\xa0\xa3"[below(24)];
	}
	size = make_ranges(more, page);
	channel_put(channel, 9, more, size, words, is_network ? 40 : 64);
}

static void say_step(struct channel *channel, const struct script *script, unsigned step, bool is_damaged)
{
	uint32_t words[16] = { 0 };

	memcpy(words, script->steps[step].words, sizeof(script->steps[step].words));
	if (script->steps[step].gpadl_at)
		words[script->steps[step].gpadl_at] =
		    one_in(6) ? below(100) : gpadl_of(channel->offer.relid, heap_pages(16), 16 * PAGE);
	if (is_damaged)
		mutate(words, script->steps[step].size);
	channel_put(channel, script->packet_type, NULL, 0, words,
		    is_damaged && one_in(4) ? below(65) : script->steps[step].size);
}

/* Integration components speak first: their packets go back, as answers or changed. */
static void echo(struct channel *channel)
{
	uint32_t offset = channel->last[2] * 8u, size = channel->last_size;

	if (size <= offset || size - offset < 28)
		return;
	if (!one_in(3))
		channel->last[offset + 25] = 5; /* IC header: a response */
	if (one_in(2))
		mutate(channel->last + offset, size - offset);
	channel_put(channel, one_in(4) ? (uint16_t)below(16) : 6, NULL, 0, channel->last + offset,
		    one_in(6) ? below(size - offset) : size - offset);
}

static void noise(struct channel *channel)
{
	uint8_t bytes[256];

	scribble(bytes, sizeof(bytes));
	channel_put(channel, (uint16_t)below(14), bytes, below(8) * 8, bytes, below(sizeof(bytes) - 64));
}

void channel_attack(struct channel *channel)
{
	const struct script *script = script_of(channel);

	ring_read(channel);
	switch (below(16)) {
	case 0: noise(channel); return;
	case 1:
		if (one_in(4))
			ring_attack(channel);
		return;
	case 2:
	case 3: echo(channel); return;
	default: break;
	}
	if (!script)
		echo(channel);
	else if (channel->step < script->count && !one_in(12))
		say_step(channel, script, channel->step++, one_in(20));
	else if (script->packet_type == 6 && script->wants_completion && one_in(2))
		say_with_data(channel, script);
	else
		say_step(channel, script, below(script->count), one_in(2)); /* again, or out of order */
}
