/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated guest: memory, the guest's half of VMBus, and a SynIC without a hypervisor (guest_synic.c
 * stands in for hv/synic.h). For tests of the bus and of providers; link it instead of the hypervisor's
 * library.
 *
 * Threads    One: the guest acts, then guest_run() lets the bus's loop do all that is due.
 * Use        guest_new(); make devices on guest_bus(); guest_start(); guest_open(); guest_send(),
 *            guest_receive(). All of it also exists in a raw form for what a well-behaved guest never
 *            does.
 */
#ifndef TESTS_VMBUS_GUEST_H
#define TESTS_VMBUS_GUEST_H

#include "vmbus/vmbus.h"
#include "vmbus/vmbus_proto.h"

#include "loop/loop.h"

#include <hv/synic.h>

enum {
	GUEST_MEMORY = 64 << 20,
	GUEST_OFFERS_MAX = 1100,
	GUEST_VPS = 4,
	GUEST_PACKET_MAX = 70000,
};

struct guest;

struct guest *guest_new(void);
struct guest *guest_free(struct guest *guest); /* stops the bus; the devices must be freed, or able to be */
/* What the bus calls when the guest asks for a hvsock connection; refused without. */
void guest_on_connect(struct guest *guest, vmbus_connect_fn fn, void *opaque);
struct vmbus *guest_bus(struct guest *guest);
struct loop *guest_loop(struct guest *guest);
/* All that is due, until nothing happens any more. Timers do not run ahead. */
void guest_run(struct guest *guest);
/* As a reset of the machine: the bus is stopped and attached again; memory stays. False: a provider does not
 * let go. */
bool guest_reset(struct guest *guest);
/* What the bus complained about, last; "" when nothing. */
const char *guest_log(struct guest *guest);

/* --- memory --------------------------------------------------------------------------------------------- */

/* So many pages that were not given before, zeroed; guest_reset() makes all free again. */
uint64_t guest_alloc(struct guest *guest, unsigned pages);
void *guest_memory(struct guest *guest, uint64_t gpa);
/* Bytes that providers said they wrote (vmbus_memory.written). */
uint64_t guest_written(struct guest *guest);

/* --- messages ------------------------------------------------------------------------------------------- */

enum hv_status guest_post(struct guest *guest, uint32_t connection, const void *message, size_t size);
/*
 * Takes the first waiting message of that type; false: there is none. Offers and ALL_OFFERS are kept apart.
 */
bool guest_take(struct guest *guest, uint32_t type, void *ret_message, size_t size);
unsigned guest_messages(struct guest *guest); /* how many wait */
/* So many fit into the SynIC's queue; guest_drain() makes room. */
void guest_limit_messages(struct guest *guest, unsigned limit);

/* INITIATE_CONTACT; true when the version was accepted. Offers of before are forgotten. */
bool guest_connect(struct guest *guest, uint32_t version);
/* How many offers came until ALL_OFFERS_DELIVERED. */
unsigned guest_request_offers(struct guest *guest);
/* guest_connect(5.3) and guest_request_offers(). */
unsigned guest_start(struct guest *guest);
/* The youngest offer of that type and subchannel that was not rescinded; NULL: none. */
const struct vmbus_offer_channel *guest_offer(struct guest *guest, const struct vmbus_guid *type,
					      unsigned index);
/* GPADL of [gpa, gpa+size): its number, or 0 when it is refused. */
uint32_t guest_gpadl(struct guest *guest, uint32_t relid, uint64_t gpa, uint32_t size);
bool guest_gpadl_teardown(struct guest *guest, uint32_t relid, uint32_t gpadl); /* true: answered */

/* --- saved states --------------------------------------------------------------------------------------- */

/* Of the bus, which is held from then on: what vmbus_state() says, to be freed. */
uint8_t *guest_save(struct guest *guest, size_t *ret_size);
/* Into another life of the bus, behind guest_reset(). False: refused, with a reason. */
bool guest_take_back(struct guest *guest, const uint8_t *bytes, size_t size);

/* --- channels ------------------------------------------------------------------------------------------- */

struct guest_channel {
	struct guest *guest;
	uint32_t relid, connection, gpadl;
	uint64_t gpa;			     /* of the rings: to the host, then from it */
	unsigned pages;			     /* of each, with its control page */
	struct vmbus_ring_control *out, *in; /* to the host, from the host */
	uint8_t *out_data, *in_data;
	uint32_t out_index, in_index;
	unsigned interrupts; /* that the host raised for it */
};

/* NULL: refused. `data_pages` for each direction; `user_data`: 120 bytes or NULL. */
struct guest_channel *guest_open(struct guest *guest, const struct vmbus_offer_channel *offer,
				 unsigned data_pages, const void *user_data);
/* CLOSE and teardown of the ring. */
void guest_close(struct guest_channel *channel);
/* Forgets it here only (after a reset or a rescind). */
void guest_forget(struct guest_channel *channel);

/* These write one packet, signal as a guest does, and run the loop. -EAGAIN: no room. */
int guest_send(struct guest_channel *channel, uint64_t transaction, bool wants_completion,
	       const void *payload, size_t size);
int guest_send_completion(struct guest_channel *channel, uint64_t transaction, const void *payload,
			  size_t size);

struct guest_range {
	uint64_t gpa; /* contiguous */
	uint32_t size;
};
int guest_send_pages(struct guest_channel *channel, uint64_t transaction, const struct guest_range *ranges,
		     unsigned count, const void *payload, size_t size);
/* Without running the loop and without a signal: for batches. */
int guest_put(struct guest_channel *channel, const void *packet,
	      size_t size); /* a whole packet with its head */
void guest_signal(struct guest_channel *channel);

struct guest_packet {
	uint16_t type;
	bool wants_completion;
	uint64_t transaction;
	size_t head_size;			     /* what stands before the payload, 16 or more */
	size_t size;				     /* of the payload, padded to 8 */
	_Alignas(8) uint8_t bytes[GUEST_PACKET_MAX]; /* head and payload */
};

static inline const void *guest_payload(const struct guest_packet *packet)
{
	return packet->bytes + packet->head_size;
}

/* False: there is none. Runs the loop first. */
bool guest_receive(struct guest_channel *channel, struct guest_packet *ret_packet);

/* A completion or in-band packet as answer to an in-band request; aborts the test when there is none. */
void guest_ask(struct guest_channel *channel, uint64_t transaction, const void *payload, size_t size,
	       struct guest_packet *ret_packet);

#endif
