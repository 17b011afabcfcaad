/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking without changing: inspect and check. */
#include "helpers/disk_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk/guid.h"

static void add_info(struct link_message *message, const struct disk_info *info)
{
	char id[DISK_GUID_TEXT], data_id[DISK_GUID_TEXT];

	guid_format(&info->id, id);
	guid_format(&info->data_id, data_id);
	link_add(message, "format", disk_format_name(info->format));
	link_add(message, "type", disk_type_name(info->type));
	link_add_number(message, "size", info->size);
	link_add_number(message, "file-size", info->file_size);
	link_add_number(message, "file-allocated", info->file_allocated);
	link_add_number(message, "block-size", info->block_size);
	link_add_number(message, "sector-size", info->logical_sector);
	link_add_number(message, "physical-sector-size", info->physical_sector);
	link_add_number(message, "needs-replay", info->log_replayed);
	link_add(message, "id", guid_is_zero(&info->id) ? "" : id);
	link_add(message, "data-id", guid_is_zero(&info->data_id) ? "" : data_id);
}

static int add_layout(struct link_message *message, struct disk *disk)
{
	struct disk_layout layout;
	int r = disk_get_layout(disk, &layout);

	if (r < 0)
		return r;
	link_add_number(message, "data-bytes", layout.data_bytes);
	link_add_number(message, "zero-bytes", layout.zero_bytes);
	link_add_number(message, "parent-bytes", layout.parent_bytes);
	link_add_number(message, "fragments", layout.fragments);
	return 0;
}

static void add_link(struct link_message *message, struct disk *disk)
{
	struct disk_parent_link link;

	if (disk_get_parent_link(disk, &link) < 0)
		return;
	link_add(message, "parent-relative", link.relative_path);
	link_add(message, "parent-absolute", link.absolute_path);
}

static int send_image(struct session *session, struct disk *disk, const struct link_field *more)
{
	struct disk_info info;
	struct link_message *message;
	int r = link_message_new("image", &message);

	if (r < 0)
		return r;
	disk_get_info(disk, &info);
	link_add(message, "name", disk_path(disk));
	add_info(message, &info);
	add_link(message, disk);
	for (; more->key; more++)
		link_add(message, more->key, more->value);
	r = add_layout(message, disk);
	if (r == 0)
		r = link_send(session->link, message);
	link_message_free(message);
	return r > 0 ? -ECANCELED : r;
}

static int send_chain(struct session *session, struct disk *disk, bool is_in_use, const char *chain_error)
{
	int r = 0;

	for (bool is_first = true; r == 0 && disk; disk = disk_parent(disk), is_first = false) {
		struct link_field more[3] = { { NULL } };
		unsigned count = 0;

		if (is_first && is_in_use)
			more[count++] = (struct link_field){ "in-use", "1" };
		if (is_first && chain_error[0])
			more[count++] = (struct link_field){ "chain-error", chain_error };
		r = send_image(session, disk, more);
	}
	return r;
}

/* With its chain when that can be had; in use or without its parents it is still worth a look. */
static int open_for_look(struct session *session, struct disk **ret_disk, bool *ret_is_in_use,
			 struct disk_error *chain_error)
{
	struct disk_open_options options = { 0 };
	struct disk_error error = { "" };
	int r = session_open(session, &options, ret_disk, chain_error);

	*ret_is_in_use = false;
	if (r == -EBUSY) {
		options.no_lock = *ret_is_in_use = true;
		r = session_open(session, &options, ret_disk, chain_error);
	}
	if (r == 0) {
		chain_error->text[0] = '\0';
		return 0;
	}
	if (session->is_canceled)
		return -ECANCELED;
	if (session->text[0])
		snprintf(chain_error->text, sizeof(chain_error->text), "%s", session->text);
	options.no_parent = true;
	return session_open(session, &options, ret_disk, &error) == 0 ? 0 : r;
}

int run_inspect(struct session *session, struct disk_error *error)
{
	struct disk_error chain_error = { "" };
	struct disk *disk;
	bool is_in_use;
	int r = open_for_look(session, &disk, &is_in_use, &chain_error);

	if (r < 0) {
		*error = chain_error;
		return r;
	}
	r = send_chain(session, disk, is_in_use, chain_error.text);
	disk_close(disk);
	return r;
}

/* For whoever gives the disk and its parents to somebody else: that they can be had, and belong together. */
int run_chain(struct session *session, struct disk_error *error)
{
	struct disk_open_options options = { 0 };
	struct disk *disk;
	int r = session_open(session, &options, &disk, error);

	return r < 0 ? r : disk_close(disk);
}

static int send_check(struct session *session, const struct disk_check *check, const char *chain_error)
{
	struct link_message *message;
	int r = link_message_new("image", &message);

	if (r < 0)
		return r;
	link_add(message, "name", session_text(session, "file-name"));
	link_add_number(message, "openable", check->is_openable);
	link_add_number(message, "needs-replay", check->needs_replay);
	link_add_number(message, "leaked-bytes", check->leaked_bytes);
	link_add(message, "problem", check->error.text);
	link_add(message, "chain-error", chain_error);
	r = link_send(session->link, message);
	link_message_free(message);
	return r > 0 ? -ECANCELED : r;
}

/* The image by itself, and then whether its parents are there and are the ones it was made from. */
int run_check(struct session *session, struct disk_error *error)
{
	struct disk_open_options options = { 0 };
	struct disk_error chain_error = { "" };
	struct disk_check check;
	struct disk *disk;
	enum disk_format format = DISK_FORMAT_AUTO;
	int copy, r = session_copy_file(session, &copy);

	if (r < 0)
		return r;
	disk_format_parse(session_text(session, "file-format"), &format);
	r = disk_check(session->io, copy, session_text(session, "file-name"), format,
		       session_flag(session, "repair"), &check);
	if (r < 0) {
		*error = check.error;
		return r;
	}
	if (check.is_openable) {
		r = session_open(session, &options, &disk, &chain_error);
		if (r == 0)
			disk_close(disk);
		if (session->is_canceled)
			return -ECANCELED;
		if (r < 0 && session->text[0])
			snprintf(chain_error.text, sizeof(chain_error.text), "%s", session->text);
	}
	return send_check(session, &check, chain_error.text);
}
