/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk controller of the chipset wants from a disk or a medium: an abstract block backend.
 *
 * Threads    submit() comes under the bus lock on a VP's thread and does not wait. on_done() is
 *            called once for each request, under the bus lock, on any thread; also inside submit().
 * Ownership  The request and its data belong to the controller and stay valid until on_done().
 * Limits     offset and length are multiples of 512 inside the size; the controller checks them.
 */
#ifndef CHIPSET_BLOCK_H
#define CHIPSET_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct block;

enum block_kind {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH, /* what was written before survives a crash afterwards */
};

struct block_request {
	enum block_kind kind;
	uint64_t offset;
	uint32_t length;
	uint8_t *data;
	void (*on_done)(struct block_request *request, int result); /* 0 or -errno */
	void *owner;
	struct block_request *next; /* the backend's, while it has the request */
};

struct block {
	void (*submit)(struct block *block, struct block_request *request);
	uint64_t size; /* bytes; a rest that is no whole sector is not used */
	bool is_read_only;
};

#endif
