/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which unit a command is for, units that come and go, and what they have to tell (SAM-5, SPC-4). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scsi/scsi_priv.h"

#include "state/state.h"

struct scsi_target {
	struct scsi_lun *luns[SCSI_LUNS_MAX];
};

/* --- units ------------------------------------------------------------------------------------------- */

void scsi_lun_init(struct scsi_lun *lun, const struct scsi_lun_ops *ops, const struct disk_guid *id)
{
	*lun = (struct scsi_lun){ .ops = ops, .id = *id };
}

struct scsi_lun *scsi_lun_free(struct scsi_lun *lun)
{
	if (lun)
		lun->ops->free(lun);
	return NULL;
}

enum scsi_device_type scsi_lun_type(const struct scsi_lun *lun)
{
	return lun->ops->type;
}

void scsi_lun_attention(struct scsi_lun *lun, enum scsi_attention attention)
{
	lun->attentions |= 1u << attention;
}

int scsi_target_new(struct scsi_target **ret_target)
{
	struct scsi_target *target = calloc(1, sizeof(*target));

	if (!target)
		return -ENOMEM;
	*ret_target = target;
	return 0;
}

struct scsi_target *scsi_target_free(struct scsi_target *target)
{
	free(target);
	return NULL;
}

struct scsi_lun *scsi_target_find(struct scsi_target *target, unsigned number)
{
	struct scsi_lun *lun = number < SCSI_LUNS_MAX ? target->luns[number] : NULL;

	return lun && !lun->on_removed ? lun : NULL;
}

unsigned scsi_target_count(const struct scsi_target *target)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		count += target->luns[i] && !target->luns[i]->on_removed;
	return count;
}

void scsi_target_luns_changed(struct scsi_target *target)
{
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		if (target->luns[i])
			scsi_lun_attention(target->luns[i], SCSI_ATTENTION_LUNS_CHANGED);
}

int scsi_target_add(struct scsi_target *target, unsigned number, struct scsi_lun *lun)
{
	if (number >= SCSI_LUNS_MAX)
		return -EINVAL;
	if (target->luns[number])
		return -EEXIST;
	target->luns[number] = lun;
	lun->slot = &target->luns[number];
	return 0;
}

static void leave(struct scsi_lun *lun)
{
	void (*on_removed)(void *opaque, struct scsi_lun *removed) = lun->on_removed;

	*lun->slot = NULL;
	lun->slot = NULL;
	lun->on_removed = NULL;
	on_removed(lun->opaque, lun);
}

int scsi_target_remove(struct scsi_target *target, unsigned number,
		       void (*on_removed)(void *opaque, struct scsi_lun *lun), void *opaque)
{
	struct scsi_lun *lun = scsi_target_find(target, number);

	if (!lun)
		return -ENOENT;
	lun->on_removed = on_removed;
	lun->opaque = opaque;
	if (lun->active == 0)
		leave(lun);
	return 0;
}

static void reset_lun(struct scsi_lun *lun)
{
	lun->wants_descriptor_sense = false;
	lun->attentions = 0;
	lun->ops->reset(lun);
}

void scsi_target_reset(struct scsi_target *target)
{
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		if (target->luns[i]) {
			reset_lun(target->luns[i]);
			scsi_lun_attention(target->luns[i], SCSI_ATTENTION_RESET);
		}
}

void scsi_target_power_on(struct scsi_target *target)
{
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		if (target->luns[i])
			reset_lun(target->luns[i]);
}

/* --- saved state ------------------------------------------------------------------------------------ */

static void lun_state(struct scsi_lun *lun, struct state *state)
{
	enum scsi_device_type type = lun->ops->type;

	state_enum_max(state, &type, 31);
	if (type != lun->ops->type)
		state_refuse(state, "has another kind of unit");
	state_u32_max(state, &lun->attentions, (1u << SCSI_ATTENTION_COUNT) - 1);
	state_bool(state, &lun->wants_descriptor_sense);
	lun->ops->state(lun, state);
}

void scsi_target_state(struct scsi_target *target, struct state *state)
{
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++) {
		struct scsi_lun *lun = scsi_target_find(target, i);
		bool is_there = lun != NULL;

		state_bool(state, &is_there);
		if (is_there != (lun != NULL))
			state_refuse(state, "%s a unit %u", is_there ? "has" : "lacks", i);
		else if (is_there)
			lun_state(lun, state);
	}
}

/* --- attentions -------------------------------------------------------------------------------------- */

static enum scsi_code take_attention(struct scsi_lun *lun)
{
	static const enum scsi_code codes[SCSI_ATTENTION_COUNT] = {
		[SCSI_ATTENTION_RESET] = SCSI_CODE_RESET,
		[SCSI_ATTENTION_MEDIUM_CHANGED] = SCSI_CODE_MEDIUM_CHANGED,
		[SCSI_ATTENTION_CAPACITY_CHANGED] = SCSI_CODE_CAPACITY_CHANGED,
		[SCSI_ATTENTION_LUNS_CHANGED] = SCSI_CODE_LUNS_CHANGED,
	};
	unsigned first = (unsigned)__builtin_ctz(lun->attentions);

	lun->attentions &= lun->attentions - 1;
	return codes[first];
}

/* All sense data goes out with the status: what is left to ask for is an attention, or nothing. */
static void request_sense(struct scsi_lun *lun, struct scsi_request *request)
{
	bool is_descriptor = request->cdb[1] & 1;
	uint8_t sense[SCSI_SENSE_MAX] = { 0 };
	unsigned size;

	if (lun->attentions)
		size = scsi_build_sense(sense, is_descriptor, SCSI_KEY_ATTENTION, take_attention(lun), NULL);
	else
		size = scsi_build_sense(sense, is_descriptor, SCSI_KEY_NONE, (enum scsi_code)0, NULL);
	scsi_reply(request, sense, size, request->cdb[4]);
}

/* --- commands ---------------------------------------------------------------------------------------- */

static void put_lun(uint8_t *entry, unsigned number)
{
	entry[1] = (uint8_t)number; /* peripheral addressing: bus 0, SAM-5 4.7.7.2 */
}

/* Of `target`, or of nothing at all. SPC-4, 6.33. */
static void report_luns(const struct scsi_target *target, struct scsi_request *request)
{
	uint8_t reply[SCSI_REPLY_MAX] = { 0 };
	uint32_t allocated = get_be32(request->cdb + 6), size = 8;

	if (request->cdb[2] > 2) {
		scsi_fail_field(request);
		return;
	}
	/* 1: only well-known units, of which there are none */
	for (unsigned i = 0; target && request->cdb[2] != 1 && i < SCSI_LUNS_MAX; i++) {
		if (!target->luns[i] || target->luns[i]->on_removed)
			continue;
		put_lun(reply + size, i);
		size += 8;
	}
	put_be32(reply, size - 8);
	scsi_reply(request, reply, size, allocated);
}

static void execute_absent(struct scsi_request *request)
{
	uint8_t reply[36] = { 0 };

	if (request->cdb[0] != SCSI_INQUIRY) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_UNIT);
		return;
	}
	scsi_fill_inquiry(reply, SCSI_TYPE_ABSENT, "");
	scsi_reply(request, reply, sizeof(reply), get_be16(request->cdb + 3));
}

static bool is_exempt(uint8_t opcode) /* from attentions: SAM-5, 5.14 */
{
	return opcode == SCSI_GET_EVENT_STATUS || opcode == SCSI_GET_CONFIGURATION;
}

static void execute_on(struct scsi_lun *lun, struct scsi_request *request)
{
	uint8_t opcode = request->cdb[0];

	lun->active++;
	request->state.lun = lun;
	if (opcode == SCSI_INQUIRY)
		lun->ops->inquiry(lun, request);
	else if (opcode == SCSI_REQUEST_SENSE)
		request_sense(lun, request);
	else if (lun->attentions && !is_exempt(opcode))
		scsi_fail(request, SCSI_KEY_ATTENTION, take_attention(lun));
	else
		lun->ops->execute(lun, request);
}

void scsi_execute(struct scsi_target *target, unsigned number, struct scsi_request *request)
{
	struct scsi_lun *lun = target ? scsi_target_find(target, number) : NULL;

	request->status = SCSI_GOOD;
	request->is_overrun = false;
	request->transferred = 0;
	request->sense_size = 0;
	request->state.lun = NULL;
	if (request->cdb[0] == SCSI_REPORT_LUNS) {
		if (lun)
			lun->attentions &= ~(1u << SCSI_ATTENTION_LUNS_CHANGED);
		report_luns(target, request);
	} else if (lun) {
		execute_on(lun, request);
	} else {
		execute_absent(request);
	}
}

void scsi_done(struct scsi_request *request)
{
	struct scsi_lun *lun = request->state.lun;

	request->on_done(request); /* the request may be used again from here on */
	if (lun && --lun->active == 0 && lun->on_removed)
		leave(lun);
}
