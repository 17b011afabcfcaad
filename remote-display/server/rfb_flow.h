/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fence and ContinuousUpdates (RFB community specification, pseudo-encodings -312 and -313): a viewer that
 * knows both gets updates without asking for each, at most RD_FLOW_WINDOW before it has answered the fence
 * behind one: so it sets the pace, however long the way to it is. Used by rfb.c only.
 */
#ifndef RD_RFB_FLOW_H
#define RD_RFB_FLOW_H

#include <stdbool.h>
#include <stdint.h>

enum { RD_FLOW_WINDOW = 3 };

struct _rfbClientRec;

struct rd_flow {
	bool knows_fence, knows_continuous, is_announced;
	bool is_on; /* continuous updates of this part of the screen */
	int x, y, width, height;
	uint32_t sent, answered; /* fences behind updates */
};

void rd_rfb_flow_register(void);
void rd_rfb_flow_detach(struct _rfbClientRec *client);

/* Whether an update is due that nobody has asked for. */
bool rd_rfb_flow_is_open(const struct rd_flow *flow);
/* Around an update of that kind. */
void rd_rfb_flow_before(struct _rfbClientRec *client);
void rd_rfb_flow_after(struct _rfbClientRec *client);

#endif
