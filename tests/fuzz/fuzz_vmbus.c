/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMBus: control messages in any order, rings that say anything, a provider that closes late, offers and
 * takes back. At the end the bus must stop, and a fresh guest must find its device.
 */
#include "fuzz.h"

#include "echo.h"
#include "guest.h"
#include "vmbus/vmbus_limits.h"

enum { OPENS_MAX = 100, CHANNELS = 8 };

static struct guest *guest;
static struct echo echo;
static struct guest_channel *channels[CHANNELS];
static unsigned opens;

static struct guest_channel *pick(struct fuzz_input *input)
{
	return channels[fuzz_u8(input) % CHANNELS];
}

static void forget_all(void)
{
	for (unsigned i = 0; i < CHANNELS; i++) {
		guest_forget(channels[i]);
		channels[i] = NULL;
	}
}

static void post_anything(struct fuzz_input *input)
{
	uint32_t words[HV_MESSAGE_PAYLOAD_MAX / 4] = { 0 };
	size_t count = 2 + fuzz_u8(input) % 14;

	words[0] = fuzz_u8(input) % 27;
	for (size_t i = 2; i < count; i++)
		words[i] = fuzz_varied(input);
	if (words[0] == VMBUS_INITIATE_CONTACT && words[2] < 8)
		words[2] += VMBUS_VERSION_5_0;
	guest_post(guest, fuzz_u8(input) % 8 ? VMBUS_CONNECTION : VMBUS_CONNECTION_5_0, words,
		   fuzz_u8(input) % 4 ? sizeof(words) : count * 4);
}

static void open_channel(struct fuzz_input *input)
{
	unsigned place = fuzz_u8(input) % CHANNELS;

	if (channels[place] || opens++ > OPENS_MAX)
		return;
	channels[place] = guest_open(guest, guest_offer(guest, &echo.type, fuzz_u8(input) % 4),
				     1 + fuzz_u8(input) % 3, NULL);
	for (unsigned i = 0; i < CHANNELS;
	     i++) /* the same channel again, after it was closed behind our back */
		if (i != place && channels[i] && channels[place] &&
		    channels[i]->relid == channels[place]->relid) {
			free(channels[i]);
			channels[i] = NULL;
		}
}

static void close_channel(struct fuzz_input *input)
{
	unsigned place = fuzz_u8(input) % CHANNELS;

	if (channels[place])
		guest_close(channels[place]);
	channels[place] = NULL;
}

static void put_packet(struct fuzz_input *input)
{
	struct guest_channel *channel = pick(input);
	struct {
		struct vmbus_packet_head head;
		uint32_t words[30];
	} packet = { { .type = VMBUS_PACKET_INBAND, .offset8 = 2, .length8 = 17 }, { 0 } };
	uint8_t how = fuzz_u8(input);

	packet.head.type = how & 1 ? VMBUS_PACKET_GPA_DIRECT : fuzz_u8(input) % 13;
	packet.head.flags = how >> 1 & 1;
	if (how & 4)
		packet.head.length8 = (uint16_t)fuzz_varied(input);
	if (how & 8)
		packet.head.offset8 = (uint16_t)fuzz_varied(input);
	if (how & 1) {
		packet.head.offset8 = how & 8 ? packet.head.offset8 : 8;
		packet.words[1] = fuzz_varied(input) % 5;
		for (unsigned i = 2; i < 10; i++)
			packet.words[i] = fuzz_varied(input);
	}
	if (channel)
		guest_put(channel, &packet, sizeof(packet));
}

static void spoil_ring(struct fuzz_input *input)
{
	struct guest_channel *channel = pick(input);
	uint32_t *words, place = fuzz_u8(input) % 5;

	if (!channel)
		return;
	words = (uint32_t *)(fuzz_u8(input) & 1 ? channel->in : channel->out);
	words[place == 4 ? 16 : place] = fuzz_varied(input);
}

static void provide(struct fuzz_input *input)
{
	static uint8_t bytes[20000];
	struct iovec part = { bytes, fuzz_varied(input) % sizeof(bytes) };
	unsigned index = fuzz_u8(input) % (ECHO_SUBCHANNELS + 1);

	switch (fuzz_u8(input) % 6) {
	case 0:
		if (echo.device)
			vmbus_device_offer_subchannels(echo.device, fuzz_u8(input) % 5);
		return;
	case 1: echo.closes_late = !echo.closes_late; return;
	case 2: echo_finish_close(&echo); return;
	case 3: echo.refuses_open = !echo.refuses_open; return;
	case 4:
		if (echo.open[index])
			vmbus_send(echo.open[index], 1, false, &part, 1);
		return;
	case 5:
		if (echo.device)
			vmbus_device_rescind(echo.device);
		return;
	}
}

/* The device went, with the guest's leave: another one comes. */
static void replace_device(void)
{
	if (echo.releases == 0)
		return;
	echo_deinit(&echo);
	CHECK(echo_init(&echo, guest_bus(guest), 1) == 0);
}

static void reset(void)
{
	echo_finish_close(&echo);
	echo.closes_late = false;
	memset(channels, 0, sizeof(channels)); /* guest_reset() frees them */
	CHECK(guest_reset(guest));
	opens = 0;
}

static void act(struct fuzz_input *input)
{
	struct guest_channel *channel;

	switch (fuzz_u8(input) % 12) {
	case 0:
	case 1:
	case 2: post_anything(input); return;
	case 3: open_channel(input); return;
	case 4: close_channel(input); return;
	case 5:
	case 6: put_packet(input); return;
	case 7: spoil_ring(input); return;
	case 8:
		channel = pick(input);
		if (channel)
			guest_signal(channel);
		return;
	case 9: provide(input); return;
	case 10:
		guest_run(guest);
		replace_device();
		return;
	case 11:
		if (fuzz_u8(input) < 16)
			reset();
		else
			guest_start(guest);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };

	opens = 0;
	memset(channels, 0, sizeof(channels));
	guest = guest_new();
	CHECK(echo_init(&echo, guest_bus(guest), 1) == 0);
	guest_start(guest);
	while (fuzz_more(&input))
		act(&input);
	guest_run(guest);
	echo_finish_close(&echo);
	guest_run(guest);
	echo.closes_late = false;
	echo_finish_close(&echo);
	forget_all();
	CHECK(!echo.order_is_bad);
	CHECK(guest_reset(guest));
	guest_run(guest);
	replace_device();
	CHECK(guest_start(guest) == 1);
	guest_free(guest);
	return 0;
}
