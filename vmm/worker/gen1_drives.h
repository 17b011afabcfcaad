/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drives of a generation 1 machine: virtual disks behind the IDE controller. Threads: the loop's. */
#ifndef WORKER_GEN1_DRIVES_H
#define WORKER_GEN1_DRIVES_H

#include "worker/machine.h"

struct gen1_drives;
struct ide;
struct io_bus;

int gen1_drives_new(struct loop *loop, struct gen1_drives **ret_drives);
/* Opens the images, takes their locks, connects them. Takes the descriptors, also when it fails. */
int gen1_drives_connect(struct gen1_drives *drives, struct io_bus *bus, struct ide *ide,
			struct worker_drive config[static WORKER_DRIVES], struct machine_error *error);
/* Waits for what is under way. The VPs stopped before. */
void gen1_drives_drain(struct gen1_drives *drives);
/* After ide_free(). A sentence when data was lost. */
struct gen1_drives *gen1_drives_free(struct gen1_drives *drives);

#endif
