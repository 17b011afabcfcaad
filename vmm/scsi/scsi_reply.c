/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a command ends: data, sense data; and moving small data to and from the guest. */
#include <errno.h>
#include <string.h>

#include "scsi/scsi_priv.h"

/* --- data -------------------------------------------------------------------------------------------- */

/* Copies between the guest's memory, from `skip` on, and a buffer. */
static void copy_iov(const struct scsi_request *request, uint32_t skip, uint8_t *buffer, uint32_t size,
		     bool to_guest)
{
	for (unsigned i = 0; size && i < request->iov_count; i++) {
		const struct iovec *iov = &request->iov[i];
		size_t part;

		if (skip >= iov->iov_len) {
			skip -= (uint32_t)iov->iov_len;
			continue;
		}
		part = iov->iov_len - skip < size ? iov->iov_len - skip : size;
		if (to_guest)
			memcpy((uint8_t *)iov->iov_base + skip, buffer, part);
		else
			memcpy(buffer, (const uint8_t *)iov->iov_base + skip, part);
		buffer += part;
		size -= (uint32_t)part;
		skip = 0;
	}
}

void scsi_reply(struct scsi_request *request, const void *reply, uint32_t size, uint32_t allocated)
{
	if (size > allocated)
		size = allocated;
	if (request->direction != SCSI_DATA_IN)
		size = 0;
	if (size > request->length)
		size = request->length;
	copy_iov(request, 0, (uint8_t *)reply, size, true);
	request->transferred = size;
	scsi_done(request);
}

bool scsi_fetch(const struct scsi_request *request, uint32_t skip, void *to, uint32_t size)
{
	if (request->direction != SCSI_DATA_OUT || skip > request->length || size > request->length - skip)
		return false;
	copy_iov(request, skip, to, size, false);
	return true;
}

bool scsi_trim(struct scsi_request *request, enum scsi_direction direction, uint64_t size)
{
	uint32_t left;
	unsigned i;

	if (size > request->length || (size && request->direction != direction)) {
		scsi_fail_overrun(request);
		return false;
	}
	left = (uint32_t)size;
	for (i = 0; left; i++) {
		if (request->iov[i].iov_len > left)
			request->iov[i].iov_len = left;
		left -= (uint32_t)request->iov[i].iov_len;
	}
	request->iov_count = i;
	request->length = (uint32_t)size;
	return true;
}

void scsi_put_text(uint8_t *bytes, unsigned size, const char *text)
{
	size_t length = strlen(text);

	memset(bytes, ' ', size);
	memcpy(bytes, text, length < size ? length : size);
}

/* --- sense ------------------------------------------------------------------------------------------- */

static unsigned build_fixed(uint8_t *sense, enum scsi_sense_key key, enum scsi_code code, const uint64_t *lba)
{
	sense[0] = 0x70;
	if (lba && *lba <= UINT32_MAX) {
		sense[0] |= 0x80; /* the information is valid */
		put_be32(sense + 3, (uint32_t)*lba);
	}
	sense[2] = (uint8_t)key;
	sense[7] = 10;
	put_be16(sense + 12, (uint16_t)code);
	return 18;
}

static unsigned build_descriptor(uint8_t *sense, enum scsi_sense_key key, enum scsi_code code,
				 const uint64_t *lba)
{
	sense[0] = 0x72;
	sense[1] = (uint8_t)key;
	put_be16(sense + 2, (uint16_t)code);
	if (!lba)
		return 8;
	sense[7] = 12;
	sense[8] = 0; /* information descriptor: SPC-4, 4.5.2.2 */
	sense[9] = 10;
	sense[10] = 0x80;
	put_be64(sense + 12, *lba);
	return 20;
}

unsigned scsi_build_sense(uint8_t sense[SCSI_SENSE_MAX], bool is_descriptor, enum scsi_sense_key key,
			  enum scsi_code code, const uint64_t *lba)
{
	memset(sense, 0, SCSI_SENSE_MAX);
	return is_descriptor ? build_descriptor(sense, key, code, lba) : build_fixed(sense, key, code, lba);
}

static void fail(struct scsi_request *request, enum scsi_sense_key key, enum scsi_code code,
		 const uint64_t *lba)
{
	bool is_descriptor = request->state.lun && request->state.lun->wants_descriptor_sense;

	request->status = SCSI_CHECK_CONDITION;
	request->transferred = 0;
	request->sense_size = (uint8_t)scsi_build_sense(request->sense, is_descriptor, key, code, lba);
	scsi_done(request);
}

void scsi_fail(struct scsi_request *request, enum scsi_sense_key key, enum scsi_code code)
{
	fail(request, key, code, NULL);
}

void scsi_fail_at(struct scsi_request *request, enum scsi_sense_key key, enum scsi_code code, uint64_t lba)
{
	fail(request, key, code, &lba);
}

void scsi_fail_field(struct scsi_request *request)
{
	fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_CDB, NULL);
}

void scsi_fail_overrun(struct scsi_request *request)
{
	request->is_overrun = true;
	scsi_fail_field(request);
}

void scsi_done_disk(struct scsi_request *request, int result)
{
	bool is_read = request->state.disk.kind == DISK_READ;
	uint64_t lba = request->state.lba;

	switch (result) {
	case 0: scsi_done(request); break;
	case -ENOSPC:
	case -EDQUOT: scsi_fail_at(request, SCSI_KEY_PROTECT, SCSI_CODE_NO_SPACE, lba); break;
	case -EROFS: scsi_fail(request, SCSI_KEY_PROTECT, SCSI_CODE_WRITE_PROTECTED); break;
	case -ERANGE: scsi_fail_at(request, SCSI_KEY_ILLEGAL, SCSI_CODE_ADDRESS_RANGE, lba); break;
	case -ENOMEM: /* nothing is wrong with the disk: try again */
	case -EAGAIN:
		request->status = SCSI_BUSY;
		request->transferred = 0;
		scsi_done(request);
		break;
	case -EIO:
	case -ENXIO:
	case -EBADMSG:
		scsi_fail_at(request, SCSI_KEY_MEDIUM, is_read ? SCSI_CODE_READ_ERROR : SCSI_CODE_WRITE_ERROR,
			     lba);
		break;
	default: scsi_fail(request, SCSI_KEY_HARDWARE, SCSI_CODE_INTERNAL); break;
	}
}

/* --- who a unit is ----------------------------------------------------------------------------------- */

/* Linux knows Hyper-V's disks by the vendor (storvsc_device_configure). */
void scsi_fill_inquiry(uint8_t reply[36], enum scsi_device_type type, const char *product)
{
	memset(reply, 0, 36);
	reply[0] = (uint8_t)type;
	reply[2] = 5; /* SPC-3 */
	reply[3] = 2;
	reply[4] = 36 - 5;
	scsi_put_text(reply + 8, 8, "Msft");
	scsi_put_text(reply + 16, 16, product);
	scsi_put_text(reply + 32, 4, "1.0");
	if (type == SCSI_TYPE_ABSENT)
		return;
	reply[1] = type == SCSI_TYPE_DVD ? 0x80 : 0; /* removable */
	reply[7] = 2;				     /* command queueing */
}

void scsi_fill_page_head(uint8_t *page, enum scsi_device_type type, enum scsi_vpd_page code, unsigned size)
{
	page[0] = (uint8_t)type;
	page[1] = (uint8_t)code;
	put_be16(page + 2, (uint16_t)(size - 4));
}

static void put_hex(uint8_t *text, const uint8_t *bytes, unsigned count)
{
	for (unsigned i = 0; i < 2 * count; i++)
		text[i] = (uint8_t) "0123456789abcdef"[i & 1 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
}

unsigned scsi_fill_serial(const struct scsi_lun *lun, uint8_t *page)
{
	put_hex(page + 4, lun->id.bytes, 16);
	scsi_fill_page_head(page, lun->ops->type, SCSI_VPD_SERIAL, 4 + 32);
	return 4 + 32;
}

/* SPC-4, 7.8.6. The NAA name has Microsoft's number, as on Hyper-V, and the last twelve bytes of the id. */
unsigned scsi_fill_identification(const struct scsi_lun *lun, uint8_t *page)
{
	static const uint8_t naa_head[4] = { 0x60, 0x02, 0x24, 0x80 };
	uint8_t *t10 = page + 4, *naa = t10 + 4 + 8 + 32;

	t10[0] = 2; /* ASCII */
	t10[1] = 1; /* vendor and what the vendor likes */
	t10[3] = 8 + 32;
	scsi_put_text(t10 + 4, 8, "Msft");
	put_hex(t10 + 12, lun->id.bytes, 16);
	naa[0] = 1; /* binary */
	naa[1] = 3; /* NAA */
	naa[3] = 16;
	memcpy(naa + 4, naa_head, 4);
	memcpy(naa + 8, lun->id.bytes + 4, 12);
	scsi_fill_page_head(page, lun->ops->type, SCSI_VPD_IDENTIFICATION, (unsigned)(naa + 20 - page));
	return (unsigned)(naa + 20 - page);
}
