/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integration services of a machine, and what the service hears and asks of them (link/worker_link.h). */
#include "worker/synthetic_utilities.h"

#include "vsp/ic/ic.h"

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

/* --- heartbeat, shutdown, time ----------------------------------------------------------------------- */

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

/* --- backup ------------------------------------------------------------------------------------------ */

static void on_vss_ready(void *opaque, bool is_ready)
{
	struct utilities *utilities = opaque;

	utilities->can_freeze = is_ready;
	tell_ready(utilities, "freeze", is_ready);
}

static const char *freeze_result(int r)
{
	switch (r) {
	case 0: return "ok";
	case -EBUSY: return "busy";
	case -EINPROGRESS: return "waiting";
	case -ETIMEDOUT: return "silent";
	case -ENOTCONN: return "unavailable";
	default: return "failed";
	}
}

static void on_frozen(void *opaque, int result)
{
	tell(opaque, "frozen", "result", freeze_result(result));
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
		tell(utilities, "frozen", "result", freeze_result(r));
}

static void handle_thaw(struct utilities *utilities, struct link_message *message)
{
	if (!utilities->vss || vss_thaw(utilities->vss) < 0)
		tell(utilities, "thawed", "result", "not-frozen");
}

/* --- file copy --------------------------------------------------------------------------------------- */

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

/* --- which of them there are: a bit of worker_config.services, and its place in struct utilities --------------- */

static int make_heartbeat(struct utilities *utilities)
{
	return heartbeat_new(synthetic_bus(utilities->synthetic), synthetic_loop(utilities->synthetic),
			     on_heartbeat, utilities, &utilities->heartbeat);
}

static int make_shutdown(struct utilities *utilities)
{
	return shutdown_new(synthetic_bus(utilities->synthetic), &shutdown_ops, utilities,
			    &utilities->shutdown);
}

static int make_timesync(struct utilities *utilities)
{
	return timesync_new(synthetic_bus(utilities->synthetic), synthetic_loop(utilities->synthetic),
			    reference_time, utilities, &utilities->timesync);
}

static int make_exchange(struct utilities *utilities)
{
	return exchange_init(&utilities->exchange);
}

static int make_vss(struct utilities *utilities)
{
	return vss_new(synthetic_bus(utilities->synthetic), synthetic_loop(utilities->synthetic), &vss_ops,
		       utilities, &utilities->vss);
}

static int make_copy(struct utilities *utilities)
{
	return file_copy_new(synthetic_bus(utilities->synthetic), &copy_ops, utilities, &utilities->copy);
}

static void free_heartbeat(struct utilities *utilities)
{
	utilities->heartbeat = heartbeat_free(utilities->heartbeat);
}

static void free_shutdown(struct utilities *utilities)
{
	utilities->shutdown = shutdown_free(utilities->shutdown);
}

static void free_timesync(struct utilities *utilities)
{
	utilities->timesync = timesync_free(utilities->timesync);
}

static void free_exchange(struct utilities *utilities)
{
	exchange_deinit(&utilities->exchange);
}

static void free_vss(struct utilities *utilities)
{
	utilities->vss = vss_free(utilities->vss);
}

static void free_copy(struct utilities *utilities)
{
	utilities->copy = file_copy_free(utilities->copy);
}

static const struct {
	enum worker_service bit;
	int (*make)(struct utilities *utilities);
	void (*free)(struct utilities *utilities);
} kinds[UTILITIES] = {
	{ WORKER_HEARTBEAT, make_heartbeat, free_heartbeat },
	{ WORKER_SHUTDOWN, make_shutdown, free_shutdown },
	{ WORKER_TIME, make_timesync, free_timesync },
	{ WORKER_KVP, make_exchange, free_exchange },
	{ WORKER_VSS, make_vss, free_vss },
	{ WORKER_FILE_COPY, make_copy, free_copy },
};

/* NULL: it is not there. */
static struct ic *ic_of(struct utilities *utilities, unsigned index)
{
	switch (kinds[index].bit) {
	case WORKER_HEARTBEAT: return utilities->heartbeat ? heartbeat_ic(utilities->heartbeat) : NULL;
	case WORKER_SHUTDOWN: return utilities->shutdown ? shutdown_channel(utilities->shutdown) : NULL;
	case WORKER_TIME: return utilities->timesync ? timesync_ic(utilities->timesync) : NULL;
	case WORKER_KVP: return utilities->exchange.kvp ? kvp_ic(utilities->exchange.kvp) : NULL;
	case WORKER_VSS: return utilities->vss ? vss_ic(utilities->vss) : NULL;
	default: return utilities->copy ? file_copy_ic(utilities->copy) : NULL;
	}
}

/* Its guest has let go of it: it may be wanted again meanwhile. */
static void on_released(void *opaque)
{
	struct utility *utility = opaque;
	struct utilities *utilities = utility->utilities;

	utility->is_leaving = false;
	kinds[utility->index].free(utilities);
	if (utility->is_wanted && kinds[utility->index].make(utilities) < 0)
		synthetic_warn(utilities->synthetic,
			       "an integration service cannot be offered again; restart the machine");
}

static int set_service(struct utilities *utilities, unsigned index, bool is_wanted)
{
	struct utility *utility = &utilities->each[index];
	struct ic *ic = ic_of(utilities, index);

	utility->is_wanted = is_wanted;
	if (is_wanted)
		return ic ? 0 : kinds[index].make(utilities);
	if (ic && !utility->is_leaving) {
		utility->is_leaving = true;
		ic_rescind(ic, on_released, utility);
	}
	return 0;
}

/* While it runs, too: what is off is taken from the guest. */
static int set_services(struct utilities *utilities, unsigned services)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < UTILITIES; i++)
		r = set_service(utilities, i, services & kinds[i].bit);
	return r;
}

static void handle_services(struct utilities *utilities, struct link_message *message)
{
	uint64_t services;

	if (link_get_number(message, "mask", WORKER_SERVICES_ALL, &services) < 0)
		return;
	if (set_services(utilities, (unsigned)services) < 0)
		synthetic_warn(utilities->synthetic,
			       "an integration service cannot be offered; restart the machine");
}

static void utilities_free(void *part)
{
	struct utilities *utilities = part;

	for (unsigned i = 0; i < UTILITIES; i++)
		kinds[i].free(utilities);
	free(utilities);
}

static int utilities_make(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	struct utilities *utilities = calloc(1, sizeof(*utilities));
	int r;

	if (!utilities)
		return -ENOMEM;
	utilities->synthetic = utilities->exchange.synthetic = synthetic;
	for (unsigned i = 0; i < UTILITIES; i++)
		utilities->each[i] = (struct utility){ .utilities = utilities, .index = i };
	r = set_services(utilities, synthetic_config(synthetic)->services);
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
		{ "services", handle_services },
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
