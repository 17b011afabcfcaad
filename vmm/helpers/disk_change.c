/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes an image in place: compact, resize, merge, reconnect. Each leaves it valid at every moment. */
#include "helpers/disk_session.h"

#include <errno.h>
#include <stdio.h>

/* Alone: these need nothing of the parents. A plan writes nothing, also no log that waits to be replayed. */
static int open_alone(struct session *session, struct disk **ret_disk, struct disk_error *error)
{
	struct disk_open_options options = { .writable = !session_is_plan(session), .no_parent = true };

	return session_open(session, &options, ret_disk, error);
}

static int close_changed(struct disk *disk, int result)
{
	int close_error = disk_close(disk);

	return result < 0 ? result : close_error;
}

int run_compact(struct session *session, struct disk_error *error)
{
	struct disk *disk;
	int r = open_alone(session, &disk, error);

	if (r < 0)
		return r;
	session->stage = "compacting";
	if (session_is_plan(session))
		return disk_close(disk);
	return close_changed(disk, disk_compact(disk, &session->job, error));
}

int run_resize(struct session *session, struct disk_error *error)
{
	struct disk *disk;
	int r = open_alone(session, &disk, error);

	if (r < 0)
		return r;
	session->stage = "looking at what is cut off";
	if (session_is_plan(session))
		return disk_close(disk);
	return close_changed(disk, disk_resize(disk, session_number(session, "size"),
					       session_flag(session, "force"), &session->job, error));
}

static int open_merge_parent(struct session *session, struct disk *child, struct disk **ret_parent,
			     struct disk_error *error)
{
	struct disk_open_options options = { .writable = !session_is_plan(session) };
	struct disk_parent_link link;
	int fd, r = disk_get_parent_link(child, &link);

	if (r < 0) {
		snprintf(error->text, sizeof(error->text), "%s is not a differencing disk", disk_path(child));
		return -EINVAL;
	}
	r = session_ask_parent(session, &link, 1, true, &fd);
	if (r < 0)
		return r;
	session->depth = 1;
	session_fill(session, &options, session->names[1]);
	options.format = link.format;
	return disk_open(session->io, fd, &options, ret_parent, error);
}

int run_merge(struct session *session, struct disk_error *error)
{
	struct disk *child, *parent = NULL;
	int close_error, r = open_alone(session, &child, error);

	if (r < 0)
		return r;
	r = open_merge_parent(session, child, &parent, error);
	session->stage = "merging";
	if (r == 0 && !session_is_plan(session))
		r = disk_merge(child, parent, &session->job, error);
	close_error = disk_close(parent);
	r = close_changed(child, r);
	return r < 0 ? r : close_error;
}

static int check_has_parent(struct disk *child, struct disk_error *error)
{
	struct disk_parent_link link;

	if (disk_get_parent_link(child, &link) == 0)
		return 0;
	snprintf(error->text, sizeof(error->text), "%s is not a differencing disk", disk_path(child));
	return -EINVAL;
}

int run_reconnect(struct session *session, struct disk_error *error)
{
	struct disk *child, *parent;
	int r = open_alone(session, &child, error);

	if (r < 0)
		return r;
	r = check_has_parent(child, error);
	if (r == 0)
		r = session_open_given_parent(session, &parent, error);
	if (r == 0 && session_is_plan(session)) {
		disk_close(parent);
	} else if (r == 0) {
		r = disk_reconnect(child, parent, session_text(session, "relative"),
				   session_text(session, "absolute"), session_flag(session, "force"), error);
		disk_close(parent);
	}
	return close_changed(child, r);
}
