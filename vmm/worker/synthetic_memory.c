/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dynamic memory of a machine: what the guest gives away goes back to the host, what it needs is added; the
 * service hears of demand and size. */
#include "worker/synthetic.h"

#include "vsp/balloon/balloon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TELL_NS 2000000000u /* between two messages about the demand */

enum { PAGES_PER_MIB = 256 };

struct memory_part {
	struct synthetic *synthetic;
	struct balloon *balloon;
	bool is_ready;
	uint64_t told_ns, told_demand;
	uint64_t guest_pages, added, ballooned;
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
	uint64_t has = part->guest_pages + part->added - part->ballooned, now = loop_now(), demand;
	uint64_t used = has > status->available ? has - status->available : 0;
	struct link_message *message;

	/* What is promised to programs knows nothing of the kernel's own. */
	demand = (used > status->demand ? used : status->demand) / PAGES_PER_MIB;

	if (demand == part->told_demand || now - part->told_ns < TELL_NS ||
	    link_message_new("guest", &message) < 0)
		return;
	part->told_ns = now;
	part->told_demand = demand;
	link_add_number(message, "memory-demand-mib", demand);
	link_add_number(message, "memory-available-mib", status->available / PAGES_PER_MIB);
	synthetic_tell(part->synthetic, message);
}

static void tell_assigned(struct memory_part *part)
{
	tell(part, "memory-assigned-mib",
	     synthetic_config(part->synthetic)->memory_mib +
		 (int64_t)(part->added - part->ballooned) / PAGES_PER_MIB);
}

static void on_added(void *opaque, uint64_t pages)
{
	struct memory_part *part = opaque;

	part->added = pages;
	tell_assigned(part);
}

static bool back(void *opaque, uint64_t pages)
{
	struct memory_part *part = opaque;
	struct hv_partition *partition = synthetic_partition(part->synthetic);

	return partition &&
	       machine_memory_grow(synthetic_memory(part->synthetic), partition, pages * 4096) == 0;
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
	.back = back,
	.on_added = on_added,
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
	part->guest_pages = config.pages;
	config.opaque = part;
	config.hot_first_page = guest_ram_hot_start(ram) / 4096;
	config.hot_pages = ram->hot_max / 4096;
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
	uint64_t mib;

	if (strcmp(link_verb(message), "memory") != 0)
		return false;
	if (link_get_number(message, "mib", WORKER_MEMORY_MAX_MIB, &mib) == 0)
		balloon_set_size(part->balloon, mib * PAGES_PER_MIB);
	return true;
}

/* The machine begins with what its firmware tells of. */
static void part_attached(void *opaque)
{
	struct memory_part *part = opaque;

	balloon_restarted(part->balloon);
	part->added = part->ballooned = 0;
	tell_assigned(part);
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
	.attached = part_attached,
	.report = part_report,
};
