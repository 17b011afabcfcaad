/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between a request's life (request.c) and its pieces (extent.c). */
#ifndef DISK_REQUEST_H
#define DISK_REQUEST_H

#include "disk/disk_priv.h"

static inline bool request_is_change(const struct disk_request *request)
{
	return request->kind != DISK_READ && request->kind != DISK_FLUSH;
}

/* One of what the request waits for is over. */
void request_put(struct disk_request *request);
/* A request that was taken out of all lists ends with this error, reported from the next poll. */
void request_end(struct disk_request *request, int error);
/* The same begins once more, whole. */
void request_again(struct disk_request *request);
/* Where the next piece is, at most `length` long: 0, DISK_WAIT, -errno. */
int extent_map(struct disk_request *request, uint64_t offset, uint64_t length, struct disk_extent *extent);
/* Starts its operation, which ends in request_put(); or does at once what needs none. */
int extent_start(struct disk_request *request, struct disk_extent *extent);

#endif
