/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integration services of a machine, and what the service hears and asks of them (link/worker_link.h). */
#include "worker/synthetic_utilities.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_NS 200000000u /* between two messages about a copy */

static const char *const heartbeat_names[] = {
	[HEARTBEAT_NONE] = "none", [HEARTBEAT_OK] = "ok", [HEARTBEAT_LOST] = "lost"
};

void utilities_tell(struct synthetic *synthetic, const char *verb, const char *key, const char *value)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	link_add(message, key, value);
	synthetic_tell(synthetic, message);
}

static void tell(struct utilities *utilities, const char *verb, const char *key, const char *value)
{
	utilities_tell(utilities->synthetic, verb, key, value);
}

static void tell_ready(struct utilities *utilities, const char *service, bool is_ready)
{
	tell(utilities, "guest", service, is_ready ? "ready" : "none");
}

/* --- heartbeat, shutdown, time
 * ------------------------------------------------------------------------------ */

static void on_heartbeat(void *opaque, enum heartbeat_state state)
{
	struct utilities *utilities = opaque;

	utilities->heartbeat_state = state;
	tell(utilities, "guest", "heartbeat", heartbeat_names[state]);
}

static void on_shutdown_ready(void *opaque, bool is_ready)
{
	struct utilities *utilities = opaque;

	utilities->can_shut_down = is_ready;
	tell_ready(utilities, "shutdown", is_ready);
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

static void handle_shutdown(struct utilities *utilities, struct link_message *message)
{
	uint64_t is_restart = 0;
	int r = -ENOTCONN;

	link_get_number(message, "restart", 1, &is_restart);
	if (utilities->shutdown)
		r = shutdown_ask(utilities->shutdown, is_restart);
	if (r == -ENOTCONN)
		tell(utilities, "shutdown", "result", "unavailable");
}

static void handle_set_clock(struct utilities *utilities, struct link_message *message)
{
	if (utilities->timesync)
		timesync_set(utilities->timesync);
}

/* --- backup ------------------------------------------------------------------------------------------------
 */

static void on_vss_ready(void *opaque, bool is_ready)
{
	struct utilities *utilities = opaque;

	utilities->can_freeze = is_ready;
	tell_ready(utilities, "freeze", is_ready);
}

static void on_frozen(void *opaque, bool is_frozen)
{
	tell(opaque, "frozen", "result", is_frozen ? "ok" : "failed");
}

static void on_thawed(void *opaque, bool is_expired)
{
	tell(opaque, "thawed", "result", is_expired ? "expired" : "ok");
}

static const struct vss_ops vss_ops = {
	.on_ready = on_vss_ready,
	.on_frozen = on_frozen,
	.on_thawed = on_thawed,
};

static void handle_freeze(struct utilities *utilities, struct link_message *message)
{
	uint64_t limit_s = VSS_FROZEN_MS / 1000;
	int r = -ENOTCONN;

	link_get_number(message, "limit-s", VSS_FROZEN_MAX_MS / 1000, &limit_s);
	if (utilities->vss)
		r = vss_freeze(utilities->vss, (unsigned)limit_s * 1000);
	if (r < 0)
		tell(utilities, "frozen", "result", r == -EBUSY ? "busy" : "unavailable");
}

static void handle_thaw(struct utilities *utilities, struct link_message *message)
{
	if (!utilities->vss || vss_thaw(utilities->vss) < 0)
		tell(utilities, "thawed", "result", "not-frozen");
}

/* --- file copy
 * ----------------------------------------------------------------------------------------------- */

static void on_copy_ready(void *opaque, bool is_ready)
{
	struct utilities *utilities = opaque;

	utilities->can_copy = is_ready;
	tell_ready(utilities, "copy", is_ready);
}

static void on_copy_progress(void *opaque, uint64_t done, uint64_t size)
{
	struct utilities *utilities = opaque;
	struct link_message *message;

	if (loop_now() - utilities->progress_ns < PROGRESS_NS || link_message_new("copying", &message) < 0)
		return;
	utilities->progress_ns = loop_now();
	link_add_number(message, "done", done);
	link_add_number(message, "size", size);
	synthetic_tell(utilities->synthetic, message);
}

static void on_copy_done(void *opaque, enum file_copy_result result)
{
	static const char *const names[] = {
		[FILE_COPY_DONE] = "ok",	   [FILE_COPY_EXISTS] = "exists",
		[FILE_COPY_FULL] = "disk-full",	   [FILE_COPY_FAILED] = "failed",
		[FILE_COPY_READ] = "unreadable",   [FILE_COPY_GONE] = "gone",
		[FILE_COPY_CANCELED] = "canceled",
	};

	tell(opaque, "copied", "result", names[result]);
}

static const struct file_copy_ops copy_ops = {
	.on_ready = on_copy_ready,
	.on_progress = on_copy_progress,
	.on_done = on_copy_done,
};

static int start_copy(struct utilities *utilities, struct link_message *message, int fd)
{
	const char *folder = link_get(message, "folder"), *name = link_get(message, "name");
	uint64_t may_overwrite = 0, makes_folder = 0;
	struct stat st;

	link_get_number(message, "overwrite", 1, &may_overwrite);
	link_get_number(message, "make-folder", 1, &makes_folder);
	if (!utilities->copy || !folder || !name || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return utilities->copy ? -EINVAL : -ENOTCONN;
	}
	return file_copy_start(utilities->copy, fd, (uint64_t)st.st_size, folder, name, may_overwrite,
			       makes_folder);
}

static void handle_copy(struct utilities *utilities, struct link_message *message)
{
	int fd, r = link_take_fd(message, "fd", &fd);

	if (r == 0)
		r = start_copy(utilities, message, fd);
	if (r < 0)
		tell(utilities, "copied", "result",
		     r == -ENOTCONN ? "unavailable"
		     : r == -EBUSY  ? "busy"
				    : "invalid");
}

static void handle_cancel(struct utilities *utilities, struct link_message *message)
{
	if (utilities->copy)
		file_copy_cancel(utilities->copy);
}

/* --- life -------------------------------------------------------------------------------------------------
 */

static void utilities_free(void *part)
{
	struct utilities *utilities = part;

	heartbeat_free(utilities->heartbeat);
	shutdown_free(utilities->shutdown);
	timesync_free(utilities->timesync);
	exchange_deinit(&utilities->exchange);
	vss_free(utilities->vss);
	file_copy_free(utilities->copy);
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
	if (r == 0 && services & WORKER_KVP)
		r = exchange_init(&utilities->exchange, utilities->synthetic);
	if (r == 0 && services & WORKER_VSS)
		r = vss_new(bus, loop, &vss_ops, utilities, &utilities->vss);
	if (r == 0 && services & WORKER_FILE_COPY)
		r = file_copy_new(bus, &copy_ops, utilities, &utilities->copy);
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

static void utilities_report(void *part)
{
	struct utilities *utilities = part;

	tell(utilities, "guest", "heartbeat", heartbeat_names[utilities->heartbeat_state]);
	tell_ready(utilities, "shutdown", utilities->can_shut_down);
	tell_ready(utilities, "freeze", utilities->can_freeze);
	tell_ready(utilities, "copy", utilities->can_copy);
	exchange_report(&utilities->exchange);
}

static bool utilities_handle(void *part, struct link_message *message)
{
	static const struct {
		const char *verb;
		void (*handle)(struct utilities *utilities, struct link_message *message);
	} verbs[] = {
		{ "shutdown", handle_shutdown }, { "set-clock", handle_set_clock },
		{ "freeze", handle_freeze },	 { "thaw", handle_thaw },
		{ "copy-in", handle_copy },	 { "copy-cancel", handle_cancel },
	};
	struct utilities *utilities = part;

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(link_verb(message), verbs[i].verb) == 0) {
			verbs[i].handle(utilities, message);
			return true;
		}
	return exchange_handle(&utilities->exchange, message);
}

const struct synthetic_part synthetic_utilities = {
	.name = "integration services",
	.make = utilities_make,
	.free = utilities_free,
	.handle = utilities_handle,
	.resumed = utilities_resumed,
	.report = utilities_report,
};
