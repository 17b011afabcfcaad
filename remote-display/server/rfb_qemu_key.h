/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU Extended Key Event message (RFB community specification, pseudo-encoding -258): scan codes from
 * the viewer, so that every keyboard layout works. libvncserver has no server side of it. Used by rfb.c only.
 */
#ifndef RD_RFB_QEMU_KEY_H
#define RD_RFB_QEMU_KEY_H

#include <stdbool.h>
#include <stdint.h>

struct _rfbClientRec;

/* Once, before the first client. */
void rd_rfb_qemu_key_register(void);
/* When a client goes: libvncserver forgets what it keeps of extensions. */
void rd_rfb_qemu_key_detach(struct _rfbClientRec *client);
/* rfb.c's. */
void rd_rfb_on_scan_code(struct _rfbClientRec *client, uint16_t code, bool is_down);

#endif
