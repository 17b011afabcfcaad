/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead-display: shows one machine's screen to VNC viewers (display_link.h). */
#include "server/certificate.h"
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
#include <unistd.h>

struct display {
	struct rd_session *session;
	struct rd_security *security; /* of viewers by TCP; NULL: there are none */
	bool is_over;
};

static void on_ready(void *opaque)
{
	struct link_message *message;

	(void)opaque;
	if (link_message_new("ready", &message) < 0)
		return;
	(void)link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
}

static void on_viewer_in(void *opaque, unsigned id, bool is_view_only)
{
	struct link_message *message;

	(void)opaque;
	if (link_message_new("viewer-in", &message) < 0)
		return;
	link_add_number(message, "id", id);
	link_add_number(message, "view-only", is_view_only);
	(void)link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
}

static void on_viewer_gone(void *opaque, unsigned id, enum rd_departure departure)
{
	static const char *const words[] = {
		[RD_WAS_IN] = "in", [RD_WRONG_PASSWORD] = "wrong-password", [RD_NEVER_IN] = "never-in"
	};
	struct link_message *message;

	(void)opaque;
	if (link_message_new("viewer-gone", &message) < 0)
		return;
	link_add_number(message, "id", id);
	link_add(message, "was", words[departure]);
	(void)link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
}

static const struct rd_session_ops session_ops = { .ready = on_ready,
						   .viewer_in = on_viewer_in,
						   .viewer_gone = on_viewer_gone };

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
	uint64_t id, view_only, must_prove;
	int fd;

	if (!display->session || link_get_number(message, "id", RD_VIEWER_ID_MAX, &id) < 0 ||
	    link_get_number(message, "view-only", 1, &view_only) < 0 ||
	    link_get_number(message, "must-prove", 1, &must_prove) < 0 ||
	    (must_prove && !display->security) || link_take_fd(message, "socket", &fd) < 0)
		return -EBADMSG;
	if (rd_session_add(display->session, fd, (unsigned)id, view_only,
			   must_prove ? display->security : NULL) < 0)
		on_viewer_gone(NULL, (unsigned)id, RD_NEVER_IN);
	return 0;
}

/* -1: there is none. */
static int take_fd(struct link_message *message, const char *key)
{
	int fd;

	return link_take_fd(message, key, &fd) < 0 ? -1 : fd;
}

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int set_security(struct display *display, struct link_message *message)
{
	const int fds[] = { take_fd(message, "certificate"), take_fd(message, "key"),
			    take_fd(message, "web") };
	const char *password = link_get(message, "password"),
		   *view_password = link_get(message, "view-password");
	struct rd_security_parts parts = { .certificate = fds[1] >= 0 ? fds[0] : -1,
					   .key = fds[1],
					   .web = fds[2],
					   .password = password ? password : "",
					   .view_password = view_password ? view_password : "" };
	struct rd_security *security;
	uint64_t needs_tls;
	int r = link_get_number(message, "needs-tls", 1, &needs_tls);

	parts.needs_tls = needs_tls;
	if (r == 0)
		r = rd_security_new(&parts, &security);
	close_all(fds, 3);
	if (r < 0)
		return r;
	rd_security_unref(display->security);
	display->security = security;
	return 0;
}

static int set_keyboard(struct display *display, struct link_message *message)
{
	const char *layout = link_get(message, "layout");
	uint64_t types_clipboard = 1;

	if (link_get(message, "types-clipboard") &&
	    link_get_number(message, "types-clipboard", 1, &types_clipboard) < 0)
		return -EBADMSG;
	if (!display->session || !layout || !rd_session_set_keyboard(display->session, layout))
		return -EBADMSG;
	rd_session_set_clipboard(display->session, types_clipboard != 0);
	return 0;
}

static int make_certificate(struct display *display, struct link_message *message)
{
	const int fds[] = { take_fd(message, "certificate"), take_fd(message, "key") };
	const char *name = link_get(message, "name");
	char fingerprint[RD_FINGERPRINT_CHARACTERS] = "";
	struct link_message *answer;
	int r = -EBADMSG;

	(void)display;
	if (name && fds[0] >= 0 && fds[1] >= 0)
		r = rd_certificate_make(name, fds[0], fds[1], fingerprint);
	close_all(fds, 2);
	if (link_message_new("certificate", &answer) < 0)
		return -ENOMEM;
	link_add(answer, "fingerprint", fingerprint);
	link_add_number(answer, "error", (uint64_t)-r);
	(void)link_send(SPAWN_LINK_FD, answer);
	link_message_free(answer);
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
	} verbs[] = { { "start", start },	    { "viewer", add_viewer },
		      { "disconnect", disconnect }, { "security", set_security },
		      { "keyboard", set_keyboard }, { "make-certificate", make_certificate } };

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

		if (poll(fds, 3, session ? rd_session_run(session) : -1) < 0 && errno != EINTR)
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
	struct display display = { .session = NULL };
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = rd_confine();
	if (r < 0) {
		fprintf(stderr, "bulkhead-display: it cannot be confined: %s\n", strerror(-r));
		return 1;
	}
	r = run(&display);
	rd_session_free(display.session);
	rd_security_unref(display.security);
	if (r == -EPIPE)
		return 0; /* the service or the machine is gone */
	fprintf(stderr, "bulkhead-display: the service's or the machine's messages make no sense: %s\n",
		strerror(-r));
	return 1;
}
