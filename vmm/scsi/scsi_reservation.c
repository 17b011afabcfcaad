/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent reservations (SPC-4, 5.12, 6.15, 6.16) as a disk has them that only one initiator reaches: the
 * guest's keys and reservations are kept and told, and what contradicts them is refused; nobody else is there
 * to be kept out. They live as long as the disk is attached: there is no power loss that they could survive.
 */
#include <string.h>

#include "scsi/scsi_disk.h"

enum out_action {
	OUT_REGISTER,
	OUT_RESERVE,
	OUT_RELEASE,
	OUT_CLEAR,
	OUT_PREEMPT,
	OUT_PREEMPT_AND_ABORT,
	OUT_REGISTER_ANYWAY,
};

enum in_action { IN_KEYS, IN_RESERVATION, IN_CAPABILITIES, IN_FULL_STATUS };

enum {
	OUT_LIST = 24,
	LIST_APTPL = 1 << 0, /* byte 20 */
	LIST_SPEC_I_PT = 1 << 3,
	REPLY_HEAD = 8,
	/* Write exclusive, exclusive access, and each for registrants only and for all registrants. */
	TYPES = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8,
	TYPE_ALL_REGISTRANTS = 7,
};

static void conflict(struct scsi_request *request)
{
	request->status = SCSI_RESERVATION_CONFLICT;
	request->transferred = 0;
	scsi_done(request);
}

/* --- PERSISTENT RESERVE OUT ---------------------------------------------------------------------------- */

struct out {
	uint8_t action, scope, type;
	uint64_t key, new_key;
};

/* Key 0: no registration any more, and with the last one the reservation goes. */
static void set_key(struct scsi_reservation *reservation, uint64_t key)
{
	reservation->is_registered = key != 0;
	reservation->key = key;
	reservation->generation++;
	if (key == 0)
		reservation->type = 0;
}

static void register_key(struct scsi_reservation *reservation, struct scsi_request *request,
			 const struct out *out)
{
	uint64_t expected = reservation->is_registered ? reservation->key : 0;

	if (out->action == OUT_REGISTER && out->key != expected) {
		conflict(request);
		return;
	}
	if (reservation->is_registered || out->new_key != 0)
		set_key(reservation, out->new_key);
	scsi_done(request);
}

static void reserve(struct scsi_reservation *reservation, struct scsi_request *request, const struct out *out)
{
	if (reservation->type != 0 && reservation->type != out->type) {
		conflict(request);
		return;
	}
	reservation->type = out->type;
	scsi_done(request);
}

static void release(struct scsi_reservation *reservation, struct scsi_request *request, const struct out *out)
{
	if (reservation->type != 0 && reservation->type != out->type) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_INVALID_RELEASE);
		return;
	}
	reservation->type = 0;
	scsi_done(request);
}

/* There is only the guest's own registration to take it from. */
static void preempt(struct scsi_reservation *reservation, struct scsi_request *request, const struct out *out)
{
	if (out->new_key == 0 && reservation->type < TYPE_ALL_REGISTRANTS) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS);
		return;
	}
	if (out->new_key != 0 && out->new_key != reservation->key) {
		conflict(request);
		return;
	}
	if (reservation->type != 0)
		reservation->type = out->type;
	reservation->generation++;
	scsi_done(request);
}

static void obey(struct scsi_reservation *reservation, struct scsi_request *request, const struct out *out)
{
	if (out->action == OUT_REGISTER || out->action == OUT_REGISTER_ANYWAY) {
		register_key(reservation, request, out);
		return;
	}
	if (!reservation->is_registered || reservation->key != out->key) {
		conflict(request);
		return;
	}
	switch (out->action) {
	case OUT_RESERVE: reserve(reservation, request, out); return;
	case OUT_RELEASE: release(reservation, request, out); return;
	case OUT_CLEAR:
		set_key(reservation, 0);
		scsi_done(request);
		return;
	default: preempt(reservation, request, out); return;
	}
}

/* Whether the type matters, and is none. */
static bool has_bad_type(const struct out *out)
{
	bool matters = out->action == OUT_RESERVE || out->action == OUT_RELEASE ||
		       out->action == OUT_PREEMPT || out->action == OUT_PREEMPT_AND_ABORT;

	return matters && (out->scope != 0 || !(TYPES >> out->type & 1));
}

void scsi_disk_reserve_out(struct scsi_disk *disk, struct scsi_request *request)
{
	struct out out = { .action = request->cdb[1] & 0x1f,
			   .scope = request->cdb[2] >> 4,
			   .type = request->cdb[2] & 15 };
	uint8_t list[OUT_LIST];

	if (out.action > OUT_REGISTER_ANYWAY || has_bad_type(&out)) {
		scsi_fail_field(request);
		return;
	}
	if (get_be32(request->cdb + 5) != OUT_LIST) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_PARAMETER_LENGTH);
		return;
	}
	if (!scsi_trim(request, SCSI_DATA_OUT, OUT_LIST) || !scsi_fetch(request, 0, list, sizeof(list)))
		return;
	if (list[20] & (LIST_APTPL | LIST_SPEC_I_PT)) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS);
		return;
	}
	out.key = get_be64(list);
	out.new_key = get_be64(list + 8);
	request->transferred = OUT_LIST;
	obey(&disk->reservation, request, &out);
}

/* --- PERSISTENT RESERVE IN ----------------------------------------------------------------------------- */

static uint32_t fill_keys(const struct scsi_reservation *reservation, uint8_t *reply)
{
	if (!reservation->is_registered)
		return 0;
	put_be64(reply, reservation->key);
	return 8;
}

static uint32_t fill_reservation(const struct scsi_reservation *reservation, uint8_t *reply)
{
	if (reservation->type == 0)
		return 0;
	if (reservation->type < TYPE_ALL_REGISTRANTS)
		put_be64(reply, reservation->key);
	reply[13] = reservation->type; /* scope 0: the whole unit */
	return 16;
}

/* One descriptor with a transport ID of no protocol that has a number. */
static uint32_t fill_status(const struct scsi_reservation *reservation, uint8_t *reply)
{
	enum { DESCRIPTOR = 24, TRANSPORT_ID = 24, NO_PROTOCOL = 15 };

	if (!reservation->is_registered)
		return 0;
	put_be64(reply, reservation->key);
	reply[12] = reservation->type != 0; /* R_HOLDER */
	reply[13] = reservation->type;
	put_be16(reply + 18, 1); /* the relative target port */
	put_be32(reply + 20, TRANSPORT_ID);
	reply[DESCRIPTOR] = NO_PROTOCOL;
	return DESCRIPTOR + TRANSPORT_ID;
}

static void report_capabilities(struct scsi_request *request, uint32_t allocated)
{
	uint8_t reply[8] = { 0, 8, 0, 0x80, 0, 0 }; /* TMV: the mask of types is valid */

	reply[4] = TYPES & 0xff;
	reply[5] = TYPES >> 8;
	scsi_reply(request, reply, sizeof(reply), allocated);
}

void scsi_disk_reserve_in(struct scsi_disk *disk, struct scsi_request *request)
{
	static uint32_t (*const fills[])(const struct scsi_reservation *reservation, uint8_t *reply) = {
		[IN_KEYS] = fill_keys, [IN_RESERVATION] = fill_reservation, [IN_FULL_STATUS] = fill_status
	};
	uint8_t reply[64] = { 0 }, action = request->cdb[1] & 0x1f;
	uint32_t allocated = get_be16(request->cdb + 7), size;

	if (action == IN_CAPABILITIES) {
		report_capabilities(request, allocated);
		return;
	}
	if (action > IN_FULL_STATUS) {
		scsi_fail_field(request);
		return;
	}
	size = fills[action](&disk->reservation, reply + REPLY_HEAD);
	put_be32(reply, disk->reservation.generation);
	put_be32(reply + 4, size);
	scsi_reply(request, reply, REPLY_HEAD + size, allocated);
}

/* --- the commands of SPC-2 ----------------------------------------------------------------------------- */

/* One initiator has nobody to contend with, but both kinds do not go together (SPC-4, table 49). */
void scsi_disk_reserve_old(struct scsi_disk *disk, struct scsi_request *request)
{
	if (disk->reservation.is_registered)
		conflict(request);
	else
		scsi_done(request);
}
