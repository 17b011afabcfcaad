/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the synthetic devices that is storage. */
#ifndef WORKER_SYNTHETIC_STORAGE_H
#define WORKER_SYNTHETIC_STORAGE_H

#include "worker/synthetic.h"

struct gen1_shared_disk;

/*
 * The image of an IDE disk of a generation 1 machine, which is offered as a synthetic disk, too. False: this
 * unit is none. The device thread must be running; whoever shares it lets go before synthetic_free().
 */
bool synthetic_storage_share(struct synthetic *synthetic, unsigned unit, struct gen1_shared_disk *ret_shared);

#endif
