/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between a service and its workers. Input: 1 byte with the number of descriptors, then the packet.
 * Whatever comes, no descriptor leaks; a configuration that was taken is the same after it was sent once
 * more.
 */
#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "link/worker_link.h"

enum { FDS_MAX = 20 };

static int sockets[2] = { -1, -1 };
static int null_fd;

static void start(void)
{
	if (sockets[0] >= 0)
		return;
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets) == 0);
	null_fd = dup(sockets[0]);
	CHECK(null_fd >= 0);
}

/* A leak takes the lowest number that is free. */
static int lowest_free_fd(void)
{
	int fd = dup(null_fd);

	close(fd);
	return fd;
}

static void send_raw(const uint8_t *data, size_t size, unsigned fd_count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;
	int fds[FDS_MAX];

	if (fd_count > 0) {
		for (unsigned i = 0; i < fd_count; i++)
			fds[i] = null_fd;
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
	}
	CHECK(sendmsg(sockets[0], &header, MSG_NOSIGNAL) == (ssize_t)size);
}

static bool is_same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void check_same(const struct worker_config *a, const struct worker_config *b)
{
	CHECK(is_same(a->name, b->name) && is_same(a->engine, b->engine) && is_same(a->cmdline, b->cmdline));
	CHECK(is_same(a->kernel_name, b->kernel_name) && is_same(a->initrd_name, b->initrd_name));
	CHECK(a->memory_mib == b->memory_mib && a->processors == b->processors);
	CHECK((a->initrd_fd < 0) == (b->initrd_fd < 0));
	for (unsigned i = 0; i < WORKER_COMS; i++)
		CHECK(a->coms[i].kind == b->coms[i].kind && (a->coms[i].fd < 0) == (b->coms[i].fd < 0));
}

static void check_round_trip(const struct worker_config *config)
{
	struct link_message *message, *received;
	struct worker_config again;

	CHECK(worker_config_encode(config, &message) == 0);
	if (link_send(sockets[0], message) == 0) { /* escapes may make it too long */
		CHECK(link_receive(sockets[1], &received) == 0);
		CHECK(worker_config_decode(received, &again) == 0);
		check_same(config, &again);
		worker_config_deinit(&again);
		link_message_free(received);
	}
	link_message_free(message);
}

static void use(struct link_message *message)
{
	static const char *const keys[] = { "fd", "name", "write", "history", "text" };
	struct worker_config config;
	uint64_t number;
	int fd;

	CHECK(strlen(link_verb(message)) <= LINK_KEY_MAX);
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		link_get(message, keys[i]);
		CHECK(link_get_number(message, keys[i], 1000, &number) < 0 || number <= 1000);
	}
	if (strcmp(link_verb(message), "serial") == 0 && link_take_fd(message, "fd", &fd) == 0) {
		CHECK(link_take_fd(message, "fd", &fd) < 0); /* never twice */
		close(fd);
	}
	if (worker_config_decode(message, &config) < 0)
		return;
	check_round_trip(&config);
	worker_config_deinit(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_message *message;
	int free_fd;

	if (size < 2) /* a packet of no bytes means that the other side is gone */
		return 0;
	start();
	free_fd = lowest_free_fd();
	send_raw(data + 1, size - 1, data[0] % (FDS_MAX + 1));
	if (link_receive(sockets[1], &message) == 0) {
		use(message);
		link_message_free(message);
	}
	CHECK(lowest_free_fd() == free_fd);
	return 0;
}
