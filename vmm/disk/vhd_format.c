/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Footer and header of a VHD: checksums, geometry. */
#include <time.h>

#include "disk/disk_limits.h"
#include "disk/vhd.h"

static uint32_t checksum_without(const void *bytes, size_t length, const uint8_t field[4])
{
	const uint8_t *byte = bytes;
	uint32_t sum = 0;
	for (size_t i = 0; i < length; i++)
		sum += byte[i];
	for (unsigned i = 0; i < 4; i++)
		sum -= field[i];
	return ~sum;
}

bool vhd_footer_is_good(const struct vhd_footer *footer)
{
	return !memcmp(footer->cookie, "conectix", 8) &&
	       get_be32(footer->checksum) == checksum_without(footer, sizeof(*footer), footer->checksum);
}

bool vhd_header_is_good(const struct vhd_header *header)
{
	return !memcmp(header->cookie, "cxsparse", 8) &&
	       get_be32(header->checksum) == checksum_without(header, sizeof(*header), header->checksum);
}

void vhd_seal_footer(struct vhd_footer *footer)
{
	put_be32(footer->checksum, checksum_without(footer, sizeof(*footer), footer->checksum));
}

void vhd_seal_header(struct vhd_header *header)
{
	put_be32(header->checksum, checksum_without(header, sizeof(*header), header->checksum));
}

/* "Appendix: CHS Calculation" */
void vhd_set_size(struct vhd_footer *footer, uint64_t size)
{
	uint64_t sectors = size / VHD_SECTOR, per_track, heads, tracks;
	if (sectors > 65535 * 16 * 255)
		sectors = 65535 * 16 * 255;
	if (sectors >= 65535 * 16 * 63) {
		per_track = 255;
		heads = 16;
	} else {
		per_track = 17;
		heads = (sectors / per_track + 1023) / 1024;
		if (heads < 4)
			heads = 4;
		if (sectors / per_track >= heads * 1024 || heads > 16) {
			per_track = 31;
			heads = 16;
		}
		if (sectors / per_track >= heads * 1024) {
			per_track = 63;
			heads = 16;
		}
	}
	tracks = sectors / per_track;
	put_be64(footer->current_size, size);
	put_be16(footer->cylinders, (uint16_t)(tracks / heads));
	footer->heads = (uint8_t)heads;
	footer->sectors_per_track = (uint8_t)per_track;
}

void vhd_build_footer(struct vhd_footer *footer, enum vhd_type type, uint64_t size,
		      const struct disk_guid *id)
{
	*footer = (struct vhd_footer){ 0 };
	memcpy(footer->cookie, "conectix", 8);
	put_be32(footer->features, VHD_FEATURES);
	put_be32(footer->version, VHD_VERSION);
	put_be64(footer->data_offset, type == VHD_TYPE_FIXED ? VHD_NO_OFFSET : VHD_FOOTER_SIZE);
	put_be32(footer->timestamp, (uint32_t)(time(NULL) - VHD_EPOCH));
	/*
	 * Readers take the size from the geometry, which rounds, unless they know the creator as one that means
	 * current_size: so we name Hyper-V's.
	 */
	memcpy(footer->creator_application, "win ", 4);
	put_be32(footer->creator_version, 0x000a0000);
	memcpy(footer->creator_host, "Wi2k", 4);
	put_be64(footer->original_size, size);
	put_be32(footer->disk_type, type);
	memcpy(footer->unique_id, id->bytes, 16);
	vhd_set_size(footer, size);
	vhd_seal_footer(footer);
}

uint32_t vhd_bitmap_size(uint32_t block_size)
{
	return (uint32_t)round_up(div_up(block_size / VHD_SECTOR, 8), VHD_SECTOR);
}

uint64_t vhd_align_block(uint64_t end, uint32_t bitmap_size)
{
	return round_up(end + bitmap_size, 4096) - bitmap_size;
}
