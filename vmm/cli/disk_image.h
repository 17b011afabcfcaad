/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens what people name as a disk image. */
#ifndef CLI_DISK_IMAGE_H
#define CLI_DISK_IMAGE_H

#include <stdbool.h>

/* A descriptor of a regular file or block device, without waiting for a FIFO; -errno: -EISDIR, -EINVAL for anything else. */
int disk_image_open(const char *path, bool is_writable);

#endif
