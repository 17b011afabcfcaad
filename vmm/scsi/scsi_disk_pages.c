/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk says about itself: INQUIRY, its pages of vital product data, and its size. */
#include <string.h>

#include "scsi/scsi_disk.h"

enum { PAGE_MAX = 128 };

static const uint8_t vpd_pages[] = { SCSI_VPD_SUPPORTED, SCSI_VPD_SERIAL,	   SCSI_VPD_IDENTIFICATION,
				     SCSI_VPD_LIMITS,	 SCSI_VPD_CHARACTERISTICS, SCSI_VPD_PROVISIONING };

static unsigned fill_supported(uint8_t *page)
{
	memcpy(page + 4, vpd_pages, sizeof(vpd_pages));
	return 4 + sizeof(vpd_pages);
}

/* SBC-3, 6.5.3. */
static unsigned fill_limits(const struct scsi_disk *disk, uint8_t *page)
{
	put_be16(page + 6, (uint16_t)(disk->physical_size / disk->block_size));
	put_be32(page + 8, disk->max_transfer / disk->block_size);
	put_be64(page + 36, SCSI_UNMAP_BLOCKS_MAX); /* of WRITE SAME */
	page[4] = 1;				    /* WSNZ: zero blocks do not mean "to the end" */
	if (!disk->has_unmap)
		return 64;
	put_be32(page + 20, SCSI_UNMAP_BLOCKS_MAX);
	put_be32(page + 24, SCSI_UNMAP_DESCRIPTORS_MAX);
	put_be32(page + 28, disk->granularity / disk->block_size);
	put_be32(page + 32, 1u << 31); /* the alignment is valid, and 0 */
	return 64;
}

/* SBC-3, 6.5.2: no rotation, so that guests need not sort. */
static unsigned fill_characteristics(uint8_t *page)
{
	put_be16(page + 4, 1);
	return 64;
}

/* SBC-3, 6.5.4. */
static unsigned fill_provisioning(const struct scsi_disk *disk, uint8_t *page)
{
	if (disk->has_unmap)
		page[5] = 0xe0; /* UNMAP, WRITE SAME (16), WRITE SAME (10) */
	page[6] = disk->is_thin ? 2 : 0;
	return 8;
}

static void vital_product_data(struct scsi_disk *disk, struct scsi_request *request)
{
	enum scsi_vpd_page code = request->cdb[2];
	uint8_t page[PAGE_MAX] = { 0 };
	unsigned size;

	switch (code) {
	case SCSI_VPD_SUPPORTED: size = fill_supported(page); break;
	case SCSI_VPD_SERIAL: size = scsi_fill_serial(&disk->lun, page); break;
	case SCSI_VPD_IDENTIFICATION: size = scsi_fill_identification(&disk->lun, page); break;
	case SCSI_VPD_LIMITS: size = fill_limits(disk, page); break;
	case SCSI_VPD_CHARACTERISTICS: size = fill_characteristics(page); break;
	case SCSI_VPD_PROVISIONING: size = fill_provisioning(disk, page); break;
	default: scsi_fail_field(request); return;
	}
	scsi_fill_page_head(page, SCSI_TYPE_DISK, code, size);
	scsi_reply(request, page, size, get_be16(request->cdb + 3));
}

void scsi_disk_inquiry(struct scsi_lun *lun, struct scsi_request *request)
{
	uint8_t reply[36];

	if (request->cdb[1] & 1) {
		vital_product_data(scsi_disk_of(lun), request);
		return;
	}
	if (request->cdb[2]) {
		scsi_fail_field(request);
		return;
	}
	scsi_fill_inquiry(reply, SCSI_TYPE_DISK, "Virtual Disk");
	scsi_reply(request, reply, sizeof(reply), get_be16(request->cdb + 3));
}

void scsi_disk_read_capacity_10(struct scsi_disk *disk, struct scsi_request *request)
{
	uint64_t last = disk->blocks - 1;
	uint8_t reply[8];

	put_be32(reply, last > UINT32_MAX ? UINT32_MAX : (uint32_t)last);
	put_be32(reply + 4, disk->block_size);
	scsi_reply(request, reply, sizeof(reply), sizeof(reply));
}

/* READ CAPACITY (16) is the only one that we have. SBC-3, 5.16. */
void scsi_disk_service_action_in(struct scsi_disk *disk, struct scsi_request *request)
{
	uint8_t reply[32] = { 0 };

	if ((request->cdb[1] & 0x1f) != SCSI_ACTION_READ_CAPACITY_16) {
		scsi_fail_field(request);
		return;
	}
	put_be64(reply, disk->blocks - 1);
	put_be32(reply + 8, disk->block_size);
	reply[13] = (uint8_t)__builtin_ctz(disk->physical_size / disk->block_size);
	if (disk->has_unmap)
		reply[14] = 0x80; /* LBPME. Unmapped blocks need not read as zeros: no LBPRZ */
	scsi_reply(request, reply, sizeof(reply), get_be32(request->cdb + 10));
}
