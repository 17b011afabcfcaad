/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/image_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int image_file_init(struct image_file *file, int fd, const char *name)
{
	struct stat st;
	off_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		return -errno;
	file->fd = fd;
	file->name = name;
	file->size = (uint64_t)size;
	return 0;
}

int image_file_read(const struct image_file *file, uint64_t offset, void *ret_data, size_t size)
{
	uint8_t *to = ret_data;
	ssize_t got;

	if (offset > file->size || size > file->size - offset)
		return -ENODATA;
	while (size > 0) {
		got = pread(file->fd, to, size, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA; /* it shrank meanwhile */
		to += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

uint16_t image_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t image_le32(const uint8_t *p)
{
	return (uint32_t)image_le16(p) | (uint32_t)image_le16(p + 2) << 16;
}

uint64_t image_le64(const uint8_t *p)
{
	return (uint64_t)image_le32(p) | (uint64_t)image_le32(p + 4) << 32;
}
