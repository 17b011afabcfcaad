/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMBus and its providers in a saved state that somebody changed: a guest opens its devices and says a little, all is saved, bytes of
 * the sections are changed, and another life of the bus takes that back. It refuses it, or goes on: packets, a guest that closes, a
 * stop; and a fresh guest finds its devices then.
 */
#include "fuzz.h"
#include "fuzz_sections.h"

#include "guest.h"
#include "vsp/balloon/balloon.h"
#include "vsp/ic/file_copy.h"
#include "vsp/ic/heartbeat.h"
#include "vsp/ic/timesync.h"
#include "vsp/ic/vss.h"
#include "vsp/keyboard/synthkbd.h"
#include "vsp/mouse/synthhid.h"
#include "vsp/netvsp/netvsp.h"
#include "vsp/storvsp/storvsp.h"
#include "vsp/video/synthvid.h"

enum { TYPES = 10, VRAM = 8 << 20 };

static const char *const types[TYPES] = {
	"ba6163d9-04a1-4d29-b605-72e2ffb1dc7f", "f8615163-df3e-46c5-913f-f2d2f965ed0e",
	"57164f39-9115-4e78-ab55-382f3bd5422d", "9527e630-d0ae-497b-adce-e80ab0175caf",
	"35fa2e29-ea23-4236-96ae-3a6ebacba440", "34d14be3-dee4-41c8-9ae7-6b174977c192",
	"525074dc-8985-46e2-8057-a307dc18a502", "f912ad6d-2b17-48ea-bd65-f927a61c7684",
	"cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a", "da0a7802-e377-4aac-8e77-0558eb1073f8",
};

static struct guest *guest;
static struct guest_channel *channels[TYPES], copies[TYPES];
static struct storvsp *storage;
static struct netvsp *network;
static struct heartbeat *heartbeat;
static struct timesync *timesync;
static struct vss *vss;
static struct file_copy *copy;
static struct balloon *balloon;
static struct synthkbd *keyboard;
static struct synthhid *mouse;
static struct synthvid *video;
static uint8_t *vram;

/* --- what providers tell: nobody listens ------------------------------------------------------------------ */

static void on_bool(void *opaque, bool value)
{
}

static void on_frozen(void *opaque, int result)
{
}

static void on_number(void *opaque, uint64_t value)
{
}

static void on_balloon_status(void *opaque, const struct balloon_status *status)
{
}

static bool on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	CHECK(gpa < GUEST_MEMORY && size <= GUEST_MEMORY - gpa);
	return true;
}

static bool on_back(void *opaque, uint64_t pages)
{
	return false;
}

static void on_heartbeat(void *opaque, enum heartbeat_state state)
{
}

static uint64_t reference_time(void *opaque)
{
	return 1;
}

static void on_progress(void *opaque, uint64_t done, uint64_t size)
{
}

static void on_copied(void *opaque, enum file_copy_result result)
{
}

static void *place(void *opaque, uint64_t gpa, uint64_t size)
{
	return size <= VRAM ? vram : NULL;
}

static void on_surface(void *opaque, const struct synthvid_surface *surface)
{
	CHECK(!surface->pixels ||
	      (surface->pixels >= vram && surface->pixels + (uint64_t)surface->pitch * (surface->height - 1) +
						  surface->width * surface->depth / 8 <=
					      vram + VRAM));
}

static void on_dirty(void *opaque, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
}

/* --- the machine ------------------------------------------------------------------------------------------- */

static void make(void)
{
	static const struct balloon_ops balloon_ops = { on_bool,    on_balloon_status, on_number,
							on_discard, on_back,	       on_number };
	static const struct vss_ops vss_ops = { on_bool, on_frozen, on_bool };
	static const struct file_copy_ops copy_ops = { on_bool, on_progress, on_copied };
	static const struct synthkbd_ops keyboard_ops = { .on_ready = on_bool };
	static const struct synthhid_ops mouse_ops = { .on_ready = on_bool };
	static const struct synthvid_ops video_ops = { .place = place,
						       .on_surface = on_surface,
						       .on_dirty = on_dirty };
	struct storvsp_config storvsp = { .subchannels = 2, .on_submitted = fuzz_ignore };
	struct netvsp_config netvsp = { .mac = { { 2, 0, 0, 0, 0, 1 } }, .queues = 3, .port_fd = -1 };
	struct balloon_config dm = { .pages = GUEST_MEMORY / 4096,
				     .memory_end = GUEST_MEMORY,
				     .ops = &balloon_ops };
	struct synthvid_config synthvid = { .vram_megabytes = VRAM >> 20, .ops = &video_ops };
	struct loop *loop;
	struct vmbus *bus;

	guest = guest_new();
	vram = calloc(1, VRAM);
	storvsp.bus = netvsp.bus = bus = guest_bus(guest);
	netvsp.loop = loop = guest_loop(guest);
	vmbus_guid_parse("11111111-2222-3333-4444-555555555555", &storvsp.instance);
	netvsp.instance = storvsp.instance;
	CHECK(vram && storvsp_new(&storvsp, &storage) == 0 && netvsp_new(&netvsp, &network) == 0 &&
	      heartbeat_new(bus, loop, on_heartbeat, NULL, &heartbeat) == 0 &&
	      timesync_new(bus, loop, reference_time, NULL, &timesync) == 0 &&
	      vss_new(bus, loop, &vss_ops, NULL, &vss) == 0 &&
	      file_copy_new(bus, &copy_ops, NULL, &copy) == 0 && balloon_new(bus, loop, &dm, &balloon) == 0 &&
	      synthkbd_new(bus, &keyboard_ops, NULL, &keyboard) == 0 &&
	      synthhid_new(bus, &mouse_ops, NULL, &mouse) == 0 && synthvid_new(bus, &synthvid, &video) == 0);
}

static void unmake(void)
{
	CHECK(guest_reset(guest));
	vmbus_stop(guest_bus(guest), fuzz_ignore, NULL);
	guest_run(guest);
	synthvid_free(video);
	synthhid_free(mouse);
	synthkbd_free(keyboard);
	balloon_free(balloon);
	file_copy_free(copy);
	vss_free(vss);
	timesync_free(timesync);
	heartbeat_free(heartbeat);
	netvsp_free(network);
	storvsp_free(storage);
	guest_free(guest);
	free(vram);
}

/* --- the guest --------------------------------------------------------------------------------------------- */

static void open_devices(struct fuzz_input *input)
{
	uint16_t which = fuzz_u16(input);

	CHECK(guest_start(guest) == TYPES);
	for (unsigned i = 0; i < TYPES; i++) {
		struct vmbus_guid type;

		vmbus_guid_parse(types[i], &type);
		channels[i] =
		    which >> i & 1 ? NULL : guest_open(guest, guest_offer(guest, &type, 0), 4, NULL);
	}
}

/* What negotiations begin with, and whatever the input says. */
static void speak(struct fuzz_input *input, unsigned most)
{
	for (unsigned n = 0; n < most && fuzz_more(input); n++) {
		uint8_t how = fuzz_u8(input);
		uint32_t words[20] = { 0 };

		for (unsigned i = 0; i < (how >> 4 & 7) + 1u; i++)
			words[i] = fuzz_varied(input);
		if (channels[how % TYPES])
			guest_send(channels[how % TYPES], n + 1, how & 0x80, words, sizeof(words));
	}
}

/* The guest goes on in another life of the bus, of which its rig would forget all. */
static void live_on(void)
{
	for (unsigned i = 0; i < TYPES; i++)
		if (channels[i]) {
			copies[i] = *channels[i];
			channels[i] = &copies[i];
		}
	CHECK(guest_reset(guest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	bool is_changed = fuzz_u8(&input) & 7, is_good;
	size_t state_size;
	uint8_t *bytes;

	make();
	open_devices(&input);
	speak(&input, 12);
	bytes = guest_save(guest, &state_size);
	live_on();
	if (is_changed)
		fuzz_sections(bytes, state_size, &input);
	is_good = guest_take_back(guest, bytes, state_size);
	free(bytes);
	CHECK(is_good || is_changed);
	if (is_good) {
		guest_run(guest);
		speak(&input, 20);
	}
	CHECK(guest_reset(guest));
	vmbus_hold(guest_bus(guest), false);
	CHECK(guest_start(guest) == TYPES);
	unmake();
	return 0;
}
