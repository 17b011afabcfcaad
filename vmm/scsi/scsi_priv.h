/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between a target and the kinds of units. */
#ifndef SCSI_SCSI_PRIV_H
#define SCSI_SCSI_PRIV_H

#include "disk/wire.h"
#include "scsi/scsi.h"

struct state;

/* What a unit has to tell, most urgent first; the next command that is not exempt hears one of them. */
enum scsi_attention {
	SCSI_ATTENTION_RESET,
	SCSI_ATTENTION_MEDIUM_CHANGED,
	SCSI_ATTENTION_CAPACITY_CHANGED,
	SCSI_ATTENTION_LUNS_CHANGED,
	SCSI_ATTENTION_COUNT,
};

struct scsi_lun_ops {
	enum scsi_device_type type;
	/* Neither INQUIRY nor REQUEST SENSE of an attention, nor anything while there is one. */
	void (*execute)(struct scsi_lun *lun, struct scsi_request *request);
	void (*inquiry)(struct scsi_lun *lun, struct scsi_request *request);
	void (*reset)(struct scsi_lun *lun);
	void (*state)(struct scsi_lun *lun, struct state *state);
	void (*free)(struct scsi_lun *lun);
};

struct scsi_lun {
	const struct scsi_lun_ops *ops;
	uint32_t attentions; /* bits of enum scsi_attention */
	unsigned active;     /* requests */
	bool wants_descriptor_sense;
	struct disk_guid id;
	/* while it is being removed */
	void (*on_removed)(void *opaque, struct scsi_lun *lun);
	void *opaque;
	/* its own slot, until it is out of there */
	struct scsi_lun **slot;
};

void scsi_lun_init(struct scsi_lun *lun, const struct scsi_lun_ops *ops, const struct disk_guid *id);
void scsi_lun_attention(struct scsi_lun *lun, enum scsi_attention attention);

/* --- scsi_reply.c: each of these ends the request --------------------------------------------------- */

void scsi_done(struct scsi_request *request);
/* Sends the first `size` bytes, but not more than the guest allocated or has room for. */
void scsi_reply(struct scsi_request *request, const void *reply, uint32_t size, uint32_t allocated);
void scsi_fail(struct scsi_request *request, enum scsi_sense_key key, enum scsi_code code);
/* The same, about a block. */
void scsi_fail_at(struct scsi_request *request, enum scsi_sense_key key, enum scsi_code code, uint64_t lba);
void scsi_fail_field(struct scsi_request *request); /* invalid field in CDB */
void scsi_fail_overrun(struct scsi_request *request);
/* What an image answered: 0 or -errno. */
void scsi_done_disk(struct scsi_request *request, int result);

/* --- scsi_reply.c: the rest ------------------------------------------------------------------------ */

/* Sense data of either format; its size. */
unsigned scsi_build_sense(uint8_t sense[SCSI_SENSE_MAX], bool is_descriptor, enum scsi_sense_key key,
			  enum scsi_code code, const uint64_t *lba);
/* Copies bytes that the guest sent; false: it did not send so many. */
bool scsi_fetch(const struct scsi_request *request, uint32_t skip, void *to, uint32_t size);
/* Shortens the memory to what the command moves; false (and the request has ended): it is too small. */
bool scsi_trim(struct scsi_request *request, enum scsi_direction direction, uint64_t size);
void scsi_put_text(uint8_t *bytes, unsigned size, const char *text);
/* The 36 bytes of standard INQUIRY data that all units have. */
void scsi_fill_inquiry(uint8_t reply[36], enum scsi_device_type type, const char *product);
/* Pages 80 and 83, from the unit's id; the size of the whole page. */
unsigned scsi_fill_serial(const struct scsi_lun *lun, uint8_t *page);
unsigned scsi_fill_identification(const struct scsi_lun *lun, uint8_t *page);
void scsi_fill_page_head(uint8_t *page, enum scsi_device_type type, enum scsi_vpd_page code, unsigned size);

#endif
