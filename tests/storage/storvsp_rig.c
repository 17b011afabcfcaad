/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "storvsp_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING_PAGES = 8, SETTLE_MS = 2, TRANSACTION = 0x1234 };

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	printf("the rig cannot %s\n", what);
	abort();
}

static void on_submitted(void *opaque)
{
	((struct storvsp_rig *)opaque)->submits++; /* storvsp_rig_settle() polls */
}

/* The target of the other rig is replaced by the controller's. */
static void move_units(struct storvsp_rig *rig)
{
	struct scsi_disk_config configs[] = { { .disk = rig->units.disk, .id = { { 1 } } },
					      { .disk = rig->units.thin, .id = { { 2 } } } };
	struct scsi_target *target = storvsp_target(rig->controller);

	for (unsigned i = 0; i < 2; i++) {
		struct scsi_lun *lun = NULL;

		must(scsi_disk_new(&configs[i], &lun) == 0 && scsi_target_add(target, i, lun) == 0,
		     "add a disk");
	}
}

void storvsp_rig_init(struct storvsp_rig *rig, bool is_ide)
{
	struct storvsp_config config = { .is_ide = is_ide,
					 .ide_unit = is_ide ? 3 : 0,
					 .instance = { { 0x5c, 0x51 } },
					 .subchannels = STORVSP_RIG_SUBCHANNELS,
					 .max_transfer = 256 * 1024,
					 .on_submitted = on_submitted,
					 .opaque = rig };

	*rig = (struct storvsp_rig){ 0 };
	rig_init(&rig->units);
	rig->guest = guest_new();
	config.bus = guest_bus(rig->guest);
	must(storvsp_new(&config, &rig->controller) == 0, "make a controller");
	move_units(rig);
}

static void free_lun(void *opaque, struct scsi_lun *lun)
{
	scsi_lun_free(lun);
}

static void on_stopped(void *opaque)
{
	*(bool *)opaque = true;
}

void storvsp_rig_deinit(struct storvsp_rig *rig)
{
	struct scsi_target *target = storvsp_target(rig->controller);
	bool is_stopped = false;

	rig->is_held = false;
	storvsp_rig_settle(rig);
	vmbus_stop(guest_bus(rig->guest), on_stopped, &is_stopped);
	storvsp_rig_settle(rig);
	must(is_stopped, "stop the bus");
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		if (scsi_target_find(target, i))
			scsi_target_remove(target, i, free_lun, NULL);
	storvsp_free(rig->controller);
	guest_free(rig->guest);
	rig_deinit(&rig->units);
}

void storvsp_rig_open(struct storvsp_rig *rig)
{
	static const char *const types[] = { "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f",
					     "32412632-86cb-44a2-9b5c-50d1417354f5" };
	const struct vmbus_offer_channel *offer = NULL;

	must(guest_start(rig->guest) == 1, "see one offer");
	for (unsigned i = 0; i < 2 && !offer; i++) {
		struct vmbus_guid type;

		vmbus_guid_parse(types[i], &type);
		offer = guest_offer(rig->guest, &type, 0);
	}
	must(offer, "find the controller");
	rig->channel = guest_open(rig->guest, offer, RING_PAGES, NULL);
	must(rig->channel, "open the channel");
}

void storvsp_rig_settle(struct storvsp_rig *rig)
{
	struct disk *disks[] = { rig->units.disk, rig->units.thin, rig->units.medium };
	struct disk_stats stats;
	bool is_busy = true;

	while (is_busy) {
		guest_run(rig->guest);
		is_busy = false;
		for (unsigned i = 0; i < 3 && !rig->is_held; i++) {
			disk_get_stats(disks[i], &stats);
			is_busy |= stats.in_flight > 0;
		}
		if (is_busy)
			disk_io_poll(rig->units.io, SETTLE_MS);
	}
}

bool storvsp_rig_receive(struct guest_channel *channel, uint64_t *ret_transaction,
			 struct vstor_packet *ret_packet)
{
	static struct guest_packet packet;

	if (!guest_receive(channel, &packet))
		return false;
	must(packet.head_size == 16 && packet.size == sizeof(*ret_packet), "bear an answer of another size");
	*ret_transaction = packet.transaction;
	memcpy(ret_packet, guest_payload(&packet), sizeof(*ret_packet));
	return true;
}

int storvsp_rig_send(struct storvsp_rig *rig, struct guest_channel *channel, uint64_t transaction,
		     const struct vstor_packet *packet, uint64_t gpa, uint32_t size)
{
	struct guest_range range = { gpa, size };

	if (size == 0)
		return guest_send(channel, transaction, true, packet, sizeof(*packet));
	return guest_send_pages(channel, transaction, &range, 1, packet, sizeof(*packet));
}

bool storvsp_rig_run(struct storvsp_rig *rig, struct vstor_packet *packet, uint64_t gpa, uint32_t size)
{
	uint64_t transaction = 0;

	if (storvsp_rig_send(rig, rig->channel, TRANSACTION, packet, gpa, size) < 0)
		return false;
	storvsp_rig_settle(rig);
	return storvsp_rig_receive(rig->channel, &transaction, packet) && transaction == TRANSACTION &&
	       packet->operation == VSTOR_COMPLETE_IO;
}

bool storvsp_rig_ask(struct storvsp_rig *rig, struct vstor_packet *packet)
{
	return storvsp_rig_run(rig, packet, 0, 0);
}

bool storvsp_rig_start(struct storvsp_rig *rig)
{
	static const uint32_t operations[] = { VSTOR_BEGIN_INITIALIZATION, VSTOR_QUERY_PROTOCOL_VERSION,
					       VSTOR_QUERY_PROPERTIES, VSTOR_END_INITIALIZATION };

	storvsp_rig_open(rig);
	for (unsigned i = 0; i < 4; i++) {
		struct vstor_packet packet = { .operation = operations[i], .flags = 1 };

		if (operations[i] == VSTOR_QUERY_PROTOCOL_VERSION)
			packet.version.version = VSTOR_VERSION_WIN10;
		if (!storvsp_rig_ask(rig, &packet) || packet.status)
			return false;
	}
	return true;
}

struct vstor_packet storvsp_rig_srb(unsigned lun, const uint8_t *cdb, unsigned cdb_size,
				    enum vstor_direction direction, uint32_t length)
{
	struct vstor_packet packet = { .operation = VSTOR_EXECUTE_SRB,
				       .flags = 1,
				       .srb = { .length = sizeof(struct vstor_srb),
						.lun = (uint8_t)lun,
						.cdb_length = (uint8_t)cdb_size,
						.sense_length = VSTOR_SENSE_MAX,
						.direction = (uint8_t)direction,
						.transfer_length = length } };

	memcpy(packet.srb.cdb, cdb, cdb_size);
	return packet;
}
