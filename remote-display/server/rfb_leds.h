/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lamps of the guest's keyboard, for viewers that keep theirs the same: QEMU's pseudo-encoding (-261)
 * and VMware's ('WMVh'). Used by rfb.c only.
 */
#ifndef RD_RFB_LEDS_H
#define RD_RFB_LEDS_H

#include <stdbool.h>

struct _rfbClientRec;

struct rd_leds {
	bool wants_qemu, wants_vmware;
	bool is_known; /* the guest has set them */
	unsigned leds; /* enum framebuffer_led; both encodings have the same bits */
};

void rd_rfb_leds_register(void);
void rd_rfb_leds_detach(struct _rfbClientRec *client);
void rd_rfb_leds_set(struct _rfbClientRec *client, unsigned leds);

#endif
