/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/video/synthvid.h"
#include "vsp/message_device.h"
#include "vsp/pipe_proto.h"
#include "vsp/video/synthvid_modes.h"
#include "vsp/video/synthvid_proto.h"

#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE_GUID "5620e0c7-8062-4dce-aeb7-520c7ef76171"

enum {
	PIXEL_BYTES = 4,
	POINTER_BYTES = SYNTHVID_POINTER_MAX * SYNTHVID_POINTER_MAX * PIXEL_BYTES,
	PACKET_MAX = POINTER_BYTES + 256,
	PREFERRED_WIDTH = 1024,
	PREFERRED_HEIGHT = 768,
};

struct synthvid {
	struct message_device device;
	struct synthvid_modes_config modes;
	const struct synthvid_ops *ops;
	void *opaque;
	bool is_watched;

	bool is_negotiated;
	bool owes_feature_change; /* it found no room */
	uint8_t *vram;		  /* NULL: not placed */
	uint64_t vram_gpa;
	struct synthvid_surface surface;
	struct synthvid_pointer pointer;
	uint8_t pointer_argb[POINTER_BYTES];
};

/* --- to the guest ---------------------------------------------------------------------------------- */

static int send_message(struct synthvid *video, uint32_t type, const void *body, uint32_t size)
{
	struct {
		struct vsp_pipe_header pipe;
		struct synthvid_header header;
	} head = { { VSP_PIPE_DATA, sizeof(head.header) + size }, { type, sizeof(head.header) + size } };
	struct iovec iov[] = { { &head, sizeof(head) }, { (void *)body, size } };

	return message_device_send(&video->device, iov, 2);
}

static void send_feature_change(struct synthvid *video)
{
	struct synthvid_feature_change change = { video->is_watched, video->is_watched, video->is_watched,
						  1 };

	if (video->is_negotiated)
		video->owes_feature_change =
		    send_message(video, SYNTHVID_FEATURE_CHANGE, &change, sizeof(change)) == -EAGAIN;
}

void synthvid_set_watched(struct synthvid *video, bool is_watched)
{
	if (video->is_watched == is_watched)
		return;
	video->is_watched = is_watched;
	send_feature_change(video);
	/* What changed while nobody looked was not reported. */
	if (is_watched && video->surface.pixels)
		video->ops->on_dirty(video->opaque, 0, 0, video->surface.width, video->surface.height);
}

void synthvid_set_preferred(struct synthvid *video, uint16_t width, uint16_t height)
{
	struct synthvid_resolution best = synthvid_modes_within(&video->modes, width, height);

	video->modes.preferred_width = best.width;
	video->modes.preferred_height = best.height;
}

int synthvid_fit(struct synthvid *video, uint16_t width, uint16_t height)
{
	if (!video->surface.pixels)
		return -ENOTCONN;
	synthvid_set_preferred(video, width, height);
	if (video->surface.width == video->modes.preferred_width &&
	    video->surface.height == video->modes.preferred_height)
		return 1;
	message_device_renew(&video->device);
	return 0;
}

/* --- what the guest says: each handler gets a body of at least its structure's size ------------------ */

static void set_surface(struct synthvid *video, const struct synthvid_surface *surface)
{
	video->surface = *surface;
	video->ops->on_surface(video->opaque, &video->surface);
}

static void hide(struct synthvid *video)
{
	if (video->surface.pixels)
		set_surface(video, &(struct synthvid_surface){ NULL });
}

static void on_version_request(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_version_request request;
	struct synthvid_version_response response = { .outputs_max = 1 };
	unsigned major, minor;

	(void)size;
	memcpy(&request, body, sizeof(request));
	major = request.version & 0xffff;
	minor = request.version >> 16;
	response.version = request.version;
	response.is_accepted = major == 3 && minor <= 5;
	if (send_message(video, SYNTHVID_VERSION_RESPONSE, &response, sizeof(response)) < 0)
		return;
	video->is_negotiated = response.is_accepted;
	send_feature_change(video);
}

static void on_resolution_request(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_resolution_response response;

	(void)size;
	synthvid_modes_fill(&video->modes, &response);
	if (body[0] < response.count)
		response.count = body[0] ? body[0] : 1;
	(void)send_message(video, SYNTHVID_RESOLUTION_RESPONSE, &response, sizeof(response));
}

static void on_vram_location(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_vram_location location;
	struct synthvid_ack ack;

	(void)size;
	memcpy(&location, body, sizeof(location));
	hide(video);
	video->vram = location.is_gpa_specified
			  ? video->ops->place(video->opaque, location.gpa, video->modes.vram_size)
			  : NULL;
	video->vram_gpa = location.gpa;
	if (!video->vram)
		return; /* the guest's driver gives up after ten seconds and says so */
	ack.context = location.context;
	(void)send_message(video, SYNTHVID_VRAM_LOCATION_ACK, &ack, sizeof(ack));
}

static bool is_possible(const struct synthvid *video, const struct synthvid_output *output)
{
	uint64_t line = (uint64_t)output->width * output->depth / 8;

	return (output->depth == 32 || output->depth == 16) && output->width >= 1 && output->height >= 1 &&
	       output->width <= video->modes.width_max && output->height <= video->modes.height_max &&
	       output->pitch >= line && output->pitch % (output->depth / 8) == 0 &&
	       output->vram_offset % PIXEL_BYTES == 0 &&
	       output->vram_offset + (uint64_t)output->pitch * (output->height - 1) + line <=
		   video->modes.vram_size;
}

static void on_situation_update(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_situation_update update;
	struct synthvid_ack ack;

	(void)size;
	memcpy(&update, body, sizeof(update));
	if (update.output_count >= 1 && video->vram && update.output.is_active &&
	    is_possible(video, &update.output))
		set_surface(video,
			    &(struct synthvid_surface){ .pixels = video->vram + update.output.vram_offset,
							.width = update.output.width,
							.height = update.output.height,
							.pitch = update.output.pitch,
							.depth = update.output.depth });
	else
		hide(video);
	ack.context = update.context;
	(void)send_message(video, SYNTHVID_SITUATION_UPDATE_ACK, &ack, sizeof(ack));
}

static uint32_t clip(int32_t value, uint32_t limit)
{
	return value < 0 ? 0 : (uint32_t)value > limit ? limit : (uint32_t)value;
}

static void on_dirt(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_dirt dirt;

	memcpy(&dirt, body, sizeof(dirt));
	if (!video->surface.pixels || size < sizeof(dirt) + dirt.count * sizeof(struct synthvid_rect))
		return;
	for (unsigned i = 0; i < dirt.count; i++) {
		struct synthvid_rect rect;
		uint32_t x1, y1, x2, y2;

		memcpy(&rect, body + sizeof(dirt) + i * sizeof(rect), sizeof(rect));
		x1 = clip(rect.x1, video->surface.width);
		x2 = clip(rect.x2, video->surface.width);
		y1 = clip(rect.y1, video->surface.height);
		y2 = clip(rect.y2, video->surface.height);
		if (x1 < x2 && y1 < y2)
			video->ops->on_dirty(video->opaque, x1, y1, x2 - x1, y2 - y1);
	}
}

static void tell_pointer(struct synthvid *video)
{
	if (video->ops->on_pointer)
		video->ops->on_pointer(video->opaque, &video->pointer);
}

static void on_pointer_position(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_pointer_position position;

	(void)size;
	memcpy(&position, body, sizeof(position));
	video->pointer.is_visible = position.is_visible;
	video->pointer.x = position.x;
	video->pointer.y = position.y;
	tell_pointer(video);
}

static void on_pointer_shape(struct synthvid *video, const uint8_t *body, size_t size)
{
	struct synthvid_pointer_shape shape;
	size_t bytes;

	memcpy(&shape, body, sizeof(shape));
	if (shape.part != SYNTHVID_POINTER_COMPLETE || shape.width > SYNTHVID_POINTER_MAX ||
	    shape.height > SYNTHVID_POINTER_MAX || shape.hot_x > shape.width || shape.hot_y > shape.height)
		return;
	bytes = (size_t)shape.width * shape.height * PIXEL_BYTES;
	if (!shape.is_argb || size < sizeof(shape) + bytes)
		return;
	memcpy(video->pointer_argb, body + sizeof(shape), bytes);
	video->pointer.width = shape.width;
	video->pointer.height = shape.height;
	video->pointer.hot_x = shape.hot_x;
	video->pointer.hot_y = shape.hot_y;
	video->pointer.argb = video->pointer_argb;
	tell_pointer(video);
}

static const struct {
	uint32_t type;
	size_t size_min;
	bool needs_version; /* not before the versions are agreed upon */
	void (*handle)(struct synthvid *video, const uint8_t *body, size_t size);
} handlers[] = {
	{ SYNTHVID_VERSION_REQUEST, sizeof(struct synthvid_version_request), false, on_version_request },
	{ SYNTHVID_RESOLUTION_REQUEST, 1, true, on_resolution_request },
	{ SYNTHVID_VRAM_LOCATION, sizeof(struct synthvid_vram_location), true, on_vram_location },
	{ SYNTHVID_SITUATION_UPDATE, sizeof(struct synthvid_situation_update), true, on_situation_update },
	{ SYNTHVID_DIRT, sizeof(struct synthvid_dirt), true, on_dirt },
	{ SYNTHVID_POINTER_POSITION, sizeof(struct synthvid_pointer_position), true, on_pointer_position },
	{ SYNTHVID_POINTER_SHAPE, sizeof(struct synthvid_pointer_shape), true, on_pointer_shape },
};

static void on_packet(void *opaque, const struct vmbus_packet *packet)
{
	struct synthvid *video = opaque;
	struct {
		struct vsp_pipe_header pipe;
		struct synthvid_header header;
	} head;
	const uint8_t *body = (const uint8_t *)packet->payload + sizeof(head);
	size_t size;

	if (packet->payload_size < sizeof(head))
		return;
	memcpy(&head, packet->payload, sizeof(head));
	size = packet->payload_size - sizeof(head);
	if (head.pipe.type != VSP_PIPE_DATA || head.header.size < sizeof(head.header))
		return;
	if (head.header.size - sizeof(head.header) < size) /* the rest is padding */
		size = head.header.size - sizeof(head.header);
	for (unsigned i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == head.header.type && size >= handlers[i].size_min &&
		    (video->is_negotiated || !handlers[i].needs_version)) {
			handlers[i].handle(video, body, size);
			return;
		}
}

/* --- saved state ------------------------------------------------------------------------------------ */

/* As the guest said it, so that it is checked again. */
static void surface_state(struct synthvid *video, struct state *state)
{
	const struct synthvid_surface *surface = &video->surface;
	struct synthvid_output output = {
		.is_active = surface->pixels != NULL,
		.vram_offset = surface->pixels ? (uint32_t)(surface->pixels - video->vram) : 0,
		.depth = (uint8_t)surface->depth,
		.width = surface->width,
		.height = surface->height,
		.pitch = surface->pitch,
	};

	state_bytes(state, &output, sizeof(output));
	if (!state_is_reading(state) || !output.is_active)
		return;
	if (!video->vram || !is_possible(video, &output))
		state_refuse(state, "shows what is not there");
	else
		set_surface(video, &(struct synthvid_surface){ .pixels = video->vram + output.vram_offset,
							       .width = output.width,
							       .height = output.height,
							       .pitch = output.pitch,
							       .depth = output.depth });
}

static void vram_state(struct synthvid *video, struct state *state)
{
	bool is_placed = video->vram != NULL;

	state_bool(state, &is_placed);
	state_u64(state, &video->vram_gpa);
	if (!state_is_reading(state) || !is_placed)
		return;
	video->vram = video->ops->place(video->opaque, video->vram_gpa, video->modes.vram_size);
	if (!video->vram)
		state_refuse(state, "has its memory where something else is");
}

static void pointer_state(struct synthvid *video, struct state *state)
{
	struct synthvid_pointer *pointer = &video->pointer;
	bool has_shape = pointer->argb != NULL;

	state_bool(state, &pointer->is_visible);
	state_i32(state, &pointer->x);
	state_i32(state, &pointer->y);
	state_u32_max(state, &pointer->width, SYNTHVID_POINTER_MAX);
	state_u32_max(state, &pointer->height, SYNTHVID_POINTER_MAX);
	state_u32_max(state, &pointer->hot_x, pointer->width);
	state_u32_max(state, &pointer->hot_y, pointer->height);
	state_bool(state, &has_shape);
	if (has_shape)
		state_bytes(state, video->pointer_argb,
			    (size_t)pointer->width * pointer->height * PIXEL_BYTES);
	if (!state_is_reading(state))
		return;
	pointer->argb = has_shape ? video->pointer_argb : NULL;
	tell_pointer(video);
}

static void on_state(void *opaque, struct state *state)
{
	struct synthvid *video = opaque;

	state_bool(state, &video->is_negotiated);
	if (state_is_reading(state) && !video->device.channel)
		video->is_negotiated = false;
	vram_state(video, state);
	surface_state(video, state);
	pointer_state(video, state);
	/* else a guest whose driver starts just then would not hear what it starts for */
	if (state_version(state) > 1) {
		state_u16(state, &video->modes.preferred_width);
		state_u16(state, &video->modes.preferred_height);
	}
	/* whether somebody looks may be another than before */
	if (state_is_reading(state) && state_is_good(state))
		send_feature_change(video);
}

static void on_closed(void *opaque)
{
	struct synthvid *video = opaque;

	hide(video);
	video->vram = NULL;
	video->is_negotiated = video->owes_feature_change = false;
	video->pointer = (struct synthvid_pointer){ .is_visible = false };
	tell_pointer(video);
}

static void on_writable(void *opaque)
{
	struct synthvid *video = opaque;

	if (video->owes_feature_change)
		send_feature_change(video);
}

static const struct message_device_ops device_ops = {
	.packet = on_packet,
	.closed = on_closed,
	.writable = on_writable,
	.state = on_state,
};

/* --- life ------------------------------------------------------------------------------------------ */

static uint16_t limit(uint16_t wanted, uint16_t max)
{
	return wanted > 0 && wanted < max ? wanted : max;
}

int synthvid_new(struct vmbus *bus, const struct synthvid_config *config, struct synthvid **ret_video)
{
	struct synthvid *video = calloc(1, sizeof(*video));
	struct message_device_config device = { .type_guid = SYNTHVID_TYPE_GUID,
						.instance_guid = INSTANCE_GUID,
						.has_pipe = true,
						.mmio_megabytes = config->vram_megabytes,
						.packet_max = PACKET_MAX,
						.ops = &device_ops,
						.opaque = video };
	int r;

	if (!video)
		return -ENOMEM;
	video->ops = config->ops;
	video->opaque = config->opaque;
	video->modes = (struct synthvid_modes_config){
		.vram_size = (uint64_t)config->vram_megabytes << 20,
		.preferred_width = config->preferred_width ? config->preferred_width : PREFERRED_WIDTH,
		.preferred_height = config->preferred_height ? config->preferred_height : PREFERRED_HEIGHT,
		.width_max = limit(config->width_max, SYNTHVID_WIDTH_MAX),
		.height_max = limit(config->height_max, SYNTHVID_HEIGHT_MAX),
	};
	r = message_device_init(&video->device, bus, &device);
	if (r < 0) {
		free(video);
		return r;
	}
	*ret_video = video;
	return 0;
}

struct synthvid *synthvid_free(struct synthvid *video)
{
	if (!video)
		return NULL;
	message_device_deinit(&video->device);
	free(video);
	return NULL;
}
