/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is an image what it is used as? A guest only finds that it cannot boot; here the user learns why. Both read
 * the image before the guest does, on the thread that polls it.
 */
#ifndef WORKER_GEN1_PARTITIONS_H
#define WORKER_GEN1_PARTITIONS_H

#include <stdbool.h>
#include <stdint.h>

struct disk;

/*
 * Does the partition table (MBR, also the protective one of a GPT) name sectors that the disk does not have?
 * True with what it wants and what there is, in bytes.
 */
bool gen1_partitions_pass_end(struct disk *disk, uint64_t *ret_wanted, uint64_t *ret_size);
/* Has the disc no volume, neither ISO 9660 nor UDF? */
bool gen1_disc_is_strange(struct disk *disk);

#endif
