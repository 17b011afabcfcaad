/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's serial port as a descriptor, here or through ssh; its screen, here. */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include "client/connection.h"

struct vmc_stream {
	int input;  /* read what the guest says */
	int output; /* write what is typed; may be the same descriptor */
	GSubprocess *ssh;
};

/* port: 1 or 2, for COM 1 and COM 2. mode: "look", "write", "take-over", "text" (one piece to type). `history`: bytes of earlier output. */
gboolean vmc_stream_open_port(struct vmc_connection *connection, const char *vm, guint port, const char *mode,
			      guint64 history, struct vmc_stream *ret_stream, GError **error);
/* COM 1. */
gboolean vmc_stream_open(struct vmc_connection *connection, const char *vm, const char *mode, guint64 history,
			 struct vmc_stream *ret_stream, GError **error);
/* The method that opens it on this computer, and its parameters (floating). */
GVariant *vmc_stream_call(guint port, const char *mode, guint64 history, const char **ret_method);
void vmc_stream_close(struct vmc_stream *stream);

/* A socket to its screen and keyboard (vmm/ui/viewer.h), to be closed; -1. */
int vmc_display_open(struct vmc_connection *connection, const char *vm, GError **error);

#endif
