/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/web.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct rd_web {
	const char *bytes;
	size_t size;
};

struct entry {
	const char *name, *bytes;
	size_t name_size, size;
};

/* The entry at *at, and *at behind it. 1: none is left; -EBADMSG. */
static int next(const struct rd_web *web, size_t *at, struct entry *ret_entry)
{
	const char *end = web->bytes + web->size, *name = web->bytes + *at, *newline;
	size_t size = 0;

	if (name == end)
		return 1;
	newline = memchr(name, '\n', (size_t)(end - name));
	if (!newline || newline == name || newline - name > RD_WEB_NAME_MAX)
		return -EBADMSG;
	ret_entry->name = name;
	ret_entry->name_size = (size_t)(newline - name);
	for (name = newline + 1; name < end && *name >= '0' && *name <= '9' && size <= web->size; name++)
		size = size * 10 + (size_t)(*name - '0');
	if (name == end || *name != '\n' || size > (size_t)(end - name - 1))
		return -EBADMSG;
	ret_entry->bytes = name + 1;
	ret_entry->size = size;
	*at = (size_t)(name + 1 - web->bytes) + size;
	return 0;
}

static int check(const struct rd_web *web)
{
	struct entry entry;
	size_t at = 0;
	int r;

	do
		r = next(web, &at, &entry);
	while (r == 0);
	return r < 0 ? r : 0;
}

int rd_web_new(int fd, struct rd_web **ret_web)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct rd_web *web;
	struct stat status;
	void *bytes;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &status) < 0 || status.st_size < 1 ||
	    status.st_size > RD_WEB_BYTES_MAX)
		return -EBADMSG;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return -ENOMEM;
	web = calloc(1, sizeof(*web));
	if (web)
		*web = (struct rd_web){ bytes, (size_t)status.st_size };
	if (!web || check(web) < 0) {
		munmap(bytes, (size_t)status.st_size);
		free(web);
		return web ? -EBADMSG : -ENOMEM;
	}
	*ret_web = web;
	return 0;
}

struct rd_web *rd_web_free(struct rd_web *web)
{
	if (!web)
		return NULL;
	munmap((void *)(uintptr_t)web->bytes, web->size);
	free(web);
	return NULL;
}

const char *rd_web_find(const struct rd_web *web, const char *name, size_t *ret_size)
{
	size_t at = 0, size = strlen(name);
	struct entry entry;

	while (web && next(web, &at, &entry) == 0)
		if (entry.name_size == size && memcmp(entry.name, name, size) == 0) {
			*ret_size = entry.size;
			return entry.bytes;
		}
	return NULL;
}

const char *rd_web_type(const char *name)
{
	static const char *const types[][2] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".woff", "font/woff" },
		{ ".ttf", "font/ttf" },
		{ ".mp3", "audio/mpeg" },
		{ ".oga", "audio/ogg" },
	};
	size_t size = strlen(name);

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t suffix = strlen(types[i][0]);

		if (size > suffix && strcmp(name + size - suffix, types[i][0]) == 0)
			return types[i][1];
	}
	return "application/octet-stream";
}
