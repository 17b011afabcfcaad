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

/*
 * While nothing is taken from the guest, and with the disks lent (synthetic_hold()): a child takes the place of the disk at its
 * place, its descriptors are taken. -ENOENT: there is no such disk here. synthetic_storage_end_exchange(): the disks before are
 * closed, or have their places again.
 */
int synthetic_storage_exchange(struct synthetic *synthetic, struct worker_disk *child,
			       struct machine_error *error);
void synthetic_storage_end_exchange(struct synthetic *synthetic, bool keeps);
/*
 * On the device thread: the first disk that `matches`; NULL: none. And another one in its place, while no request of it is under way;
 * nothing of the one before is closed.
 */
struct disk *synthetic_storage_find(struct synthetic *synthetic,
				    bool (*matches)(struct disk *disk, void *opaque), void *opaque);
void synthetic_storage_put(struct synthetic *synthetic, struct disk *before, struct disk *next);
/* The controller's number of a disk of the emulated one, whose unit is `lun`. */
enum { STORAGE_IDE = WORKER_CONTROLLERS };

#endif
