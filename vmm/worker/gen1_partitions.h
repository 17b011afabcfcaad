/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a disk's partition table (MBR, also the protective one of a GPT) name sectors that the disk does not
 * have? */
#ifndef WORKER_GEN1_PARTITIONS_H
#define WORKER_GEN1_PARTITIONS_H

#include <stdbool.h>
#include <stdint.h>

struct disk;

/* True with what it wants and what there is, in bytes. Before anybody else uses the disk. */
bool gen1_partitions_pass_end(struct disk *disk, uint64_t *ret_wanted, uint64_t *ret_size);

#endif
