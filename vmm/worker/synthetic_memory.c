/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dynamic memory of a machine: what the guest gives away goes back to the host; the service hears of demand
 * and size. */
#include "worker/synthetic.h"

#include "vsp/balloon/balloon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TELL_NS 5000000000u /* between two messages about the demand */

enum { PAGES_PER_MIB = 256 };

struct memory_part {
	struct synthetic *synthetic;
	struct balloon *balloon;
	bool is_ready;
	uint64_t told_ns, told_demand;
	uint64_t ballooned;
};

static void tell(struct memory_part *part, const char *key, uint64_t value)
{
	struct link_message *message;

	if (link_message_new("guest", &message) < 0)
		return;
	link_add_number(message, key, value);
	synthetic_tell(part->synthetic, message);
}

static void on_ready(void *opaque, bool is_ready)
{
	struct memory_part *part = opaque;
	struct link_message *message;

	part->is_ready = is_ready;
	part->told_ns = part->told_demand = 0;
	if (link_message_new("guest", &message) < 0)
		return;
	link_add(message, "dynamic-memory", is_ready ? "ready" : "none");
	synthetic_tell(part->synthetic, message);
}

static void on_status(void *opaque, const struct balloon_status *status)
{
	struct memory_part *part = opaque;
	uint64_t demand = status->committed / PAGES_PER_MIB, now = loop_now();

	if (demand == part->told_demand || now - part->told_ns < TELL_NS)
		return;
	part->told_ns = now;
	part->told_demand = demand;
	tell(part, "memory-demand-mib", demand);
}

static void tell_assigned(struct memory_part *part)
{
	tell(part, "memory-assigned-mib",
	     synthetic_config(part->synthetic)->memory_mib - part->ballooned / PAGES_PER_MIB);
}

static void on_ballooned(void *opaque, uint64_t pages)
{
	struct memory_part *part = opaque;

	part->ballooned = pages;
	tell_assigned(part);
}

static bool discard(void *opaque, uint64_t gpa, uint64_t size)
{
	struct memory_part *part = opaque;
	struct hv_partition *partition = synthetic_partition(part->synthetic);
	void *host = guest_ram_at(&synthetic_memory(part->synthetic)->ram, gpa, size);

	if (!host || madvise(host, size, MADV_DONTNEED) < 0)
		return false;
	if (partition)
		hv_memory_written(partition, gpa, size); /* it reads as zero now */
	return true;
}

static const struct balloon_ops ops = {
	.on_ready = on_ready,
	.on_status = on_status,
	.on_ballooned = on_ballooned,
	.discard = discard,
};

static void part_free(void *opaque)
{
	struct memory_part *part = opaque;

	balloon_free(part->balloon);
	free(part);
}

static int part_make(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	const struct guest_ram *ram = &synthetic_memory(synthetic)->ram;
	struct memory_part *part;
	struct balloon_config config = { .pages = ram->size / 4096, .ops = &ops };
	int r;

	if (!(synthetic_config(synthetic)->services & WORKER_BALLOON))
		return 0;
	part = calloc(1, sizeof(*part));
	if (!part)
		return -ENOMEM;
	part->synthetic = synthetic;
	config.opaque = part;
	config.memory_end =
	    ram->size > ram->low_size ? GUEST_RAM_HIGH_START + ram->size - ram->low_size : ram->low_size;
	r = balloon_new(synthetic_bus(synthetic), synthetic_loop(synthetic), &config, &part->balloon);
	if (r < 0) {
		free(part);
		snprintf(error->text, sizeof(error->text), "dynamic memory cannot be made: %s", strerror(-r));
		return r;
	}
	*ret_part = part;
	return 0;
}

/* "memory": the guest is to use so much. */
static bool part_handle(void *opaque, struct link_message *message)
{
	struct memory_part *part = opaque;
	uint64_t all = synthetic_config(part->synthetic)->memory_mib, mib;

	if (strcmp(link_verb(message), "memory") != 0)
		return false;
	if (link_get_number(message, "mib", WORKER_MEMORY_MAX_MIB, &mib) == 0)
		balloon_set_target(part->balloon, mib < all ? (all - mib) * PAGES_PER_MIB : 0);
	return true;
}

static void part_report(void *opaque)
{
	struct memory_part *part = opaque;

	on_ready(part, part->is_ready);
	tell_assigned(part);
}

const struct synthetic_part synthetic_dynamic_memory = {
	.name = "dynamic memory",
	.make = part_make,
	.free = part_free,
	.handle = part_handle,
	.report = part_report,
};
