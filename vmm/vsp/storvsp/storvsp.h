/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic storage: the provider (VSP) of a SCSI controller, or of an IDE disk of a generation 1 machine.
 *
 * Purpose    Carries SCSI commands between the guest's driver (storvsc) and a SCSI target. What the target
 *            has on it is the caller's: storvsp_target().
 * Threads    The bus's loop, which is also the thread of the disks' struct disk_io.
 * Ownership  The caller frees the controller while the bus is stopped, or after on_released().
 * Limits     Requests under way: STORVSP_REQUESTS_MAX for each channel; what is beyond stays in the ring.
 *            Bytes of one transfer: STORVSP_TRANSFER_MAX.
 * Trust      All of a packet is a private copy, checked here or by the target. Each request is answered
 *            exactly once, bad ones too (guests have no timeout); a closed channel's requests are let end
 *            before the guest hears.
 */
#ifndef STORVSP_STORVSP_H
#define STORVSP_STORVSP_H

#include <stdbool.h>
#include <stdint.h>

#include "scsi/scsi.h"
#include "vmbus/vmbus.h"

struct storvsp;

enum storvsp_limits {
	STORVSP_REQUESTS_MAX = 256,	    /* of each channel */
	STORVSP_TRANSFER_MAX = 1024 * 1024, /* bytes; large reads cost a tenth less than with 256 KiB */
	STORVSP_SUBCHANNELS_MAX = 15,
	STORVSP_IDE_UNITS = 4,
};

struct storvsp_config {
	struct vmbus *bus;
	/* An IDE disk: its unit (primary master, slave, secondary master, slave); its target has one unit,
	 * number 0. */
	bool is_ide;
	unsigned ide_unit;
	struct vmbus_guid instance; /* of a SCSI controller */
	unsigned subchannels;	    /* that a guest may have besides the primary channel */
	uint32_t max_transfer;	    /* bytes: a multiple of 4096; 0: STORVSP_TRANSFER_MAX */
	/* Requests were handed to disks: their struct disk_io wants to be polled. */
	void (*on_submitted)(void *opaque);
	/* The offer was taken back and the guest let go of it. May be NULL. */
	void (*on_released)(void *opaque);
	void *opaque;
};

int storvsp_new(const struct storvsp_config *config, struct storvsp **ret_controller);
/* NULL is fine; returns NULL. Its target is empty. */
struct storvsp *storvsp_free(struct storvsp *controller);
struct scsi_target *storvsp_target(struct storvsp *controller);
/* Units were added or removed: a guest that is there looks again. */
void storvsp_rescan(struct storvsp *controller);
/* No request is under way in the target. */
bool storvsp_is_idle(const struct storvsp *controller);
/* Takes the controller from a running guest. */
void storvsp_rescind(struct storvsp *controller);

#endif
