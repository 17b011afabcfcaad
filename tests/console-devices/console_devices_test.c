/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic keyboard, mouse and screen against a simulated guest: the dialogues of Linux's drivers, and
 * nonsense. */
#include "../run/check.h"
#include "guest.h"

#include "vsp/keyboard/synthkbd.h"
#include "vsp/keyboard/synthkbd_proto.h"
#include "vsp/mouse/synthhid.h"
#include "vsp/mouse/synthhid_proto.h"
#include "vsp/pipe_proto.h"
#include "vsp/video/synthvid.h"
#include "vsp/video/synthvid_proto.h"

#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RING_PAGES = 9, VRAM_SIZE = 16 << 20 };

static struct guest *guest;
static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static struct guest_channel *open_device(const char *type)
{
	const struct vmbus_offer_channel *offer;
	struct vmbus_guid guid;

	vmbus_guid_parse(type, &guid);
	offer = guest_offer(guest, &guid, 0);
	return offer ? guest_open(guest, offer, RING_PAGES, NULL) : NULL;
}

static struct {
	bool is_ready;
	unsigned leds;
	struct synthvid_surface surface;
	struct synthvid_pointer pointer;
	unsigned surfaces, dirty;
	uint32_t x, y, width, height;
	uint64_t placed;
} seen;

static void on_ready(void *opaque, bool is_ready)
{
	seen.is_ready = is_ready;
}

static void on_leds(void *opaque, uint8_t leds)
{
	seen.leds = leds;
}

/* --- keyboard ------------------------------------------------------------------------------------------ */

static void expect_key(struct guest_channel *channel, uint16_t code, uint32_t info)
{
	static struct guest_packet packet;
	struct synthkbd_event event;

	if (!CHECK(guest_receive(channel, &packet)))
		return;
	memcpy(&event, guest_payload(&packet), sizeof(event));
	CHECK(event.type == SYNTHKBD_EVENT && event.make_code == code && event.info == info);
}

static void test_keyboard(void)
{
	static const struct synthkbd_ops ops = { .on_ready = on_ready, .on_leds = on_leds };
	static struct guest_packet packet;
	struct synthkbd_protocol_request request = { SYNTHKBD_PROTOCOL_REQUEST, SYNTHKBD_VERSION };
	struct synthkbd_led_indicators leds = { SYNTHKBD_LED_INDICATORS, 5 };
	struct synthkbd_protocol_response response;
	struct guest_channel *channel;
	struct synthkbd *keyboard;
	unsigned taken = 0;

	memset(&seen, 0, sizeof(seen));
	CHECK(synthkbd_new(guest_bus(guest), &ops, NULL, &keyboard) == 0);
	guest_start(guest);
	channel = open_device(SYNTHKBD_TYPE_GUID);
	if (!CHECK(channel))
		return;
	CHECK(!synthkbd_key(keyboard, 0x1e, true)); /* the driver has not said hello */
	request.version = 0x00020000;
	guest_ask(channel, 1, &request, sizeof(request), &packet);
	memcpy(&response, guest_payload(&packet), sizeof(response));
	CHECK(response.type == SYNTHKBD_PROTOCOL_RESPONSE && !(response.status & 1) && !seen.is_ready);
	request.version = SYNTHKBD_VERSION;
	guest_ask(channel, 2, &request, sizeof(request), &packet);
	memcpy(&response, guest_payload(&packet), sizeof(response));
	CHECK((response.status & 1) && seen.is_ready);

	CHECK(synthkbd_key(keyboard, 0x1e, true) && synthkbd_key(keyboard, 0x1e, false));
	expect_key(channel, 0x1e, 0);
	expect_key(channel, 0x1e, SYNTHKBD_IS_BREAK);
	CHECK(synthkbd_key(keyboard, 0xe048, true));
	expect_key(channel, 0x48, SYNTHKBD_IS_E0);
	CHECK(synthkbd_key(keyboard, 0xe11d, true));
	expect_key(channel, 0x1d, SYNTHKBD_IS_E1);
	expect_key(channel, 0x45, 0);
	CHECK(synthkbd_key(keyboard, 0x80, true) && synthkbd_key(keyboard, 0x1234, true) &&
	      synthkbd_key(keyboard, 0, true));
	CHECK(!guest_receive(channel, &packet));
	CHECK(guest_send(channel, 3, false, &leds, sizeof(leds)) == 0);
	CHECK(seen.leds == 5);

	/*
	 * A guest that reads nothing: some wait, then keys are refused; all that were taken come, in order.
	 */
	while (taken < 100000 && synthkbd_key(keyboard, (uint16_t)(1 + taken % 0x7f), true))
		taken++;
	CHECK(taken > SYNTHKBD_QUEUE_MAX && taken < 100000);
	for (unsigned i = 0; i < taken; i++)
		expect_key(channel, (uint16_t)(1 + i % 0x7f), 0);
	CHECK(synthkbd_key(keyboard, 0x1e, true));
	expect_key(channel, 0x1e, 0);
	guest_close(channel);
	CHECK(!seen.is_ready && !synthkbd_key(keyboard, 0x1e, true));
	CHECK(guest_reset(guest));
	synthkbd_free(keyboard);
}

/* --- mouse --------------------------------------------------------------------------------------------- */

static void expect_report(struct guest_channel *channel, uint8_t buttons, uint16_t x, uint16_t y,
			  int16_t wheel)
{
	static struct guest_packet packet;
	struct __attribute__((packed)) {
		struct vsp_pipe_header pipe;
		struct synthhid_input_report report;
	} message;

	if (!CHECK(guest_receive(channel, &packet)))
		return;
	memcpy(&message, guest_payload(&packet), sizeof(message));
	CHECK(message.pipe.type == VSP_PIPE_DATA && message.pipe.size == sizeof(message.report));
	CHECK(message.report.header.type == SYNTHHID_INPUT_REPORT && message.report.header.size == 7);
	CHECK(message.report.report.buttons == buttons && message.report.report.x == x &&
	      message.report.report.y == y && message.report.report.wheel == wheel);
}

static void greet_mouse(struct guest_channel *channel, uint32_t version, bool expected)
{
	static struct guest_packet packet;
	struct {
		struct vsp_pipe_header pipe;
		struct synthhid_protocol_request request;
	} request = { { VSP_PIPE_DATA, sizeof(request.request) },
		      { { SYNTHHID_PROTOCOL_REQUEST, 4 }, version } };
	const uint8_t *body;

	guest_ask(channel, 1, &request, sizeof(request), &packet);
	body = guest_payload(&packet);
	CHECK(body[4] <= 16 && body[8] == SYNTHHID_PROTOCOL_RESPONSE && body[20] == expected);
	if (!expected)
		return;
	CHECK(guest_receive(channel, &packet));
	body = guest_payload(&packet);
	/* pipe header, HID header, attributes, descriptor, report descriptor: exactly */
	CHECK(body[4] == 8 + 32 + 9 + 67 && body[8] == SYNTHHID_INITIAL_DEVICE_INFO &&
	      body[12] == 32 + 9 + 67);
	CHECK(body[16] == 32 && body[48] == 9 && body[55] == 67 && body[56] == 0 && body[57] == 0x05);
}

static void test_mouse(void)
{
	static const struct synthhid_ops ops = { .on_ready = on_ready };
	struct {
		struct vsp_pipe_header pipe;
		struct synthhid_header header;
		uint8_t ack[8];
	} ack = { { VSP_PIPE_DATA, 9 }, { SYNTHHID_INITIAL_DEVICE_INFO_ACK, 1 }, { 0 } };
	static struct guest_packet packet;
	struct guest_channel *channel;
	struct synthhid *mouse;
	unsigned last = 0, count = 0;

	memset(&seen, 0, sizeof(seen));
	CHECK(synthhid_new(guest_bus(guest), &ops, NULL, &mouse) == 0);
	guest_start(guest);
	channel = open_device(SYNTHHID_TYPE_GUID);
	if (!CHECK(channel))
		return;
	greet_mouse(channel, 0x00030000, false);
	greet_mouse(channel, SYNTHHID_VERSION, true);
	CHECK(!synthhid_move(mouse, 1, 2, 0, 0));
	CHECK(guest_send(channel, 2, false, &ack, sizeof(ack)) == 0);
	CHECK(seen.is_ready);
	CHECK(synthhid_move(mouse, 100, 200, 0, 0) && synthhid_move(mouse, -5, 99999, 1, 0x7f));
	expect_report(channel, 0, 100, 200, 0);
	expect_report(channel, 0x1f, 0, SYNTHHID_POSITION_MAX, -1);
	CHECK(synthhid_move(mouse, 0, 0, 0, 0));
	expect_report(channel, 0, 0, 0, 0);

	/* A guest that reads nothing gets the last place in the end, not all of them. */
	for (int i = 0; i < 20000; i++)
		CHECK(synthhid_move(mouse, i % SYNTHHID_POSITION_MAX, 7, 0, 0));
	while (guest_receive(channel, &packet)) {
		const uint8_t *body = guest_payload(&packet);

		last = body[17] | (unsigned)body[18] << 8;
		count++;
	}
	CHECK(last == 19999 && count < 20000);
	guest_close(channel);
	CHECK(!seen.is_ready);
	CHECK(guest_reset(guest));
	synthhid_free(mouse);
}

/* --- video --------------------------------------------------------------------------------------------- */

static void *on_place(void *opaque, uint64_t gpa, uint64_t size)
{
	static uint8_t *vram;

	if (!vram)
		vram = malloc(VRAM_SIZE);
	seen.placed = gpa;
	return gpa == 0xbad0000 ? NULL : vram;
}

static void on_surface(void *opaque, const struct synthvid_surface *surface)
{
	seen.surface = *surface;
	seen.surfaces++;
}

static void on_dirty(void *opaque, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	seen.dirty++;
	seen.x = x;
	seen.y = y;
	seen.width = width;
	seen.height = height;
	CHECK(width > 0 && height > 0 && x + width <= seen.surface.width &&
	      y + height <= seen.surface.height);
}

static void on_pointer(void *opaque, const struct synthvid_pointer *pointer)
{
	seen.pointer = *pointer;
}

static const struct synthvid_ops video_ops = {
	.place = on_place,
	.on_surface = on_surface,
	.on_dirty = on_dirty,
	.on_pointer = on_pointer,
};

static void send_video(struct guest_channel *channel, uint32_t type, const void *body, uint32_t size)
{
	struct {
		uint32_t words[4];
		uint8_t body[40000];
	} message = { { VSP_PIPE_DATA, size + 8, type, size + 8 }, { 0 } };

	memcpy(message.body, body, size);
	CHECK(guest_send(channel, type, false, &message, 16 + size) == 0);
}

/* The body of the next message of that type; others are skipped. */
static const uint8_t *take_video(struct guest_channel *channel, uint32_t type)
{
	static struct guest_packet packet;

	while (guest_receive(channel, &packet)) {
		const uint32_t *words = guest_payload(&packet);

		if (words[2] == type)
			return (const uint8_t *)&words[4];
	}
	return NULL;
}

static void set_mode(struct guest_channel *channel, uint32_t width, uint32_t height, uint32_t pitch,
		     uint8_t depth, uint32_t offset)
{
	struct synthvid_situation_update update = { .context = 77,
						    .output_count = 1,
						    .output = { 1, offset, depth, width, height, pitch } };
	const uint8_t *body;

	send_video(channel, SYNTHVID_SITUATION_UPDATE, &update, sizeof(update));
	body = take_video(channel, SYNTHVID_SITUATION_UPDATE_ACK);
	CHECK(body && body[0] == 77);
}

static void send_dirt(struct guest_channel *channel, int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
	struct __attribute__((packed)) {
		struct synthvid_dirt dirt;
		struct synthvid_rect rect;
	} message = { { 0, 1 }, { x1, y1, x2, y2 } };

	send_video(channel, SYNTHVID_DIRT, &message, sizeof(message));
}

static void test_modes(struct guest_channel *channel)
{
	static const struct {
		uint32_t width, height, pitch;
		uint8_t depth;
		uint32_t offset;
		bool is_shown;
	} modes[] = {
		{ 1024, 768, 4096, 32, 0, true },
		{ 2560, 1600, 10240, 32, 0, true },
		{ 800, 600, 1600, 16, 4096, true },
		{ 2561, 100, 10244, 32, 0, false },
		{ 0, 100, 400, 32, 0, false },
		{ 100, 0, 400, 32, 0, false },
		{ 1024, 768, 4092, 32, 0, false },
		{ 1024, 768, 4096, 24, 0, false },
		{ 2560, 1600, 0xfffffffc, 32, 0, false },
		{ 1024, 768, 4096, 32, 0xfffffffc, false },
		{ 1024, 768, 4096, 32, 15 << 20, false },
		{ 1024, 768, 4097, 32, 0, false },
	};

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		set_mode(channel, modes[i].width, modes[i].height, modes[i].pitch, modes[i].depth,
			 modes[i].offset);
		if (!CHECK(!!seen.surface.pixels == modes[i].is_shown))
			printf("mode %u\n", i);
	}
}

static void test_video(void)
{
	struct synthvid_config config = {
		.vram_megabytes = 16, .preferred_width = 1280, .preferred_height = 800, .ops = &video_ops
	};
	struct synthvid_vram_location location = { 0x1122334455667788, 1, 0xf8000000 };
	uint32_t version = SYNTHVID_VERSION(4, 0);
	struct guest_channel *channel;
	struct synthvid *video;
	const uint8_t *body;
	uint8_t sum = 0, count = SYNTHVID_RESOLUTIONS_MAX;
	struct synthvid_pointer_position position = { 1, 0, -3, 9 };

	memset(&seen, 0, sizeof(seen));
	CHECK(synthvid_new(guest_bus(guest), &config, &video) == 0);
	guest_start(guest);
	channel = open_device(SYNTHVID_TYPE_GUID);
	if (!CHECK(channel))
		return;
	send_video(channel, SYNTHVID_RESOLUTION_REQUEST, &count, 1);
	CHECK(!take_video(channel, SYNTHVID_RESOLUTION_RESPONSE)); /* not before the version */
	send_video(channel, SYNTHVID_VERSION_REQUEST, &version, 4);
	body = take_video(channel, SYNTHVID_VERSION_RESPONSE);
	CHECK(body && !body[4]);
	version = SYNTHVID_VERSION(3, 5);
	send_video(channel, SYNTHVID_VERSION_REQUEST, &version, 4);
	body = take_video(channel, SYNTHVID_VERSION_RESPONSE);
	CHECK(body && memcmp(body, &version, 4) == 0 && body[4] && body[5] == 1);
	body = take_video(channel, SYNTHVID_FEATURE_CHANGE);
	CHECK(body && !body[0]); /* nobody looks */
	send_video(channel, SYNTHVID_RESOLUTION_REQUEST, &count, 1);
	body = take_video(channel, SYNTHVID_RESOLUTION_RESPONSE);
	CHECK(body && body[128] >= 10 && body[128] <= SYNTHVID_RESOLUTIONS_MAX && body[129] < body[128]);
	for (unsigned i = 0; body && i < SYNTHVID_EDID_SIZE; i++)
		sum += body[i];
	CHECK(sum == 0);
	CHECK(body && body[131] == (1280 & 255) && body[132] == 1280 >> 8 && body[133] == (800 & 255));

	set_mode(channel, 800, 600, 3200, 32, 0);
	CHECK(!seen.surface.pixels); /* there is no memory yet */
	location.gpa = 0xbad0000;
	send_video(channel, SYNTHVID_VRAM_LOCATION, &location, sizeof(location));
	CHECK(!take_video(channel, SYNTHVID_VRAM_LOCATION_ACK));
	location.gpa = 0xf8000000;
	send_video(channel, SYNTHVID_VRAM_LOCATION, &location, sizeof(location));
	body = take_video(channel, SYNTHVID_VRAM_LOCATION_ACK);
	CHECK(body && memcmp(body, &location.context, 8) == 0 && seen.placed == 0xf8000000);
	test_modes(channel);

	set_mode(channel, 1024, 768, 4096, 32, 0);
	synthvid_set_watched(video, true);
	body = take_video(channel, SYNTHVID_FEATURE_CHANGE);
	CHECK(body && body[0] == 1);
	CHECK(seen.dirty == 1 && seen.width == 1024 && seen.height == 768);
	send_dirt(channel, 10, 20, 30, 50);
	CHECK(seen.dirty == 2 && seen.x == 10 && seen.y == 20 && seen.width == 20 && seen.height == 30);
	send_dirt(channel, -100, -100, 5000, 7);
	CHECK(seen.dirty == 3 && seen.x == 0 && seen.y == 0 && seen.width == 1024 && seen.height == 7);
	send_dirt(channel, 30, 20, 10, 50);
	send_dirt(channel, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MAX);
	send_dirt(channel, 2000, 2000, 3000, 3000);
	CHECK(seen.dirty == 3);
	send_video(channel, SYNTHVID_POINTER_POSITION, &position, sizeof(position));
	CHECK(seen.pointer.is_visible && seen.pointer.x == -3 && seen.pointer.y == 9);
	guest_close(channel);
	CHECK(!seen.surface.pixels && !seen.pointer.is_visible);
	CHECK(guest_reset(guest));
	synthvid_free(video);
}

/* --- another size at once: the device is taken back and offered anew ------------------------------------- */

static struct guest_channel *bind_driver(uint16_t width, uint16_t height)
{
	struct synthvid_vram_location location = { 1, 1, 0xf8000000 };
	uint32_t version = SYNTHVID_VERSION(3, 5);
	uint8_t count = SYNTHVID_RESOLUTIONS_MAX;
	struct guest_channel *channel = open_device(SYNTHVID_TYPE_GUID);
	struct synthvid_resolution first;
	const uint8_t *body;

	if (!CHECK(channel))
		return NULL;
	send_video(channel, SYNTHVID_VERSION_REQUEST, &version, 4);
	CHECK(take_video(channel, SYNTHVID_VERSION_RESPONSE));
	send_video(channel, SYNTHVID_RESOLUTION_REQUEST, &count, 1);
	body = take_video(channel, SYNTHVID_RESOLUTION_RESPONSE);
	if (CHECK(body)) {
		memcpy(&first, body + 131, sizeof(first));
		if (!CHECK(first.width == width && first.height == height))
			printf("%u x %u, not %u x %u\n", first.width, first.height, width, height);
	}
	send_video(channel, SYNTHVID_VRAM_LOCATION, &location, sizeof(location));
	CHECK(take_video(channel, SYNTHVID_VRAM_LOCATION_ACK));
	set_mode(channel, width, height, width * 4u, 32, 0);
	CHECK(seen.surface.pixels && seen.surface.width == width && seen.surface.height == height);
	return channel;
}

/* What was taken back; 0: nothing. */
static uint32_t take_rescind(void)
{
	struct vmbus_relid_message rescind;

	guest_run(guest);
	return guest_take(guest, VMBUS_RESCIND_OFFER, &rescind, sizeof(rescind)) ? rescind.relid : 0;
}

static void release(uint32_t relid)
{
	struct vmbus_relid_message released = { .header.type = VMBUS_RELID_RELEASED, .relid = relid };

	guest_post(guest, VMBUS_CONNECTION, &released, sizeof(released));
	guest_run(guest);
}

static bool is_offered(void)
{
	struct vmbus_guid guid;

	vmbus_guid_parse(SYNTHVID_TYPE_GUID, &guid);
	return guest_offer(guest, &guid, 0) != NULL;
}

/* Saved, and taken back by another life of the bus, which knows nothing else. */
static void live_on(struct synthvid *video)
{
	struct state *state;
	char reason[STATE_REASON_MAX];
	const void *bytes;
	uint8_t *saved;
	size_t size;

	vmbus_hold(guest_bus(guest), true);
	guest_run(guest);
	CHECK(vmbus_is_quiet(guest_bus(guest)));
	CHECK(state_writer_new(&state) == 0);
	vmbus_state(guest_bus(guest), state);
	if (!CHECK(state_finish_writing(state, &bytes, &size) == 0))
		exit(check_result());
	saved = malloc(size);
	memcpy(saved, bytes, size);
	state_free(state);
	CHECK(guest_reset(guest));
	synthvid_set_preferred(video, 800, 600);
	CHECK(state_reader_new(saved, size, &state, reason) == 0);
	vmbus_state(guest_bus(guest), state);
	if (!CHECK(state_finish_reading(state) == 0))
		printf("%s\n", state_reason(state));
	state_free(state);
	free(saved);
}

static void test_fit(void)
{
	struct synthvid_config config = { .vram_megabytes = 16, .ops = &video_ops };
	struct vmbus_open_channel open = { .header.type = VMBUS_OPEN_CHANNEL,
					   .downstream_page = RING_PAGES + 1 };
	struct guest_channel *channel;
	struct synthvid *video;
	uint32_t relid;

	memset(&seen, 0, sizeof(seen));
	CHECK(synthvid_new(guest_bus(guest), &config, &video) == 0);
	CHECK(synthvid_fit(video, 1280, 720) == -ENOTCONN);
	guest_start(guest);
	CHECK(synthvid_fit(video, 1280, 720) == -ENOTCONN && !take_rescind());
	channel = bind_driver(1024, 768);
	/* it has that */
	CHECK(synthvid_fit(video, 1100, 800) == 1 && !take_rescind() && seen.surface.pixels);
	CHECK(synthvid_fit(video, 1300, 730) == 0);
	relid = take_rescind();
	CHECK(channel && relid == channel->relid && !seen.surface.pixels);
	CHECK(synthvid_fit(video, 1600, 900) == -ENOTCONN && !take_rescind() && !is_offered());
	guest_forget(channel);
	release(relid);
	CHECK(is_offered());
	release(relid); /* twice: of a relid that is nobody's */
	CHECK(is_offered());
	channel = bind_driver(1280, 720);
	/* by a guest that writes on, and opens again what was taken away */
	CHECK(synthvid_fit(video, 1600, 900) == 0);
	relid = take_rescind();
	send_dirt(channel, 0, 0, 10, 10);
	open.relid = open.open_id = relid;
	open.ring_gpadl = channel->gpadl;
	guest_post(guest, VMBUS_CONNECTION, &open, sizeof(open));
	guest_run(guest);
	CHECK(!seen.surface.pixels &&
	      !guest_take(guest, VMBUS_OPEN_RESULT, &open, sizeof(struct vmbus_open_result)) &&
	      !is_offered());
	guest_forget(channel);
	release(relid);
	channel = bind_driver(1600, 900);
	/* reset in the midst of it, by a guest that never let go */
	CHECK(synthvid_fit(video, 1280, 720) == 0 && take_rescind());
	guest_forget(channel);
	CHECK(guest_reset(guest) && guest_start(guest) == 1);
	guest_forget(bind_driver(1280, 720));
	CHECK(guest_reset(guest));
	synthvid_free(video);
}

/* A machine that is saved while its guest has not let go yet: it lets go in its next life, and is offered the device then. */
static void test_fit_saved(void)
{
	struct synthvid_config config = { .vram_megabytes = 16, .ops = &video_ops };
	struct guest_channel *channel;
	struct synthvid *video;
	uint32_t relid;

	memset(&seen, 0, sizeof(seen));
	CHECK(synthvid_new(guest_bus(guest), &config, &video) == 0);
	guest_start(guest);
	channel = bind_driver(1024, 768);
	CHECK(synthvid_fit(video, 1280, 720) == 0);
	relid = take_rescind();
	CHECK(relid);
	guest_forget(channel);
	live_on(video);
	guest_run(guest);
	CHECK(!is_offered() && !take_rescind());
	CHECK(synthvid_fit(video, 1600, 900) == -ENOTCONN);
	release(relid);
	CHECK(is_offered());
	channel = bind_driver(1280, 720);
	guest_forget(channel);
	CHECK(guest_reset(guest));
	synthvid_free(video);
}

/* --- nonsense ------------------------------------------------------------------------------------------ */

/* Random messages, mostly with plausible heads; what they lead to is checked by the callbacks and a
 * sanitizer. */
static void hammer(const char *type, bool has_pipe, uint32_t type_max)
{
	static struct guest_packet packet;
	struct guest_channel *channel;

	guest_start(guest);
	channel = open_device(type);
	for (unsigned i = 0; CHECK(channel) && i < 3000; i++) {
		uint32_t words[64];
		unsigned size = next() % 4 ? next() % sizeof(words) : next() % 24;

		for (unsigned j = 0; j < 64; j++)
			words[j] = next() % 3 ? next() % 3000 : next();
		words[0] = has_pipe ? next() % 8 != 0 : next() % (type_max + 1);
		if (has_pipe) {
			words[2] = next() % (type_max + 1);
			words[3] = next() % 3 ? size - 8 : next();
			if (next() % 4 == 0)
				words[4] = SYNTHVID_VERSION(3, 5);
		}
		if (guest_send(channel, i, next() % 2, words, size) < 0)
			break;
		while (guest_receive(channel, &packet))
			;
	}
	guest_forget(channel);
	CHECK(guest_reset(guest));
}

/* Somebody looks with a window of these sides: what comes first is a size that Linux shows. */
static void check_window(struct guest_channel *channel, struct synthvid *video, uint16_t width,
			 uint16_t height, uint16_t first_width, uint16_t first_height)
{
	uint8_t count = SYNTHVID_RESOLUTIONS_MAX;
	struct synthvid_resolution first = { 0, 0 };
	const uint8_t *body;

	synthvid_set_preferred(video, width, height);
	send_video(channel, SYNTHVID_RESOLUTION_REQUEST, &count, 1);
	body = take_video(channel, SYNTHVID_RESOLUTION_RESPONSE);
	if (body)
		memcpy(&first, body + 131, sizeof(first));
	if (!CHECK(first.width == first_width && first.height == first_height))
		printf("a window of %u x %u: %u x %u\n", width, height, first.width, first.height);
}

/* What a machine's settings allow; beyond the limits of the device they are those. */
static void test_maximum(uint16_t width, uint16_t height, uint16_t first_width, uint16_t first_height)
{
	struct synthvid_config config = {
		.vram_megabytes = 16, .width_max = width, .height_max = height, .ops = &video_ops
	};
	struct synthvid_vram_location location = { 1, 1, 0xf8000000 };
	uint32_t version = SYNTHVID_VERSION(3, 5);
	struct guest_channel *channel;
	struct synthvid_resolution sizes[SYNTHVID_RESOLUTIONS_MAX];
	uint8_t count = SYNTHVID_RESOLUTIONS_MAX;
	struct synthvid *video;
	const uint8_t *body;

	memset(&seen, 0, sizeof(seen));
	CHECK(synthvid_new(guest_bus(guest), &config, &video) == 0);
	guest_start(guest);
	channel = open_device(SYNTHVID_TYPE_GUID);
	if (!CHECK(channel))
		return;
	send_video(channel, SYNTHVID_VERSION_REQUEST, &version, 4);
	CHECK(take_video(channel, SYNTHVID_VERSION_RESPONSE));
	send_video(channel, SYNTHVID_RESOLUTION_REQUEST, &count, 1);
	body = take_video(channel, SYNTHVID_RESOLUTION_RESPONSE);
	if (CHECK(body && body[128] >= 1)) {
		memcpy(sizes, body + 131, body[128] * sizeof(sizes[0]));
		CHECK(sizes[0].width == first_width && sizes[0].height == first_height);
		for (unsigned i = 0; i < body[128]; i++)
			CHECK(sizes[i].width <= width && sizes[i].height <= height);
	}
	check_window(channel, video, 1000, 700, width < 800 ? 640 : 800, width < 800 ? 480 : 600);
	check_window(channel, video, 100, 70, 640, 480);
	if (width >= 1920)
		check_window(channel, video, 1608, 1000, 1600, 900);
	send_video(channel, SYNTHVID_VRAM_LOCATION, &location, sizeof(location));
	CHECK(take_video(channel, SYNTHVID_VRAM_LOCATION_ACK));
	set_mode(channel, 640, 480, 2560, 32, 0);
	CHECK(seen.surface.pixels);
	set_mode(channel, width + 1u, 100, 16384, 32, 0);
	CHECK(!seen.surface.pixels);
	guest_forget(channel);
	CHECK(guest_reset(guest));
	synthvid_free(video);
}

static void test_nonsense(void)
{
	static const struct synthkbd_ops keyboard_ops = { .on_ready = on_ready, .on_leds = on_leds };
	static const struct synthhid_ops mouse_ops = { .on_ready = on_ready };
	struct synthvid_config config = { .vram_megabytes = 16, .ops = &video_ops };
	struct synthkbd *keyboard;
	struct synthhid *mouse;
	struct synthvid *video;

	CHECK(synthkbd_new(guest_bus(guest), &keyboard_ops, NULL, &keyboard) == 0);
	CHECK(synthhid_new(guest_bus(guest), &mouse_ops, NULL, &mouse) == 0);
	CHECK(synthvid_new(guest_bus(guest), &config, &video) == 0);
	hammer(SYNTHKBD_TYPE_GUID, false, 6);
	hammer(SYNTHHID_TYPE_GUID, true, 6);
	hammer(SYNTHVID_TYPE_GUID, true, 15);
	synthvid_free(video);
	synthhid_free(mouse);
	synthkbd_free(keyboard);
}

int main(void)
{
	guest = guest_new();
	if (!guest)
		return 1;
	test_keyboard();
	test_mouse();
	test_video();
	test_maximum(1920, 1080, 1024, 768);
	test_maximum(1024, 768, 1024, 768);
	test_maximum(800, 600, 800, 600);
	test_maximum(640, 480, 640, 480);
	test_maximum(9999, 9999, 1024, 768);
	test_fit();
	test_fit_saved();
	test_nonsense();
	guest_free(guest);
	return check_result();
}
