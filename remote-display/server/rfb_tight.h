/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tight without loss, smaller: libvncserver compresses it with zlib's level 1 whatever a viewer asks for
 * (0.9.14), which costs a third more bytes than a middle level. Its streams are begun here, at that level,
 * and it goes on with them. Used by rfb.c only.
 */
#ifndef RD_RFB_TIGHT_H
#define RD_RFB_TIGHT_H

struct _rfbClientRec;

/* Before an update. */
void rd_rfb_tight_prepare(struct _rfbClientRec *client);

#endif
