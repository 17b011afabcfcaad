/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening socket for a viewer of the same user, and of nobody else. */
#ifndef CLI_VIEW_SOCKET_H
#define CLI_VIEW_SOCKET_H

#include <stdbool.h>

struct view_socket {
	int fd;
	char *folder, *path; /* NULL: it is a port of the loopback */
	unsigned port;
};

/* Some viewers know no unix sockets: they get a port of the loopback. FALSE: said. */
bool view_socket_open(struct view_socket *socket, bool is_path);
/* A connection of this user; -1: none, or somebody else's, which is closed. */
int view_socket_accept(const struct view_socket *socket);
void view_socket_close(struct view_socket *socket);

#endif
