/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/view_socket.h"
#include "cli/message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 8 };

/* --- a path, in a folder that only this user can enter ----------------------------------------------- */

static int listen_at_path(struct view_socket *view)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	view->folder = g_dir_make_tmp("bulkhead-view-XXXXXX", NULL);
	if (!view->folder)
		return -1;
	view->path = g_build_filename(view->folder, "screen.sock", NULL);
	if (strlen(view->path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, view->path, strlen(view->path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- a port of the loopback -------------------------------------------------------------------------- */

static int listen_at_port(struct view_socket *view)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0 ||
			getsockname(fd, (struct sockaddr *)&address, &size) < 0)) {
		close(fd);
		return -1;
	}
	view->port = ntohs(address.sin_port);
	return fd;
}

/* The kernel's table tells whose the other end is: "sl local remote st queues timer retransmits uid". */
static bool is_of_this_user(const struct sockaddr_in *peer)
{
	FILE *table = fopen("/proc/net/tcp", "re");
	bool is_ours = false;
	char line[256];

	while (table && !is_ours && fgets(line, sizeof(line), table)) {
		unsigned address, port, uid;

		is_ours =
		    sscanf(line, " %*d: %8x:%4x %*x:%*x %*x %*s %*s %*s %u", &address, &port, &uid) == 3 &&
		    address == peer->sin_addr.s_addr && port == ntohs(peer->sin_port) && uid == getuid();
	}
	if (table)
		fclose(table);
	return is_ours;
}

/* --- both -------------------------------------------------------------------------------------------- */

bool view_socket_open(struct view_socket *view, bool is_path)
{
	*view = (struct view_socket){ .fd = -1 };
	view->fd = is_path ? listen_at_path(view) : listen_at_port(view);
	if (view->fd >= 0)
		return true;
	say("vm view: there is no socket for the viewer: %s; look whether %s is full", strerror(errno),
	    g_get_tmp_dir());
	view_socket_close(view);
	return false;
}

int view_socket_accept(const struct view_socket *view)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	int fd = accept4(view->fd, view->path ? NULL : (struct sockaddr *)&peer, view->path ? NULL : &size,
			 SOCK_CLOEXEC);

	if (fd < 0 || view->path || is_of_this_user(&peer))
		return fd;
	say("vm view: another user of this computer tried to look, and was not let in");
	close(fd);
	return -1;
}

void view_socket_close(struct view_socket *view)
{
	if (view->fd >= 0)
		close(view->fd);
	view->fd = -1;
	if (view->path)
		unlink(view->path);
	if (view->folder)
		rmdir(view->folder);
	g_clear_pointer(&view->path, g_free);
	g_clear_pointer(&view->folder, g_free);
}
