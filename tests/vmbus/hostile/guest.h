/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare guest that does its worst to every provider of the VMBus. Free-standing: one processor, interrupts
 * off, the first GiB mapped one to one, the serial port for what it has to say.
 *
 *   machine.c   the serial port, random numbers, hypercalls, messages
 *   bus.c       the protocol of the bus, as a good guest has it and as no guest should
 *   attack.c    what is done to an open channel
 *   main.c      rounds, until the time is over
 */
#ifndef HOSTILE_GUEST_H
#define HOSTILE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmbus/vmbus_proto.h"

enum {
	PAGE = 4096,
	HEAP_START = 16 << 20,
	HEAP_END = 60 << 20, /* the machine has 64 MiB */
	MESSAGE_MAX = 240,
	OFFERS_MAX = 64,
	PACKET_BYTES = 1024,
};

/* --- machine.c */
void print(const char *text);
void print_number(uint64_t value);
void power_off(void) __attribute__((noreturn));
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void random_seed(uint64_t seed);
uint64_t random(void);
static inline uint32_t below(uint32_t limit)
{
	return limit ? (uint32_t)(random() % limit) : 0;
}
static inline bool one_in(uint32_t n)
{
	return below(n) == 0;
}
void scribble(void *bytes, size_t size); /* random bytes */
void mutate(void *bytes, size_t size);	 /* some of them become something else */
uint64_t wild_page(void);		 /* a page number: often of the heap, sometimes of nowhere */

bool machine_init(void);       /* Hyper-V's interface is there and on */
uint64_t reference_time(void); /* 100 ns */
/* Statuses of the hypercalls. */
uint32_t post_message(uint32_t connection, const void *payload, uint32_t size);
uint32_t signal_event(uint32_t connection, uint16_t flag);
void random_hypercall(void);
/* The next message of the bus; 0: there is none. */
uint32_t take_message(void *buffer);

/* --- bus.c */
struct channel {
	struct vmbus_offer_channel offer;
	bool is_open;
	uint32_t gpadl, pages; /* of each ring, with its control page */
	struct vmbus_ring_control *out, *in;
	uint8_t *out_data, *in_data;
	uint32_t step; /* how far a good guest would be */
	uint8_t last[PACKET_BYTES];
	uint32_t last_size; /* of what the host sent last */
};

extern struct channel channels[OFFERS_MAX];
extern unsigned channel_count;
extern uint32_t opens, gpadls; /* how often they succeeded */

bool bus_connect(void); /* and takes the offers */
void bus_disconnect(void);
void bus_drain(void); /* reads what the host says */
bool channel_open(struct channel *channel);
void channel_close(struct channel *channel);
void bus_attack(void); /* messages that no guest should send */
uint8_t *heap_pages(uint32_t count);
uint32_t gpadl_of(uint32_t relid, const void *memory, uint32_t size); /* 0: refused */

/* --- attack.c */
void channel_attack(struct channel *channel);
/* What a good guest says next; its head is made here. */
void channel_put(struct channel *channel, uint16_t type, const void *more, uint32_t more_size,
		 const void *payload, uint32_t size);

#endif
