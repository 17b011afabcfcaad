/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request of bulkhead-disk: what was asked, and what goes to and fro while it is done (link/disk_link.h).
 *
 * Threads    The main thread only.
 * Trust      Whoever asks is trusted to name the files; the files are not. Texts of an image (a
 *            parent's paths) are handed on as they are: who asked decides what to open.
 */
#ifndef HELPERS_DISK_SESSION_H
#define HELPERS_DISK_SESSION_H

#include "disk/disk.h"
#include "disk/disk_job.h"
#include "link/disk_link.h"

struct session {
	int link;
	struct disk_io *io;
	struct link_message *request;
	struct disk_job job; /* hand it to the jobs: progress and cancel */
	const char *stage;
	uint64_t looked_ns, told_ns;
	bool is_canceled;
	int file;	/* the field `file`, kept: each session_open() works on a copy */
	unsigned depth; /* of the disk whose parents are asked for: 0, or 1 when the parent came with the
			   request */
	char *names[DISK_LINK_CHAIN_MAX + 1]; /* of the parents, by depth */
	char text[512]; /* why a parent was not given: better than what the errno says */
};

int session_init(struct session *session, int link, struct disk_io *io);
void session_deinit(struct session *session);

/* Fields of the request. "" and 0 when absent. */
const char *session_text(const struct session *session, const char *key);
uint64_t session_number(const struct session *session, const char *key);
bool session_flag(const struct session *session, const char *key);
int session_fd(struct session *session, const char *key, int *ret_fd);
/* All is looked at, and nothing written. */
bool session_is_plan(const struct session *session);

int session_copy_file(struct session *session, int *ret_fd);
/* Opens the disk of the field `file`; may be done again after it failed or was closed. */
int session_open(struct session *session, const struct disk_open_options *options, struct disk **ret_disk,
		 struct disk_error *error);
/* Asks for a parent by what `link` says and gives its descriptor. Its name is session->names[depth] then. */
int session_ask_parent(struct session *session, const struct disk_parent_link *link, unsigned depth,
		       bool is_writable, int *ret_fd);
/* Opens the disk of the field `parent`, with its own chain. */
int session_open_given_parent(struct session *session, struct disk **ret_parent, struct disk_error *error);
/* Parents are asked for while a disk is opened with these options. */
void session_fill(struct session *session, struct disk_open_options *options, const char *name);

int session_send_result(struct session *session, int result, const struct disk_error *error);

/* The verbs: 0 or -errno, and a sentence. */
int run_create(struct session *session, struct disk_error *error);
int run_convert(struct session *session, struct disk_error *error);
int run_inspect(struct session *session, struct disk_error *error);
int run_chain(struct session *session, struct disk_error *error);
int run_serve_nbd(struct session *session, struct disk_error *error);
int run_check(struct session *session, struct disk_error *error);
int run_compact(struct session *session, struct disk_error *error);
int run_resize(struct session *session, struct disk_error *error);
int run_merge(struct session *session, struct disk_error *error);
int run_reconnect(struct session *session, struct disk_error *error);

#endif
