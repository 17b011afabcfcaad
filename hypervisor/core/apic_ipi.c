/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who receives an interrupt message (SDM 3, 11.6 and 11.11), and what it does to the receiver. */
#include "core/apic_priv.h"

#include <stddef.h>

struct message {
	uint32_t destination;
	uint8_t vector;
	uint8_t delivery; /* enum apic_delivery */
	bool logical;
	bool level;  /* triggered */
	bool lowest; /* one of the receivers only */
	bool wide;   /* 32-bit destination: from a sender in x2APIC mode */
};

enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };

static struct apic *bus_apic(struct apic_bus *bus, unsigned index)
{
	return __atomic_load_n(&bus->apics[index], __ATOMIC_ACQUIRE);
}

/* SDM 3, 11.6.2.2 (flat and cluster model) and 11.12.10.1. */
static bool matches_logical(const struct apic *apic, uint32_t destination)
{
	uint32_t ldr = atomic_load(&apic->ldr);

	if (apic_is_x2(apic))
		return ldr >> 16 == destination >> 16 && (ldr & destination & 0xffff);
	if (destination > 0xff)
		return false;
	ldr >>= 24;
	if (atomic_load(&apic->dfr) >> 28 == 0xf)
		return ldr & destination;
	return (destination >> 4 == 0xf || ldr >> 4 == destination >> 4) && (ldr & destination & 0xf);
}

static bool matches(const struct apic *apic, const struct message *message)
{
	if (message->destination == (message->wide ? 0xffffffff : 0xff))
		return true;
	if (message->logical)
		return matches_logical(apic, message->destination);
	return apic->id == message->destination;
}

static bool accepts(const struct apic *apic, const struct message *message)
{
	if (!apic_is_enabled(apic))
		return false;
	if (message->delivery == DELIVERY_FIXED || message->delivery == DELIVERY_LOWEST)
		return apic_is_software_enabled(apic);
	return true;
}

static void deliver_to(struct apic *apic, const struct message *message)
{
	switch (message->delivery) {
	case DELIVERY_FIXED:
	case DELIVERY_LOWEST: apic_post_vector(apic, message->vector, message->level); break;
	case DELIVERY_NMI: apic_post_event(apic, APIC_EVENT_NMI); break;
	case DELIVERY_INIT: apic_post_event(apic, APIC_EVENT_INIT); break;
	case DELIVERY_SIPI:
		atomic_store(&apic->sipi_vector, message->vector);
		apic_post_event(apic, APIC_EVENT_SIPI);
		break;
	default: break; /* SMI: no such mode; ExtINT has a line of its own */
	}
}

static bool is_deliverable(const struct message *message)
{
	switch (message->delivery) {
	case DELIVERY_FIXED:
	case DELIVERY_LOWEST: return message->vector >= VECTOR_MIN;
	case DELIVERY_SMI:
	case DELIVERY_NMI:
	case DELIVERY_INIT:
	case DELIVERY_SIPI: return true;
	default: return false;
	}
}

/*
 * Lowest priority is a matter of the model on real processors too: here it goes round, from behind the last
 * receiver on (two senders at once may choose the same one, which is as good).
 */
static unsigned deliver_lowest(struct apic_bus *bus, const struct message *message)
{
	unsigned count = __atomic_load_n(&bus->count, __ATOMIC_ACQUIRE),
		 first = atomic_load(&bus->next_lowest);

	for (unsigned i = 0; i < count; i++) {
		unsigned index = (first + i) % count;
		struct apic *apic = bus_apic(bus, index);

		if (apic && matches(apic, message) && accepts(apic, message)) {
			atomic_store(&bus->next_lowest, index + 1);
			deliver_to(apic, message);
			return 1;
		}
	}
	return 0;
}

static unsigned deliver(struct apic_bus *bus, const struct message *message, const struct apic *except)
{
	unsigned count = __atomic_load_n(&bus->count, __ATOMIC_ACQUIRE), accepted = 0;

	for (unsigned i = 0; i < count; i++) {
		struct apic *apic = bus_apic(bus, i);

		if (!apic || apic == except || !matches(apic, message) || !accepts(apic, message))
			continue;
		deliver_to(apic, message);
		accepted++;
	}
	return accepted;
}

/* The shorthands other than "all but self" are for fixed interrupts (SDM 3, table 11-3). */
static void send(struct apic *apic, struct message *message, unsigned shorthand)
{
	if (shorthand == SHORTHAND_SELF || shorthand == SHORTHAND_ALL) {
		if (message->delivery != DELIVERY_FIXED)
			return;
	}
	if (shorthand == SHORTHAND_SELF) {
		if (accepts(apic, message))
			deliver_to(apic, message);
		return;
	}
	if (shorthand != SHORTHAND_NONE) {
		message->destination = message->wide ? 0xffffffff : 0xff;
		message->lowest = false;
	}
	if (message->lowest)
		deliver_lowest(apic->bus, message);
	else
		deliver(apic->bus, message, shorthand == SHORTHAND_OTHERS ? apic : NULL);
}

void apic_send_ipi(struct apic *apic, uint64_t icr)
{
	bool assert = icr >> 14 & 1, level = icr >> 15 & 1;
	struct message message = {
		.destination = (uint32_t)(apic_is_x2(apic) ? icr >> 32 : icr >> 56),
		.vector = (uint8_t)icr,
		.delivery = icr >> 8 & 7,
		.logical = icr >> 11 & 1,
		.lowest = (icr >> 8 & 7) == DELIVERY_LOWEST,
		.wide = apic_is_x2(apic),
	};

	/* "INIT level de-assert" only resynchronizes arbitration ids, which nothing here has. */
	if (message.delivery == DELIVERY_INIT && level && !assert)
		return;
	if (message.delivery <= DELIVERY_LOWEST && message.vector < VECTOR_MIN)
		apic_error(apic, ESR_SEND_ILLEGAL_VECTOR);
	if (is_deliverable(&message))
		send(apic, &message, icr >> 18 & 3);
}

unsigned apic_deliver_msi(struct apic_bus *bus, uint64_t address, uint32_t data)
{
	bool redirect = address >> 3 & 1;
	struct message message = {
		.destination = address >> 12 & 0xff,
		.vector = (uint8_t)data,
		.delivery = data >> 8 & 7,
		.logical = address >> 2 & 1,
		.level = data >> 15 & 1,
		.lowest = (data >> 8 & 7) == DELIVERY_LOWEST || redirect,
	};

	if (address >> 20 != 0xfee || !is_deliverable(&message) || message.delivery == DELIVERY_SIPI)
		return 0;
	return message.lowest ? deliver_lowest(bus, &message) : deliver(bus, &message, NULL);
}
