/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New images: create and convert. The file is empty, and whoever gave it removes it when this fails. */
#include "helpers/disk_session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(struct disk_error *error, int result, const char *name, const char *what)
{
	if (!error->text[0])
		snprintf(error->text, sizeof(error->text), "%s %s: %s", name, what, strerror(-result));
	return result;
}

static int read_options(const struct session *session, struct disk_create_options *options,
			struct disk_error *error)
{
	uint64_t block = session_number(session, "block-size"),
		 sector = session_number(session, "sector-size");

	if (disk_format_parse(session_text(session, "format"), &options->format) < 0 ||
	    disk_type_parse(session_text(session, "type"), &options->type) < 0 || block > UINT32_MAX ||
	    sector > UINT32_MAX)
		return fail(error, -EINVAL, session_text(session, "to-name"), "cannot be made like this");
	options->size = session_number(session, "size");
	options->block_size = (uint32_t)block;
	options->logical_sector = (uint32_t)sector;
	options->parent_relative = session_text(session, "relative");
	options->parent_absolute = session_text(session, "absolute");
	return 0;
}

int run_create(struct session *session, struct disk_error *error)
{
	struct disk_create_options options = { 0 };
	int fd, r = read_options(session, &options, error);

	if (r == 0)
		r = session_fd(session, "to", &fd);
	if (r < 0)
		return r;
	if (options.type == DISK_TYPE_DIFFERENCING)
		r = session_open_given_parent(session, &options.parent, error);
	if (r == 0 && options.parent && options.format == DISK_FORMAT_AUTO) {
		struct disk_info info;

		disk_get_info(options.parent, &info);
		options.format = info.format;
	}
	session->stage = "creating";
	if (r == 0 && !session_is_plan(session))
		r = disk_create(session->io, fd, &options, &session->job, error);
	disk_close(options.parent);
	close(fd);
	return r < 0 ? fail(error, r, session_text(session, "to-name"), "cannot be created") : 0;
}

static int make_target(struct session *session, struct disk *from, struct disk_create_options *options,
		       int fd, struct disk **ret_to, struct disk_error *error)
{
	struct disk_open_options open_options = { .writable = true,
						  .path = session_text(session, "to-name") };
	struct disk_info info;
	int copy, r;

	disk_get_info(from, &info);
	if (!options->size)
		options->size = info.size;
	/* A guest's file system knows its sector size. */
	if (!options->logical_sector)
		options->logical_sector = info.logical_sector == 2048 ? 512 : info.logical_sector;
	session->stage = "making room";
	r = disk_create(session->io, fd, options, &session->job, error);
	copy = r < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (r == 0 && copy < 0)
		r = -errno;
	open_options.format = options->format;
	return r < 0 ? r : disk_open(session->io, copy, &open_options, ret_to, error);
}

int run_convert(struct session *session, struct disk_error *error)
{
	struct disk_create_options options = { 0 };
	struct disk_open_options from_options = { 0 };
	struct disk *from = NULL, *to = NULL;
	int fd, close_error, r = read_options(session, &options, error);

	if (r == 0)
		r = session_fd(session, "to", &fd);
	if (r < 0)
		return r;
	r = session_open(session, &from_options, &from, error);
	if (session_is_plan(session)) {
		disk_close(from);
		close(fd);
		return r;
	}
	if (r == 0)
		r = make_target(session, from, &options, fd, &to, error);
	session->stage = "converting";
	if (r == 0)
		r = disk_copy(from, to, &session->job, error);
	close_error = disk_close(to);
	disk_close(from);
	close(fd);
	if (r == 0)
		r = close_error;
	return r < 0 ? fail(error, r, session_text(session, "to-name"), "cannot be written") : 0;
}
