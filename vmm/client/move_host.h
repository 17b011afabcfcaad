/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine of this computer to another host: asks its service for a stream, and has ssh carry that to `bulkhead receive` over there. The
 * ssh is this process's and ends with it; the job ends when ssh does, and nothing is lost then.
 */
#ifndef CLIENT_MOVE_HOST_H
#define CLIENT_MOVE_HOST_H

#include "client/call.h"

struct vmc_far_move {
	const char *host;   /* as ssh reaches it */
	const char *folder; /* over there; "": its inventory */
	gboolean is_plan;
	gboolean is_silent; /* ssh writes nothing on this process's stderr */
};

/* The answer, later, is (oas): a job ("/" for a plan) and the steps. */
void vmc_move_to_host(struct vmc_connection *connection, const char *path, const struct vmc_far_move *move,
		      vmc_answer_fn fn, gpointer opaque);

/* The far end: a stream of this computer's service, to be joined with the other one; -1. `folder` as above. */
int vmc_receive(struct vmc_connection *connection, const char *folder, GError **error);

#endif
