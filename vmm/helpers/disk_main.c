/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-disk: does one thing to disk images for somebody who has the rights (the command line, the
 * service) and has no rights itself. An image that takes over this process has won a few open descriptors.
 */
#include "helpers/confine.h"
#include "helpers/disk_session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const struct verb {
	const char *name;
	int (*run)(struct session *session, struct disk_error *error);
} verbs[] = {
	{ "create", run_create },	{ "convert", run_convert },	{ "inspect", run_inspect },
	{ "chain", run_chain },		{ "check", run_check },		{ "compact", run_compact },
	{ "resize", run_resize },	{ "serve-nbd", run_serve_nbd }, { "merge", run_merge },
	{ "reconnect", run_reconnect },
};

static int run(struct session *session, struct disk_error *error)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(link_verb(session->request), verbs[i].name) == 0)
			return verbs[i].run(session, error);
	snprintf(error->text, sizeof(error->text), "%s: the disk helper does not know this",
		 link_verb(session->request));
	return -ENOSYS;
}

static int serve(struct disk_io *io)
{
	struct session session;
	struct disk_error error = { "" };
	int r = session_init(&session, DISK_LINK_FD, io);

	if (r == 0)
		r = session_send_result(&session, run(&session, &error), &error);
	session_deinit(&session);
	return r == 0 ? 0 : 1;
}

/* The threads of the disk queue are started in between: what comes after would forbid that. */
static int confine(struct disk_io **ret_io)
{
	int r = confine_files();

	if (r == 0)
		r = disk_io_new(DISK_IO_THREADS, ret_io);
	return r == 0 ? confine_calls() : r;
}

int main(void)
{
	struct disk_io *io = NULL;
	int type, r;
	socklen_t size = sizeof(type);

	if (getsockopt(DISK_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET) {
		fprintf(stderr, "bulkhead-disk: this is started by other programs; use `bulkhead disk`\n");
		return 2;
	}
	signal(SIGXFSZ, SIG_IGN); /* a file that is too large is an error, not the end */
	r = confine(&io);
	if (r < 0) {
		fprintf(stderr, "bulkhead-disk: cannot give up its rights: %s\n", strerror(-r));
		return 1;
	}
	r = serve(io);
	disk_io_free(io);
	return r;
}
