/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transfer serve ADDRESS PORT                 sends and receives what clients ask for, until it is killed;
 * port 0: any free one. Prints "port N" when it listens transfer get|put ADDRESS PORT MIB           as a
 * client; prints "get MIB MiB SECONDS s RATE MiB/s" when what arrived is what was sent, otherwise what is
 * wrong; exit status 1
 *
 * Runs in the guest and on the host, for the tests of the network and its benchmark. The bytes are a pattern
 * that the receiver knows, checked as they come.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024, WORDS = BLOCK / 8 };

struct request {
	uint64_t bytes;
	uint8_t is_put;
	uint8_t padding[7];
};

static uint64_t pattern[WORDS], buffer[WORDS];

static void make_pattern(void)
{
	uint64_t value = 0x9E3779B97F4A7C15;

	for (unsigned i = 0; i < WORDS; i++) {
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
		pattern[i] = value;
	}
}

static bool send_all(int fd, const void *data, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = send(fd, (const char *)data + at, size - at, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static size_t receive_up_to(int fd, void *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = recv(fd, (char *)data + at, size - at, 0);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	return at;
}

static bool send_pattern(int fd, uint64_t bytes)
{
	for (uint64_t block = 0; bytes; block++) {
		size_t size = bytes < BLOCK ? (size_t)bytes : BLOCK;

		pattern[0] = block;
		if (!send_all(fd, pattern, size))
			return false;
		bytes -= size;
	}
	return true;
}

static bool receive_pattern(int fd, uint64_t bytes, const char **ret_problem)
{
	*ret_problem = NULL;
	for (uint64_t block = 0; bytes; block++) {
		size_t size = bytes < BLOCK ? (size_t)bytes : BLOCK;

		if (receive_up_to(fd, buffer, size) != size) {
			*ret_problem = "the connection ended too soon";
			return false;
		}
		pattern[0] = block;
		if (memcmp(buffer, pattern, size) != 0)
			*ret_problem = "other bytes arrived than were sent";
		bytes -= size;
	}
	return !*ret_problem;
}

static int make_address(const char *address, const char *port, struct sockaddr_in *ret_address)
{
	*ret_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	if (inet_pton(AF_INET, address, &ret_address->sin_addr) == 1)
		return 0;
	fprintf(stderr, "transfer: %s is no address\n", address);
	return -1;
}

static void serve_one(int fd)
{
	struct request request;
	const char *problem;
	char answer = 'n';

	if (receive_up_to(fd, &request, sizeof(request)) != sizeof(request))
		return;
	if (request.is_put) {
		if (receive_pattern(fd, request.bytes, &problem))
			answer = 'y';
		send_all(fd, &answer, 1);
	} else {
		send_pattern(fd, request.bytes);
	}
	shutdown(fd, SHUT_WR);
	receive_up_to(fd, &answer, 1); /* until the other side has it all */
}

static int serve(const char *text, const char *port)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	if (make_address(text, port, &address) < 0)
		return 2;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 16) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
		perror("transfer: cannot listen");
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	printf("port %u\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			serve_one(fd);
			_exit(0);
		}
		close(fd);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool run(int fd, bool is_put, uint64_t bytes, const char **ret_problem)
{
	const struct request request = { .bytes = bytes, .is_put = is_put };
	char answer = 'n';

	*ret_problem = "the connection broke";
	if (!send_all(fd, &request, sizeof(request)))
		return false;
	if (!is_put)
		return receive_pattern(fd, bytes, ret_problem);
	if (!send_pattern(fd, bytes) || receive_up_to(fd, &answer, 1) != 1)
		return false;
	*ret_problem = "the other side got other bytes than were sent";
	return answer == 'y';
}

static int client(const char *verb, const char *text, const char *port, const char *mib)
{
	struct sockaddr_in address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const char *problem;
	double start, seconds;
	bool is_good;

	if (make_address(text, port, &address) < 0)
		return 2;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		printf("transfer: cannot connect: %s\n", strerror(errno));
		return 1;
	}
	start = now();
	is_good = run(fd, strcmp(verb, "put") == 0, (uint64_t)atoi(mib) << 20, &problem);
	seconds = now() - start;
	if (!is_good) {
		printf("transfer: %s: %s\n", verb, problem);
		return 1;
	}
	printf("%s %s MiB %.3f s %.1f MiB/s\n", verb, mib, seconds, atoi(mib) / seconds);
	return 0;
}

int main(int argc, char **argv)
{
	make_pattern();
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv[3]);
	if (argc == 5 && (strcmp(argv[1], "get") == 0 || strcmp(argv[1], "put") == 0))
		return client(argv[1], argv[2], argv[3], argv[4]);
	fprintf(stderr, "Usage: transfer serve ADDRESS PORT | get|put ADDRESS PORT MIB\n");
	return 2;
}
