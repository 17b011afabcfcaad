/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/balloon/balloon_priv.h"

#include "loop/loop.h"
#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES_MAX = (BALLOON_PAGE - 32) / 8 };

int balloon_send(struct balloon *balloon, void *message, size_t size, enum dm_type type)
{
	struct dm_header header = { .type = (uint16_t)type,
				    .size = (uint16_t)size,
				    .transaction = ++balloon->transaction };
	struct iovec part = { message, size };

	memcpy(message, &header, sizeof(header));
	return vmbus_send(balloon->channel, 0, false, &part, 1);
}

/* --- the bitmap -------------------------------------------------------------------------------------- */

static bool test(const struct balloon *balloon, uint64_t page)
{
	return balloon->bits[page / 64] >> page % 64 & 1;
}

static void flip(struct balloon *balloon, uint64_t page)
{
	balloon->bits[page / 64] ^= UINT64_C(1) << page % 64;
}

static void drop_run(struct balloon *balloon, uint64_t first, uint64_t count)
{
	if (count == 0 ||
	    !balloon->config.ops->discard(balloon->config.opaque, first * BALLOON_PAGE, count * BALLOON_PAGE))
		return;
	for (uint64_t page = first; page < first + count; page++)
		flip(balloon, page);
	balloon->ballooned += count;
}

/* Pages that it gave before are not counted again. */
static void take_range(struct balloon *balloon, uint64_t range)
{
	uint64_t page = range & ((UINT64_C(1) << 40) - 1), end = page + (range >> 40), first = page;

	if (end > balloon->page_end)
		end = balloon->page_end;
	for (; page < end; page++)
		if (test(balloon, page)) {
			drop_run(balloon, first, page - first);
			first = page + 1;
		}
	if (first < end)
		drop_run(balloon, first, end - first);
}

/* The next run of given pages, at most `max`; taken out of the bitmap. 0: there is none. */
static uint64_t next_run(struct balloon *balloon, uint64_t max, uint64_t *ret_first)
{
	uint64_t page = balloon->scan, count = 0;

	while (page < balloon->page_end && !test(balloon, page))
		page += balloon->bits[page / 64] == 0 ? 64 - page % 64 : 1;
	if (page >= balloon->page_end)
		return 0;
	*ret_first = page;
	for (; page < balloon->page_end && count < max && count < 0xffffff && test(balloon, page);
	     page++, count++)
		flip(balloon, page);
	balloon->scan = page;
	return count;
}

void balloon_retry(struct balloon *balloon)
{
	loop_timer_set(balloon->timer, loop_now() + RETRY_NS);
}

/* --- asking ------------------------------------------------------------------------------------------ */

static void ask_balloon(struct balloon *balloon, uint64_t pages)
{
	struct dm_balloon message = { .pages = (uint32_t)(pages < PIECE_PAGES ? pages : PIECE_PAGES) };

	balloon->before = balloon->ballooned;
	if (balloon_send(balloon, &message, sizeof(message), DM_BALLOON) == 0)
		balloon->waiting = WAITS_FOR_BALLOON;
}

static void ask_unballoon(struct balloon *balloon, uint64_t pages)
{
	struct {
		struct dm_unballoon head;
		uint64_t ranges[RANGES_MAX];
	} message = { { .header = { 0 } }, { 0 } };
	uint64_t first, count;

	balloon->scan = 0;
	while (pages > 0 && message.head.range_count < RANGES_MAX &&
	       (count = next_run(balloon, pages, &first)) > 0) {
		message.ranges[message.head.range_count++] = first | count << 40;
		balloon->ballooned -= count;
		pages -= count;
	}
	if (balloon_send(balloon, &message, sizeof(message.head) + message.head.range_count * 8,
			 DM_UNBALLOON) == 0)
		balloon->waiting = WAITS_FOR_UNBALLOON;
	balloon->config.ops->on_ballooned(balloon->config.opaque, balloon->ballooned);
}

/* What was given away comes back before there is more; of more than is wanted, because it comes in units, the
 * rest is given away. */
void balloon_go_on(struct balloon *balloon)
{
	uint64_t all = balloon->config.pages + balloon->added, has = all - balloon->ballooned;

	if (balloon->state != DM_READY || balloon->waiting != WAITS_FOR_NOTHING)
		return;
	if (balloon->wanted < has) {
		if (balloon->capabilities & DM_CAN_BALLOON)
			ask_balloon(balloon, has - balloon->wanted);
	} else if (balloon->wanted > has && balloon->ballooned > 0) {
		ask_unballoon(balloon, balloon->wanted < all ? balloon->wanted - has : balloon->ballooned);
	} else if (balloon->wanted > all) {
		balloon_hot_add(balloon, balloon->wanted - all);
	}
}

static void on_timer(void *opaque)
{
	balloon_go_on(opaque);
}

void balloon_set_size(struct balloon *balloon, uint64_t pages)
{
	balloon->wanted = pages;
	balloon_go_on(balloon);
}

void balloon_restarted(struct balloon *balloon)
{
	balloon->added = 0;
}

/* --- the guest's messages ---------------------------------------------------------------------------- */

static void on_version(struct balloon *balloon, const struct dm_version_request *request)
{
	struct dm_accepted answer = { .is_accepted = request->version == DM_VERSION_2_0 ||
						     request->version == DM_VERSION_1_0 ||
						     request->version == DM_VERSION_0_3 };

	if (balloon->state != DM_OPEN)
		return;
	if (answer.is_accepted)
		balloon->state = DM_VERSION_AGREED;
	balloon_send(balloon, &answer, sizeof(answer), DM_VERSION_RESPONSE);
}

static void tell_most(struct balloon *balloon)
{
	struct dm_info_max_pages info = { .info_size = 16,
					  .data_size = 8,
					  .pages = balloon->config.pages + balloon->config.hot_pages };

	balloon_send(balloon, &info, sizeof(info), DM_INFO);
}

static void on_capabilities(struct balloon *balloon, const struct dm_capabilities *request)
{
	struct dm_accepted answer = { .is_accepted = 1 };

	if (balloon->state != DM_VERSION_AGREED)
		return;
	balloon->state = DM_READY;
	balloon->capabilities = request->capabilities;
	balloon_send(balloon, &answer, sizeof(answer), DM_CAPABILITIES_RESPONSE);
	tell_most(balloon);
	balloon->config.ops->on_ready(balloon->config.opaque, true);
	balloon_go_on(balloon);
}

static void on_status(struct balloon *balloon, const struct dm_status *status)
{
	/* Linux counts what it gave away as committed. */
	struct balloon_status told = { .available = status->available,
				       .demand = status->committed > balloon->ballooned
						     ? status->committed - balloon->ballooned
						     : 0 };

	if (balloon->state == DM_READY)
		balloon->config.ops->on_status(balloon->config.opaque, &told);
}

/*
 * Several messages may answer one request; one that brings nothing means that the guest cannot give more now.
 */
static void on_balloon_response(struct balloon *balloon, const uint8_t *bytes, size_t size)
{
	struct dm_ranges head;
	size_t count;

	memcpy(&head, bytes, sizeof(head));
	count = head.more_and_count >> 1;
	if (balloon->waiting != WAITS_FOR_BALLOON || count > (size - sizeof(head)) / 8)
		return;
	for (size_t i = 0; i < count; i++) {
		uint64_t range;

		memcpy(&range, bytes + sizeof(head) + i * 8, sizeof(range));
		take_range(balloon, range);
	}
	if (head.more_and_count & 1)
		return;
	balloon->waiting = WAITS_FOR_NOTHING;
	balloon->config.ops->on_ballooned(balloon->config.opaque, balloon->ballooned);
	if (balloon->ballooned > balloon->before)
		balloon_go_on(balloon);
	else
		balloon_retry(balloon);
}

static void handle_message(struct balloon *balloon, const uint8_t *bytes, size_t size)
{
	struct dm_header header;

	memcpy(&header, bytes, sizeof(header));
	if (header.type == DM_VERSION_REQUEST && size >= sizeof(struct dm_version_request)) {
		on_version(balloon, (const void *)bytes);
	} else if (header.type == DM_CAPABILITIES && size >= sizeof(struct dm_capabilities)) {
		on_capabilities(balloon, (const void *)bytes);
	} else if (header.type == DM_STATUS && size >= sizeof(struct dm_status)) {
		on_status(balloon, (const void *)bytes);
	} else if (header.type == DM_BALLOON_RESPONSE && size >= sizeof(struct dm_ranges)) {
		on_balloon_response(balloon, bytes, size);
	} else if (header.type == DM_UNBALLOON_RESPONSE && balloon->waiting == WAITS_FOR_UNBALLOON) {
		balloon->waiting = WAITS_FOR_NOTHING;
		balloon_go_on(balloon);
	} else if (header.type == DM_HOT_ADD_RESPONSE && size >= sizeof(struct dm_hot_add_response)) {
		balloon_hot_added(balloon, (const void *)bytes);
	}
}

static void on_readable(void *opaque, struct vmbus_channel *channel)
{
	struct balloon *balloon = opaque;
	struct vmbus_packet packet;

	while (vmbus_receive(channel, &packet) == 1)
		if (packet.type == VMBUS_PACKET_INBAND && packet.payload_size >= sizeof(struct dm_header))
			handle_message(balloon, packet.payload, packet.payload_size);
}

/* --- life -------------------------------------------------------------------------------------------- */

/*
 * The driver that comes next knows nothing of what was given before; a driver that goes gives nothing back.
 */
static int on_open(void *opaque, struct vmbus_channel *channel)
{
	struct balloon *balloon = opaque;

	balloon->channel = channel;
	balloon->state = DM_OPEN;
	balloon->waiting = WAITS_FOR_NOTHING;
	balloon->ballooned = 0;
	balloon->cannot_add = false;
	memset(balloon->bits, 0, (balloon->page_end + 63) / 64 * 8);
	return 0;
}

static void on_close(void *opaque, struct vmbus_channel *channel)
{
	struct balloon *balloon = opaque;
	bool was_ready = balloon->state == DM_READY;

	balloon->channel = NULL;
	balloon->state = DM_CLOSED;
	loop_timer_set(balloon->timer, LOOP_NEVER);
	vmbus_channel_closed(channel);
	if (was_ready)
		balloon->config.ops->on_ready(balloon->config.opaque, false);
}

/* Pages that the guest gave away: runs of a bitmap, of which most is nothing. */
static void bits_state(struct balloon *balloon, struct state *state)
{
	uint64_t words = (balloon->page_end + 63) / 64, at = 0, zeros;

	while (at < words && state_is_good(state)) {
		for (zeros = 0;
		     !state_is_reading(state) && at + zeros < words && balloon->bits[at + zeros] == 0;
		     zeros++)
			;
		state_u64(state, &zeros);
		if (zeros > words - at)
			state_refuse(state, "has more pages than this machine");
		else if (at + zeros < words)
			state_u64(state, &balloon->bits[at + zeros]);
		if (state_is_good(state))
			at += zeros + 1;
	}
}

static uint64_t count_bits(const struct balloon *balloon)
{
	uint64_t count = 0;

	for (uint64_t page = 0; page < balloon->page_end; page++)
		count += test(balloon, page);
	return count;
}

static void check_state(struct balloon *balloon, struct state *state)
{
	balloon->channel = vmbus_device_channel(balloon->device, 0);
	if (!balloon->channel)
		balloon->state = DM_CLOSED;
	if (balloon->added > balloon->config.hot_pages || balloon->asked > balloon->config.hot_pages ||
	    balloon->ballooned != count_bits(balloon) || balloon->scan > balloon->page_end) {
		state_refuse(state, "has more memory than possible");
		balloon->added = balloon->ballooned = balloon->scan = 0;
	}
	if (!state_is_good(state))
		return;
	balloon->config.ops->on_added(balloon->config.opaque, balloon->added);
	balloon->config.ops->on_ballooned(balloon->config.opaque, balloon->ballooned);
	if (balloon->state != DM_READY)
		return;
	balloon->config.ops->on_ready(balloon->config.opaque, true);
	balloon_retry(balloon);
}

/* The memory that was added is there already (worker). */
static void on_state(void *opaque, struct state *state)
{
	struct balloon *balloon = opaque;

	state_enum_max(state, &balloon->state, DM_READY);
	state_enum_max(state, &balloon->waiting, WAITS_FOR_HOT_ADD);
	state_u32(state, &balloon->transaction);
	state_u64(state, &balloon->capabilities);
	state_u64(state, &balloon->wanted);
	state_u64(state, &balloon->added);
	state_u64(state, &balloon->ballooned);
	state_u64(state, &balloon->asked);
	state_u64(state, &balloon->before);
	state_bool(state, &balloon->cannot_add);
	state_u64(state, &balloon->scan);
	bits_state(balloon, state);
	if (state_is_reading(state))
		check_state(balloon, state);
}

static const struct vmbus_device_ops device_ops = {
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.state = on_state,
	.name = "memory",
};

static int make_device(struct balloon *balloon, struct vmbus *bus)
{
	struct vmbus_device_config config = { .packet_max = PACKET_MAX,
					      .ops = &device_ops,
					      .opaque = balloon };
	int r = vmbus_guid_parse("525074dc-8985-46e2-8057-a307dc18a502", &config.type);

	if (r == 0)
		r = vmbus_guid_parse("1eccfd72-4b41-45ef-b73a-4a6e44c12924", &config.instance);
	return r < 0 ? r : vmbus_device_new(bus, &config, &balloon->device);
}

int balloon_new(struct vmbus *bus, struct loop *loop, const struct balloon_config *config,
		struct balloon **ret_balloon)
{
	struct balloon *balloon = calloc(1, sizeof(*balloon));
	int r;

	if (!balloon)
		return -ENOMEM;
	balloon->config = *config;
	balloon->wanted = config->pages;
	balloon->page_end = config->memory_end / BALLOON_PAGE;
	if (config->hot_pages > 0)
		balloon->page_end = config->hot_first_page + config->hot_pages;
	balloon->bits = calloc((balloon->page_end + 63) / 64, 8);
	r = balloon->bits ? loop_timer_new(loop, on_timer, balloon, &balloon->timer) : -ENOMEM;
	if (r == 0)
		r = make_device(balloon, bus);
	if (r < 0) {
		balloon_free(balloon);
		return r;
	}
	*ret_balloon = balloon;
	return 0;
}

struct balloon *balloon_free(struct balloon *balloon)
{
	if (!balloon)
		return NULL;
	vmbus_device_free(balloon->device);
	loop_timer_free(balloon->timer);
	free(balloon->bits);
	free(balloon);
	return NULL;
}
