/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead receive`: the far end of `bulkhead vm move --to`: the service's stream is standard input and output. */
#include "cli/manage.h"
#include "cli/message.h"
#include "client/move_host.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 262144 };

static gboolean write_all(int fd, const char *data, ssize_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, (size_t)size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		data += n;
		size -= n;
	}
	return TRUE;
}

/* FALSE: this way is over. */
static gboolean copy_some(int from, int to, char *buffer)
{
	ssize_t n = read(from, buffer, PIECE);

	return (n < 0 && errno == EINTR) || (n > 0 && write_all(to, buffer, n));
}

/* Until the service has said its last word: it may refuse what still comes. */
static void copy_both(int service)
{
	struct pollfd polls[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				   { .fd = service, .events = POLLIN } };
	char *buffer = g_malloc(PIECE);

	for (;;) {
		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			break;
		if (polls[1].revents && !copy_some(service, STDOUT_FILENO, buffer))
			break;
		if (polls[0].revents && !polls[1].revents && !copy_some(STDIN_FILENO, service, buffer)) {
			shutdown(service, SHUT_WR);
			polls[0].fd = -1;
		}
		polls[0].revents = polls[1].revents = 0;
	}
	g_free(buffer);
}

/* Who sends hears it, in the words of the stream. */
static int refuse(GError *error)
{
	char *line = g_strdup_printf("refused %s\n", error->message);

	write_all(STDOUT_FILENO, line, (ssize_t)strlen(line));
	g_free(line);
	g_error_free(error);
	return STATUS_FAILED;
}

int command_receive(int argc, char **argv)
{
	struct vmc_connection *connection;
	GError *error = NULL;
	int fd;

	if (argc != 2 || isatty(STDIN_FILENO)) {
		say("receive: this is the far end of `bulkhead vm move NAME --to HOST`; use that");
		return STATUS_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	connection = vmc_connect(NULL, &error);
	if (!connection)
		return refuse(error);
	fd = vmc_receive(connection, argv[1], &error);
	if (fd < 0) {
		vmc_disconnect(connection);
		return refuse(error);
	}
	copy_both(fd);
	close(fd);
	vmc_disconnect(connection);
	return STATUS_DONE;
}
