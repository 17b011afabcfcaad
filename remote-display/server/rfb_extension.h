/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What our protocol extensions have in common. Used by rfb*.c only. */
#ifndef RD_RFB_EXTENSION_H
#define RD_RFB_EXTENSION_H

#include <stddef.h>
#include <stdint.h>

struct _rfbClientRec;
struct _rfbProtocolExtension;
struct rd_flow;
struct rd_leds;

/* For .newClient: there from the first message on, with no data. */
signed char rd_rfb_extension_attach(struct _rfbClientRec *client, void **data);
/* When a client goes: libvncserver forgets what it keeps of extensions. */
void rd_rfb_extension_detach(struct _rfbClientRec *client, struct _rfbProtocolExtension *extension);
/* An update of one rectangle of a pseudo-encoding, whose payload follows it. */
void rd_rfb_send_pseudo(struct _rfbClientRec *client, int32_t encoding, const void *payload, size_t size);

/* rfb.c's, by client. */
struct rd_flow *rd_rfb_flow(struct _rfbClientRec *client);
struct rd_leds *rd_rfb_leds(struct _rfbClientRec *client);

#endif
