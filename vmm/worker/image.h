/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disk images that the worker was given, opened with messages for people. Threads: that of `io`. */
#ifndef WORKER_IMAGE_H
#define WORKER_IMAGE_H

#include "disk/disk.h"
#include "link/worker_chain.h"
#include "worker/machine.h"

struct image_config {
	const char *name;   /* of the file, for messages */
	const char *format; /* "raw", "iso", "vhd", "vhdx" */
	int fd;		    /* taken, also when it fails */
	bool is_writable;
	struct worker_chain *chain; /* its parents, whose descriptors are taken; NULL: it has none */
};

int image_open(struct disk_io *io, const struct image_config *config, struct disk **ret_disk,
	       struct machine_error *error);

#endif
