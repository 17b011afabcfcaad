/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device accesses. An instruction that meets one is abandoned, the caller of hv_vp_run() answers, and the
 * instruction starts again: what it did so far is in cpu->mmio, and each access that is found there is not
 * done a second time.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/mmu/mmu_priv.h"

static bool access_matches(const struct mmio_access *entry, const struct mmio_access *wanted)
{
	return entry->gpa == wanted->gpa && entry->size == wanted->size &&
	       entry->is_write == wanted->is_write && entry->is_port == wanted->is_port;
}

/* The log's next entry when it is this access, else NULL: the access is new. */
static const struct mmio_access *log_replay(struct mmio_log *log, const struct mmio_access *wanted)
{
	if (log->next >= log->count)
		return NULL;
	if (!access_matches(&log->access[log->next], wanted)) {
		/*
		 * Another VP changed the instruction or its operands meanwhile: what is left belongs to
		 * nobody.
		 */
		log->count = log->next;
		return NULL;
	}
	return &log->access[log->next++];
}

static void exit_fill(struct hv_exit *exit, const struct mmio_access *access)
{
	bytes_fill(exit, 0, sizeof(*exit));
	if (access->is_port) {
		exit->reason = HV_EXIT_PORT;
		exit->port.port = (uint16_t)access->gpa;
		exit->port.size = access->size;
		exit->port.is_write = access->is_write;
		bytes_copy(&exit->port.data, access->data, access->size);
		return;
	}
	exit->reason = HV_EXIT_MMIO;
	exit->mmio.gpa = access->gpa;
	exit->mmio.size = access->size;
	exit->mmio.is_write = access->is_write;
	bytes_copy(exit->mmio.data, access->data, access->size);
}

/*
 * Does not return when the access is new. NULL when the instruction has made MMIO_LOG_MAX accesses already:
 * no driver uses such an instruction on a device, so what goes beyond reads as ones and is written nowhere.
 */
static const struct mmio_access *access_perform(struct vcpu *cpu, const struct mmio_access *wanted)
{
	struct mmio_log *log = &cpu->mmio;
	const struct mmio_access *done = log_replay(log, wanted);

	if (done || log->count >= MMIO_LOG_MAX)
		return done;
	log->access[log->count++] = *wanted;
	log->next = 0;
	log->pending = true;
	exit_fill(cpu->exit, wanted);
	cpu_leave(cpu);
}

static void access_read(struct vcpu *cpu, struct mmio_access *wanted, uint8_t *buffer)
{
	const struct mmio_access *done = access_perform(cpu, wanted);

	if (done)
		bytes_copy(buffer, done->data, wanted->size);
	else
		bytes_fill(buffer, 0xff, wanted->size);
}

/* --- the local APIC's page --------------------------------------------------------------------------- */

/*
 * SDM 3, 11.4.1: registers are 16 bytes apart and accessed as aligned 32-bit words. Other reads see the words
 * that they touch.
 */
static void apic_page_read(struct vcpu *cpu, uint32_t offset, uint8_t *buffer, unsigned size)
{
	for (unsigned done = 0; done < size;) {
		uint32_t at = offset + done, skip = at & 3, count = 4 - skip;
		uint32_t value = apic_mmio_read(&cpu->apic, at & ~3u) >> skip * 8;

		if (count > size - done)
			count = size - done;
		bytes_copy(buffer + done, &value, count);
		done += count;
	}
}

static void apic_page_write(struct vcpu *cpu, uint32_t offset, const uint8_t *buffer, unsigned size)
{
	uint32_t value;

	if (size != 4 || (offset & 3))
		return;
	bytes_copy(&value, buffer, 4);
	apic_mmio_write(&cpu->apic, offset, value);
}

/* --- memory-mapped ----------------------------------------------------------------------------------- */

/* Up to 8 bytes pass as they are; more is cut at multiples of 8. */
static unsigned piece_size(uint64_t gpa, unsigned size)
{
	unsigned room = 8 - (unsigned)(gpa & 7);

	if (size <= 8)
		return size;
	return size < room ? size : room;
}

void mmio_read(struct vcpu *cpu, uint64_t gpa, uint8_t *buffer, unsigned size)
{
	if (apic_is_mmio_page(&cpu->apic, gpa)) {
		apic_page_read(cpu, PAGE_OFFSET(gpa), buffer, size);
		return;
	}
	while (size > 0) {
		struct mmio_access access = { .gpa = gpa, .size = (uint8_t)piece_size(gpa, size) };

		access_read(cpu, &access, buffer);
		gpa += access.size;
		buffer += access.size;
		size -= access.size;
	}
}

void mmio_write(struct vcpu *cpu, uint64_t gpa, const uint8_t *buffer, unsigned size)
{
	if (apic_is_mmio_page(&cpu->apic, gpa)) {
		apic_page_write(cpu, PAGE_OFFSET(gpa), buffer, size);
		return;
	}
	while (size > 0) {
		struct mmio_access access = { .gpa = gpa,
					      .size = (uint8_t)piece_size(gpa, size),
					      .is_write = true };

		bytes_copy(access.data, buffer, access.size);
		access_perform(cpu, &access);
		gpa += access.size;
		buffer += access.size;
		size -= access.size;
	}
}

/*
 * --- ports
 * --------------------------------------------------------------------------------------------------
 */

uint32_t port_read(struct vcpu *cpu, uint16_t port, unsigned size)
{
	struct mmio_access access = { .gpa = port, .size = (uint8_t)size, .is_port = true };
	uint32_t value = 0;

	access_read(cpu, &access, (uint8_t *)&value);
	return value;
}

void port_write(struct vcpu *cpu, uint16_t port, unsigned size, uint32_t value)
{
	struct mmio_access access = { .gpa = port, .size = (uint8_t)size, .is_write = true, .is_port = true };

	bytes_copy(access.data, &value, size);
	access_perform(cpu, &access);
}
