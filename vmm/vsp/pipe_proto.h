/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands before each message on the channels of video, mouse, utilities and hvsock (Linux: vmbuspipe_hdr).
 * Storage, network, keyboard and dynamic memory have none.
 */
#ifndef VSP_PIPE_PROTO_H
#define VSP_PIPE_PROTO_H

#include <stdint.h>

enum { VSP_PIPE_DATA = 1 };

/* The pipe's mode: the first u32 of a named pipe offer's user data. */
enum { VSP_PIPE_BYTES = 1, VSP_PIPE_MESSAGES = 4 };

struct vsp_pipe_header {
	uint32_t type; /* VSP_PIPE_DATA */
	uint32_t size; /* bytes that follow */
};
_Static_assert(sizeof(struct vsp_pipe_header) == 8, "pipe header");

#endif
