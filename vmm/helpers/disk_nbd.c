/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serve-nbd: the disk for this computer's kernel, or for another client, until that goes. */
#include "helpers/disk_session.h"
#include "helpers/nbd_server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int tell_serving(struct session *session, const struct nbd_server *server)
{
	struct link_message *message;
	int r = link_message_new("serving", &message);

	if (r < 0)
		return r;
	link_add_number(message, "size", server->size);
	link_add_number(message, "sector-size", server->sector);
	link_add_number(message, "read-only", server->is_read_only);
	link_add_number(message, "flags", nbd_server_flags(server));
	r = link_send(session->link, message);
	link_message_free(message);
	return r > 0 ? -ECANCELED : r;
}

static int serve(struct session *session, int socket, struct disk *disk)
{
	struct nbd_server server;
	int r = nbd_server_init(&server, socket, disk, session_flag(session, "read-only"));

	if (r == 0)
		r = tell_serving(session, &server);
	if (r == 0 && session_flag(session, "negotiate"))
		r = nbd_server_negotiate(&server);
	if (r == 0)
		r = nbd_server_run(&server);
	nbd_server_deinit(&server);
	return r > 0 ? 0 : r;
}

/* Whoever asked may go meanwhile (the service is restarted): the client is what counts from here on. */
int run_serve_nbd(struct session *session, struct disk_error *error)
{
	struct disk_open_options options = { .writable = !session_flag(session, "read-only") };
	struct disk *disk;
	int socket, close_error, r = session_open(session, &options, &disk, error);

	if (r < 0)
		return r;
	r = session_fd(session, "nbd", &socket);
	if (r == 0) {
		r = serve(session, socket, disk);
		close(socket);
	}
	close_error = disk_close(disk);
	return r < 0 ? r : close_error;
}
