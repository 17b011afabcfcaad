/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-switch: one virtual switch. Started by its owner with a socket as descriptor 3; what is said there
 * stands in link/switch_link.h. The process ends when the socket closes.
 */
#include "switch/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool has_link(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(SPAWN_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	struct session session = { .link = SPAWN_LINK_FD };
	int r;

	if (argc != 1 || !has_link()) {
		fprintf(
		    stderr,
		    "bulkhead-switch: this program is started by bulkhead, with a socket; start `bulkhead "
		    "run` instead\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	fcntl(SPAWN_LINK_FD, F_SETFD, FD_CLOEXEC);
	r = session_start(&session);
	if (r == 0)
		r = session_run(&session);
	session_end(&session);
	return r < 0 ? 1 : 0;
}
