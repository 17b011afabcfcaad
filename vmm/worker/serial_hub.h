/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shares one serial port among many: each client sees all output, one of them types; texts come in between.
 *
 * Purpose    Sits between serial.h (WORKER_SERIAL_STREAM) and any number of stream sockets. It always takes
 *            what the guest sends: a client that is slow loses the oldest output, is told how much, and
 *            holds up nobody. What the one writer types is never lost: it is read only as the guest takes it, also
 *            when the writer has gone already; whoever comes then types after it. One writer, because a terminal also
 *            answers what a shell asks (its cursor's place): two answers would be one too many. A text has no terminal, so it is
 *            typed whoever the writer is: whole, as far as its sender is not slower than the guest, between what the others typed.
 * Threads    The loop's.
 * Limits     HUB_CLIENTS_MAX clients, HUB_HISTORY bytes of output kept.
 * Trust      Clients are authorized by whoever handed their socket over; here they can only do what it said.
 */
#ifndef WORKER_SERIAL_HUB_H
#define WORKER_SERIAL_HUB_H

#include "loop/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HUB_CLIENTS_MAX = 16, HUB_HISTORY = 1 << 18 };

enum hub_write {
	HUB_LOOKS,	/* its input is thrown away */
	HUB_WRITES,	/* it types, unless somebody else does already: then it is told, and looks */
	HUB_TAKES_OVER, /* it types; whoever did is told, and looks */
	HUB_TEXT,	/* what it says is typed, and it hears nothing; closed when all of it was taken */
};

struct serial_hub;

/* Makes the hub and `ret_serial_fd`, the other end of its stream, for serial_new(). */
int serial_hub_new(struct loop *loop, struct serial_hub **ret_hub, int *ret_serial_fd);
struct serial_hub *serial_hub_free(struct serial_hub *hub);

/* Takes `fd` over, on failure too. -ENOTSOCK, -EMFILE when there are too many. `history`: bytes of earlier
 * output. */
int serial_hub_add(struct serial_hub *hub, int fd, enum hub_write write, uint64_t history);
/*
 * Takes a listening stream socket over, on failure too: who connects there has the port as if by a cable. One at a time, the
 * next ones wait; no earlier output, and no word of ours between the guest's. Once.
 */
int serial_hub_listen(struct serial_hub *hub, int fd);
/* Takes in what the guest sent last and passes on what clients take at once, for at most timeout_ms. */
void serial_hub_drain(struct serial_hub *hub, unsigned timeout_ms);

#endif
