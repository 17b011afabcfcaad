/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation between the service and a machine's display process (bulkhead-display), over descriptor
 * SPAWN_LINK_FD of the process.
 *
 *   to the display
 *     start             once and first. display: a socket connected to the machine (ui/display_proto.h);
 *                       name: of the machine
 *     viewer            socket: a connected stream socket; id: the service's number for it; view-only: 0 or
 *                       1; must-prove: 1 when it came by TCP, and the password decides
 *     disconnect        id
 *     security          what viewers by TCP must prove from now on. certificate, key: PEM files (may be
 *                       missing); needs-tls: 0 or 1; password, view-password: may be empty, not both; web:
 *                       the page's files (web.h; may be missing)
 *     keyboard          layout: of the guest's keyboard, in which text becomes keys: "us"; types-clipboard: 0
 *                       or 1: what a viewer copies is typed (may be missing: 1)
 *     make-certificate  instead of "start". name: of the host; certificate, key: empty files to write to;
 *                       "certificate" follows
 *   from the display
 *     ready             the machine's framebuffer is there
 *     viewer-in         id; view-only: it has proven what it must, and sees the screen
 *     viewer-gone       id; was: in, wrong-password or never-in
 *     certificate       error: 0 or an errno; fingerprint: SHA-256
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
