/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPADLs: lists of guest pages that the guest gives a number. They come in pieces, header and bodies, which
 * carry neither channel nor useful numbers: the order of arrival counts. And the pages that packets name by
 * themselves.
 */
#include "vmbus/vmbus_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct vmbus_gpadl **find_link(struct vmbus *bus, uint32_t id)
{
	struct vmbus_gpadl **link = &bus->gpadls[id % 256];

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

struct vmbus_gpadl *gpadl_find(const struct vmbus *bus, uint32_t id)
{
	struct vmbus_gpadl *gpadl = bus->gpadls[id % 256];

	while (gpadl && gpadl->id != id)
		gpadl = gpadl->next;
	return gpadl && gpadl->arrived == gpadl->page_count ? gpadl : NULL;
}

static void drop(struct vmbus *bus, struct vmbus_gpadl **link)
{
	struct vmbus_gpadl *gpadl = *link;

	*link = gpadl->next;
	bus->gpadl_count--;
	bus->gpadl_pages -= gpadl->page_count;
	free(gpadl);
}

static void drop_matching(struct vmbus *bus, const struct vmbus_channel *channel)
{
	for (unsigned i = 0; bus->gpadl_count > 0 && i < 256; i++) {
		struct vmbus_gpadl **link = &bus->gpadls[i];

		while (*link)
			if (!channel || (*link)->channel == channel)
				drop(bus, link);
			else
				link = &(*link)->next;
	}
}

void gpadl_forget_channel(const struct vmbus_channel *channel)
{
	drop_matching(channel->bus, channel);
}

void gpadl_forget_all(struct vmbus *bus)
{
	drop_matching(bus, NULL);
}

static void answer(struct vmbus *bus, uint32_t relid, uint32_t id, bool is_ok)
{
	struct vmbus_gpadl_created message = { .header.type = VMBUS_GPADL_CREATED,
					       .relid = relid,
					       .gpadl = id,
					       .status = is_ok ? VMBUS_STATUS_OK : VMBUS_STATUS_FAILED };

	if (!is_ok)
		bus_log(bus, "the guest's list of pages %#x is refused", id);
	message_send(bus, &message, sizeof(message));
}

static uint64_t count_pages(uint32_t byte_count, uint32_t byte_offset)
{
	return ((uint64_t)byte_offset + byte_count + VMBUS_PAGE - 1) / VMBUS_PAGE;
}

/* NULL: the size or the number is impossible, there are too many, or no memory. */
struct vmbus_gpadl *gpadl_new(struct vmbus_channel *channel, uint32_t id, uint32_t byte_count,
			      uint32_t byte_offset)
{
	struct vmbus *bus = channel->bus;
	uint64_t pages = count_pages(byte_count, byte_offset);
	struct vmbus_gpadl **link = find_link(bus, id), *gpadl;

	if (*link || byte_count == 0 || byte_offset >= VMBUS_PAGE || pages > VMBUS_GPADL_PAGES_MAX ||
	    bus->gpadl_count == VMBUS_GPADLS_MAX || bus->gpadl_pages + pages > VMBUS_GPADL_PAGES_ALL_MAX)
		return NULL;
	gpadl = calloc(1, sizeof(*gpadl) + pages * (sizeof(gpadl->pages[0]) + sizeof(gpadl->pfns[0])));
	if (!gpadl)
		return NULL;
	gpadl->bus = bus;
	gpadl->channel = channel;
	gpadl->id = id;
	gpadl->byte_count = byte_count;
	gpadl->byte_offset = byte_offset;
	gpadl->page_count = (uint32_t)pages;
	gpadl->pfns = (uint64_t *)(void *)&gpadl->pages[pages];
	*link = gpadl;
	bus->gpadl_count++;
	bus->gpadl_pages += (unsigned)pages;
	return gpadl;
}

/* Linux makes one range only. The size in the header is 16 bits wide and wraps for what is larger than 32 MiB. */
static struct vmbus_gpadl *make(struct vmbus_channel *channel, const struct vmbus_gpadl_header *header)
{
	uint64_t pages = count_pages(header->byte_count, header->byte_offset);

	if (header->range_count != 1 || header->range_bytes != (uint16_t)(8 + 8 * pages))
		return NULL;
	return gpadl_new(channel, header->gpadl, header->byte_count, header->byte_offset);
}

static void *map_page(const struct vmbus *bus, uint64_t pfn)
{
	const struct vmbus_memory *memory = &bus->config.memory;

	return pfn < UINT64_C(1) << 52 ? memory->map(memory->opaque, pfn * VMBUS_PAGE, VMBUS_PAGE) : NULL;
}

int gpadl_add_page(struct vmbus_gpadl *gpadl, uint64_t pfn)
{
	uint32_t i = gpadl->arrived++;

	gpadl->pfns[i] = pfn;
	gpadl->pages[i] = map_page(gpadl->bus, pfn);
	return gpadl->pages[i] ? 0 : -EFAULT;
}

static void add_pages(struct vmbus_gpadl *gpadl, const uint8_t *bytes, size_t size)
{
	struct vmbus *bus = gpadl->bus;

	for (; size >= 8 && gpadl->arrived < gpadl->page_count; bytes += 8, size -= 8) {
		uint64_t pfn;

		memcpy(&pfn, bytes, 8);
		if (gpadl_add_page(gpadl, pfn) < 0)
			gpadl->is_bad = true;
	}
	if (gpadl->arrived < gpadl->page_count)
		return;
	answer(bus, gpadl->channel->relid, gpadl->id, !gpadl->is_bad);
	if (gpadl->is_bad)
		drop(bus, find_link(bus, gpadl->id));
}

void gpadl_on_header(struct vmbus *bus, const struct vmbus_message_in *message)
{
	struct vmbus_gpadl_header header;
	struct vmbus_channel *channel;
	struct vmbus_gpadl *gpadl;

	memcpy(&header, message->bytes, sizeof(header));
	channel = offer_find(bus, header.relid);
	gpadl = channel && !channel->is_rescinded ? make(channel, &header) : NULL;
	if (!gpadl)
		answer(bus, header.relid, header.gpadl, false);
	else
		add_pages(gpadl, message->bytes + sizeof(header), message->size - sizeof(header));
}

void gpadl_on_body(struct vmbus *bus, const struct vmbus_message_in *message)
{
	struct vmbus_gpadl_body body;
	struct vmbus_gpadl *gpadl;

	memcpy(&body, message->bytes, sizeof(body));
	gpadl = *find_link(bus, body.gpadl);
	if (gpadl && gpadl->arrived < gpadl->page_count) /* else the rest of one that was refused */
		add_pages(gpadl, message->bytes + sizeof(body), message->size - sizeof(body));
}

/* False: somebody still uses its pages. */
static bool release(struct vmbus_gpadl *gpadl)
{
	struct vmbus_channel *channel = gpadl->channel;

	if (channel->state == CHANNEL_CLOSING)
		return false;
	if (gpadl->is_ring) {
		channel_break(channel, "its ring was taken away");
		return false;
	}
	if (channel->state == CHANNEL_OPEN && channel->device->config.ops->gpadl_gone)
		channel->device->config.ops->gpadl_gone(channel->device->config.opaque, channel, gpadl->id);
	return true;
}

bool gpadl_on_teardown(struct vmbus *bus, const struct vmbus_gpadl_teardown *message)
{
	struct vmbus_gpadl_torndown answer_message = { .header.type = VMBUS_GPADL_TORNDOWN,
						       .gpadl = message->gpadl };
	struct vmbus_gpadl **link = find_link(bus, message->gpadl);

	if (*link && !release(*link))
		return false;
	link = find_link(bus, message->gpadl); /* the callback may have changed the list */
	if (*link)
		drop(bus, link);
	message_send(bus, &answer_message, sizeof(answer_message));
	return true;
}

/* --- for providers ----------------------------------------------------------------------------------- */

struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *channel, uint32_t id)
{
	struct vmbus_gpadl *gpadl = gpadl_find(channel->bus, id);

	/* Not one of another channel of the device: it goes with that one, of which who uses it here hears nothing. */
	return gpadl && gpadl->channel == channel ? gpadl : NULL;
}

uint32_t vmbus_gpadl_size(const struct vmbus_gpadl *gpadl)
{
	return gpadl->byte_count;
}

/* Appends [host, host+size), to the last piece where it follows it. */
static int append(struct iovec *iov, unsigned *count, unsigned max, void *host, uint32_t size)
{
	if (*count > 0 && (char *)iov[*count - 1].iov_base + iov[*count - 1].iov_len == (char *)host) {
		iov[*count - 1].iov_len += size;
		return 0;
	}
	if (*count == max)
		return -ENOSPC;
	iov[(*count)++] = (struct iovec){ host, size };
	return 0;
}

static uint32_t piece_of(uint32_t at, uint32_t size)
{
	uint32_t piece = VMBUS_PAGE - at % VMBUS_PAGE;

	return piece < size ? piece : size;
}

int vmbus_gpadl_map(struct vmbus_gpadl *gpadl, uint32_t offset, uint32_t size, struct iovec *iov,
		    unsigned max)
{
	uint32_t at = gpadl->byte_offset + offset;
	unsigned count = 0;

	if (offset > gpadl->byte_count || size > gpadl->byte_count - offset)
		return -EINVAL;
	while (size > 0) {
		uint32_t piece = piece_of(at, size);
		int r =
		    append(iov, &count, max, (char *)gpadl->pages[at / VMBUS_PAGE] + at % VMBUS_PAGE, piece);

		if (r < 0)
			return r;
		at += piece;
		size -= piece;
	}
	return (int)count;
}

int vmbus_range_map(struct vmbus_channel *channel, const struct vmbus_range *range, uint32_t skip,
		    uint32_t size, struct iovec *iov, unsigned max)
{
	uint32_t at = range->offset + skip;
	unsigned count = 0;

	if (skip > range->size || size > range->size - skip)
		return -EINVAL;
	while (size > 0) {
		uint32_t piece = piece_of(at, size);
		char *page = map_page(channel->bus, range->pfns[at / VMBUS_PAGE]);
		int r = page ? append(iov, &count, max, page + at % VMBUS_PAGE, piece) : -EFAULT;

		if (r < 0)
			return r;
		at += piece;
		size -= piece;
	}
	return (int)count;
}

/* Neighbouring pages are told of together. */
static void written(struct vmbus *bus, const uint64_t *pfns, uint32_t at, uint32_t size)
{
	const struct vmbus_memory *memory = &bus->config.memory;
	uint64_t start = 0, length = 0;

	while (size > 0) {
		uint32_t piece = piece_of(at, size);
		uint64_t gpa = pfns[at / VMBUS_PAGE] * VMBUS_PAGE + at % VMBUS_PAGE;

		if (length > 0 && start + length == gpa) {
			length += piece;
		} else {
			if (length > 0)
				memory->written(memory->opaque, start, length);
			start = gpa;
			length = piece;
		}
		at += piece;
		size -= piece;
	}
	if (length > 0)
		memory->written(memory->opaque, start, length);
}

void vmbus_range_written(struct vmbus_channel *channel, const struct vmbus_range *range, uint32_t skip,
			 uint32_t size)
{
	if (skip <= range->size && size <= range->size - skip)
		written(channel->bus, range->pfns, range->offset + skip, size);
}

void vmbus_gpadl_written(struct vmbus_gpadl *gpadl, uint32_t offset, uint32_t size)
{
	if (offset <= gpadl->byte_count && size <= gpadl->byte_count - offset)
		written(gpadl->bus, gpadl->pfns, gpadl->byte_offset + offset, size);
}
