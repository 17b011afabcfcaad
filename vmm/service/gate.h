/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between a client's socket and GDBus: passes on what message_filter.h lets through, and all that comes back
 * with its descriptors. Descriptors of a client are dropped.
 *
 * GDBus keeps without a limit what a client does not take. So no more is read of one to whom GATE_CALLS_MAX
 * answers are owed; and one is disconnected that takes nothing for GATE_STALL_S while something waits for it,
 * or takes it so slowly that something waits all through GATE_BEHIND_S.
 */
#ifndef SERVICE_GATE_H
#define SERVICE_GATE_H

#include <glib.h>
#include <sys/types.h>

enum {
	/* more than SERVICE_CALLS_PER_PEER_MAX, of which each may take long to be answered */
	GATE_CALLS_MAX = 128,
	GATE_STALL_S = 30,
	GATE_BEHIND_S = 120,
};

struct gate;

/* Takes `client`, also when it fails (NULL); `ret_inner` is GDBus's end. It is freed by its owner only;
 * either side's end closes both sockets. */
struct gate *gate_new(int client, uid_t uid, int *ret_inner);
struct gate *gate_free(struct gate *gate);
/* Passes on what GDBus has written already, for at most this time: at the end of the service. */
void gate_drain(struct gate *gate, int timeout_ms);
gboolean gate_is_authenticated(const struct gate *gate);

#endif
