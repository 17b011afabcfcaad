/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metadata region (MS-VHDX 2.6): sizes, identity, and the parent locator. */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/utf16.h"
#include "disk/vhdx.h"

enum item {
	ITEM_FILE_PARAMETERS,
	ITEM_DISK_SIZE,
	ITEM_LOGICAL_SECTOR,
	ITEM_PHYSICAL_SECTOR,
	ITEM_DISK_ID,
	ITEM_PARENT_LOCATOR,
	ITEM_COUNT,
};

static const struct {
	struct disk_guid id;
	uint32_t min_length, max_length;
} items[ITEM_COUNT] = {
	[ITEM_FILE_PARAMETERS] = { VHDX_ITEM_FILE_PARAMETERS, 8, 8 },
	[ITEM_DISK_SIZE] = { VHDX_ITEM_DISK_SIZE, 8, 8 },
	[ITEM_LOGICAL_SECTOR] = { VHDX_ITEM_LOGICAL_SECTOR, 4, 4 },
	[ITEM_PHYSICAL_SECTOR] = { VHDX_ITEM_PHYSICAL_SECTOR, 4, 4 },
	[ITEM_DISK_ID] = { VHDX_ITEM_DISK_ID, 16, 16 },
	[ITEM_PARENT_LOCATOR] = { VHDX_ITEM_PARENT_LOCATOR, sizeof(struct vhdx_locator_header),
				  VHDX_LOCATOR_MAX },
};

struct item_place {
	bool is_found;
	uint32_t offset, length; /* in the region */
};

static int take_entry(const struct vhdx_metadata_entry *entry, uint32_t region_length,
		      struct item_place places[ITEM_COUNT], const struct disk_source *source)
{
	uint32_t offset = get_le32(entry->offset);
	uint32_t length = get_le32(entry->length);
	unsigned item = 0;
	while (item < ITEM_COUNT && memcmp(entry->item_id, items[item].id.bytes, 16))
		item++;
	if (item == ITEM_COUNT) {
		if (get_le32(entry->flags) & VHDX_METADATA_REQUIRED)
			return disk_fail(source->error, -EPROTONOSUPPORT,
					 "The VHDX has required metadata that is not known here.");
		return 0;
	}
	if (length < items[item].min_length || length > items[item].max_length ||
	    offset < VHDX_ITEM_OFFSET_MIN || offset > region_length || length > region_length - offset ||
	    places[item].is_found)
		return disk_fail(source->error, -EUCLEAN, "The VHDX metadata table is damaged.");
	places[item] = (struct item_place){ true, offset, length };
	return 0;
}

static int find_items(struct vhdx_disk *vhdx, const uint8_t *table, struct item_place places[ITEM_COUNT],
		      const struct disk_source *source)
{
	const struct vhdx_metadata_table *head = (const void *)table;
	const struct vhdx_metadata_entry *entries = (const void *)(head + 1);
	unsigned count = get_le16(head->entry_count);
	if (memcmp(head->signature, "metadata", 8) || count > VHDX_TABLE_ENTRIES_MAX)
		return disk_fail(source->error, -EUCLEAN, "The VHDX metadata table is damaged.");
	for (unsigned i = 0; i < count; i++) {
		int error = take_entry(&entries[i], vhdx->region_metadata_length, places, source);
		if (error)
			return error;
	}
	for (unsigned item = 0; item < ITEM_PARENT_LOCATOR; item++) {
		if (!places[item].is_found)
			return disk_fail(source->error, -EUCLEAN,
					 "The VHDX lacks metadata that it must have.");
	}
	return 0;
}

/* An item's bytes; whole pages are read around it because a log replayed in memory has whole pages. */
static int read_item(struct vhdx_disk *vhdx, const struct item_place *place, void *to)
{
	uint64_t start = vhdx->region_metadata_offset + place->offset;
	uint64_t first = start / VHDX_PAGE * VHDX_PAGE;
	size_t length = (size_t)(round_up(start + place->length, VHDX_PAGE) - first);
	uint8_t *pages = malloc(length);
	if (!pages)
		return -ENOMEM;
	int error = vhdx_read(vhdx, first, pages, length);
	if (!error)
		memcpy(to, pages + (start - first), place->length);
	free(pages);
	return error;
}

int vhdx_set_geometry(struct vhdx_disk *vhdx, uint64_t size)
{
	uint32_t block_size = vhdx->disk.block_size;
	vhdx->chunk_ratio = (uint64_t)VHDX_CHUNK_SECTORS * vhdx->disk.logical_sector / block_size;
	uint64_t blocks = div_up(size, block_size);
	uint64_t chunks = div_up(blocks, vhdx->chunk_ratio);
	/* 2.5: a differencing disk has a sector bitmap entry after every whole chunk, others only between chunks. */
	uint64_t entries = vhdx->has_parent ? chunks * (vhdx->chunk_ratio + 1)
					    : blocks + (blocks ? (blocks - 1) / vhdx->chunk_ratio : 0);
	if (entries * 8 > vhdx->region_bat_length)
		return -ENOSPC;
	vhdx->disk.size = size;
	vhdx->block_count = blocks;
	vhdx->bat_entries = entries;
	return 0;
}

int vhdx_find_item(struct vhdx_disk *vhdx, const struct disk_guid *id, uint32_t *ret_index,
		   uint32_t *ret_offset, uint32_t *ret_length, uint32_t *ret_free)
{
	uint8_t *table = malloc(VHDX_TABLE_SIZE);
	const struct vhdx_metadata_table *head = (const void *)table;
	const struct vhdx_metadata_entry *entries = (const void *)(head + 1);
	int error = table ? vhdx_read(vhdx, vhdx->region_metadata_offset, table, VHDX_TABLE_SIZE) : -ENOMEM;
	bool is_found = false;
	*ret_free = VHDX_ITEM_OFFSET_MIN;
	for (uint32_t i = 0; !error && i < get_le16(head->entry_count) && i < VHDX_TABLE_ENTRIES_MAX; i++) {
		uint32_t offset = get_le32(entries[i].offset), length = get_le32(entries[i].length);
		if (offset <= vhdx->region_metadata_length &&
		    length <= vhdx->region_metadata_length - offset && offset + length > *ret_free)
			*ret_free = offset + length;
		if (memcmp(entries[i].item_id, id->bytes, 16))
			continue;
		*ret_index = i;
		*ret_offset = offset;
		*ret_length = length;
		is_found = true;
	}
	free(table);
	return error ? error : is_found ? 0 : -ENOENT;
}

static int take_parameters(struct vhdx_disk *vhdx, const struct vhdx_file_parameters *parameters,
			   uint64_t size, const struct disk_source *source)
{
	struct disk *disk = &vhdx->disk;
	uint32_t flags = get_le32(parameters->flags);
	disk->block_size = get_le32(parameters->block_size);
	vhdx->has_parent = flags & VHDX_HAS_PARENT;
	vhdx->is_fixed = flags & VHDX_LEAVE_BLOCKS_ALLOCATED;
	if (disk->logical_sector != 512 && disk->logical_sector != 4096)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHDX has sectors of %u bytes; 512 or 4096 are possible.",
				 disk->logical_sector);
	if (disk->physical_sector != 512 && disk->physical_sector != 4096)
		return disk_fail(source->error, -EUCLEAN, "The VHDX has physical sectors of %u bytes.",
				 disk->physical_sector);
	if (!is_power_of_two(disk->block_size) || disk->block_size < VHDX_BLOCK_MIN ||
	    disk->block_size > VHDX_BLOCK_MAX)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHDX has an impossible block size of %u bytes.", disk->block_size);
	if (!size || size > VHDX_SIZE_MAX || size % disk->logical_sector)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHDX has an impossible disk size of %llu bytes.",
				 (unsigned long long)size);
	disk->type = vhdx->has_parent ? DISK_TYPE_DIFFERENCING
		     : vhdx->is_fixed ? DISK_TYPE_FIXED
				      : DISK_TYPE_DYNAMIC;
	if (vhdx_set_geometry(vhdx, size))
		return disk_fail(source->error, -EUCLEAN,
				 "The VHDX block table is too short for its disk size.");
	return 0;
}

/* --- the parent locator ---------------------------------------------------------------------------- */

static int take_text(const uint8_t *locator, size_t size, uint32_t offset, uint16_t length, char *text,
		     size_t text_size)
{
	if (offset > size || length > size - offset)
		return -EUCLEAN;
	return utf16_to_utf8(locator + offset, length, UTF16_LE, text, text_size);
}

static void to_slashes(char *path)
{
	for (; *path; path++) {
		if (*path == '\\')
			*path = '/';
	}
}

static void take_pair(struct disk *disk, struct disk_parent_link *link, const char *key, char *value,
		      bool *has_id)
{
	if (!strcmp(key, "parent_linkage2")) {
		struct disk_guid guid;
		if (!guid_parse(value, &guid))
			disk->second_id = guid;
	} else if (!strcmp(key, "parent_linkage")) {
		*has_id = !guid_parse(value, &link->id);
	} else if (!strcmp(key, "relative_path")) {
		to_slashes(value);
		memcpy(link->relative_path, value, strlen(value) + 1);
	} else if (!strcmp(key, "absolute_win32_path")) {
		to_slashes(value);
		memcpy(link->absolute_path, value, strlen(value) + 1);
	}
}

static int parse_locator(struct disk *disk, const uint8_t *locator, size_t size,
			 struct disk_parent_link *link)
{
	static const struct disk_guid type = VHDX_LOCATOR_TYPE;
	const struct vhdx_locator_header *header = (const void *)locator;
	const struct vhdx_locator_entry *entries = (const void *)(header + 1);
	char key[64], value[DISK_PATH_MAX];
	unsigned count = get_le16(header->key_value_count);
	bool has_id = false;
	if (memcmp(header->locator_type, type.bytes, 16))
		return -EPROTONOSUPPORT;
	if (sizeof(*header) + count * sizeof(*entries) > size)
		return -EUCLEAN;
	for (unsigned i = 0; i < count; i++) {
		int error = take_text(locator, size, get_le32(entries[i].key_offset),
				      get_le16(entries[i].key_length), key, sizeof(key));
		if (error == -ENAMETOOLONG)
			continue; /* no key of ours is that long */
		if (!error)
			error = take_text(locator, size, get_le32(entries[i].value_offset),
					  get_le16(entries[i].value_length), value, sizeof(value));
		if (error)
			return -EUCLEAN;
		take_pair(disk, link, key, value, &has_id);
	}
	return has_id ? 0 : -EUCLEAN;
}

static int read_locator(struct vhdx_disk *vhdx, const struct item_place *place,
			const struct disk_source *source)
{
	if (!place->is_found)
		return disk_fail(source->error, -EUCLEAN,
				 "The differencing VHDX does not say who its parent is.");
	uint8_t *locator = malloc(place->length);
	struct disk_parent_link *link = calloc(1, sizeof(*link));
	int error = locator && link ? read_item(vhdx, place, locator) : -ENOMEM;
	if (!error) {
		link->format = DISK_FORMAT_VHDX;
		error = parse_locator(&vhdx->disk, locator, place->length, link);
		if (error)
			disk_fail(source->error, error,
				  "The VHDX's parent locator is damaged or of an unknown kind.");
	}
	free(locator);
	if (error)
		free(link);
	else
		vhdx->disk.link = link;
	return error;
}

int vhdx_read_metadata(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	struct item_place places[ITEM_COUNT] = { 0 };
	struct vhdx_file_parameters parameters;
	uint8_t size[8], logical[4], physical[4];
	uint8_t *table = malloc(VHDX_TABLE_SIZE);
	int error = table ? vhdx_read(vhdx, vhdx->region_metadata_offset, table, VHDX_TABLE_SIZE) : -ENOMEM;
	if (!error)
		error = find_items(vhdx, table, places, source);
	free(table);
	if (!error)
		error = read_item(vhdx, &places[ITEM_FILE_PARAMETERS], &parameters);
	if (!error)
		error = read_item(vhdx, &places[ITEM_DISK_SIZE], size);
	if (!error)
		error = read_item(vhdx, &places[ITEM_LOGICAL_SECTOR], logical);
	if (!error)
		error = read_item(vhdx, &places[ITEM_PHYSICAL_SECTOR], physical);
	if (!error)
		error = read_item(vhdx, &places[ITEM_DISK_ID], vhdx->disk.id.bytes);
	if (error)
		return error;
	vhdx->size_item_offset = vhdx->region_metadata_offset + places[ITEM_DISK_SIZE].offset;
	vhdx->disk.logical_sector = get_le32(logical);
	vhdx->disk.physical_sector = get_le32(physical);
	error = take_parameters(vhdx, &parameters, get_le64(size), source);
	if (!error && vhdx->has_parent)
		error = read_locator(vhdx, &places[ITEM_PARENT_LOCATOR], source);
	return error;
}
