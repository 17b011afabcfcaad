/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control protocol, good and bad: every question of the guest is answered, and nothing else happens. */
#include "../run/check.h"
#include "echo.h"
#include "guest.h"

#include "vmbus/vmbus_priv.h" /* to say in a saved state what cannot be */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct guest *guest;
static struct echo echo;

static void begin(void)
{
	guest = guest_new();
	CHECK(echo_init(&echo, guest_bus(guest), 1) == 0);
}

static void end(void)
{
	guest = guest_free(guest); /* frees the devices too */
	CHECK(!echo.order_is_bad);
}

static struct guest_channel *open_echo(void)
{
	return guest_open(guest, guest_offer(guest, &echo.type, 0), 4, NULL);
}

static bool echoes(struct guest_channel *channel, unsigned count)
{
	static struct guest_packet packet;

	for (unsigned i = 0; i < count; i++) {
		uint64_t payload[3] = { i, i * 7, 1 };

		guest_ask(channel, i + 1, payload, sizeof(payload), &packet);
		if (packet.type != VMBUS_PACKET_COMPLETION || packet.transaction != i + 1 ||
		    packet.size != sizeof(payload) ||
		    memcmp(guest_payload(&packet), payload, sizeof(payload)) != 0)
			return false;
	}
	return true;
}

static void test_versions(void)
{
	static const struct {
		uint32_t version;
		bool is_good;
	} cases[] = {
		{ 0x50003, true },  { 0x50002, true },	   { 0x50001, true },  { 0x50000, true },
		{ 0x40001, true },  { 0x40000, true },	   { 0x30000, true },  { 0x20004, true },
		{ 0x50004, false }, { 0x60000, false },	   { 0x10001, false }, { 0x0000d, false },
		{ 0, false },	    { 0xffffffff, false },
	};

	begin();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(guest_connect(guest, cases[i].version) == cases[i].is_good);
		CHECK(vmbus_version(guest_bus(guest)) == (cases[i].is_good ? cases[i].version : 0));
		CHECK(guest_request_offers(guest) == (cases[i].is_good ? 1u : 0u));
	}
	end();
}

static void test_life(void)
{
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	for (unsigned i = 0; i < 50; i++) {
		channel = open_echo();
		if (!CHECK(channel))
			break;
		CHECK(echoes(channel, 300));
		guest_close(channel);
	}
	CHECK(echo.opens == 50 && echo.closes == 50 && echo.errors == 0 && echo.packets == 50 * 300);
	/* a new connection while open: kexec */
	channel = open_echo();
	CHECK(channel && guest_start(guest) == 1 && echo.closes == 51);
	guest_forget(channel);
	/* and a reset of the machine */
	channel = open_echo();
	CHECK(channel && guest_reset(guest) && echo.closes == 52 && guest_start(guest) == 1);
	channel = open_echo();
	CHECK(channel && echoes(channel, 3));
	end();
}

static void test_late_close(void)
{
	struct vmbus_relid_message close = { .header.type = VMBUS_CLOSE_CHANNEL };
	struct vmbus_gpadl_teardown teardown = { .header.type = VMBUS_GPADL_TEARDOWN };
	struct vmbus_gpadl_torndown torndown;
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	channel = open_echo();
	echo.closes_late = true;
	close.relid = teardown.relid = channel->relid;
	teardown.gpadl = channel->gpadl;
	guest_post(guest, VMBUS_CONNECTION, &close, sizeof(close));
	guest_post(guest, VMBUS_CONNECTION, &teardown, sizeof(teardown));
	CHECK(!guest_take(guest, VMBUS_GPADL_TORNDOWN, &torndown, sizeof(torndown)));
	echo_finish_close(&echo);
	CHECK(guest_take(guest, VMBUS_GPADL_TORNDOWN, &torndown, sizeof(torndown)) &&
	      torndown.gpadl == teardown.gpadl);
	guest_forget(channel);
	/* unload has to wait, too */
	channel = open_echo();
	CHECK(channel);
	struct vmbus_header unload = { .type = VMBUS_UNLOAD }, answer;
	guest_post(guest, VMBUS_CONNECTION, &unload, sizeof(unload));
	CHECK(!guest_take(guest, VMBUS_UNLOAD_RESPONSE, &answer, sizeof(answer)));
	echo_finish_close(&echo);
	CHECK(guest_take(guest, VMBUS_UNLOAD_RESPONSE, &answer, sizeof(answer)));
	CHECK(vmbus_version(guest_bus(guest)) == 0);
	echo.closes_late = false;
	guest_forget(channel);
	end();
}

static bool opens_with(const struct vmbus_offer_channel *offer, uint32_t list)
{
	struct vmbus_open_channel message = { .header.type = VMBUS_OPEN_CHANNEL, .relid = offer->relid };
	struct vmbus_open_result result = { .status = 0 };

	message.ring_gpadl = list;
	message.downstream_page = 2;
	guest_post(guest, VMBUS_CONNECTION, &message, sizeof(message));
	return guest_take(guest, VMBUS_OPEN_RESULT, &result, sizeof(result)) && result.status == 0;
}

/* What the guest lends to one channel goes with that one: another must not hold it. */
static void check_lists(const struct guest_channel *primary, const struct vmbus_offer_channel *offer)
{
	enum { SIZE = 4 * VMBUS_PAGE };
	uint32_t list = offer ? guest_gpadl(guest, offer->relid, 1 << 20, SIZE) : 0;

	if (!CHECK(list != 0))
		return;
	CHECK(!vmbus_gpadl_find(echo.open[0], list));
	CHECK(guest_gpadl_teardown(guest, offer->relid, list));
	list = guest_gpadl(guest, primary->relid, 1 << 20, SIZE);
	CHECK(list != 0 && vmbus_gpadl_find(echo.open[0], list) && !opens_with(offer, list));
	CHECK(guest_gpadl_teardown(guest, primary->relid, list));
}

static void test_subchannels(void)
{
	struct guest_channel *primary, *subs[ECHO_SUBCHANNELS];

	begin();
	CHECK(guest_start(guest) == 1);
	for (unsigned round = 0; round < 3; round++) {
		primary = open_echo();
		CHECK(primary && vmbus_device_offer_subchannels(echo.device, ECHO_SUBCHANNELS) == 0);
		CHECK(vmbus_device_offer_subchannels(echo.device, ECHO_SUBCHANNELS + 1) == -EINVAL);
		CHECK(vmbus_device_offer_subchannels(echo.device, 1) == -EEXIST);
		check_lists(primary, guest_offer(guest, &echo.type, 1));
		for (unsigned i = 0; i < ECHO_SUBCHANNELS; i++) {
			subs[i] = guest_open(guest, guest_offer(guest, &echo.type, i + 1), 2, NULL);
			CHECK(subs[i] && echoes(subs[i], 10));
		}
		guest_close(primary); /* with its subchannels open: they are closed first, then taken back */
		for (unsigned i = 0; i < ECHO_SUBCHANNELS; i++) {
			struct vmbus_relid_message rescind,
			    released = { .header.type = VMBUS_RELID_RELEASED };

			CHECK(guest_take(guest, VMBUS_RESCIND_OFFER, &rescind, sizeof(rescind)));
			CHECK(!guest_offer(guest, &echo.type, i + 1));
			released.relid = rescind.relid;
			guest_post(guest, VMBUS_CONNECTION, &released, sizeof(released));
			guest_forget(subs[i]);
		}
	}
	CHECK(echo.opens == 3 * (1 + ECHO_SUBCHANNELS) && echo.closes == echo.opens);
	end();
}

static void test_rescind(void)
{
	struct vmbus_relid_message rescind, released = { .header.type = VMBUS_RELID_RELEASED };
	struct guest_channel *channel;
	struct echo late;

	begin();
	CHECK(echo_init(&late, guest_bus(guest), 1) == -EEXIST);
	CHECK(guest_start(guest) == 1);
	/* added to a running guest */
	CHECK(echo_init(&late, guest_bus(guest), 2) == 0);
	channel = guest_open(guest, guest_offer(guest, &late.type, 0), 4, NULL);
	CHECK(channel && echoes(channel, 5));
	vmbus_device_rescind(late.device);
	CHECK(guest_take(guest, VMBUS_RESCIND_OFFER, &rescind, sizeof(rescind)) &&
	      rescind.relid == channel->relid);
	CHECK(late.closes == 1 && late.releases == 0);
	CHECK(guest_gpadl_teardown(guest, channel->relid, channel->gpadl)); /* not there any more, answered */
	released.relid = rescind.relid;
	guest_post(guest, VMBUS_CONNECTION, &released, sizeof(released));
	guest_run(guest);
	CHECK(late.releases == 1);
	echo_deinit(&late);
	guest_forget(channel);
	/* nobody knows of it: released at once, but not from within */
	CHECK(guest_reset(guest) && echo_init(&late, guest_bus(guest), 3) == 0);
	vmbus_device_rescind(late.device);
	CHECK(late.releases == 0);
	guest_run(guest);
	CHECK(late.releases == 1);
	echo_deinit(&late);
	end();
}

/* A guest that gives lists of pages that do not exist, are too long, twice ... is refused, with an answer. */
static void test_gpadls(void)
{
	struct guest_channel *channel;
	uint32_t relid, id;

	begin();
	CHECK(guest_start(guest) == 1);
	relid = guest_offer(guest, &echo.type, 0)->relid;
	CHECK(guest_gpadl(guest, relid, GUEST_MEMORY - 4096, 8192) == 0);
	CHECK(guest_gpadl(guest, relid, UINT64_C(1) << 60, 4096) == 0);
	CHECK(guest_gpadl(guest, relid, 0, 0) == 0);
	CHECK(guest_gpadl(guest, 2000, 0, 4096) == 0);
	CHECK(guest_gpadl(guest, 0xffffffff, 0, 4096) == 0);
	id = guest_gpadl(guest, relid, 0, 16 << 20); /* what netvsc has: 146 bodies */
	CHECK(id != 0 && guest_gpadl_teardown(guest, relid, id) && guest_gpadl_teardown(guest, relid, id));
	channel = open_echo();
	id = guest_gpadl(guest, relid, (1 << 20) + 100, 3 * 4096);
	CHECK(channel && id != 0 && vmbus_gpadl_size(vmbus_gpadl_find(echo.open[0], id)) == 3 * 4096);
	CHECK(!vmbus_gpadl_find(echo.open[0], id + 1));
	struct iovec iov[4];
	CHECK(vmbus_gpadl_map(vmbus_gpadl_find(echo.open[0], id), 0, 3 * 4096, iov, 4) == 1 &&
	      iov[0].iov_base == guest_memory(guest, (1 << 20) + 100) && iov[0].iov_len == 3 * 4096);
	CHECK(vmbus_gpadl_map(vmbus_gpadl_find(echo.open[0], id), 1, 3 * 4096, iov, 4) == -EINVAL);
	CHECK(guest_gpadl_teardown(guest, relid, id) && echo.gone == 1);
	/* the ring under an open channel: the channel is shut first */
	CHECK(guest_gpadl_teardown(guest, relid, channel->gpadl) && echo.closes == 1);
	end();
}

static void test_pages(void)
{
	struct guest_channel *channel;
	struct guest_range ranges[2];
	static struct guest_packet packet;
	uint64_t gpa, word = 5;

	begin();
	CHECK(guest_start(guest) == 1);
	channel = open_echo();
	gpa = guest_alloc(guest, 4);
	memset(guest_memory(guest, gpa), 1, 4 * 4096);
	ranges[0] = (struct guest_range){ gpa + 10, 5000 };
	ranges[1] = (struct guest_range){ gpa + 8192, 1 };
	CHECK(guest_send_pages(channel, 9, ranges, 2, &word, sizeof(word)) == 0 && echo.sum == 5001);
	CHECK(guest_receive(channel, &packet) && packet.transaction == 9 && guest_written(guest) == 5001);
	ranges[0].gpa = GUEST_MEMORY - 100; /* its second page is none */
	CHECK(guest_send_pages(channel, 10, ranges, 1, &word, sizeof(word)) == 0 && echo.errors == 1);
	end();
}

/* The SynIC's queue is full: nothing is lost, and nothing more is handled meanwhile. */
static void test_message_room(void)
{
	struct echo many[40];
	struct vmbus_header request = { .type = VMBUS_REQUEST_OFFERS };

	begin();
	for (unsigned i = 0; i < 40; i++)
		CHECK(echo_init(&many[i], guest_bus(guest), 100 + i) == 0);
	CHECK(guest_connect(guest, VMBUS_VERSION_5_3));
	guest_limit_messages(guest, 1); /* guest_sort_messages() takes them one by one */
	guest_post(guest, VMBUS_CONNECTION, &request, sizeof(request));
	guest_run(guest);
	for (unsigned i = 0; i < 40; i++)
		CHECK(guest_offer(guest, &many[i].type, 0));
	end();
}

static void test_flood(void)
{
	struct vmbus_gpadl_teardown teardown = { .header.type = VMBUS_GPADL_TEARDOWN };
	unsigned accepted = 0, refused = 0;

	begin();
	CHECK(guest_start(guest) == 1);
	guest_limit_messages(guest, 10); /* a guest that never reads */
	for (unsigned i = 0; i < 5000; i++) {
		teardown.gpadl = i;
		if (guest_post(guest, VMBUS_CONNECTION, &teardown, sizeof(teardown)) == HV_STATUS_SUCCESS)
			accepted++;
		else
			refused++;
		if (i % 100 == 0)
			guest_run(guest);
	}
	CHECK(accepted < 10 + VMBUS_MESSAGES_OUT_MAX + VMBUS_MESSAGES_IN_MAX + 100 && refused > 4000);
	guest_limit_messages(guest, HV_MESSAGE_QUEUE_MAX);
	CHECK(guest_start(guest) == 0); /* there is no room for the message itself */
	for (struct vmbus_gpadl_torndown out; guest_take(guest, VMBUS_GPADL_TORNDOWN, &out, sizeof(out));)
		accepted--;
	CHECK(accepted == 0); /* every one that was taken was answered */
	CHECK(guest_start(guest) == 1);
	end();
}

static void test_modify(void)
{
	struct vmbus_modify_channel modify = { .header.type = VMBUS_MODIFY_CHANNEL };
	struct vmbus_modify_response response;
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	channel = open_echo();
	modify.relid = channel->relid;
	for (unsigned vp = 0; vp < GUEST_VPS + 2; vp++) {
		modify.target_vp = vp;
		guest_post(guest, VMBUS_CONNECTION, &modify, sizeof(modify));
		CHECK(guest_take(guest, VMBUS_MODIFY_CHANNEL_RESPONSE, &response, sizeof(response)));
		CHECK((response.status == 0) == (vp < GUEST_VPS));
		CHECK(vmbus_channel_vp(echo.open[0]) == (vp < GUEST_VPS ? vp : GUEST_VPS - 1));
	}
	guest_forget(channel);
	CHECK(guest_connect(guest, VMBUS_VERSION_5_2) && guest_request_offers(guest) == 1);
	channel = open_echo();
	modify.relid = channel->relid;
	modify.target_vp = 2;
	guest_post(guest, VMBUS_CONNECTION, &modify, sizeof(modify));
	CHECK(!guest_take(guest, VMBUS_MODIFY_CHANNEL_RESPONSE, &response, sizeof(response)));
	CHECK(vmbus_channel_vp(echo.open[0]) == 2);
	end();
}

static void test_tl_connect(void)
{
	struct vmbus_tl_connect connect = { .header.type = VMBUS_TL_CONNECT_REQUEST,
					    .endpoint = { 1 },
					    .service = { 2 } };
	struct vmbus_tl_result result;

	begin();
	CHECK(guest_start(guest) == 1);
	guest_post(guest, VMBUS_CONNECTION, &connect, sizeof(connect));
	CHECK(guest_take(guest, VMBUS_TL_CONNECT_RESULT, &result, sizeof(result)) && result.status != 0 &&
	      result.endpoint[0] == 1 && result.service[0] == 2);
	end();
}

static void test_refused_open(void)
{
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	echo.refuses_open = true;
	CHECK(!open_echo());
	echo.refuses_open = false;
	channel = open_echo();
	CHECK(channel && echoes(channel, 2));
	CHECK(!open_echo()); /* it is open already */
	end();
}

/* What a broken ring does to its channel, and that the channel can be opened again afterwards. */
static void test_broken_rings(void)
{
	static const uint32_t bad[] = { 1, 4, 0x7ffffff8, 0xffffffff, 5 * 4096 };
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned closes = echo.closes;

		channel = open_echo();
		CHECK(channel && echoes(channel, 2));
		channel->out->write = bad[i];
		guest_signal(channel);
		guest_run(guest);
		CHECK(echo.closes == closes + 1);
		CHECK(!open_echo()); /* the guest has not closed it yet */
		guest_close(channel);
		channel = open_echo();
		CHECK(channel && echoes(channel, 2));
		channel->in->read = bad[i];
		uint64_t word = 1;
		CHECK(guest_send(channel, 1, true, &word, sizeof(word)) == 0);
		CHECK(echo.closes == closes + 2);
		guest_close(channel);
	}
	end();
}

static void test_bad_packets(void)
{
	struct {
		struct vmbus_packet_head head;
		uint32_t words[14];
	} packets[] = {
		{ { VMBUS_PACKET_INBAND, 2, 0, 0, 0 }, { 0 } },	  /* no length */
		{ { VMBUS_PACKET_INBAND, 1, 2, 0, 0 }, { 0 } },	  /* payload within the head */
		{ { VMBUS_PACKET_INBAND, 4, 3, 0, 0 }, { 0 } },	  /* payload behind the end */
		{ { VMBUS_PACKET_INBAND, 2, 400, 0, 0 }, { 0 } }, /* longer than what is there */
		{ { VMBUS_PACKET_INBAND, 2, 65535, 0, 0 }, { 0 } },
		{ { 99, 2, 3, 0, 0 }, { 0 } },
		{ { 0, 2, 3, 0, 0 }, { 0 } },
		{ { VMBUS_PACKET_GPA_DIRECT, 2, 3, 0, 0 }, { 0 } },    /* no room for the count */
		{ { VMBUS_PACKET_GPA_DIRECT, 3, 4, 0, 0 }, { 0, 0 } }, /* no ranges */
		{ { VMBUS_PACKET_GPA_DIRECT, 3, 4, 0, 0 }, { 0, 1 } },
		{ { VMBUS_PACKET_GPA_DIRECT, 4, 5, 0, 0 }, { 0, 1, 4096, 0 } }, /* without its page */
		{ { VMBUS_PACKET_GPA_DIRECT, 5, 6, 0, 0 }, { 0, 1, 4096, 1 } }, /* with one of two */
		{ { VMBUS_PACKET_GPA_DIRECT, 5, 6, 0, 0 }, { 0, 1, 1, 4096 } }, /* offset in no page */
		{ { VMBUS_PACKET_GPA_DIRECT, 5, 6, 0, 0 }, { 0, 1, 0xffffffff, 4095 } },
		{ { VMBUS_PACKET_GPA_DIRECT, 5, 6, 0, 0 }, { 0, 0xffffffff, 0, 0 } },
	};
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		unsigned closes = echo.closes;

		channel = open_echo();
		CHECK(channel && guest_put(channel, &packets[i], sizeof(packets[i])) == 0);
		guest_signal(channel);
		guest_run(guest);
		if (!CHECK(echo.closes == closes + 1))
			printf("packet %u\n", i);
		guest_close(channel);
	}
	end();
}

/* More packets than one turn allows, with one signal: all arrive. Few interrupts for many completions. */
static void test_batches(void)
{
	struct {
		struct vmbus_packet_head head;
		uint64_t word;
	} packet = { { VMBUS_PACKET_INBAND, 2, 3, VMBUS_PACKET_FLAG_COMPLETION, 0 }, 0 };
	static struct guest_packet answer;
	struct guest_channel *channel;

	begin();
	CHECK(guest_start(guest) == 1);
	channel = guest_open(guest, guest_offer(guest, &echo.type, 0), 16, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		packet.head.transaction_id = i;
		CHECK(guest_put(channel, &packet, sizeof(packet)) == 0);
	}
	guest_signal(channel);
	guest_run(guest);
	CHECK(echo.packets == 1000 && channel->interrupts == 1);
	CHECK(channel->out->interrupt_mask == 0);
	for (unsigned i = 0; i < 1000; i++)
		CHECK(guest_receive(channel, &answer) && answer.transaction == i);
	CHECK(!guest_receive(channel, &answer));
	end();
}

/* The ring to the guest is full: the provider waits, and hears when there is room. */
static void test_full_ring(void)
{
	static struct guest_packet packet;
	struct guest_channel *channel;
	struct iovec payload = { (void *)(uintptr_t) "0123456789abcdef", 16 };
	unsigned sent = 0;

	begin();
	CHECK(guest_start(guest) == 1);
	channel = open_echo();
	while (vmbus_send(echo.open[0], sent, false, &payload, 1) == 0)
		sent++;
	CHECK(sent == 4 * 4096 / 40 - (4 * 4096 % 40 < 8) && vmbus_send_room(echo.open[0]) < 16);
	CHECK(echo.writables == 0 && channel->in->pending_send_size == 40);
	guest_signal(channel);
	guest_run(guest);
	CHECK(echo.writables == 0);
	CHECK(guest_receive(channel, &packet) && packet.transaction == 0);
	guest_run(guest);
	CHECK(echo.writables == 1 && channel->in->pending_send_size == 0);
	CHECK(vmbus_send(echo.open[0], 1, false, &payload, 1) == 0);
	CHECK(vmbus_send(echo.open[0], 1, false, &payload, 1) == -EAGAIN);
	payload.iov_len = 16;
	struct iovec huge = { guest_memory(guest, 0), 20000 };
	CHECK(vmbus_send(echo.open[0], 1, false, &huge, 1) == -EMSGSIZE);
	end();
}

/* A guest that set pending_send_size is told when we have read (hvsock). */
/* Refused behind a channel that was taken back as open: its provider, which read nothing, is not told that it ends. */
static void test_saved_refused(void)
{
	struct vmbus_channel *channel;
	unsigned closes;
	uint8_t *bytes;
	size_t size;

	begin();
	CHECK(guest_start(guest) == 1 && open_echo() && vmbus_device_offer_subchannels(echo.device, 1) == 0);
	CHECK(guest_open(guest, guest_offer(guest, &echo.type, 1), 2, NULL));
	channel = echo.open[1];
	channel->target_vp = GUEST_VPS; /* of the second one */
	bytes = guest_save(guest, &size);
	channel->target_vp = 0;
	CHECK(guest_reset(guest));
	closes = echo.closes;
	CHECK(!guest_take_back(guest, bytes, size));
	CHECK(guest_reset(guest) && echo.closes == closes);
	vmbus_hold(guest_bus(guest), false);
	CHECK(guest_start(guest) == 1);
	free(bytes);
	end();
}

/* A saved state in which a device has two channels of one index: its provider would get the place of one for both. */
static void test_saved_twins(void)
{
	for (uint32_t index = 2; index > 0; index--) {
		struct vmbus_channel *channel;
		uint8_t *bytes;
		size_t size;

		begin();
		CHECK(guest_start(guest) == 1);
		CHECK(open_echo() && vmbus_device_offer_subchannels(echo.device, 2) == 0);
		channel = guest_bus(guest)->by_relid[guest_offer(guest, &echo.type, 2)->relid];
		channel->index = index;
		bytes = guest_save(guest, &size);
		channel->index = 2;
		CHECK(guest_reset(guest) && guest_take_back(guest, bytes, size) == (index == 2));
		free(bytes);
		end();
	}
}

static void test_pending_send(void)
{
	struct guest_channel *channel;
	uint64_t word[30] = { 0 };
	unsigned before;

	begin();
	echo.is_silent = true;
	CHECK(guest_start(guest) == 1);
	channel = open_echo();
	struct {
		struct vmbus_packet_head head;
		uint64_t words[30];
	} packet = { { VMBUS_PACKET_INBAND, 2, 32, 0, 0 }, { 0 } };
	while (guest_put(channel, &packet, sizeof(packet)) == 0)
		;
	channel->out->pending_send_size = 512;
	before = channel->interrupts;
	guest_signal(channel);
	guest_run(guest);
	CHECK(channel->interrupts == before + 1);
	channel->out->pending_send_size = 0;
	CHECK(guest_send(channel, 0, false, word, sizeof(word)) == 0 && channel->interrupts == before + 1);
	end();
}

static void test_random_messages(void)
{
	uint64_t seed = 12345;

	begin();
	for (unsigned i = 0; i < 60000; i++) {
		uint32_t words[HV_MESSAGE_PAYLOAD_MAX / 4];
		size_t size;

		for (unsigned j = 0; j < HV_MESSAGE_PAYLOAD_MAX / 4; j++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			words[j] = (uint32_t)(seed >> 33) % (j % 3 == 0 ? 8 : 5000);
		}
		words[0] = (uint32_t)(seed >> 40) % 27;
		if (words[0] == VMBUS_INITIATE_CONTACT)
			words[2] = i % 2 ? VMBUS_VERSION_5_3 : words[2];
		size = i % 3 ? sizeof(words) : (seed >> 20) % (sizeof(words) + 1);
		guest_post(guest, i % 16 ? VMBUS_CONNECTION : VMBUS_CONNECTION_5_0, words, size);
		guest_run(guest);
		if (guest_messages(guest) > 100)
			hv_drop_messages((struct hv_partition *)guest, 0, VMBUS_SINT);
	}
	CHECK(guest_start(guest) == 1);
	end();
}

static void test_guids(void)
{
	struct vmbus_guid guid;
	char text[37];

	CHECK(vmbus_guid_parse("f8615163-df3e-46c5-913f-f2d2f965ed0e", &guid) == 0);
	CHECK(guid.bytes[0] == 0x63 && guid.bytes[3] == 0xf8 && guid.bytes[4] == 0x3e &&
	      guid.bytes[8] == 0x91 && guid.bytes[15] == 0x0e);
	vmbus_guid_format(&guid, text);
	CHECK(strcmp(text, "f8615163-df3e-46c5-913f-f2d2f965ed0e") == 0);
	CHECK(vmbus_guid_parse("f8615163-df3e-46c5-913f-f2d2f965ed0", &guid) == -EINVAL);
	CHECK(vmbus_guid_parse("f8615163-df3e-46c5-913f-f2d2f965ed0g", &guid) == -EINVAL);
	CHECK(vmbus_guid_parse("f8615163+df3e-46c5-913f-f2d2f965ed0e", &guid) == -EINVAL);
}

int main(void)
{
	test_guids();
	test_versions();
	test_life();
	test_late_close();
	test_subchannels();
	test_rescind();
	test_gpadls();
	test_pages();
	test_message_room();
	test_flood();
	test_modify();
	test_tl_connect();
	test_refused_open();
	test_broken_rings();
	test_bad_packets();
	test_batches();
	test_full_ring();
	test_saved_twins();
	test_saved_refused();
	test_pending_send();
	test_random_messages();
	return check_result();
}
