/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/ic.h"
#include "vsp/pipe_proto.h"

#include "state/state.h"

#include <errno.h>
#include <string.h>

enum { PACKET_MAX = 16384 };

static int send_packet(struct ic *ic, enum ic_type type, const void *body, size_t size)
{
	struct ic_header header = { .pipe_type = VSP_PIPE_DATA,
				    .pipe_size = (uint32_t)(sizeof(header) - 8 + size),
				    .framework_major = ic->framework.major,
				    .framework_minor = ic->framework.minor,
				    .type = (uint16_t)type,
				    .message_major = ic->version.major,
				    .message_minor = ic->version.minor,
				    .body_size = (uint16_t)size,
				    .transaction = ++ic->transaction,
				    .flags = IC_TRANSACTION | IC_REQUEST };
	struct iovec parts[2] = { { &header, sizeof(header) }, { (void *)(uintptr_t)body, size } };
	int r = vmbus_send(ic->channel, 0, false, parts, 2);

	if (r < 0)
		return r;
	ic->is_waiting = true;
	ic->asked_size = size;
	return 0;
}

static unsigned count_versions(const struct ic_version *versions)
{
	unsigned count = 0;

	while (count < IC_VERSIONS_MAX && versions[count].major != 0)
		count++;
	return count;
}

static int negotiate(struct ic *ic)
{
	struct {
		struct ic_negotiate head;
		struct ic_version versions[2 * IC_VERSIONS_MAX];
	} body = { { 0 }, { { 0 } } };
	const struct ic_service *service = ic->service;
	unsigned count = 0;

	body.head.framework_count = (uint16_t)count_versions(service->framework);
	body.head.message_count = (uint16_t)count_versions(service->message);
	for (unsigned i = 0; i < body.head.framework_count; i++)
		body.versions[count++] = service->framework[i];
	for (unsigned i = 0; i < body.head.message_count; i++)
		body.versions[count++] = service->message[i];
	return send_packet(ic, IC_NEGOTIATE, &body, sizeof(body.head) + count * sizeof(struct ic_version));
}

static bool is_offered(const struct ic_version *versions, struct ic_version version)
{
	for (unsigned i = 0; i < count_versions(versions); i++)
		if (versions[i].major == version.major && versions[i].minor == version.minor)
			return true;
	return false;
}

/* A guest that knows none of the versions stays without the service. */
static void on_negotiated(struct ic *ic, const uint8_t *body, size_t size)
{
	struct {
		struct ic_negotiate head;
		struct ic_version framework, message;
	} answer;

	if (size < sizeof(answer))
		return;
	memcpy(&answer, body, sizeof(answer));
	if (answer.head.framework_count != 1 || answer.head.message_count != 1 ||
	    !is_offered(ic->service->framework, answer.framework) ||
	    !is_offered(ic->service->message, answer.message))
		return;
	ic->framework = answer.framework;
	ic->version = answer.message;
	ic->is_ready = true;
	if (ic->service->on_ready)
		ic->service->on_ready(ic->opaque, ic->version);
}

/* The private copy is as long as the question; what the guest did not send of it is 0. */
static void handle_packet(struct ic *ic, const struct vmbus_packet *packet)
{
	struct ic_header header;
	size_t size = packet->payload_size;
	const uint8_t *body = ic->packet + sizeof(header);

	if (size < sizeof(header) || packet->type != VMBUS_PACKET_INBAND) {
		ic->strays++;
		return;
	}
	memset(ic->packet, 0, sizeof(ic->packet));
	memcpy(ic->packet, packet->payload, size < sizeof(ic->packet) ? size : sizeof(ic->packet));
	memcpy(&header, ic->packet, sizeof(header));
	if (!ic->is_waiting || header.transaction != ic->transaction || !(header.flags & IC_RESPONSE) ||
	    header.type != (ic->is_ready ? (uint16_t)ic->service->type : IC_NEGOTIATE)) {
		ic->strays++;
		return;
	}
	ic->is_waiting = false;
	if (!ic->is_ready)
		on_negotiated(ic, body, ic->asked_size);
	else if (ic->service->on_answer)
		ic->service->on_answer(ic->opaque, header.status, body, ic->asked_size);
}

static void on_readable(void *opaque, struct vmbus_channel *channel)
{
	struct ic *ic = opaque;
	struct vmbus_packet packet;

	while (vmbus_receive(channel, &packet) == 1)
		handle_packet(ic, &packet);
}

static int on_open(void *opaque, struct vmbus_channel *channel)
{
	struct ic *ic = opaque;

	ic->channel = channel;
	ic->is_ready = ic->is_waiting = false;
	ic->framework = ic->version = (struct ic_version){ 0 };
	return negotiate(ic);
}

static void on_close(void *opaque, struct vmbus_channel *channel)
{
	struct ic *ic = opaque;
	bool was_ready = ic->is_ready;

	ic->channel = NULL;
	ic->is_ready = ic->is_waiting = false;
	vmbus_channel_closed(channel);
	if (was_ready && ic->service->on_gone)
		ic->service->on_gone(ic->opaque);
}

static void version_state(struct ic_version *version, struct state *state)
{
	uint16_t major = version->major, minor = version->minor;

	state_u16(state, &major);
	state_u16(state, &minor);
	*version = (struct ic_version){ major, minor };
}

/* A request that waits for its answer goes on waiting: its body is the guest's to send. */
static void on_state(void *opaque, struct state *state)
{
	struct ic *ic = opaque;
	uint32_t asked_size = (uint32_t)ic->asked_size;

	version_state(&ic->framework, state);
	version_state(&ic->version, state);
	state_bool(state, &ic->is_ready);
	state_bool(state, &ic->is_waiting);
	state_u8(state, &ic->transaction);
	state_u32_max(state, &asked_size, IC_BODY_MAX);
	if (state_is_reading(state)) {
		ic->asked_size = asked_size;
		ic->channel = vmbus_device_channel(ic->device, 0);
		if (!ic->channel)
			ic->is_ready = ic->is_waiting = false;
		if (ic->is_ready && (!is_offered(ic->service->framework, ic->framework) ||
				     !is_offered(ic->service->message, ic->version)))
			state_refuse(state, "speaks a version that nobody offered");
	}
	if (ic->service->state)
		ic->service->state(ic->opaque, state);
	if (state_is_reading(state) && state_is_good(state) && ic->is_ready && ic->service->on_ready)
		ic->service->on_ready(ic->opaque, ic->version);
}

static void on_released(void *opaque)
{
	struct ic *ic = opaque;

	ic->released(ic->released_opaque);
}

static const struct vmbus_device_ops device_ops = {
	.released = on_released,
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.state = on_state,
	.name = "service",
};

int ic_init(struct ic *ic, struct vmbus *bus, const struct ic_service *service, void *opaque)
{
	struct vmbus_device_config config = {
		.flags = VMBUS_OFFER_ENUMERATE | VMBUS_OFFER_NAMED_PIPE,
		.user_data = { VSP_PIPE_MESSAGES },
		.packet_max = PACKET_MAX,
		.ops = &device_ops,
		.opaque = ic,
	};
	int r;

	*ic = (struct ic){ .service = service, .opaque = opaque };
	r = vmbus_guid_parse(service->type_guid, &config.type);
	if (r == 0)
		r = vmbus_guid_parse(service->instance_guid, &config.instance);
	return r < 0 ? r : vmbus_device_new(bus, &config, &ic->device);
}

void ic_rescind(struct ic *ic, void (*released)(void *opaque), void *opaque)
{
	ic->released = released;
	ic->released_opaque = opaque;
	vmbus_device_rescind(ic->device);
}

void ic_deinit(struct ic *ic)
{
	ic->device = vmbus_device_free(ic->device);
}

int ic_request(struct ic *ic, const void *body, size_t size)
{
	if (!ic->is_ready)
		return -ENOTCONN;
	if (ic->is_waiting)
		return -EBUSY;
	return size > IC_BODY_MAX ? -EMSGSIZE : send_packet(ic, ic->service->type, body, size);
}
