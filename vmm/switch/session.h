/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One switch and its owner: answers requests (link/switch_link.h) and runs the loop.
 *
 * Threads    One.
 */
#ifndef SWITCH_SESSION_H
#define SWITCH_SESSION_H

#include "link/switch_link.h"
#include "switch/nat.h"
#include "switch/wire.h"

struct session {
	int link;
	struct vswitch *sw;
	struct nat *nat; /* one of these two, or both NULL: no uplink */
	struct wire *wire;
	bool has_folder;     /* the current one is what the NAT serves */
	bool is_wire_down;   /* its owner was told */
	uint64_t warning_ms; /* of the last one that was passed on */
};

/* Waits for "start", gives all rights up that it does not need (switch/confine.h), and answers. Negative errno: there is no
 * switch. */
int session_start(struct session *session);
/* Until the link closes: 0; negative errno for what should not happen. */
int session_run(struct session *session);
void session_end(struct session *session);

/* request.c: answers one message. False when the link is of no use any more. */
bool session_answer(struct session *session, struct link_message *message);
int session_make(struct session *session, struct link_message *message, char error[SWITCH_ERROR_MAX]);
void session_warn(struct session *session, const char *text);

#endif
