/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs that change an image in place: compact, resize, merge's and reconnect's ends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk/disk_limits.h"
#include "disk/file_range.h"
#include "disk/guid.h"
#include "disk/job.h"

#define RUN_MAX DISK_TIB /* what is looked at in one go for blocks that are not there */

/* --- compact --------------------------------------------------------------------------------------- */

/* True when the data in this image in [offset, offset+length) is all zeros. */
static int range_is_zero(struct disk *disk, uint64_t offset, uint64_t length, uint8_t *buffer,
			 bool *ret_is_zero)
{
	*ret_is_zero = true;
	for (uint64_t at = 0; *ret_is_zero && at < length;) {
		enum disk_status status;
		uint64_t piece = length - at < DISK_MIB ? length - at : DISK_MIB;
		int error = disk_get_status(disk, offset + at, piece, &status, &piece);
		if (error)
			return error;
		if (status == DISK_STATUS_PARENT)
			*ret_is_zero = false; /* a block that shows its parent cannot become zeros */
		if (status == DISK_STATUS_DATA) {
			error = disk_read(disk, offset + at, buffer, piece);
			if (error)
				return error;
			*ret_is_zero = is_all_zero(buffer, piece);
		}
		at += piece;
	}
	return 0;
}

static int drop_zero_blocks(struct disk *disk, const struct disk_job *job, struct disk_error *error)
{
	uint8_t *buffer = malloc(DISK_MIB);
	int result = buffer ? 0 : -ENOMEM;
	for (uint64_t offset = 0; !result && offset < disk->size;) {
		enum disk_status status;
		uint64_t length =
		    disk->size - offset < disk->block_size ? disk->size - offset : disk->block_size;
		uint64_t known, most = disk->size - offset < RUN_MAX ? disk->size - offset : RUN_MAX;
		bool is_zero = false;
		result = disk_get_status(disk, offset, most, &status, &known);
		if (!result && status != DISK_STATUS_DATA && known >= 2 * (uint64_t)disk->block_size) {
			length = known - known % disk->block_size; /* blocks that are not there */
			known = 0;
		}
		if (!result && known && (status != DISK_STATUS_PARENT || known < length))
			result = range_is_zero(disk, offset, length, buffer, &is_zero);
		if (!result && is_zero)
			result = disk->ops->drop_block(disk, offset);
		offset += length;
		if (!result)
			result = job_progress(job, offset / 2, disk->size, error);
	}
	free(buffer);
	return result;
}

int disk_compact(struct disk *disk, const struct disk_job *job, struct disk_error *error)
{
	if (error)
		error->text[0] = 0;
	if (!disk->ops->compact || disk->type == DISK_TYPE_FIXED)
		return disk_fail(error, -EOPNOTSUPP, "%s is of a kind that cannot be compacted.",
				 disk_path(disk));
	if (!disk->is_writable)
		return disk_fail(error, -EROFS, "%s is open for reading only.", disk_path(disk));
	int result = drop_zero_blocks(disk, job, error);
	if (!result)
		result = disk_flush(disk);
	if (!result)
		result = disk->ops->compact(disk, job, error);
	return result ? disk_fail(error, result, "%s could not be compacted: %s.", disk_path(disk),
				  strerror(-result))
		      : 0;
}

/* --- resize ---------------------------------------------------------------------------------------- */

static int check_tail(struct disk *disk, uint64_t size, const struct disk_job *job, struct disk_error *error)
{
	uint8_t *buffer = malloc(DISK_MIB);
	int result = buffer ? 0 : -ENOMEM;
	for (uint64_t offset = size, length; !result && offset < disk->size; offset += length) {
		enum disk_status status;
		length = disk->size - offset;
		result = disk_get_status(disk, offset, length, &status, &length);
		if (result || status == DISK_STATUS_ZERO)
			continue;
		length = length < DISK_MIB ? length : DISK_MIB;
		result = disk_read(disk, offset, buffer, length);
		if (!result && !is_all_zero(buffer, length))
			result = disk_fail(
			    error, -ENOTEMPTY,
			    "%s has data behind the new size, at byte %llu; shrink what is on it first.",
			    disk_path(disk), (unsigned long long)offset);
		if (!result)
			result = job_progress(job, offset - size, disk->size - size, error);
	}
	free(buffer);
	return result;
}

int disk_resize(struct disk *disk, uint64_t size, bool force, const struct disk_job *job,
		struct disk_error *error)
{
	if (size >= disk->size)
		return disk_grow(disk, size, error);
	if (error)
		error->text[0] = 0;
	if (!size || size % disk->logical_sector)
		return disk_fail(error, -EINVAL, "The new size of %s must be a multiple of %u bytes.",
				 disk_path(disk), disk->logical_sector);
	if (!disk->is_writable || !disk->ops->resize || disk->format == DISK_FORMAT_ISO)
		return disk_fail(error, -EROFS, "%s cannot be made smaller here.", disk_path(disk));
	if (disk->type == DISK_TYPE_DIFFERENCING)
		return disk_fail(error, -EOPNOTSUPP,
				 "%s is a differencing disk: merge it before making it smaller.",
				 disk_path(disk));
	int result = force ? 0 : check_tail(disk, size, job, error);
	if (!result)
		result = disk_drain(disk);
	return result ? result : disk->ops->resize(disk, size, error);
}

/* --- reconnect and merge by path ------------------------------------------------------------------- */

int disk_reconnect(struct disk *child, struct disk *parent, const char *relative, const char *absolute,
		   bool force, struct disk_error *error)
{
	if (error)
		error->text[0] = 0;
	if (!child->link || !child->ops->set_parent)
		return disk_fail(error, -EINVAL, "%s is not a differencing disk.", disk_path(child));
	if (parent->format != child->format || parent->logical_sector != child->logical_sector)
		return disk_fail(error, -EINVAL,
				 "%s cannot be the parent of %s: its format or sector size differs.",
				 disk_path(parent), disk_path(child));
	if (!guid_equal(&parent->data_id, &child->link->id) && !force)
		return disk_fail(
		    error, -ESTALE,
		    "%s is not the disk that %s was made from, or was changed since; force it only if you "
		    "know better.",
		    disk_path(parent), disk_path(child));
	struct disk_parent_link *link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->format = child->format;
	link->id = parent->data_id;
	snprintf(link->relative_path, sizeof(link->relative_path), "%s", relative ? relative : "");
	snprintf(link->absolute_path, sizeof(link->absolute_path), "%s", absolute ? absolute : "");
	int result = child->ops->set_parent(child, link, NULL);
	free(link);
	return result ? disk_fail(error, result, "%s could not be changed: %s.", disk_path(child),
				  strerror(-result))
		      : 0;
}

int disk_reconnect_path(struct disk_io *io, const char *child_path, const char *parent_path, bool force,
			struct disk_error *error)
{
	struct disk_open_options options = { .writable = true, .no_parent = true };
	char relative[DISK_PATH_MAX], absolute[DISK_PATH_MAX];
	struct disk *child = NULL, *parent = NULL;
	int result = disk_open_path(io, child_path, &options, &child, error);
	if (result)
		return result;
	result = disk_open_path(io, parent_path, NULL, &parent, error);
	if (!result)
		result = job_parent_paths(child_path, parent_path, relative, absolute);
	if (!result)
		result = disk_reconnect(child, parent, relative, absolute, force, error);
	disk_close(parent);
	int close_error = disk_close(child);
	return result ? result : close_error;
}

static int parent_path_of(struct disk *child, const char *child_path, char path[DISK_PATH_MAX])
{
	const char *slash = strrchr(child_path, '/');
	int folder = slash ? (int)(slash - child_path) + 1 : 0;
	if (!child->link)
		return -EINVAL;
	if (!child->link->relative_path[0])
		return snprintf(path, DISK_PATH_MAX, "%s", child->link->absolute_path) < DISK_PATH_MAX
			   ? 0
			   : -ENAMETOOLONG;
	int length = snprintf(path, DISK_PATH_MAX, "%.*s%s", folder, child_path, child->link->relative_path);
	return length < DISK_PATH_MAX ? 0 : -ENAMETOOLONG;
}

int disk_merge_path(struct disk_io *io, const char *child_path, const struct disk_job *job,
		    struct disk_error *error)
{
	struct disk_open_options child_options = { .writable = true, .no_parent = true };
	struct disk_open_options parent_options = { .writable = true };
	struct disk *child = NULL, *parent = NULL;
	char path[DISK_PATH_MAX];
	int result = disk_open_path(io, child_path, &child_options, &child, error);
	if (result)
		return result;
	result = parent_path_of(child, child_path, path);
	if (result)
		disk_fail(error, result, "%s does not say where its parent is.", child_path);
	if (!result)
		result = disk_open_path(io, path, &parent_options, &parent, error);
	if (!result)
		result = disk_merge(child, parent, job, error);
	int close_error = disk_close(parent);
	disk_close(child);
	return result ? result : close_error;
}
