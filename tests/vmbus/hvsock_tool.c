/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs in the guest: hvsock_tool connect PORT | listen PORT. Copies standard input to the socket and the socket to standard
 * output, until both have ended. A static program; vsock is all that it knows.
 */
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	return 1;
}

static void put(int fd, const char *bytes, ssize_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, (size_t)size);

		if (n <= 0)
			exit(die("write"));
		bytes += n;
		size -= n;
	}
}

static int copy(int fd)
{
	struct pollfd polls[2] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	static char buffer[65536];

	while (polls[0].fd >= 0 || polls[1].fd >= 0) {
		if (poll(polls, 2, -1) < 0)
			return die("poll");
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (polls[i].fd < 0 || !polls[i].revents)
				continue;
			n = read(polls[i].fd, buffer, sizeof(buffer));
			if (n > 0) {
				put(i == 0 ? fd : 1, buffer, n);
				continue;
			}
			polls[i].fd = -1;
			if (i == 0)
				shutdown(fd, SHUT_WR);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (argc != 3 || fd < 0)
		return die("hvsock_tool connect|listen PORT");
	address.svm_port = (unsigned)atoi(argv[2]);
	if (strcmp(argv[1], "connect") == 0) {
		address.svm_cid = VMADDR_CID_HOST;
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			return die("connect");
		return copy(fd);
	}
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		return die("listen");
	fd = accept(fd, NULL, NULL);
	return fd < 0 ? die("accept") : copy(fd);
}
