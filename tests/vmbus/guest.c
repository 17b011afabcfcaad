/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulated guest: its memory and its half of the control protocol. */
#include "guest_priv.h"

#include "vmbus/vmbus_priv.h" /* only to see whether the bus has anything to do */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { IDLE_TURNS = 3, TURNS_MAX = 200000, LOOKS_MAX = 100, LOOK_US = 100 };

static void *map(void *opaque, uint64_t gpa, uint64_t size)
{
	struct guest *guest = opaque;

	return gpa < GUEST_MEMORY && size <= GUEST_MEMORY - gpa ? guest->memory + gpa : NULL;
}

static void written(void *opaque, uint64_t gpa, uint64_t size)
{
	struct guest *guest = opaque;

	if (gpa >= GUEST_MEMORY || size > GUEST_MEMORY - gpa) {
		fprintf(stderr, "written outside of the memory: %#llx\n", (unsigned long long)gpa);
		abort();
	}
	guest->written += size;
}

static void note_log(void *opaque, const char *text)
{
	struct guest *guest = opaque;

	snprintf(guest->log, sizeof(guest->log), "%s", text);
}

static int connect_hvsock(void *opaque, const struct vmbus_guid *endpoint, const struct vmbus_guid *service)
{
	struct guest *guest = opaque;

	return guest->on_connect ? guest->on_connect(guest->on_connect_opaque, endpoint, service)
				 : -ECONNREFUSED;
}

void guest_on_connect(struct guest *guest, vmbus_connect_fn fn, void *opaque)
{
	guest->on_connect = fn;
	guest->on_connect_opaque = opaque;
}

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "simulated guest: %s: %s\n", what, strerror(-r));
	abort();
}

struct guest *guest_new(void)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	struct vmbus_config config = { .vp_count = GUEST_VPS, .log = note_log, .connect = connect_hvsock };

	must(guest ? 0 : -ENOMEM, "memory");
	guest->memory = mmap(NULL, GUEST_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(guest->memory == MAP_FAILED ? -ENOMEM : 0, "memory");
	must(loop_new(&guest->loop), "loop");
	config.loop = guest->loop;
	config.opaque = guest;
	config.memory = (struct vmbus_memory){ .map = map, .written = written, .opaque = guest };
	must(vmbus_new(&config, &guest->bus), "bus");
	guest->partition.guest = guest;
	guest->partition.limit = HV_MESSAGE_QUEUE_MAX;
	guest->next_free = 1 << 20;
	guest->next_gpadl = 0xe1e10;
	must(vmbus_attach(guest->bus, &guest->partition), "attach");
	return guest;
}

static void on_stopped(void *opaque)
{
	struct guest *guest = opaque;

	guest->is_stopped = true;
}

static bool stop(struct guest *guest)
{
	guest->is_stopped = false;
	vmbus_stop(guest->bus, on_stopped, guest);
	guest_run(guest);
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		guest_forget(guest->by_relid[i]);
	return guest->is_stopped;
}

struct guest *guest_free(struct guest *guest)
{
	if (!guest)
		return NULL;
	if (!stop(guest)) {
		fprintf(stderr, "simulated guest: the bus does not stop\n");
		abort();
	}
	vmbus_free(guest->bus);
	loop_free(guest->loop);
	munmap(guest->memory, GUEST_MEMORY);
	free(guest);
	return NULL;
}

bool guest_reset(struct guest *guest)
{
	if (!stop(guest))
		return false;
	guest->offer_count = 0;
	guest->partition.count = 0;
	guest->next_free = 1 << 20;
	must(vmbus_attach(guest->bus, &guest->partition), "attach");
	return true;
}

struct vmbus *guest_bus(struct guest *guest)
{
	return guest->bus;
}

struct loop *guest_loop(struct guest *guest)
{
	return guest->loop;
}

const char *guest_log(struct guest *guest)
{
	return guest->log;
}

static bool is_bus_busy(const struct vmbus *bus)
{
	return bus->signal_call.is_queued || bus->message_call.is_queued || bus->room_call.is_queued ||
	       bus->release_call.is_queued;
}

/* A device that gathers packets looks for them by itself, soon (vmbus/gather.c). */
static bool looks_again(const struct vmbus *bus)
{
	for (unsigned i = 0; i < VMBUS_RELIDS; i++) {
		const struct vmbus_channel *channel = bus->by_relid[i];

		if (channel && channel->state == CHANNEL_OPEN && channel->gather.is_open)
			return true;
	}
	return false;
}

/* Until its timer has come, or it is clear that the provider has stopped reading. */
static void wait_for_look(struct guest *guest)
{
	for (unsigned i = 0; i < LOOKS_MAX && looks_again(guest->bus); i++) {
		usleep(LOOK_US);
		must(loop_run_pending(guest->loop), "loop");
		guest_sort_messages(guest);
	}
}

static void run_quiet(struct guest *guest)
{
	unsigned idle = 0;

	for (unsigned turn = 0; turn < TURNS_MAX && idle < IDLE_TURNS; turn++) {
		unsigned before = guest->partition.activity;
		bool is_busy = is_bus_busy(guest->bus);

		must(loop_run_pending(guest->loop), "loop");
		guest_sort_messages(guest);
		idle = !is_busy && before == guest->partition.activity ? idle + 1 : 0;
	}
}

void guest_run(struct guest *guest)
{
	run_quiet(guest);
	if (looks_again(guest->bus)) {
		wait_for_look(guest);
		run_quiet(guest);
	}
}

uint64_t guest_alloc(struct guest *guest, unsigned pages)
{
	uint64_t gpa = guest->next_free;

	must(gpa + (uint64_t)pages * VMBUS_PAGE > GUEST_MEMORY ? -ENOMEM : 0, "its memory is used up");
	guest->next_free += (uint64_t)pages * VMBUS_PAGE;
	memset(guest->memory + gpa, 0, (size_t)pages * VMBUS_PAGE);
	return gpa;
}

void *guest_memory(struct guest *guest, uint64_t gpa)
{
	return guest->memory + gpa;
}

uint64_t guest_written(struct guest *guest)
{
	return guest->written;
}

/* --- the control protocol ---------------------------------------------------------------------------- */

bool guest_connect(struct guest *guest, uint32_t version)
{
	struct vmbus_initiate_contact contact = { .header.type = VMBUS_INITIATE_CONTACT, .version = version };
	struct vmbus_version_response response;
	bool is_new = version >= VMBUS_VERSION_5_0;

	guest->offer_count = 0;
	guest->has_all_offers = false;
	if (is_new)
		contact.sint = VMBUS_SINT;
	if (guest_post(guest, is_new ? VMBUS_CONNECTION_5_0 : VMBUS_CONNECTION, &contact, sizeof(contact)) !=
	    HV_STATUS_SUCCESS)
		return false;
	return guest_take(guest, VMBUS_VERSION_RESPONSE, &response, sizeof(response)) &&
	       response.is_supported && response.state == 0;
}

unsigned guest_request_offers(struct guest *guest)
{
	struct vmbus_header request = { .type = VMBUS_REQUEST_OFFERS };

	guest_post(guest, VMBUS_CONNECTION, &request, sizeof(request));
	guest_run(guest);
	return guest->has_all_offers ? guest->offer_count : 0;
}

unsigned guest_start(struct guest *guest)
{
	return guest_connect(guest, VMBUS_VERSION_5_3) ? guest_request_offers(guest) : 0;
}

const struct vmbus_offer_channel *guest_offer(struct guest *guest, const struct vmbus_guid *type,
					      unsigned index)
{
	guest_run(guest);
	for (unsigned i = guest->offer_count; i-- > 0;)
		if (memcmp(guest->offers[i].type, type->bytes, 16) == 0 &&
		    guest->offers[i].subchannel_index == index && !guest->is_rescinded[i])
			return &guest->offers[i];
	return NULL;
}

/* Header and bodies as Linux cuts them: 26 and 28 page numbers. */
static void post_gpadl(struct guest *guest, uint32_t relid, uint32_t id, uint64_t gpa, uint32_t size)
{
	uint64_t buffer[HV_MESSAGE_PAYLOAD_MAX / 8];
	struct vmbus_gpadl_header header = { .header.type = VMBUS_GPADL_HEADER,
					     .relid = relid,
					     .gpadl = id,
					     .range_count = 1,
					     .byte_count = size,
					     .byte_offset = (uint32_t)(gpa % VMBUS_PAGE) };
	struct vmbus_gpadl_body body = { .header.type = VMBUS_GPADL_BODY, .gpadl = id };
	unsigned pages = (header.byte_offset + size + VMBUS_PAGE - 1) / VMBUS_PAGE, done = 0;
	size_t used = sizeof(header);

	header.range_bytes = (uint16_t)(8 + 8 * pages);
	memcpy(buffer, &header, sizeof(header));
	while (done < pages || used == sizeof(header)) {
		for (; done < pages && used + 8 <= sizeof(buffer); done++, used += 8) {
			uint64_t pfn = gpa / VMBUS_PAGE + done;

			memcpy((uint8_t *)buffer + used, &pfn, 8);
		}
		guest_post(guest, VMBUS_CONNECTION, buffer, used);
		guest_run(guest);
		memcpy(buffer, &body, sizeof(body));
		used = sizeof(body);
	}
}

uint32_t guest_gpadl(struct guest *guest, uint32_t relid, uint64_t gpa, uint32_t size)
{
	uint32_t id = guest->next_gpadl++;
	struct vmbus_gpadl_created created;

	post_gpadl(guest, relid, id, gpa, size);
	while (guest_take(guest, VMBUS_GPADL_CREATED, &created, sizeof(created)))
		if (created.gpadl == id)
			return created.status == 0 ? id : 0;
	return 0;
}

bool guest_gpadl_teardown(struct guest *guest, uint32_t relid, uint32_t gpadl)
{
	struct vmbus_gpadl_teardown message = { .header.type = VMBUS_GPADL_TEARDOWN,
						.relid = relid,
						.gpadl = gpadl };
	struct vmbus_gpadl_torndown answer;

	guest_post(guest, VMBUS_CONNECTION, &message, sizeof(message));
	return guest_take(guest, VMBUS_GPADL_TORNDOWN, &answer, sizeof(answer)) && answer.gpadl == gpadl;
}
