/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data exchange: small pairs of texts. The guest's daemon (hv_kvp_daemon) keeps them in pools; here all that
 * it tells is read again now and then, and the host writes into its own pools. Without a daemon in the guest
 * nothing happens.
 *
 * Threads    The bus's loop.
 * Limits     KVP_QUEUE_MAX changes wait for the guest; KVP_PAIRS_MAX pairs are read of one pool.
 * Trust      Keys and values come as valid UTF-8 without control characters, or not at all.
 */
#ifndef VSP_KVP_H
#define VSP_KVP_H

#include "vmbus/vmbus.h"

struct ic;
#include "vsp/ic/kvp_address.h"

enum kvp_pool {
	KVP_POOL_EXTERNAL = 0,	    /* the host writes, the guest reads */
	KVP_POOL_GUEST = 1,	    /* the guest writes, the host reads */
	KVP_POOL_AUTO = 2,	    /* facts of the guest: OSName, NetworkAddressIPv4 ... */
	KVP_POOL_AUTO_EXTERNAL = 3, /* facts of the host */
	KVP_POOL_AUTO_INTERNAL = 4,
};

enum {
	KVP_QUEUE_MAX = 64,
	KVP_PAIRS_MAX = 256,
	KVP_KEY_TEXT = 512 * 3 / 2 + 1,
	KVP_VALUE_TEXT = 2048 * 3 / 2 + 1
};

struct kvp;
struct loop;

struct kvp_ops {
	void (*on_ready)(void *opaque, bool is_ready); /* there is a daemon; kvp_set() what it should know */
	void (*on_value)(void *opaque, enum kvp_pool pool, const char *key, const char *value);
	void (*on_read)(void *opaque); /* all pools were read once more */
	/* The answers to kvp_set() and kvp_delete(), in their order. */
	void (*on_changed)(void *opaque, enum kvp_pool pool, const char *key, bool is_good);
	/* The answer to kvp_get_addresses() and kvp_set_addresses(); after the latter, what was asked for. */
	void (*on_addresses)(void *opaque, bool is_good, const struct kvp_addresses *addresses);
};

int kvp_new(struct vmbus *bus, struct loop *loop, const struct kvp_ops *ops, void *opaque,
	    struct kvp **ret_kvp);
struct kvp *kvp_free(struct kvp *kvp); /* the bus is stopped; NULL is fine; returns NULL */
/* -ENOTCONN, -ENOSPC: too many wait; -EINVAL: too long, no UTF-8, an empty key, or a pool that the guest
 * writes. */
int kvp_set(struct kvp *kvp, enum kvp_pool pool, const char *key, const char *value);
int kvp_delete(struct kvp *kvp, enum kvp_pool pool, const char *key);
/* Of one adapter of the guest. -ENOTCONN; -EBUSY: one is under way; -EINVAL as kvp_address_encode(). */
int kvp_get_addresses(struct kvp *kvp, const struct kvp_addresses *which);
int kvp_set_addresses(struct kvp *kvp, const struct kvp_addresses *addresses);
/* Reads all again now. */
int kvp_read(struct kvp *kvp);

/* What it has in common with the others: for ic_rescind(). */
struct ic *kvp_ic(struct kvp *kvp);

#endif
