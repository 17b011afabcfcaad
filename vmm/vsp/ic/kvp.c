/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/ic.h"
#include "vsp/ic/kvp.h"

#include "disk/utf16.h"
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOON_NS	 5000000000u
#define LATER_NS 60000000000u

/* So often soon after the guest came up, when addresses still change. */
enum { SOON_COUNT = 12, VALUE_IS_TEXT = 1, AUTO_KEYS = 10 };

struct change {
	uint8_t operation; /* KVP_SET, KVP_DELETE */
	uint8_t pool;
	uint8_t key[KVP_KEY_MAX], value[KVP_VALUE_MAX];
	uint32_t key_size, value_size;
	char key_text[KVP_KEY_TEXT];
};

struct kvp {
	struct ic ic;
	struct loop_timer *timer;
	const struct kvp_ops *ops;
	void *opaque;
	struct change *queue[KVP_QUEUE_MAX];
	unsigned first, count;
	bool is_change_asked;		/* the answer that is awaited is that of queue[first] */
	struct kvp_addresses addresses; /* that are being asked for or set */
	bool wants_addresses, sets_addresses;
	bool is_address_asked; /* the answer that is awaited is of that */
	bool is_reading;
	unsigned pool_place, index; /* what is read next */
	unsigned reads;
};

/* What the host wrote is read too: pairs of an earlier life of the machine's configuration may be there. */
static const enum kvp_pool read_pools[] = { KVP_POOL_AUTO, KVP_POOL_GUEST, KVP_POOL_EXTERNAL };

enum { READ_POOLS = sizeof(read_pools) / sizeof(read_pools[0]) };

/* --- asking ------------------------------------------------------------------------------------------ */

static int ask_change(struct kvp *kvp)
{
	const struct change *change = kvp->queue[kvp->first];
	struct ic_kvp body = { .operation = change->operation, .pool = change->pool };
	int r;

	if (change->operation == KVP_SET) {
		body.pair.type = VALUE_IS_TEXT;
		body.pair.key_size = change->key_size;
		body.pair.value_size = change->value_size;
		memcpy(body.pair.key, change->key, change->key_size);
		memcpy(body.pair.value, change->value, change->value_size);
	} else {
		body.deleted.key_size = change->key_size;
		memcpy(body.deleted.key, change->key, change->key_size);
	}
	r = ic_request(&kvp->ic, &body, sizeof(body));
	kvp->is_change_asked = r == 0;
	return r;
}

static int ask_pair(struct kvp *kvp)
{
	struct ic_kvp body = { .operation = KVP_ENUMERATE, .pool = (uint8_t)read_pools[kvp->pool_place] };

	body.enumerated.index = kvp->index;
	return ic_request(&kvp->ic, &body, sizeof(body));
}

static void plan_next_read(struct kvp *kvp)
{
	loop_timer_set(kvp->timer, loop_now() + (++kvp->reads < SOON_COUNT ? SOON_NS : LATER_NS));
}

static void ask_addresses(struct kvp *kvp)
{
	struct ic_kvp_address body;

	if (kvp_address_encode(kvp->sets_addresses ? KVP_SET_IP : KVP_GET_IP, &kvp->addresses, &body) == 0)
		kvp->is_address_asked = ic_request(&kvp->ic, &body, sizeof(body)) == 0;
}

static void go_on(struct kvp *kvp)
{
	if (kvp->count > 0)
		ask_change(kvp);
	else if (kvp->wants_addresses)
		ask_addresses(kvp);
	else if (kvp->is_reading)
		ask_pair(kvp);
}

int kvp_read(struct kvp *kvp)
{
	if (!ic_is_ready(&kvp->ic))
		return -ENOTCONN;
	if (kvp->is_reading)
		return 0;
	kvp->is_reading = true;
	kvp->pool_place = kvp->index = 0;
	go_on(kvp);
	return 0;
}

/* --- answers ----------------------------------------------------------------------------------------- */

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* The size counts the terminator, which may be missing. */
static bool decode(const uint8_t *bytes, uint32_t size, uint32_t max, char *text, size_t text_size)
{
	if (size > max || size % 2 != 0)
		return false;
	while (size >= 2 && bytes[size - 1] == 0 && bytes[size - 2] == 0)
		size -= 2;
	if (size == 0) {
		text[0] = '\0';
		return true;
	}
	return utf16_to_utf8(bytes, size, UTF16_LE, text, text_size) >= 0 && is_printable(text);
}

static void take_pair(struct kvp *kvp, const struct ic_kvp_pair *pair)
{
	char key[KVP_KEY_TEXT], value[KVP_VALUE_TEXT];

	if (pair->type == VALUE_IS_TEXT && decode(pair->key, pair->key_size, KVP_KEY_MAX, key, sizeof(key)) &&
	    decode(pair->value, pair->value_size, KVP_VALUE_MAX, value, sizeof(value)) && *key)
		kvp->ops->on_value(kvp->opaque, read_pools[kvp->pool_place], key, value);
}

/* A guest that has no answer for one of its own facts may have one for the next. */
static void on_pair(struct kvp *kvp, uint32_t status, const struct ic_kvp *body)
{
	bool is_auto = read_pools[kvp->pool_place] == KVP_POOL_AUTO;
	bool is_end = is_auto ? kvp->index + 1 >= AUTO_KEYS : status != IC_OK;

	if (status == IC_OK)
		take_pair(kvp, &body->enumerated.pair);
	if (!is_end && ++kvp->index < KVP_PAIRS_MAX)
		return;
	kvp->index = 0;
	if (++kvp->pool_place < READ_POOLS)
		return;
	kvp->is_reading = false;
	plan_next_read(kvp);
	kvp->ops->on_read(kvp->opaque);
}

static void on_change_answer(struct kvp *kvp, uint32_t status)
{
	struct change *change = kvp->queue[kvp->first];

	kvp->is_change_asked = false;
	kvp->first = (kvp->first + 1) % KVP_QUEUE_MAX;
	kvp->count--;
	if (kvp->ops->on_changed)
		kvp->ops->on_changed(kvp->opaque, (enum kvp_pool)change->pool, change->key_text,
				     status == IC_OK);
	free(change);
}

static void on_addresses(struct kvp *kvp, uint32_t status, const void *body)
{
	struct kvp_addresses addresses = kvp->addresses;
	struct ic_kvp_address answer;

	kvp->is_address_asked = kvp->wants_addresses = false;
	if (!kvp->sets_addresses && status == IC_OK) {
		memcpy(&answer, body, sizeof(answer));
		kvp_address_decode(&answer, &addresses);
		memcpy(addresses.mac, kvp->addresses.mac, sizeof(addresses.mac));
	}
	if (kvp->ops->on_addresses)
		kvp->ops->on_addresses(kvp->opaque, status == IC_OK, &addresses);
}

/* The body is as long as that of the request. */
static void on_answer(void *opaque, uint32_t status, const void *body, size_t size)
{
	struct kvp *kvp = opaque;
	struct ic_kvp answer;

	if (kvp->is_address_asked) {
		on_addresses(kvp, status, body);
		go_on(kvp);
		return;
	}
	memcpy(&answer, body, sizeof(answer));
	if (kvp->is_change_asked)
		on_change_answer(kvp, status);
	else if (kvp->is_reading)
		on_pair(kvp, status, &answer);
	go_on(kvp);
}

/* --- life -------------------------------------------------------------------------------------------- */

static void on_timer(void *opaque)
{
	kvp_read(opaque);
}

static void on_ready(void *opaque, struct ic_version version)
{
	struct kvp *kvp = opaque;

	kvp->reads = 0;
	kvp->ops->on_ready(kvp->opaque, true);
	kvp_read(kvp);
}

static void forget(struct kvp *kvp)
{
	while (kvp->count > 0) {
		free(kvp->queue[kvp->first]);
		kvp->first = (kvp->first + 1) % KVP_QUEUE_MAX;
		kvp->count--;
	}
	kvp->is_change_asked = kvp->is_reading = kvp->is_address_asked = kvp->wants_addresses = false;
}

static void on_gone(void *opaque)
{
	struct kvp *kvp = opaque;

	loop_timer_set(kvp->timer, LOOP_NEVER);
	forget(kvp);
	kvp->ops->on_ready(kvp->opaque, false);
}

static const struct ic_service service = {
	.type = IC_KVP,
	.type_guid = "a9a0f4e7-5a45-4d96-b827-8a841e8c03e6",
	.instance_guid = "242ff919-07db-4180-9c2e-b86cb68c8c55",
	.framework = { { 3, 0 }, { 1, 0 } },
	.message = { { 4, 0 }, { 3, 0 }, { 1, 0 } },
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_gone = on_gone,
};

int kvp_new(struct vmbus *bus, struct loop *loop, const struct kvp_ops *ops, void *opaque,
	    struct kvp **ret_kvp)
{
	struct kvp *kvp = calloc(1, sizeof(*kvp));
	int r;

	if (!kvp)
		return -ENOMEM;
	kvp->ops = ops;
	kvp->opaque = opaque;
	r = loop_timer_new(loop, on_timer, kvp, &kvp->timer);
	if (r == 0)
		r = ic_init(&kvp->ic, bus, &service, kvp);
	if (r < 0) {
		kvp_free(kvp);
		return r;
	}
	*ret_kvp = kvp;
	return 0;
}

struct kvp *kvp_free(struct kvp *kvp)
{
	if (!kvp)
		return NULL;
	ic_deinit(&kvp->ic);
	loop_timer_free(kvp->timer);
	forget(kvp);
	free(kvp);
	return NULL;
}

/* --- changes ----------------------------------------------------------------------------------------- */

/* With its terminator. */
static int encode(const char *text, uint8_t *bytes, size_t max, uint32_t *ret_size)
{
	size_t size = 0;

	if (!is_printable(text) || utf8_to_utf16(text, UTF16_LE, bytes, max - 2, &size) < 0)
		return -EINVAL;
	memset(bytes + size, 0, 2);
	*ret_size = (uint32_t)size + 2;
	return 0;
}

static int queue_change(struct kvp *kvp, enum ic_kvp_operation operation, enum kvp_pool pool, const char *key,
			const char *value)
{
	struct change *change;

	if (pool == KVP_POOL_GUEST || pool == KVP_POOL_AUTO || !*key || strlen(key) >= KVP_KEY_TEXT)
		return -EINVAL;
	if (!ic_is_ready(&kvp->ic))
		return -ENOTCONN;
	if (kvp->count == KVP_QUEUE_MAX)
		return -ENOSPC;
	change = calloc(1, sizeof(*change));
	if (!change)
		return -ENOMEM;
	change->operation = (uint8_t)operation;
	change->pool = (uint8_t)pool;
	memcpy(change->key_text, key, strlen(key));
	if (encode(key, change->key, sizeof(change->key), &change->key_size) < 0 ||
	    encode(value, change->value, sizeof(change->value), &change->value_size) < 0) {
		free(change);
		return -EINVAL;
	}
	kvp->queue[(kvp->first + kvp->count++) % KVP_QUEUE_MAX] = change;
	go_on(kvp); /* or after the answer that is awaited */
	return 0;
}

int kvp_set(struct kvp *kvp, enum kvp_pool pool, const char *key, const char *value)
{
	return queue_change(kvp, KVP_SET, pool, key, value);
}

int kvp_delete(struct kvp *kvp, enum kvp_pool pool, const char *key)
{
	return queue_change(kvp, KVP_DELETE, pool, key, "");
}

/* --- addresses --------------------------------------------------------------------------------------- */

static int ask_for_addresses(struct kvp *kvp, const struct kvp_addresses *addresses, bool is_set)
{
	struct ic_kvp_address body;
	int r;

	if (!ic_is_ready(&kvp->ic))
		return -ENOTCONN;
	if (kvp->wants_addresses)
		return -EBUSY;
	r = kvp_address_encode(is_set ? KVP_SET_IP : KVP_GET_IP, addresses, &body);
	if (r < 0)
		return r;
	kvp->addresses = *addresses;
	kvp->wants_addresses = true;
	kvp->sets_addresses = is_set;
	go_on(kvp); /* or after the answer that is awaited */
	return 0;
}

int kvp_get_addresses(struct kvp *kvp, const struct kvp_addresses *which)
{
	return ask_for_addresses(kvp, which, false);
}

int kvp_set_addresses(struct kvp *kvp, const struct kvp_addresses *addresses)
{
	return ask_for_addresses(kvp, addresses, true);
}

struct ic *kvp_ic(struct kvp *kvp)
{
	return &kvp->ic;
}
