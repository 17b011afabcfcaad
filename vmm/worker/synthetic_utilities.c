/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integration services of a machine, and what the service hears and asks of them (link/worker_link.h). */
#include "worker/synthetic.h"

#include "vsp/ic/heartbeat.h"
#include "vsp/ic/shutdown.h"
#include "vsp/ic/timesync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct utilities {
	struct synthetic *synthetic;
	struct heartbeat *heartbeat;
	struct shutdown_ic *shutdown;
	struct timesync *timesync;
};

static const char *const heartbeat_names[] = {
	[HEARTBEAT_NONE] = "none", [HEARTBEAT_OK] = "ok", [HEARTBEAT_LOST] = "lost"
};

static void tell(struct utilities *utilities, const char *verb, const char *key, const char *value)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	link_add(message, key, value);
	synthetic_tell(utilities->synthetic, message);
}

static void on_heartbeat(void *opaque, enum heartbeat_state state)
{
	tell(opaque, "guest", "heartbeat", heartbeat_names[state]);
}

static void on_shutdown_ready(void *opaque, bool is_ready)
{
	tell(opaque, "guest", "shutdown", is_ready ? "ready" : "none");
}

static void on_shutdown_answer(void *opaque, bool is_accepted)
{
	tell(opaque, "shutdown", "result", is_accepted ? "accepted" : "refused");
}

static const struct shutdown_ops shutdown_ops = {
	.on_ready = on_shutdown_ready,
	.on_answer = on_shutdown_answer,
};

static uint64_t reference_time(void *opaque)
{
	struct utilities *utilities = opaque;
	struct hv_partition *partition = synthetic_partition(utilities->synthetic);

	return partition ? hv_reference_time(partition) : 0;
}

static void utilities_free(void *part)
{
	struct utilities *utilities = part;

	heartbeat_free(utilities->heartbeat);
	shutdown_free(utilities->shutdown);
	timesync_free(utilities->timesync);
	free(utilities);
}

static int make_services(struct utilities *utilities)
{
	struct vmbus *bus = synthetic_bus(utilities->synthetic);
	struct loop *loop = synthetic_loop(utilities->synthetic);
	unsigned services = synthetic_config(utilities->synthetic)->services;
	int r = 0;

	if (services & WORKER_HEARTBEAT)
		r = heartbeat_new(bus, loop, on_heartbeat, utilities, &utilities->heartbeat);
	if (r == 0 && services & WORKER_SHUTDOWN)
		r = shutdown_new(bus, &shutdown_ops, utilities, &utilities->shutdown);
	if (r == 0 && services & WORKER_TIME)
		r = timesync_new(bus, loop, reference_time, utilities, &utilities->timesync);
	return r;
}

static int utilities_make(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	struct utilities *utilities = calloc(1, sizeof(*utilities));
	int r;

	if (!utilities)
		return -ENOMEM;
	utilities->synthetic = synthetic;
	r = make_services(utilities);
	if (r < 0) {
		utilities_free(utilities);
		snprintf(error->text, sizeof(error->text), "the integration services cannot be made: %s",
			 strerror(-r));
		return r;
	}
	*ret_part = utilities;
	return 0;
}

static void utilities_resumed(void *part)
{
	struct utilities *utilities = part;

	if (utilities->heartbeat)
		heartbeat_resumed(utilities->heartbeat);
	if (utilities->timesync)
		timesync_set(utilities->timesync);
}

static bool handle_shutdown(struct utilities *utilities, struct link_message *message)
{
	uint64_t is_restart = 0;
	int r = -ENOTCONN;

	link_get_number(message, "restart", 1, &is_restart);
	if (utilities->shutdown)
		r = shutdown_ask(utilities->shutdown, is_restart);
	if (r == -ENOTCONN)
		tell(utilities, "shutdown", "result", "unavailable");
	return true;
}

static bool utilities_handle(void *part, struct link_message *message)
{
	struct utilities *utilities = part;
	const char *verb = link_verb(message);

	if (strcmp(verb, "shutdown") == 0)
		return handle_shutdown(utilities, message);
	if (strcmp(verb, "set-clock") != 0)
		return false;
	if (utilities->timesync)
		timesync_set(utilities->timesync);
	return true;
}

const struct synthetic_part synthetic_utilities = {
	.name = "integration services",
	.make = utilities_make,
	.free = utilities_free,
	.handle = utilities_handle,
	.resumed = utilities_resumed,
};
