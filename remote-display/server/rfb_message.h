/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer's messages before libvncserver hears them. Those that it reads without a doubt where there
 * should be one are read and checked here; those that no viewer of ours needs end the viewer. Used by rfb.c
 * only.
 */
#ifndef RD_RFB_MESSAGE_H
#define RD_RFB_MESSAGE_H

struct _rfbClientRec;

/* One message; its first byte, or the end, is there. */
void rd_rfb_process_message(struct _rfbClientRec *client);

#endif
