/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display for other people's viewers: a machine that a script plays.
 *   others PROGRAM none|password|tls [PAGE]
 * password: viewers must know "secret"; tls: over TLS only, its certificate (for "localhost") is in certificate.pem.
 * PAGE is the folder of a page for browsers.
 * Prints "port N" (127.0.0.1), "connected ID" and "gone ID", and what the machine gets: "key CODE DOWN"
 * (hexadecimal code), "pointer X Y WHEEL BUTTONS". Commands on standard input, each answered with a line:
 *   size W H SEED                  a new picture of that size: "ok"
 *   fill X Y W H COLOUR            "ok"
 *   png FILE                       whether that picture is the machine's: "equal", "different", "unreadable"
 *   xvfb FILE                      whether the frame buffer of an Xvfb (-fbdir) shows the whole screen
 * somewhere: "equal", "different", "unreadable" Ends with its standard input.
 */
#include "png_read.h"
#include "rig.h"

#include "server/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_MS = 10000, COPY_BYTES = 1 << 16, XWD_FIELDS = 25, COLOUR_BYTES = 12 };

static struct rig *rig;
static bool must_prove, has_page;

/* --- events ------------------------------------------------------------------------------------------ */

static void *print_events(void *unused)
{
	struct rig_event event;

	(void)unused;
	for (;;) {
		if (!rig_next_event(rig, 1000, &event))
			continue;
		if (event.kind == 'k')
			printf("key %x %d\n", (unsigned)event.a, event.b);
		else
			printf("pointer %d %d %d %d\n", event.a, event.b, event.c, event.d);
	}
	return NULL;
}

/* --- the page -------------------------------------------------------------------------------- */

static int page_fd;
static size_t page_root; /* bytes of the folder's name */

static int add_file(const char *path, const struct stat *status, int kind, struct FTW *unused)
{
	int file;

	(void)unused;
	if (kind != FTW_F)
		return 0;
	file = open(path, O_RDONLY | O_CLOEXEC);
	dprintf(page_fd, "%s\n%lld\n", path + page_root, (long long)status->st_size);
	if (file < 0 || sendfile(page_fd, file, NULL, (size_t)status->st_size) != status->st_size)
		exit(1);
	close(file);
	return 0;
}

static int read_page(const char *folder)
{
	page_fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	page_root = strlen(folder) + 1;
	if (nftw(folder, add_file, 16, 0) < 0)
		exit(1);
	fcntl(page_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE);
	return page_fd;
}

static void set_security(bool needs_tls, const char *page)
{
	struct rig_security security = { .password = "secret",
					 .needs_tls = needs_tls,
					 .web = page ? read_page(page) : -1,
					 .certificate = -1,
					 .key = -1 };
	char fingerprint[RD_FINGERPRINT_CHARACTERS];

	if (needs_tls) {
		security.certificate = open("certificate.pem", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		security.key = memfd_create("key", MFD_CLOEXEC);
		if (rd_certificate_make("localhost", security.certificate, security.key, fingerprint) < 0)
			exit(1);
	}
	must_prove = true;
	has_page = page != NULL;
	rig_set_security(rig, &security);
}

/* --- viewers by TCP ---------------------------------------------------------------------------------- */

struct pipe_end {
	int from, to;
};

static void *copy(void *opaque)
{
	struct pipe_end end = *(struct pipe_end *)opaque;
	char buffer[COPY_BYTES];
	ssize_t n;

	free(opaque);
	while ((n = read(end.from, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < n;) {
			ssize_t written = send(end.to, buffer + at, (size_t)(n - at), MSG_NOSIGNAL);

			if (written <= 0)
				goto out;
			at += written;
		}
out:
	shutdown(end.from, SHUT_RDWR);
	shutdown(end.to, SHUT_RDWR);
	return NULL;
}

static pthread_t start_copy(int from, int to)
{
	struct pipe_end *end = malloc(sizeof(*end));
	pthread_t thread;

	if (!end)
		exit(1);
	*end = (struct pipe_end){ from, to };
	pthread_create(&thread, NULL, copy, end);
	return thread;
}

struct connection {
	int socket;
	unsigned id;
};

/* On a busy host a browser's request may come later than the display waits for one. */
static void await_request(int socket)
{
	struct pollfd fd = { .fd = socket, .events = POLLIN };

	(void)poll(&fd, 1, REQUEST_MS);
}

static int add_viewer(const struct connection *connection)
{
	if (!must_prove)
		return rig_add_viewer(rig, connection->id, false);
	if (has_page)
		await_request(connection->socket);
	return rig_add_tcp_viewer(rig, connection->id);
}

static void *serve(void *opaque)
{
	struct connection connection = *(struct connection *)opaque;
	int viewer = add_viewer(&connection);
	pthread_t there, back;

	free(opaque);
	printf("connected %u\n", connection.id);
	there = start_copy(connection.socket, viewer);
	back = start_copy(viewer, connection.socket);
	pthread_join(there, NULL);
	pthread_join(back, NULL);
	close(viewer);
	close(connection.socket);
	printf("gone %u\n", connection.id);
	return NULL;
}

static void *listen_for_viewers(void *opaque)
{
	int listener = *(int *)opaque;

	for (unsigned id = 1;; id++) {
		struct connection *connection = malloc(sizeof(*connection));
		pthread_t thread;

		*connection = (struct connection){ accept(listener, NULL, NULL), id };
		if (connection->socket < 0)
			return NULL;
		pthread_create(&thread, NULL, serve, connection);
		pthread_detach(thread);
	}
}

static void open_port(int *ret_listener)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	/* Viewers count displays from port 5900 on. */
	do {
		*ret_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(*ret_listener, (struct sockaddr *)&address, size) < 0 ||
		    listen(*ret_listener, 8) < 0 ||
		    getsockname(*ret_listener, (struct sockaddr *)&address, &size) < 0)
			exit(1);
	} while (ntohs(address.sin_port) < 5900);
	printf("port %u\n", ntohs(address.sin_port));
}

/* --- pictures ---------------------------------------------------------------------------------------- */

static const char *compare_png(const char *path)
{
	unsigned width, height;
	uint32_t *pixels = png_read(path, &width, &height);
	const char *result = !pixels					       ? "unreadable"
			     : rig_is_equal(rig, pixels, width, height, width) ? "equal"
									       : "different";

	free(pixels);
	return result;
}

/* Wherever its window lies. */
static bool is_somewhere(const uint32_t *pixels, unsigned width, unsigned height, size_t stride)
{
	unsigned own_width, own_height;

	rig_get_size(rig, &own_width, &own_height);
	for (unsigned y = 0; y + own_height <= height; y++)
		for (unsigned x = 0; x + own_width <= width; x++)
			if (rig_is_equal(rig, pixels + y * stride + x, own_width, own_height,
					 (unsigned)stride))
				return true;
	return false;
}

/* XWD version 7: 25 words of the network's order, the window's name, the colours, the pixels. */
static const char *compare_xwd(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	const uint32_t *header;
	const char *result;
	size_t offset;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size < XWD_FIELDS * 4)
		return "unreadable";
	header = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (header == MAP_FAILED)
		return "unreadable";
	/* size, version, format, depth, width, height, ..., bits a pixel (11), bytes a line (12), ...,
	 * colours (19) */
	offset = ntohl(header[0]) + (size_t)ntohl(header[19]) * COLOUR_BYTES;
	if (ntohl(header[11]) != 32 ||
	    offset + (size_t)ntohl(header[12]) * ntohl(header[5]) > (size_t)status.st_size)
		result = "unreadable";
	else
		result = is_somewhere((const uint32_t *)(const void *)((const char *)header + offset),
				      ntohl(header[4]), ntohl(header[5]), ntohl(header[12]) / 4)
			     ? "equal"
			     : "different";
	munmap((void *)header, (size_t)status.st_size);
	return result;
}

/* --- commands ---------------------------------------------------------------------------------------- */

static const char *obey(char *line)
{
	unsigned a, b, c, d, e;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "png ", 4) == 0)
		return compare_png(line + 4);
	if (strncmp(line, "xvfb ", 5) == 0)
		return compare_xwd(line + 5);
	if (sscanf(line, "size %u %u %u", &a, &b, &c) == 3)
		rig_set_size(rig, a, b, c);
	else if (sscanf(line, "fill %u %u %u %u %x", &a, &b, &c, &d, &e) == 5)
		rig_fill(rig, a, b, c, d, e);
	else
		return "no such command";
	return "ok";
}

int main(int argc, char **argv)
{
	static int listener;
	pthread_t events, viewers;
	char line[512];

	if (argc < 3 || argc > 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	rig = rig_new(argv[1], 640, 480);
	if (strcmp(argv[2], "none") != 0)
		set_security(strcmp(argv[2], "tls") == 0, argc == 4 ? argv[3] : NULL);
	open_port(&listener);
	pthread_create(&events, NULL, print_events, NULL);
	pthread_create(&viewers, NULL, listen_for_viewers, &listener);
	while (fgets(line, sizeof(line), stdin))
		printf("%s\n", obey(line));
	_exit(0); /* with the display, whose link closes */
}
