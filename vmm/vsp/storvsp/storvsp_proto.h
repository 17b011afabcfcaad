/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of synthetic storage, as the drivers of guests have them (Linux: drivers/scsi/storvsc_drv.c).
 * Little-endian.
 */
#ifndef STORVSP_PROTO_H
#define STORVSP_PROTO_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum vstor_operation {
	VSTOR_COMPLETE_IO = 1,
	VSTOR_REMOVE_DEVICE = 2, /* to the guest, unasked */
	VSTOR_EXECUTE_SRB = 3,
	VSTOR_RESET_LUN = 4,
	VSTOR_RESET_ADAPTER = 5,
	VSTOR_RESET_BUS = 6,
	VSTOR_BEGIN_INITIALIZATION = 7,
	VSTOR_END_INITIALIZATION = 8,
	VSTOR_QUERY_PROTOCOL_VERSION = 9,
	VSTOR_QUERY_PROPERTIES = 10,
	VSTOR_ENUMERATE_BUS = 11, /* to the guest, unasked */
	VSTOR_FCHBA_DATA = 12,
	VSTOR_CREATE_SUB_CHANNELS = 13,
};

enum vstor_version {
	VSTOR_VERSION_WIN8 = 0x0501,
	VSTOR_VERSION_WIN8_1 = 0x0600,
	VSTOR_VERSION_WIN10 = 0x0602,
};

enum vstor_nt_status {
	VSTOR_SUCCESS = 0,
	VSTOR_NOT_IMPLEMENTED = (int)0xc0000002,
	VSTOR_INVALID_PARAMETER = (int)0xc000000d,
	VSTOR_REVISION_MISMATCH = (int)0xc0000059,
	VSTOR_INVALID_DEVICE_STATE = (int)0xc0000184,
};

enum vstor_srb_status { /* the names are those of Windows' storport */
			VSTOR_SRB_SUCCESS = 0x01,
			VSTOR_SRB_ERROR = 0x04,
			VSTOR_SRB_BUSY = 0x05,
			VSTOR_SRB_INVALID_REQUEST = 0x06,
			VSTOR_SRB_DATA_OVERRUN = 0x12,
			VSTOR_SRB_INVALID_LUN = 0x20,
			VSTOR_SRB_AUTOSENSE_VALID = 0x80,
};

enum vstor_direction {
	VSTOR_DATA_OUT = 0,
	VSTOR_DATA_IN = 1,
	VSTOR_DATA_NONE = 2,
};

enum { VSTOR_SENSE_MAX = 20, VSTOR_CDB_MAX = 16, VSTOR_MULTI_CHANNEL = 1 << 0 };

struct vstor_srb {
	uint16_t length; /* of this structure */
	uint8_t srb_status;
	uint8_t scsi_status;
	uint8_t port, path, target, lun;
	uint8_t cdb_length, sense_length;
	uint8_t direction;
	uint8_t reserved;
	uint32_t transfer_length;
	union {
		uint8_t cdb[VSTOR_SENSE_MAX];	/* a request: 16 bytes of it */
		uint8_t sense[VSTOR_SENSE_MAX]; /* its completion */
	};
	uint16_t reserved2;
	uint8_t queue_tag, queue_action;
	uint32_t flags;
	uint32_t timeout_s;
	uint32_t sort_key;
} __attribute__((packed));
static_assert(sizeof(struct vstor_srb) == 52, "vstor_srb");
static_assert(offsetof(struct vstor_srb, cdb) == 16, "vstor_srb.cdb");

struct vstor_protocol_version {
	uint16_t version; /* major << 8 | minor */
	uint16_t revision;
} __attribute__((packed));

struct vstor_properties {
	uint32_t reserved;
	uint16_t max_channels; /* besides the primary */
	uint16_t reserved2;
	uint32_t flags;
	uint32_t max_transfer; /* bytes; a multiple of the page size, not 0 */
	uint64_t reserved3;
} __attribute__((packed));
static_assert(sizeof(struct vstor_properties) == 24, "vstor_properties");

struct vstor_packet {
	uint32_t operation;
	uint32_t flags; /* 1: a completion is wanted */
	uint32_t status;
	union {
		struct vstor_srb srb;
		struct vstor_protocol_version version;
		struct vstor_properties properties;
		uint16_t sub_channel_count;
	};
} __attribute__((packed));
static_assert(sizeof(struct vstor_packet) == 64, "vstor_packet");

#endif
