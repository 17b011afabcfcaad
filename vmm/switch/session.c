/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/session.h"
#include "switch/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	POLL_LINK,
	POLL_PORTS,
	POLL_WIRE = POLL_PORTS + VSWITCH_PORTS_MAX,
	POLL_NAT,
	POLLS = POLL_NAT + NAT_POLLS_MAX,
};

static bool send_and_free(struct session *session, struct link_message *message)
{
	int r = link_send(session->link, message);

	link_message_free(message);
	return r == 0;
}

/* Guests cause them: one in ten seconds is passed on. */
void session_warn(struct session *session, const char *text)
{
	struct link_message *message;
	uint64_t now = vswitch_now_ms();

	if (session->warning_ms && now - session->warning_ms < 10000)
		return;
	session->warning_ms = now;
	if (link_message_new("warning", &message) < 0)
		return;
	link_add(message, "text", text);
	send_and_free(session, message);
}

/* `text`: why not, or with what it does without. */
static bool answer(struct session *session, int code, const char *text)
{
	struct link_message *message;

	if (link_message_new(code < 0 ? "failed" : "done", &message) < 0)
		return false;
	if (*text)
		link_add(message, "text", text);
	return send_and_free(session, message);
}

/* So far only the owner was heard, who may do more than this process. */
static int confine(struct session *session, struct link_message *message, char warning[SWITCH_ERROR_MAX])
{
	const char *folder = link_get(message, "tftp-folder");
	int folder_error, r = switch_confine(folder, &folder_error);

	if (r < 0)
		fprintf(stderr, "bulkhead-switch: cannot give up its rights: %s\n", strerror(-r));
	session->has_folder = folder && folder_error == 0;
	if (folder_error < 0)
		snprintf(
		    warning, SWITCH_ERROR_MAX,
		    "%s: nothing can be booted from this folder: %s; let everybody read it, or choose another one",
		    folder, strerror(-folder_error));
	return r;
}

int session_start(struct session *session)
{
	char error[SWITCH_ERROR_MAX] = "", warning[SWITCH_ERROR_MAX] = "";
	struct link_message *message;
	int r = link_receive(session->link, &message);

	if (r != 0)
		return r < 0 ? r : -EPIPE;
	r = confine(session, message, warning);
	if (r == 0) {
		r = session_make(session, message, error);
		if (!answer(session, r, r < 0 ? error : warning))
			r = -EPIPE;
	}
	link_message_free(message);
	if (r < 0)
		return r;
	/* From here on nobody waits for an owner that does not read: what has no room is lost. */
	return fcntl(session->link, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* --- the loop -------------------------------------------------------------------------------------- */

static void fill_ports(const struct session *session, struct pollfd *polls)
{
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++) {
		polls[i] = (struct pollfd){ .fd = -1 };
		polls[i].fd = vswitch_poll_fd(session->sw, i, &polls[i].events);
	}
}

static void handle_ports(struct session *session, const struct pollfd *polls)
{
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++)
		if (polls[i].fd >= 0 && polls[i].revents)
			vswitch_poll_done(session->sw, i, polls[i].revents);
}

static bool handle_link(struct session *session)
{
	struct link_message *message;
	bool goes_on;
	int r = link_receive(session->link, &message);

	if (r == LINK_AGAIN)
		return true;
	if (r != 0)
		return false; /* the owner is gone, or talks nonsense */
	goes_on = session_answer(session, message);
	link_message_free(message);
	return goes_on;
}

/* A wire that is gone for good makes the process end, so that its owner makes another one. */
static int handle_wire(struct session *session)
{
	int r = wire_input(session->wire);

	if (r == -ENETDOWN && !session->is_wire_down) {
		session->is_wire_down = true;
		session_warn(session, "the network adapter is down; machines have no connection through it");
	}
	if (r == 0)
		session->is_wire_down = false;
	return r == -ENETDOWN ? 0 : r;
}

static int shorter(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int session_run(struct session *session)
{
	static struct pollfd polls[POLLS];

	for (;;) {
		int timeout = -1, n;
		unsigned count = POLL_NAT;

		polls[POLL_LINK] = (struct pollfd){ .fd = session->link, .events = POLLIN };
		fill_ports(session, polls + POLL_PORTS);
		polls[POLL_WIRE] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (session->wire)
			polls[POLL_WIRE].fd = wire_fd(session->wire);
		if (session->nat)
			count += nat_poll_fill(session->nat, polls + POLL_NAT, &timeout);
		timeout = shorter(timeout, vswitch_poll_timeout(session->sw));
		n = poll(polls, count, timeout);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (session->nat)
			nat_poll_done(session->nat);
		handle_ports(session, polls + POLL_PORTS);
		if (polls[POLL_WIRE].revents && handle_wire(session) < 0)
			return -ENODEV;
		if (polls[POLL_LINK].revents && !handle_link(session))
			return 0;
	}
}

void session_end(struct session *session)
{
	session->nat = nat_free(session->nat);
	session->wire = wire_free(session->wire);
	session->sw = vswitch_free(session->sw);
}
