/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service asks of a worker, now or when its machine goes on; and the next service. */
#include "worker/serial_hub.h"
#include "worker/synthetic_storage.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_pause(struct worker *worker)
{
	machine_pause(worker->machine); /* or it stands still already */
	worker->is_paused = true;
	worker_send_verb("paused");
}

static void on_resume(struct worker *worker)
{
	machine_resume(worker->machine); /* or it runs already */
	worker->is_paused = false;
	worker_send_verb("resumed");
}

static void on_serial_client(struct worker *worker, struct link_message *message)
{
	uint64_t write = HUB_LOOKS, history = 0, com = 0;
	int fd;

	link_get_number(message, "write", HUB_TEXT, &write);
	link_get_number(message, "history", HUB_HISTORY, &history);
	if (link_take_fd(message, "fd", &fd) < 0)
		return;
	link_get_number(message, "com", WORKER_COMS - 1, &com);
	if (!worker->hubs[com])
		close(fd);
	else if (serial_hub_add(worker->hubs[com], fd, (enum hub_write)write, history) < 0)
		worker_on_warning(worker, "too many look at the serial port; close a console first");
}

static void on_display_client(struct worker *worker, struct link_message *message)
{
	int fd, r;

	if (link_take_fd(message, "fd", &fd) < 0)
		return;
	r = machine_add_display(worker->machine, fd);
	if (r == -EBUSY)
		worker_on_warning(worker, "too many look at the screen; close a console first");
}

/* For a synthetic device; one that is not there cannot shut the guest down, and the service has other ways. */
static void on_other(struct worker *worker, struct link_message *message)
{
	struct link_message *answer;

	if (machine_handle(worker->machine, message) || strcmp(link_verb(message), "shutdown") != 0 ||
	    link_message_new("shutdown", &answer) < 0)
		return;
	link_add(answer, "result", "unavailable");
	worker_send(answer);
}

static void on_save(struct worker *worker, struct link_message *message)
{
	int fd, r;

	if (link_take_fd(message, "fd", &fd) < 0)
		return;
	if (machine_is_saving(worker->machine)) {
		close(fd);
		return;
	}
	worker->save_fd = fd;
	r = machine_is_merging(worker->machine) ? -EBUSY : machine_save(worker->machine, fd);
	if (r < 0)
		worker_tell_save_failed(worker, strerror(-r), false);
}

static void on_checkpoint_wanted(struct worker *worker, struct link_message *message)
{
	const char *id = link_get(message, "id");
	uint64_t disks;
	int fd = -1, r;

	if (!id || link_get_number(message, "disks", WORKER_DISKS_MAX + WORKER_DRIVES, &disks) < 0)
		return;
	link_take_fd(message, "fd", &fd);
	worker->save_fd = fd;
	worker->is_checkpoint = true;
	r = machine_is_merging(worker->machine)
		? -EBUSY
		: machine_checkpoint(worker->machine, fd, id, (unsigned)disks);
	if (r < 0)
		worker_tell_save_failed(worker, strerror(-r), false);
}

static void take_merge_fd(struct link_message *message, const char *key, int *fd)
{
	*fd = -1;
	if (link_get(message, key))
		link_take_fd(message, key, fd);
}

static char *copy_field(const struct link_message *message, const char *key)
{
	const char *text = link_get(message, key);

	return text ? strdup(text) : NULL;
}

static void on_merge_wanted(struct worker *worker, struct link_message *message)
{
	struct machine_merge_wish wish = { .id = copy_field(message, "id"),
					   .relative = copy_field(message, "relative"),
					   .absolute = copy_field(message, "absolute") };
	uint64_t is_copied = 0;

	link_get_number(message, "copied", 1, &is_copied);
	wish.is_copied = is_copied;
	take_merge_fd(message, "child", &wish.child);
	take_merge_fd(message, "parent", &wish.parent);
	take_merge_fd(message, "above", &wish.above);
	if (!wish.id)
		wish.id = strdup("");
	machine_merge(worker->machine, &wish);
}

static bool handle_merge(struct worker *worker, struct link_message *message)
{
	const char *verb = link_verb(message), *id = link_get(message, "id");

	if (strcmp(verb, "merge") == 0)
		on_merge_wanted(worker, message);
	else if (strcmp(verb, "merge-keep") == 0)
		machine_merge_keep(worker->machine, id ? id : "");
	else if (strcmp(verb, "merge-cancel") == 0)
		machine_merge_cancel(worker->machine);
	else
		return false;
	return true;
}

static void on_child(struct worker *worker, struct link_message *message)
{
	struct worker_disk child;
	uint64_t unit;

	if (worker_disk_decode(message, &child) < 0)
		return;
	if (link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0) {
		child.controller = STORAGE_IDE;
		child.lun = (unsigned)unit;
	}
	machine_checkpoint_child(worker->machine, &child);
}

/* What belongs to a checkpoint that is under way. */
static bool handle_checkpoint(struct worker *worker, struct link_message *message)
{
	uint64_t is_child = 0;

	if (!machine_is_at_checkpoint(worker->machine))
		return false;
	link_get_number(message, "checkpoint", 1, &is_child);
	if (is_child && strcmp(link_verb(message), "disk") == 0)
		on_child(worker, message);
	else if (strcmp(link_verb(message), "checkpoint-keep") == 0)
		machine_checkpoint_keep(worker->machine);
	else if (strcmp(link_verb(message), "checkpoint-cancel") == 0)
		machine_save_cancel(worker->machine);
	else
		return false;
	return true;
}

/* While it is being saved its devices stand still, and nothing can be asked of them. */
static bool must_wait(const struct worker *worker, const char *verb)
{
	bool is_change =
	    strcmp(verb, "reset") == 0 || strcmp(verb, "save") == 0 || strcmp(verb, "save-cancel") == 0;

	if (machine_is_at_checkpoint(worker->machine) && is_change)
		return true; /* its disks may be others than those that are written down: first that */
	return machine_is_saving(worker->machine) && strcmp(verb, "stop") != 0 &&
	       strcmp(verb, "reset") != 0 && strcmp(verb, "save-cancel") != 0 && strcmp(verb, "save") != 0 &&
	       strcmp(verb, "serial") != 0 && strcmp(verb, "display") != 0;
}

static void handle_message(struct worker *worker, struct link_message *message)
{
	const char *verb = link_verb(message);

	if (handle_merge(worker, message))
		return;
	if (strcmp(verb, "remove-disk") == 0) /* by who asked for the merge, if there is one: that is over */
		machine_merge_abort(worker->machine);
	if (strcmp(verb, "save") == 0)
		on_save(worker, message);
	else if (strcmp(verb, "checkpoint") == 0)
		on_checkpoint_wanted(worker, message);
	else if (strcmp(verb, "save-cancel") == 0)
		machine_save_cancel(worker->machine);
	else if (strcmp(verb, "stop") == 0)
		machine_stop(worker->machine);
	else if (strcmp(verb, "power-button") == 0)
		machine_power_button(worker->machine);
	else if (strcmp(verb, "reset") == 0)
		machine_reset(worker->machine);
	else if (strcmp(verb, "pause") == 0)
		on_pause(worker);
	else if (strcmp(verb, "resume") == 0)
		on_resume(worker);
	else if (strcmp(verb, "serial") == 0)
		on_serial_client(worker, message);
	else if (strcmp(verb, "display") == 0)
		on_display_client(worker, message);
	else
		on_other(worker, message);
}

static void on_link(void *opaque, int fd, uint32_t events)
{
	struct worker *worker = opaque;
	struct link_message *message;
	int r = link_receive(fd, &message);

	if (r == LINK_AGAIN)
		return;
	if (r != 0 && worker->control_fd >= 0) { /* another service will come */
		worker->link_watch = loop_watch_free(worker->link_watch);
		machine_checkpoint_waits(worker->machine);
		machine_merge_waits(worker->machine);
		outbox_clear(&worker_outbox);
		return;
	}
	if (r != 0) { /* nobody is responsible for this machine any more, or it talks nonsense */
		worker->status = EXIT_FAILED;
		loop_quit(worker->loop);
		return;
	}
	if (handle_checkpoint(worker, message)) {
		;
	} else if (!must_wait(worker, link_verb(message))) {
		handle_message(worker, message);
	} else if (worker->deferred_count < DEFERRED_MAX) {
		worker->deferred[worker->deferred_count++] = message;
		return;
	}
	link_message_free(message);
}

void worker_handle_deferred(struct worker *worker)
{
	unsigned count = worker->deferred_count;

	worker->deferred_count = 0;
	for (unsigned i = 0; i < count; i++) {
		/* again, by one of them */
		if (!machine_is_saving(worker->machine) ||
		    strcmp(link_verb(worker->deferred[i]), "save-cancel") == 0)
			handle_message(worker, worker->deferred[i]);
		link_message_free(worker->deferred[i]);
	}
}

int worker_watch_link(struct worker *worker)
{
	return loop_watch_new(worker->loop, WORKER_LINK_FD, EPOLLIN, on_link, worker, &worker->link_watch);
}

/* Another service: it has the link from now on. Who may connect is the business of the folder that the socket
 * is in. */
void worker_on_control(void *opaque, int fd, uint32_t events)
{
	struct worker *worker = opaque;
	int link = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	const char *waits, *merged;

	if (link < 0)
		return;
	waits = machine_checkpoint_waits(worker->machine);
	merged = machine_merge_waits(worker->machine);
	worker->link_watch = loop_watch_free(worker->link_watch);
	dup3(link, WORKER_LINK_FD, O_CLOEXEC);
	close(link);
	outbox_clear(&worker_outbox);
	worker_send_hello();
	worker_send_running(worker);
	if (worker->is_paused)
		worker_send_verb("paused");
	if (merged)
		worker_on_merge(worker, MACHINE_MERGE_READY, merged, "");
	if (waits)
		worker_tell_checkpoint("ready", waits);
	else if (machine_is_saving(worker->machine))
		worker_on_saving(worker, 0, 0);
	else
		machine_report(worker->machine);
	worker_watch_link(worker);
}
