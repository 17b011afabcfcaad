/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One disk image over NBD, by the confined helper, for one client at a Unix socket.
 *
 * nbd_serve IMAGE FORMAT SOCKET [ro]: prints "serving SIZE" when a client has come, then how it ended.
 * nbd_serve IMAGE FORMAT nonsense:SEED: a client of its own that breaks the rules; the helper must end by
 * itself.
 */
#include "helpers/nbd_proto.h"
#include "link/disk_link.h"
#include "link/spawn.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what, int error)
{
	fprintf(stderr, "nbd_serve: %s: %s\n", what, strerror(error));
	return 1;
}

static int accept_one(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		return -errno;
	puts("listening");
	fflush(stdout);
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	close(fd);
	return client < 0 ? -errno : client;
}

/* --- a client that breaks the rules -------------------------------------------------------------------- */

static void say(int fd, const void *bytes, size_t size)
{
	/* Never waits: the helper may be waiting for us to read. */
	if (send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

static void say_noise(int fd, size_t size)
{
	char bytes[4096];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)random();
	for (; size > 0; size -= size < sizeof(bytes) ? size : sizeof(bytes))
		say(fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
}

static void say_option(int fd, uint32_t option, uint32_t length)
{
	struct nbd_option_head head = { htobe64(NBD_OPTION_MAGIC), htobe32(option), htobe32(length) };

	say(fd, &head, sizeof(head));
}

static void say_request(int fd, uint64_t size)
{
	struct nbd_request request = {
		.magic = htobe32(NBD_ASK_MAGIC),
		.flags = htobe16((uint16_t)(random() % 4)),
		.command = htobe16((uint16_t)(random() % 9)),
		.offset = htobe64(random() % 3 ? (uint64_t)random() * 512 % (size * 2)
					       : UINT64_MAX - (uint64_t)random() % 4096),
		.length = htobe32(random() % 4 ? (uint32_t)random() % 65536 / 512 * 512 : (uint32_t)random())
	};

	if (be16toh(request.command) == NBD_CMD_DISC)
		return;
	say(fd, &request, sizeof(request));
	if (be16toh(request.command) == NBD_CMD_WRITE)
		say_noise(fd, random() % 8 ? be32toh(request.length) % 262144 : 100);
}

static void talk_nonsense(int fd, unsigned seed)
{
	uint32_t flags = htobe32(NBD_FIXED_NEWSTYLE | NBD_NO_ZEROES);

	srandom(seed);
	if (seed % 4 == 0) {
		say_noise(fd, 10000);
		return;
	}
	say(fd, &flags, sizeof(flags));
	if (seed % 4 == 1) {
		for (int i = 0; i < 40; i++)
			say_option(fd, (uint32_t)random() % 12, random() % 4 ? 0 : (uint32_t)random() % 9000);
		say_noise(fd, 9000);
		return;
	}
	say_option(fd, NBD_OPT_GO, 6);
	say(fd, "\0\0\0\0\0\0", 6);
	for (int i = 0; i < 30; i++)
		say_request(fd, 40 << 20);
	if (seed % 4 == 3)
		say_noise(fd, 1000);
}

static int start_nonsense(unsigned seed)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(pair[1]);
		talk_nonsense(pair[0], seed);
		_exit(0);
	}
	close(pair[0]);
	return pid < 0 ? -errno : pair[1];
}

static int follow(int link)
{
	struct link_message *message;

	while (link_receive(link, &message) == 0) {
		const char *verb = link_verb(message), *size = link_get(message, "size");
		uint64_t error = 0;

		if (strcmp(verb, "serving") == 0)
			printf("serving %s\n", size ? size : "?");
		fflush(stdout);
		if (strcmp(verb, "result") == 0) {
			link_get_number(message, "error", 4095, &error);
			printf("ended %s %s\n", error ? strerror((int)error) : "well",
			       link_get(message, "text"));
			link_message_free(message);
			return error != 0;
		}
		link_message_free(message);
	}
	return fail("the helper", EPIPE);
}

int main(int argc, char **argv)
{
	bool is_read_only = argc == 5 && strcmp(argv[4], "ro") == 0;
	struct link_message *request;
	struct spawned helper;
	struct spawn spawn;
	char path[PATH_MAX];
	int image, client, r;

	if (argc < 4 || !spawn_find("bulkhead-disk", "../vmm/helpers", path))
		return fail("bulkhead-disk", ENOENT);
	image = open(argv[1], (is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (image < 0)
		return fail(argv[1], errno);
	client = strncmp(argv[3], "nonsense:", 9) == 0 ? start_nonsense((unsigned)atoi(argv[3] + 9))
						       : accept_one(argv[3]);
	if (client < 0)
		return fail(argv[3], -client);
	spawn_init(&spawn, path);
	r = spawn_process(&spawn, &helper);
	if (r < 0 || link_message_new("serve-nbd", &request) < 0)
		return fail(path, -r);
	link_add_fd(request, "file", image);
	link_add(request, "file-name", argv[1]);
	link_add(request, "file-format", argv[2]);
	link_add_fd(request, "nbd", client);
	link_add_number(request, "read-only", is_read_only);
	link_add_number(request, "negotiate", 1);
	r = link_send(helper.link, request);
	link_message_free(request);
	close(client);
	r = r == 0 ? follow(helper.link) : fail("the helper", -r);
	close(helper.link);
	waitpid(helper.pid, NULL, 0);
	return r;
}
