/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all integration services share: the channel, the negotiation of versions, one request at a time.
 *
 * Life       The guest opens the channel; the host speaks first and offers versions; when the guest has
 *            chosen (KVP and VSS do only after their daemon came, perhaps never) on_ready() comes, and
 *            ic_request() works until on_gone().
 * Threads    The bus's loop.
 * Trust      An answer is taken only when it fits the request that waits; its body is a private copy
 *            with the length that was asked for, whatever the guest sent.
 */
#ifndef VSP_IC_H
#define VSP_IC_H

#include "vmbus/vmbus.h"
#include "vsp/ic/ic_proto.h"

enum { IC_BODY_MAX = 8192, IC_VERSIONS_MAX = 4 };

struct ic_service {
	enum ic_type type;
	const char *type_guid, *instance_guid;
	struct ic_version framework[IC_VERSIONS_MAX], message[IC_VERSIONS_MAX]; /* best first; {0, 0} ends */
	void (*on_ready)(void *opaque, struct ic_version version);
	/* The answer to ic_request(): `size` bytes, as many as were asked with. */
	void (*on_answer)(void *opaque, uint32_t status, const void *body, size_t size);
	/* What it wants kept besides (optional); on_ready() comes after that when it was ready. */
	void (*state)(void *opaque, struct state *state);
	void (*on_gone)(void *opaque); /* the channel is closed; an answer that waited will not come */
};

struct ic {
	struct vmbus_device *device;
	struct vmbus_channel *channel; /* NULL: closed */
	const struct ic_service *service;
	void *opaque;
	struct ic_version framework, version;
	bool is_ready;
	bool is_waiting; /* for an answer */
	uint8_t transaction;
	size_t asked_size;
	uint8_t packet[sizeof(struct ic_header) + IC_BODY_MAX];
	unsigned strays; /* packets that were no answer */
	void (*released)(void *opaque);
	void *released_opaque;
};

int ic_init(struct ic *ic, struct vmbus *bus, const struct ic_service *service, void *opaque);
void ic_deinit(struct ic *ic); /* the bus is stopped, or released() came */
/* Takes the service from a running guest: on_gone() comes if it was ready, then released(), in which ic_deinit() is allowed. Once. */
void ic_rescind(struct ic *ic, void (*released)(void *opaque), void *opaque);
/* -ENOTCONN: not ready; -EBUSY: a request waits for its answer. */
int ic_request(struct ic *ic, const void *body, size_t size);
static inline bool ic_is_ready(const struct ic *ic)
{
	return ic->is_ready;
}

#endif
