/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated guest with one synthetic SCSI controller, whose units are those of tests/scsi/rig.h. */
#ifndef TESTS_STORAGE_STORVSP_RIG_H
#define TESTS_STORAGE_STORVSP_RIG_H

#include "guest.h"
#include "rig.h"

#include "vsp/storvsp/storvsp.h"
#include "vsp/storvsp/storvsp_proto.h"

enum { STORVSP_RIG_SUBCHANNELS = 3 };

struct storvsp_rig {
	struct rig units; /* without a target */
	struct guest *guest;
	struct storvsp *controller;
	struct guest_channel *channel; /* the primary; NULL: not open */
	unsigned submits;
	bool is_held; /* disks do not answer: nobody polls them */
};

void storvsp_rig_init(struct storvsp_rig *rig, bool is_ide);
void storvsp_rig_deinit(struct storvsp_rig *rig);
/* Connects and opens the primary channel. */
void storvsp_rig_open(struct storvsp_rig *rig);
/* The whole handshake, as Linux does it; false: something was refused. */
bool storvsp_rig_start(struct storvsp_rig *rig);
/*
 * Lets disks and bus do what they can until nothing is under way; with a disk that is_held, what the bus can.
 */
void storvsp_rig_settle(struct storvsp_rig *rig);

/* Sends a packet without data and waits for its answer; false: none came. */
bool storvsp_rig_ask(struct storvsp_rig *rig, struct vstor_packet *packet);
/* A request of this LUN; the data lies at `gpa`. */
struct vstor_packet storvsp_rig_srb(unsigned lun, const uint8_t *cdb, unsigned cdb_size,
				    enum vstor_direction direction, uint32_t length);
int storvsp_rig_send(struct storvsp_rig *rig, struct guest_channel *channel, uint64_t transaction,
		     const struct vstor_packet *packet, uint64_t gpa, uint32_t size);
/* The next answer; false: there is none. */
bool storvsp_rig_receive(struct guest_channel *channel, uint64_t *ret_transaction,
			 struct vstor_packet *ret_packet);
/* Both, once. */
bool storvsp_rig_run(struct storvsp_rig *rig, struct vstor_packet *packet, uint64_t gpa, uint32_t size);

#endif
