/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One machine's screen, its viewers and their input.
 *
 * Threads    The main thread; input comes from viewers' threads and goes to the machine under a lock.
 * Input      What a viewer holds down is released when it goes.
 * Errors     Negative errno.
 */
#ifndef RD_SESSION_H
#define RD_SESSION_H

#include "server/security.h"

struct rd_session;

enum rd_departure { RD_WAS_IN, RD_WRONG_PASSWORD, RD_NEVER_IN };

struct rd_session_ops {
	void (*ready)(void *opaque);
	/* It has proven what it must. */
	void (*viewer_in)(void *opaque, unsigned id, bool is_view_only);
	void (*viewer_gone)(void *opaque, unsigned id, enum rd_departure departure);
};

/* display: the machine's socket (ui/display_proto.h); taken, also when it fails. `name` is copied. */
int rd_session_new(int display, const char *name, const struct rd_session_ops *ops, void *opaque,
		   struct rd_session **ret_session);
struct rd_session *rd_session_free(struct rd_session *session);
/*
 * Takes the socket, also when it fails. `security` NULL: its socket proves all. -EEXIST: the id is in use;
 * -ENOSPC. Who comes before the machine's screen is there waits for it.
 */
int rd_session_add(struct rd_session *session, int socket, unsigned id, bool is_view_only,
		   struct rd_security *security);
/* In which text becomes keys. False: no such layout. */
bool rd_session_set_keyboard(struct rd_session *session, const char *name);
/* Whether what a viewer copies is typed (it is, at first). */
void rd_session_set_clipboard(struct rd_session *session, bool is_typed);
/* viewer_gone() follows, soon. */
void rd_session_disconnect(struct rd_session *session, unsigned id);

/* Two descriptors to wait for (POLLIN), and what to do then; -EPIPE: the machine is gone. */
int rd_session_display_fd(const struct rd_session *session);
int rd_session_event_fd(const struct rd_session *session);
int rd_session_dispatch(struct rd_session *session);
/* What is to be done by time; milliseconds until the next time, -1: never. */
int rd_session_run(struct rd_session *session);

#endif
