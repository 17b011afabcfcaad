/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory at its place in the file, zeros as holes; a header that is written last. */
#include "state/state_file.h"

#include "disk/crc32c.h"
#include "disk/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The header: magic, version, how many areas; sections' offset and size; areas; checksum of all before it. */
enum {
	FORMAT_VERSION = 1,
	AT_VERSION = 16,
	AT_AREAS = 20,
	AT_SECTIONS = 24,
	AT_SECTIONS_SIZE = 32,
	AT_TABLE = 40,
	AREA_NAME = 0,
	AREA_SIZE = 16,
	AREA_OFFSET = 24,
	AREA_CHECKSUM = 32,
	AREA_ENTRY = 40,
	AT_CHECKSUM = AT_TABLE + STATE_AREAS_MAX * AREA_ENTRY,
	RUN_PAGES = 256, /* in one write or read */
};

static const uint8_t magic[16] = "Bulkhead saved\r\n";

static int write_all(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
	while (size > 0) {
		struct iovec piece = { (void *)(uintptr_t)bytes, size };
		/* the one that a confined worker may make */
		ssize_t n = pwritev2(fd, &piece, 1, (off_t)offset, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int read_all(int fd, uint8_t *bytes, size_t size, uint64_t offset)
{
	while (size > 0) {
		ssize_t n = pread(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static bool is_zero(const uint8_t *page)
{
	const uint64_t *words = (const uint64_t *)(const void *)page;

	for (unsigned i = 0; i < STATE_PAGE / 8; i += 8)
		if (words[i] | words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4] | words[i + 5] |
		    words[i + 6] | words[i + 7])
			return false;
	return true;
}

static uint64_t area_offset(const struct state_file *file, unsigned index)
{
	uint64_t offset = STATE_PAGE;

	for (unsigned i = 0; i < index; i++)
		offset += file->areas[i].size;
	return offset;
}

static void add_checksum(uint32_t *checksum, uint64_t number, const uint8_t *page)
{
	uint8_t bytes[8];

	put_le64(bytes, number);
	*checksum = crc32c(crc32c(*checksum, bytes, sizeof(bytes)), page, STATE_PAGE);
}

/* --- writing ------------------------------------------------------------------------------------------- */

int state_file_begin(struct state_file *file, int fd)
{
	*file = (struct state_file){ .fd = fd };
	return ftruncate(fd, 0) < 0 ? -errno : 0;
}

int state_file_add(struct state_file *file, const char *name, void *host, uint64_t size)
{
	struct state_area *area;

	if (file->area_count == STATE_AREAS_MAX || size == 0 || size % STATE_PAGE ||
	    strlen(name) >= sizeof(area->name))
		return -EINVAL;
	area = &file->areas[file->area_count++];
	*area = (struct state_area){ .host = host, .size = size };
	memcpy(area->name, name, strlen(name));
	file->total += size;
	return 0;
}

/* Neighbouring pages that are not zero go out together; returns the bytes that were looked at. */
static int64_t write_run(struct state_file *file, uint64_t most)
{
	const struct state_area *area = &file->areas[file->area];
	const uint8_t *from = (const uint8_t *)area->host + file->at;
	uint64_t left = area->size - file->at, size = 0;
	int r;

	if (left > most)
		left = most;
	while (size < left && size < RUN_PAGES * STATE_PAGE && !is_zero(from + size)) {
		add_checksum(&file->checksums[file->area], (file->at + size) / STATE_PAGE, from + size);
		size += STATE_PAGE;
	}
	if (size == 0)
		return STATE_PAGE;
	r = write_all(file->fd, from, size, area_offset(file, file->area) + file->at);
	file->written += size;
	return r < 0 ? r : (int64_t)size;
}

int state_file_write_slice(struct state_file *file)
{
	uint64_t left = STATE_SLICE;

	while (left > 0 && file->area < file->area_count) {
		int64_t n = write_run(file, left);

		if (n < 0)
			return (int)n;
		file->at += (uint64_t)n;
		file->done += (uint64_t)n;
		left -= (uint64_t)n < left ? (uint64_t)n : left;
		if (file->at < file->areas[file->area].size)
			continue;
		file->area++;
		file->at = 0;
	}
	return file->area < file->area_count;
}

int state_file_finish(struct state_file *file, const void *sections, size_t size)
{
	uint64_t offset = area_offset(file, file->area_count);
	uint8_t header[STATE_PAGE] = { 0 };
	int r = write_all(file->fd, sections, size, offset);

	if (r < 0)
		return r;
	memcpy(header, magic, sizeof(magic));
	put_le32(header + AT_VERSION, FORMAT_VERSION);
	put_le32(header + AT_AREAS, file->area_count);
	put_le64(header + AT_SECTIONS, offset);
	put_le64(header + AT_SECTIONS_SIZE, size);
	for (unsigned i = 0; i < file->area_count; i++) {
		uint8_t *entry = header + AT_TABLE + i * AREA_ENTRY;

		memcpy(entry + AREA_NAME, file->areas[i].name, sizeof(file->areas[i].name));
		put_le64(entry + AREA_SIZE, file->areas[i].size);
		put_le64(entry + AREA_OFFSET, area_offset(file, i));
		put_le32(entry + AREA_CHECKSUM, file->checksums[i]);
	}
	put_le32(header + AT_CHECKSUM, crc32c(0, header, AT_CHECKSUM));
	/* what the header stands for must be there before it */
	if (fdatasync(file->fd) < 0)
		return -errno;
	r = write_all(file->fd, header, sizeof(header), 0);
	return r < 0 ? r : fdatasync(file->fd) < 0 ? -errno : 0;
}

/* --- reading ------------------------------------------------------------------------------------------- */

static int refuse(char *reason, int code, const char *text)
{
	snprintf(reason, STATE_REASON_MAX, "%s", text);
	return code;
}

static int take_areas(struct state_file *file, const uint8_t *header, uint64_t file_size, char *reason)
{
	uint32_t count = get_le32(header + AT_AREAS);

	if (count > STATE_AREAS_MAX)
		return refuse(reason, -EINVAL, "its header is damaged");
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *entry = header + AT_TABLE + i * AREA_ENTRY;
		struct state_area *area = &file->areas[i];

		memcpy(area->name, entry + AREA_NAME, sizeof(area->name));
		area->size = get_le64(entry + AREA_SIZE);
		file->checksums[i] = get_le32(entry + AREA_CHECKSUM);
		if (area->name[sizeof(area->name) - 1] || area->size == 0 || area->size % STATE_PAGE ||
		    area->size > file_size || get_le64(entry + AREA_OFFSET) != area_offset(file, i))
			return refuse(reason, -EINVAL, "its header is damaged");
		file->area_count++;
	}
	return 0;
}

static int read_header(struct state_file *file, uint8_t header[STATE_PAGE], uint64_t file_size, char *reason)
{
	int r = file_size < STATE_PAGE ? -ENODATA : read_all(file->fd, header, STATE_PAGE, 0);

	if (r == -ENODATA || (r == 0 && memcmp(header, magic, sizeof(magic)) != 0))
		return refuse(reason, -EINVAL, "it is no saved state, or was not written to its end");
	if (r < 0)
		return refuse(reason, r, strerror(-r));
	if (get_le32(header + AT_CHECKSUM) != crc32c(0, header, AT_CHECKSUM))
		return refuse(reason, -EINVAL, "its header is damaged");
	if (get_le32(header + AT_VERSION) != FORMAT_VERSION)
		return refuse(
		    reason, -EINVAL,
		    "it was written by another version of Bulkhead, whose format this one does not know");
	return take_areas(file, header, file_size, reason);
}

int state_file_open(struct state_file *file, int fd, void **ret_sections, size_t *ret_size, char *reason)
{
	uint8_t header[STATE_PAGE];
	uint64_t offset, size;
	struct stat st;
	void *sections;
	int r;

	*file = (struct state_file){ .fd = fd };
	if (fstat(fd, &st) < 0)
		return refuse(reason, -errno, strerror(errno));
	r = read_header(file, header, (uint64_t)st.st_size, reason);
	if (r < 0)
		return r;
	offset = get_le64(header + AT_SECTIONS);
	size = get_le64(header + AT_SECTIONS_SIZE);
	if (offset != area_offset(file, file->area_count) || offset > (uint64_t)st.st_size ||
	    size > (uint64_t)st.st_size - offset || size > STATE_BYTES_MAX)
		return refuse(reason, -EINVAL, "it is shorter than it was");
	sections = malloc(size ? size : 1);
	if (!sections)
		return refuse(reason, -ENOMEM, "there is no memory to read it");
	r = read_all(fd, sections, size, offset);
	if (r < 0) {
		free(sections);
		return refuse(reason, r, r == -ENODATA ? "it is shorter than it was" : strerror(-r));
	}
	*ret_sections = sections;
	*ret_size = size;
	return 0;
}

static int find_area(const struct state_file *file, const char *name)
{
	for (unsigned i = 0; i < file->area_count; i++)
		if (strcmp(file->areas[i].name, name) == 0)
			return (int)i;
	return -1;
}

uint64_t state_file_area_size(const struct state_file *file, const char *name)
{
	int index = find_area(file, name);

	return index < 0 ? 0 : file->areas[index].size;
}

/* [from, to) of the area; the pages that are not zero count for its checksum. */
static int read_data(const struct state_file *file, unsigned index, uint8_t *host, uint64_t from, uint64_t to,
		     uint32_t *checksum)
{
	uint64_t offset = area_offset(file, index);

	for (uint64_t at = from; at < to;) {
		uint64_t size = to - at < RUN_PAGES * STATE_PAGE ? to - at : RUN_PAGES * STATE_PAGE;
		int r = read_all(file->fd, host + at, size, offset + at);

		if (r < 0)
			return r;
		for (uint64_t page = at; page < at + size; page += STATE_PAGE)
			if (!is_zero(host + page))
				add_checksum(checksum, page / STATE_PAGE, host + page);
		at += size;
	}
	return 0;
}

/* The next data at or behind `at` of the area; its end where holes cannot be found. */
static void find_data(const struct state_file *file, unsigned index, uint64_t at, uint64_t *ret_from,
		      uint64_t *ret_to)
{
	uint64_t offset = area_offset(file, index), size = file->areas[index].size;
	off_t data = lseek(file->fd, (off_t)(offset + at), SEEK_DATA), hole;

	*ret_from = *ret_to = size;
	if (data < 0 && errno == ENXIO)
		return;
	if (data < 0) { /* all of it then */
		*ret_from = at;
		return;
	}
	if ((uint64_t)data >= offset + size)
		return;
	*ret_from = ((uint64_t)data - offset) & ~(uint64_t)(STATE_PAGE - 1);
	hole = lseek(file->fd, data, SEEK_HOLE);
	if (hole > data && (uint64_t)hole < offset + size)
		*ret_to = round_up((uint64_t)hole - offset, STATE_PAGE);
}

int state_file_read(struct state_file *file, const char *name, void *host, uint64_t size, char *reason)
{
	int index = find_area(file, name), r = 0;
	uint32_t checksum = 0;
	uint64_t from, to = 0;

	if (index < 0 || file->areas[index].size != size) {
		snprintf(reason, STATE_REASON_MAX, "its %s has another size than this machine's", name);
		return -EINVAL;
	}
	while (r == 0 && to < size) {
		find_data(file, (unsigned)index, to, &from, &to);
		if (from < to)
			r = read_data(file, (unsigned)index, host, from, to, &checksum);
	}
	if (r < 0)
		return refuse(reason, r, r == -ENODATA ? "it is shorter than it was" : strerror(-r));
	if (checksum != file->checksums[index]) {
		snprintf(reason, STATE_REASON_MAX, "its %s is damaged", name);
		return -EINVAL;
	}
	return 0;
}
