/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The integration services, dynamic memory and hvsock, with a guest that answers as it likes: rightly, with
 * any status and body, cut short, twice, or with something else altogether, while the host goes on asking.
 */
#include "fuzz.h"

#include "guest.h"
#include "loop/loop.h"
#include "vsp/balloon/balloon.h"
#include "vsp/hvsock/hvsock.h"
#include "vsp/ic/file_copy.h"
#include "vsp/ic/heartbeat.h"
#include "vsp/ic/ic_proto.h"
#include "vsp/ic/kvp.h"
#include "vsp/ic/shutdown.h"
#include "vsp/ic/timesync.h"
#include "vsp/ic/vss.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const types[] = {
	"57164f39-9115-4e78-ab55-382f3bd5422d", "0e0b6031-5213-4934-818b-38d90ced39db",
	"9527e630-d0ae-497b-adce-e80ab0175caf", "a9a0f4e7-5a45-4d96-b827-8a841e8c03e6",
	"35fa2e29-ea23-4236-96ae-3a6ebacba440", "34d14be3-dee4-41c8-9ae7-6b174977c192",
	"525074dc-8985-46e2-8057-a307dc18a502", "00001388-facb-11e6-bd58-64006a7986d3",
	"0000000b-facb-11e6-bd58-64006a7986d3",
};

enum { TYPES = sizeof(types) / sizeof(types[0]), BALLOON = 6, HVSOCK = 7, OPENS_MAX = 150 };

static struct guest *guest;
static struct guest_channel *channels[TYPES];
static struct guest_packet packet;
static struct hvsock *hvsock;
static struct heartbeat *heartbeat;
static struct shutdown_ic *shutdown_ic;
static struct timesync *timesync;
static struct kvp *kvp;
static struct vss *vss;
static struct file_copy *copy;
static struct balloon *balloon;
static unsigned opens, copies, copies_done;
static int host_fd;

static void on_bool(void *opaque, bool is_ready)
{
}
static void on_frozen(void *opaque, int result)
{
}
static void on_state(void *opaque, enum heartbeat_state state)
{
}
static void on_nothing(void *opaque)
{
}
static void on_value(void *opaque, enum kvp_pool pool, const char *key, const char *value)
{
	CHECK(strlen(key) < KVP_KEY_TEXT && strlen(value) < KVP_VALUE_TEXT && *key);
}
static void on_changed(void *opaque, enum kvp_pool pool, const char *key, bool is_good)
{
}
static void on_progress(void *opaque, uint64_t done, uint64_t size)
{
	CHECK(done <= size);
}
static void on_copied(void *opaque, enum file_copy_result result)
{
	copies_done++;
}

enum { HOT_FIRST_PAGE = 0x80000, HOT_PAGES = 2 * 0x8000 };

static void on_status(void *opaque, const struct balloon_status *status)
{
}
static void on_ballooned(void *opaque, uint64_t pages)
{
	CHECK(pages <= GUEST_MEMORY / 4096 + HOT_PAGES);
}
static bool on_back(void *opaque, uint64_t pages)
{
	CHECK(pages <= HOT_PAGES);
	return true;
}
static bool on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	CHECK(size > 0 && gpa % 4096 == 0 && gpa + size <= (HOT_FIRST_PAGE + HOT_PAGES) * UINT64_C(4096));
	return gpa + size <= GUEST_MEMORY || gpa >= HOT_FIRST_PAGE * UINT64_C(4096);
}
static uint64_t on_time(void *opaque)
{
	return 1;
}
static int on_guest_connects(void *opaque, const struct vmbus_guid *endpoint,
			     const struct vmbus_guid *service)
{
	return hvsock_guest_connects(hvsock, endpoint, service);
}
static int on_connect(void *opaque, uint32_t port)
{
	int pair[2];

	if (port % 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		return -ECONNREFUSED;
	if (host_fd >= 0)
		close(host_fd);
	host_fd = pair[1];
	return pair[0];
}

static const struct shutdown_ops shutdown_ops = { on_bool, on_bool };
static const struct kvp_ops kvp_ops = { on_bool, on_value, on_nothing, on_changed };
static const struct vss_ops vss_ops = { on_bool, on_frozen, on_bool };
static const struct file_copy_ops copy_ops = { on_bool, on_progress, on_copied };
static const struct balloon_ops balloon_ops = { on_bool,    on_status, on_ballooned,
						on_discard, on_back,   on_ballooned };
static const struct hvsock_ops hvsock_ops = { on_connect };

static void make_services(void)
{
	struct vmbus *bus = guest_bus(guest);
	struct loop *loop = guest_loop(guest);
	struct balloon_config config = { .memory_end = GUEST_MEMORY,
					 .pages = GUEST_MEMORY / 4096,
					 .hot_first_page = HOT_FIRST_PAGE,
					 .hot_pages = HOT_PAGES,
					 .ops = &balloon_ops };

	CHECK(heartbeat_new(bus, loop, on_state, NULL, &heartbeat) == 0);
	CHECK(shutdown_new(bus, &shutdown_ops, NULL, &shutdown_ic) == 0);
	CHECK(timesync_new(bus, loop, on_time, NULL, &timesync) == 0);
	CHECK(kvp_new(bus, loop, &kvp_ops, NULL, &kvp) == 0);
	CHECK(vss_new(bus, loop, &vss_ops, NULL, &vss) == 0);
	CHECK(file_copy_new(bus, &copy_ops, NULL, &copy) == 0);
	CHECK(balloon_new(bus, loop, &config, &balloon) == 0);
	CHECK(hvsock_new(bus, loop, &hvsock_ops, NULL, &hvsock) == 0);
}

static void free_services(void)
{
	heartbeat_free(heartbeat);
	shutdown_free(shutdown_ic);
	timesync_free(timesync);
	kvp_free(kvp);
	vss_free(vss);
	file_copy_free(copy);
	balloon_free(balloon);
	hvsock_free(hvsock);
}

static void open_channel(unsigned place)
{
	struct vmbus_guid type;

	if (channels[place] || opens++ > OPENS_MAX || vmbus_guid_parse(types[place], &type) < 0)
		return;
	channels[place] = guest_open(guest, guest_offer(guest, &type, 0), 3, NULL);
	for (unsigned i = 0; i < TYPES; i++)
		if (i != place && channels[i] && channels[place] &&
		    channels[i]->relid == channels[place]->relid) {
			free(channels[i]);
			channels[i] = NULL;
		}
}

static void close_channel(unsigned place)
{
	if (channels[place])
		guest_close(channels[place]);
	channels[place] = NULL;
}

/* In place, as Linux does; a negotiation is answered with the first versions. */
static void make_answer(struct fuzz_input *input, uint8_t how)
{
	struct ic_header header;
	uint8_t *bytes = packet.bytes + packet.head_size;

	if (packet.size < sizeof(header))
		return;
	memcpy(&header, bytes, sizeof(header));
	header.flags = IC_TRANSACTION | IC_RESPONSE;
	header.status = how & 1 ? fuzz_varied(input) : how & 2 ? IC_NO_MORE : IC_OK;
	if (header.type == IC_NEGOTIATE && packet.size >= sizeof(header) + 16 && !(how & 4)) {
		uint16_t counts[2];
		uint8_t *body = bytes + sizeof(header);

		memcpy(counts, body, sizeof(counts));
		if (counts[0] < 5 && packet.size >= sizeof(header) + 8 + 4u * counts[0] + 4)
			memmove(body + 12, body + 8 + 4 * counts[0], 4);
		counts[0] = counts[1] = 1;
		memcpy(body, counts, sizeof(counts));
	}
	if (how & 8)
		header.transaction ^= fuzz_u8(input);
	if (how & 16)
		header.type = fuzz_u8(input);
	memcpy(bytes, &header, sizeof(header));
	for (unsigned i = 0; (how & 32) && i < 8; i++)
		bytes[fuzz_u16(input) % packet.size] = fuzz_u8(input);
	if (how & 64)
		packet.size = fuzz_u16(input) % (packet.size + 1);
}

static void answer(struct fuzz_input *input)
{
	struct guest_channel *channel = channels[fuzz_u8(input) % TYPES];
	uint8_t how = fuzz_u8(input);

	if (!channel || !guest_receive(channel, &packet))
		return;
	make_answer(input, how);
	guest_send(channel, packet.transaction, false, guest_payload(&packet), packet.size);
	if (how & 128)
		guest_send(channel, packet.transaction, false, guest_payload(&packet), packet.size);
}

static void say_anything(struct fuzz_input *input)
{
	unsigned place = fuzz_u8(input) % TYPES;
	uint8_t bytes[512] = { 0 };
	size_t size = fuzz_u8(input) * 2u;

	if (place == BALLOON) {
		bytes[0] = fuzz_u8(input) % 14;
		for (size_t i = 8; i < 48; i += 4) {
			uint32_t word = fuzz_varied(input);

			memcpy(bytes + i, &word, sizeof(word));
		}
	} else {
		bytes[0] = 1;
		bytes[4] = (uint8_t)(size < 8 ? 0 : size - 8);
		bytes[fuzz_u8(input)] = fuzz_u8(input);
	}
	if (channels[place])
		guest_send(channels[place], 0, false, bytes, size);
}

static void connect_port(struct fuzz_input *input)
{
	struct vmbus_tl_connect message = { .header.type = VMBUS_TL_CONNECT_REQUEST };
	struct vmbus_guid guid;

	vmbus_guid_parse(types[HVSOCK], &guid);
	memcpy(message.service, guid.bytes, 16);
	memcpy(message.endpoint, guid.bytes, 16);
	message.endpoint[0] = fuzz_u8(input) % 4;
	guest_post(guest, VMBUS_CONNECTION, &message, sizeof(message));
}

static void host_side(struct fuzz_input *input)
{
	char text[32] = { 0 };
	int fds[2];

	switch (fuzz_u8(input) % 10) {
	case 0: shutdown_ask(shutdown_ic, fuzz_u8(input) & 1); return;
	case 1: timesync_set(timesync); return;
	case 2:
		for (unsigned i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char)fuzz_u8(input);
		kvp_set(kvp, KVP_POOL_EXTERNAL, text, text + 16);
		return;
	case 3:
		kvp_delete(kvp, KVP_POOL_EXTERNAL, "a");
		kvp_get_addresses(kvp, &(struct kvp_addresses){ .mac = "00:15:5d:01:02:03" });
		return;
	case 4: vss_freeze(vss, VSS_FROZEN_MS); return;
	case 5: vss_thaw(vss); return;
	case 6:
		fds[0] = memfd_create("copy", 0);
		if (fds[0] >= 0 && ftruncate(fds[0], fuzz_u16(input)) == 0)
			copies +=
			    file_copy_start(copy, fds[0], fuzz_u16(input), "/tmp", "x", true, true) == 0;
		return;
	case 7: balloon_set_size(balloon, fuzz_u16(input)); return;
	case 8:
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0) {
			hvsock_host_connects(hvsock, 11, fds[0]);
			close(fds[1]);
		}
		return;
	case 9:
		if (host_fd >= 0 &&
		    send(host_fd, packet.bytes, fuzz_u16(input), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		return;
	}
}

static void reset(void)
{
	memset(channels, 0, sizeof(channels));
	CHECK(guest_reset(guest));
	opens = 0;
	guest_start(guest);
}

static void act(struct fuzz_input *input)
{
	switch (fuzz_u8(input) % 8) {
	case 0: open_channel(fuzz_u8(input) % TYPES); return;
	case 1:
	case 2:
	case 3: answer(input); return;
	case 4: say_anything(input); return;
	case 5: host_side(input); return;
	case 6: connect_port(input); return;
	case 7:
		if (fuzz_u8(input) < 8)
			reset();
		else
			close_channel(fuzz_u8(input) % TYPES);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };

	opens = copies = copies_done = 0;
	host_fd = -1;
	guest = guest_new();
	guest_on_connect(guest, on_guest_connects, NULL);
	make_services();
	CHECK(guest_start(guest) == 7);
	for (unsigned i = 0; i < HVSOCK; i++)
		open_channel(i);
	while (fuzz_more(&input))
		act(&input);
	memset(channels, 0, sizeof(channels));
	CHECK(guest_reset(guest));
	guest_run(guest);
	CHECK(copies == copies_done);
	free_services();
	guest_free(guest);
	if (host_fd >= 0)
		close(host_fd);
	return 0;
}
