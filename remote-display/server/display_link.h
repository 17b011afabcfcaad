/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation between the service and a machine's display process (bulkhead-display), over descriptor
 * SPAWN_LINK_FD of the process.
 *
 *   to the display
 *     start       once and first. display: a socket connected to the machine (ui/display_proto.h); name: of
 * the machine viewer      socket: a connected stream socket; id: the service's number for it; view-only: 0 or
 * 1 disconnect  id from the display ready       the machine's framebuffer is there; viewers are served from
 * now on (those that came before, too) viewer-gone id failed      text: a sentence. Nothing follows
 *
 * The display ends when the link or the machine's socket closes.
 */
#ifndef RD_DISPLAY_LINK_H
#define RD_DISPLAY_LINK_H

enum {
	RD_NAME_MAX = 100, /* bytes */
	RD_VIEWER_ID_MAX = 0x7fffffff,
};

#endif
