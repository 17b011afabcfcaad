/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request: from a packet of the ring to a command of the target, and from its result to the answer. */
#include "vsp/storvsp/storvsp_priv.h"

#include <string.h>

/* --- the answer -------------------------------------------------------------------------------------- */

static void finish_srb(struct storvsp_request *request, enum vstor_srb_status status)
{
	request->packet.srb.srb_status = (uint8_t)status;
	storvsp_channel_answer(request);
}

/* The guest is not asked about the packet: it made a mistake, or it plays. */
static void refuse_srb(struct storvsp_request *request, enum vstor_srb_status status)
{
	request->packet.srb.scsi_status = 0;
	request->packet.srb.sense_length = 0;
	request->packet.srb.transfer_length = 0;
	finish_srb(request, status);
}

/* Which SRB status goes with what makes Linux do the right thing: see storvsc_handle_error(). */
static enum vstor_srb_status srb_status(const struct scsi_request *scsi)
{
	if (scsi->is_overrun)
		return VSTOR_SRB_DATA_OVERRUN;
	switch (scsi->status) {
	case SCSI_GOOD: return VSTOR_SRB_SUCCESS;
	case SCSI_BUSY: return VSTOR_SRB_BUSY;
	default: return VSTOR_SRB_ERROR | (scsi->sense_size ? VSTOR_SRB_AUTOSENSE_VALID : 0);
	}
}

static void on_scsi_done(struct scsi_request *scsi)
{
	struct storvsp_request *request = scsi->userdata;
	struct storvsp_channel *channel = request->channel;
	struct vstor_srb *srb = &request->packet.srb;

	/* All of it: a read that failed may have written a part. */
	if (scsi->direction == SCSI_DATA_IN && request->mapped)
		vmbus_range_written(channel->bus_channel, &request->range, 0, request->mapped);
	srb->scsi_status = (uint8_t)scsi->status;
	srb->transfer_length = scsi->transferred;
	srb->sense_length = scsi->sense_size;
	if (scsi->sense_size)
		memcpy(srb->sense, scsi->sense, scsi->sense_size);
	finish_srb(request, srb_status(scsi));
	storvsp_channel_settle(channel);
}

/* --- the request ------------------------------------------------------------------------------------- */

static bool set_direction(struct storvsp_request *request)
{
	const struct vstor_srb *srb = &request->packet.srb;

	switch (srb->direction) {
	case VSTOR_DATA_OUT: request->scsi.direction = SCSI_DATA_OUT; break;
	case VSTOR_DATA_IN: request->scsi.direction = SCSI_DATA_IN; break;
	case VSTOR_DATA_NONE: request->scsi.direction = SCSI_DATA_NONE; break;
	default: return false;
	}
	if (srb->transfer_length == 0)
		request->scsi.direction = SCSI_DATA_NONE;
	return srb->transfer_length == 0 || srb->direction != VSTOR_DATA_NONE;
}

/* The guest memory that the command moves data to or from, as pieces of ours. */
static bool map_data(struct storvsp_request *request, const struct vmbus_packet *packet)
{
	uint32_t length = request->packet.srb.transfer_length;
	const struct vmbus_range *range = packet->ranges;
	int r;

	request->mapped = 0;
	request->scsi.iov = request->iov;
	request->scsi.iov_count = 0;
	request->scsi.length = 0;
	if (length == 0)
		return true;
	if (length > STORVSP_TRANSFER_MAX || packet->type != VMBUS_PACKET_GPA_DIRECT ||
	    packet->range_count != 1 || range->size < length || range->offset >= STORVSP_PAGE)
		return false;
	r = vmbus_range_map(request->channel->bus_channel, range, 0, length, request->iov, STORVSP_PAGES_MAX);
	if (r < 0)
		return false;
	/* the page numbers are needed again when the data has come */
	request->range = (struct vmbus_range){ length, range->offset, request->pfns };
	memcpy(request->pfns, range->pfns,
	       ((uint64_t)range->offset + length + STORVSP_PAGE - 1) / STORVSP_PAGE *
		   sizeof(request->pfns[0]));
	request->mapped = length;
	request->scsi.iov_count = (unsigned)r;
	request->scsi.length = length;
	return true;
}

static bool set_cdb(struct storvsp_request *request)
{
	const struct vstor_srb *srb = &request->packet.srb;

	if (srb->cdb_length == 0 || srb->cdb_length > VSTOR_CDB_MAX)
		return false;
	memset(request->scsi.cdb, 0, sizeof(request->scsi.cdb));
	memcpy(request->scsi.cdb, srb->cdb, srb->cdb_length);
	return true;
}

/*
 * An IDE disk is alone on its channel, whatever path and target the guest's driver makes of the offer's name.
 */
static struct scsi_target *find_target(const struct storvsp *controller, const struct vstor_srb *srb)
{
	return controller->config.is_ide || (srb->path == 0 && srb->target == 0) ? controller->target : NULL;
}

static void start_srb(struct storvsp_request *request, const struct vmbus_packet *packet)
{
	struct storvsp *controller = request->channel->controller;
	const struct vstor_srb *srb = &request->packet.srb;
	struct scsi_target *target = find_target(controller, srb);
	struct scsi_request *scsi = &request->scsi;

	if (controller->state != STORVSP_READY || !set_cdb(request) || !set_direction(request) ||
	    !map_data(request, packet)) {
		refuse_srb(request, VSTOR_SRB_INVALID_REQUEST);
		return;
	}
	/*
	 * Linux asks these of units that are not there and takes an error for a unit; of any other command it
	 * learns by this status that a unit has gone.
	 */
	if (scsi->cdb[0] != SCSI_INQUIRY && scsi->cdb[0] != SCSI_REPORT_LUNS &&
	    (!target || !scsi_target_find(target, srb->lun))) {
		refuse_srb(request, VSTOR_SRB_INVALID_LUN);
		return;
	}
	scsi->on_done = on_scsi_done;
	scsi->userdata = request;
	request->channel->busy++;
	controller->in_flight++;
	scsi_execute(target, srb->lun, scsi);
}

void storvsp_request_start(struct storvsp_request *request, const struct vmbus_packet *packet)
{
	size_t size =
	    packet->payload_size < sizeof(request->packet) ? packet->payload_size : sizeof(request->packet);
	struct storvsp *controller = request->channel->controller;
	uint32_t operation;

	memset(&request->packet, 0, sizeof(request->packet));
	memcpy(&request->packet, packet->payload, size);
	request->transaction_id = packet->transaction_id;
	operation = request->packet.operation;
	request->packet.status = VSTOR_SUCCESS;
	switch (operation) {
	case VSTOR_EXECUTE_SRB: start_srb(request, packet); return;
	case VSTOR_RESET_LUN:
	case VSTOR_RESET_ADAPTER:
	case VSTOR_RESET_BUS:
		controller->reset = request; /* storvsp_channel_take() sees to it */
		return;
	default:
		storvsp_control(controller, request->channel->bus_channel, &request->packet);
		storvsp_channel_answer(request);
		return;
	}
}
