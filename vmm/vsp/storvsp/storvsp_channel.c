/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests of one channel: how many are taken out of the ring, and how answers get into the other one. */
#include "vsp/storvsp/storvsp_priv.h"

#include <errno.h>
#include <stdlib.h>

int storvsp_channel_new(struct storvsp *controller, struct vmbus_channel *bus_channel,
			struct storvsp_channel **ret_channel)
{
	struct storvsp_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return -ENOMEM;
	channel->controller = controller;
	channel->bus_channel = bus_channel;
	list_init(&channel->idle);
	list_init(&channel->answers);
	list_append(&controller->channels, &channel->link);
	*ret_channel = channel;
	return 0;
}

/* --- requests ---------------------------------------------------------------------------------------- */

struct storvsp_request *storvsp_channel_new_request(struct storvsp_channel *channel)
{
	struct storvsp_request *request;

	if (channel->made >= STORVSP_REQUESTS_MAX)
		return NULL;
	request = malloc(sizeof(*request));
	if (!request)
		return NULL;
	request->channel = channel;
	list_init(&request->link);
	channel->made++;
	return request;
}

/* An idle one; NULL: as many as may be are under way, or there is no memory for more. */
static struct storvsp_request *get_request(struct storvsp_channel *channel)
{
	if (!list_is_empty(&channel->idle))
		return list_entry(list_take(&channel->idle), struct storvsp_request, link);
	return storvsp_channel_new_request(channel);
}

static void free_requests(struct list *list)
{
	while (!list_is_empty(list))
		free(list_entry(list_take(list), struct storvsp_request, link));
}

/* --- answers ----------------------------------------------------------------------------------------- */

static int send_answer(struct storvsp_request *request)
{
	struct vstor_packet answer = request->packet;
	struct iovec payload = { &answer, sizeof(answer) };

	answer.operation = VSTOR_COMPLETE_IO;
	return vmbus_send_completion(request->channel->bus_channel, request->transaction_id, &payload, 1);
}

/* 0: it is sent, and the request idle again. */
static int try_answer(struct storvsp_request *request)
{
	struct storvsp_channel *channel = request->channel;
	int r = send_answer(request);

	if (r == -EAGAIN)
		return r;
	/* any other error: the channel is being shut, and nobody waits for the answer */
	storvsp_control_answered(channel->controller, &request->packet);
	list_append(&channel->idle, &request->link);
	return 0;
}

void storvsp_channel_answer(struct storvsp_request *request)
{
	struct storvsp_channel *channel = request->channel;

	if (channel->is_closing)
		list_append(&channel->idle, &request->link);
	else if (!list_is_empty(&channel->answers) || try_answer(request) == -EAGAIN)
		list_append(&channel->answers, &request->link);
}

static void send_rescan(struct storvsp *controller)
{
	struct vstor_packet packet = { .operation = VSTOR_ENUMERATE_BUS };
	struct iovec payload = { &packet, sizeof(packet) };

	controller->wants_rescan = vmbus_send(controller->primary, 0, false, &payload, 1) == -EAGAIN;
}

void storvsp_rescan(struct storvsp *controller)
{
	if (controller->state != STORVSP_READY || controller->config.is_ide)
		return;
	scsi_target_luns_changed(controller->target);
	send_rescan(controller);
}

void storvsp_channel_send_answers(struct storvsp_channel *channel)
{
	struct storvsp *controller = channel->controller;

	while (!channel->is_closing && !list_is_empty(&channel->answers)) {
		struct storvsp_request *request =
		    list_entry(list_take(&channel->answers), struct storvsp_request, link);

		if (try_answer(request) == -EAGAIN) {
			list_insert(&channel->answers, &request->link);
			return;
		}
	}
	if (controller->wants_rescan && channel->bus_channel == controller->primary)
		send_rescan(controller);
	if (channel->is_stalled)
		storvsp_channel_take(channel);
}

/* --- taking ------------------------------------------------------------------------------------------ */

static bool take_one(struct storvsp_channel *channel)
{
	struct storvsp_request *request = get_request(channel);
	struct vmbus_packet packet;

	if (!request) {
		channel->is_stalled = true; /* goes on when one is answered */
		return false;
	}
	if (vmbus_receive(channel->bus_channel, &packet) != 1) {
		list_insert(&channel->idle, &request->link);
		return false;
	}
	storvsp_request_start(request, &packet);
	return true;
}

/* All requests that were taken before a reset have ended. */
static bool try_finish_reset(struct storvsp *controller)
{
	struct storvsp_request *request = controller->reset;

	if (!request || controller->in_flight)
		return false;
	controller->reset = NULL;
	scsi_target_reset(controller->target);
	storvsp_channel_answer(request);
	return true;
}

void storvsp_channel_take(struct storvsp_channel *channel)
{
	struct storvsp *controller = channel->controller;
	unsigned in_flight = controller->in_flight;

	channel->is_stalled = false;
	do {
		while (!channel->is_closing && !controller->reset && take_one(channel))
			;
	} while (try_finish_reset(controller));
	if (controller->reset)
		channel->is_stalled = true;
	if (controller->in_flight > in_flight)
		controller->config.on_submitted(controller->config.opaque);
}

/* A reset is over: all channels go on. */
static void resume_channels(struct storvsp *controller)
{
	for (struct list *link = controller->channels.next; link != &controller->channels;
	     link = link->next) {
		struct storvsp_channel *channel = list_entry(link, struct storvsp_channel, link);

		if (channel->is_stalled)
			storvsp_channel_take(channel);
	}
}

/* --- the end ----------------------------------------------------------------------------------------- */

static void finish_close(struct storvsp_channel *channel)
{
	struct vmbus_channel *bus_channel = channel->bus_channel;

	list_remove(&channel->link);
	free_requests(&channel->idle);
	free_requests(&channel->answers);
	free(channel);
	vmbus_channel_closed(bus_channel);
}

void storvsp_channel_settle(struct storvsp_channel *channel)
{
	struct storvsp *controller = channel->controller;

	channel->busy--;
	controller->in_flight--;
	if (channel->is_closing && channel->busy == 0)
		finish_close(channel);
	else if (channel->is_stalled && !controller->reset)
		storvsp_channel_take(channel);
	if (try_finish_reset(controller))
		resume_channels(controller);
}

void storvsp_channel_close(struct storvsp_channel *channel)
{
	struct storvsp *controller = channel->controller;
	bool has_reset = controller->reset && controller->reset->channel == channel;

	channel->is_closing = true;
	if (has_reset) {
		list_append(&channel->idle, &controller->reset->link);
		controller->reset = NULL;
	}
	if (channel->busy == 0)
		finish_close(channel);
	if (has_reset)
		resume_channels(controller);
}
