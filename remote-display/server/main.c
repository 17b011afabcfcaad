/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead-display: shows one machine's screen to VNC viewers (display_link.h). */
#include "server/confine.h"
#include "server/display_link.h"
#include "server/session.h"

#include "link/link.h"
#include "link/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct display {
	struct rd_session *session;
	bool is_over;
};

static void tell(const char *verb, const char *key, uint64_t number)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	if (key)
		link_add_number(message, key, number);
	(void)link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
}

static void on_ready(void *opaque)
{
	(void)opaque;
	tell("ready", NULL, 0);
}

static void on_viewer_gone(void *opaque, unsigned id)
{
	(void)opaque;
	tell("viewer-gone", "id", id);
}

static const struct rd_session_ops session_ops = { .ready = on_ready, .viewer_gone = on_viewer_gone };

/* --- the service's messages -------------------------------------------------------------------------- */

static int start(struct display *display, struct link_message *message)
{
	const char *name = link_get(message, "name");
	int fd, r;

	if (display->session || !name || strlen(name) > RD_NAME_MAX)
		return -EBADMSG;
	r = link_take_fd(message, "display", &fd);
	return r < 0 ? r : rd_session_new(fd, name, &session_ops, display, &display->session);
}

static int add_viewer(struct display *display, struct link_message *message)
{
	uint64_t id, view_only;
	int fd;

	if (!display->session || link_get_number(message, "id", RD_VIEWER_ID_MAX, &id) < 0 ||
	    link_get_number(message, "view-only", 1, &view_only) < 0 ||
	    link_take_fd(message, "socket", &fd) < 0)
		return -EBADMSG;
	if (rd_session_add(display->session, fd, (unsigned)id, view_only) < 0)
		tell("viewer-gone", "id", id);
	return 0;
}

static int disconnect(struct display *display, struct link_message *message)
{
	uint64_t id;

	if (!display->session || link_get_number(message, "id", RD_VIEWER_ID_MAX, &id) < 0)
		return -EBADMSG;
	rd_session_disconnect(display->session, (unsigned)id);
	return 0;
}

static int handle(struct display *display, struct link_message *message)
{
	static const struct {
		const char *verb;
		int (*handle)(struct display *display, struct link_message *message);
	} verbs[] = { { "start", start }, { "viewer", add_viewer }, { "disconnect", disconnect } };

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(link_verb(message), verbs[i].verb) == 0)
			return verbs[i].handle(display, message);
	return -EBADMSG;
}

static int receive(struct display *display)
{
	struct link_message *message;
	int r = link_receive(SPAWN_LINK_FD, &message);

	if (r == LINK_AGAIN)
		return 0;
	if (r != 0)
		return r == LINK_CLOSED ? -EPIPE : r;
	r = handle(display, message);
	link_message_free(message);
	return r;
}

/* --- life -------------------------------------------------------------------------------------------- */

static int run(struct display *display)
{
	for (;;) {
		struct rd_session *session = display->session;
		struct pollfd fds[3] = {
			{ .fd = SPAWN_LINK_FD, .events = POLLIN },
			{ .fd = session ? rd_session_display_fd(session) : -1, .events = POLLIN },
			{ .fd = session ? rd_session_event_fd(session) : -1, .events = POLLIN }
		};
		int r = 0;

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			r = receive(display);
		if (r == 0 && (fds[1].revents || fds[2].revents))
			r = rd_session_dispatch(session);
		if (r < 0)
			return r;
	}
}

int main(void)
{
	struct display display = { NULL };
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = rd_confine();
	if (r < 0) {
		fprintf(stderr, "bulkhead-display: it cannot be confined: %s\n", strerror(-r));
		return 1;
	}
	r = run(&display);
	rd_session_free(display.session);
	if (r == -EPIPE)
		return 0; /* the service or the machine is gone */
	fprintf(stderr, "bulkhead-display: the service's or the machine's messages make no sense: %s\n",
		strerror(-r));
	return 1;
}
