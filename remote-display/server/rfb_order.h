/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which order an update's rectangles go. Downwards and upwards in turn, what scrolled lies nearer to its like
 * in the viewer's stream: deflate looks back 32 KiB, and a page of a console is more (a quarter fewer bytes).
 */
#ifndef RD_RFB_ORDER_H
#define RD_RFB_ORDER_H

#include <stdbool.h>

struct sraRectangleIterator;

/* What this thread's library calls see until it says something else. */
void rd_rfb_order_set(bool is_upward);

/* How many regions this thread's library has walked through; a walk of one's own through the last one. */
unsigned rd_rfb_order_walks(void);
struct sraRectangleIterator *rd_rfb_order_again(void);

#endif
