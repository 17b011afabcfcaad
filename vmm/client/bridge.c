/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/bridge.h"
#include "client/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK = 65536, LINE_MAX_BYTES = 256 };

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: %s", what, g_strerror(errno));
	return FALSE;
}

static gboolean write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		data += n;
		size -= (size_t)n;
	}
	return TRUE;
}

/* D-Bus specification, "Authentication Protocol": lines end with CR LF. */
static gboolean expect(int fd, const char *prefix)
{
	char line[LINE_MAX_BYTES];
	size_t length = 0;

	while (length < sizeof(line) - 1 && read(fd, line + length, 1) == 1)
		if (line[length++] == '\n')
			break;
	line[length] = '\0';
	return g_str_has_prefix(line, prefix);
}

static gboolean authenticate(int fd)
{
	char uid[16], line[80];
	int size;

	snprintf(uid, sizeof(uid), "%u", (unsigned)getuid());
	size = snprintf(line, sizeof(line), "AUTH EXTERNAL ");
	for (const char *p = uid; *p; p++)
		size += snprintf(line + size, sizeof(line) - (size_t)size, "%02x", (unsigned char)*p);
	size += snprintf(line + size, sizeof(line) - (size_t)size, "\r\n");
	return write_all(fd, "", 1) && write_all(fd, line, (size_t)size) && expect(fd, "OK") &&
	       write_all(fd, "BEGIN\r\n", 7);
}

static int connect_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errno = ENAMETOOLONG;
	else
		g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd >= 0 && *address.sun_path && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static gboolean copy_some(int from, int to, char *buffer)
{
	ssize_t n = read(from, buffer, CHUNK);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return TRUE;
	return n > 0 && write_all(to, buffer, (size_t)n);
}

gboolean vmc_copy_both(int from_a, int to_b, int from_b, int to_a)
{
	char *buffer = g_malloc(CHUNK);
	gboolean goes_on = TRUE;

	while (goes_on) {
		struct pollfd polls[2] = { { .fd = from_a, .events = POLLIN },
					   { .fd = from_b, .events = POLLIN } };

		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			break;
		if (polls[0].revents)
			goes_on = copy_some(from_a, to_b, buffer);
		if (polls[1].revents && goes_on)
			goes_on = copy_some(from_b, to_a, buffer);
	}
	g_free(buffer);
	return TRUE;
}

gboolean vmc_bridge_run(GError **error)
{
	char *path = vmc_find_socket();
	int fd;

	if (!path) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "no management service is running there; start it: bulkhead host start-service");
		return FALSE;
	}
	fd = connect_socket(path);
	g_free(path);
	if (fd < 0)
		return fail(error, "the management service does not answer");
	if (!authenticate(fd)) {
		close(fd);
		return fail(error, "the management service refuses this user");
	}
	vmc_copy_both(STDIN_FILENO, fd, fd, STDOUT_FILENO);
	close(fd);
	return TRUE;
}
