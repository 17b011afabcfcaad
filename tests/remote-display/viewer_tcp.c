/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer by TCP for scripts: viewer_tcp PORT PASSWORD [vnc]. By VeNCrypt with X509Plain, or without TLS by
 * VNC authentication. Prints one of
 *   in NAME WIDTHxHEIGHT
 *   refused
 *   no-tls    only TLS is offered
 *   closed
 *   nobody    does not listen
 */
#include "rfb_client.h"
#include "security_client.h"

#include "server/crypto.h"
#include "server/pump.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECONDS = 20 };

static struct rd_stream *stream;

static void end(const char *word)
{
	printf("%s\n", word);
	exit(0);
}

static void get(void *buffer, size_t size)
{
	if (rd_stream_read_exact(stream, buffer, size, rd_seconds(SECONDS)) < 0)
		end("closed");
}

static void put(const void *data, size_t size)
{
	if (rd_stream_write(stream, data, size, rd_seconds(SECONDS)) < 0)
		end("closed");
}

static void hear_result(void)
{
	uint32_t result;

	get(&result, 4);
	if (result != 0)
		end("refused");
}

static void prove_vnc(const char *password)
{
	uint8_t challenge[16], response[16];

	put("\2", 1);
	get(challenge, 16);
	rd_vnc_response(password, challenge, response);
	put(response, 16);
	hear_result();
}

static void prove_plain(const char *password)
{
	uint32_t subtype = htonl(262), sizes[2] = { 0, htonl((uint32_t)strlen(password)) };
	uint8_t bytes[16];

	put("\23", 1);
	get(bytes, 2);
	put("\0\2", 2);
	get(bytes, 2 + 2 * 4);
	put(&subtype, 4);
	get(bytes, 1);
	if (client_tls(&stream) < 0)
		end("closed");
	put(sizes, sizeof(sizes));
	put(password, strlen(password));
	hear_result();
}

static void look(void)
{
	struct rfb_client client;
	struct rd_pump *pump;
	int fd;

	if (rd_pump_new(stream, &pump, &fd) < 0)
		exit(1);
	rfb_client_join(&client, fd);
	printf("in %s %ux%u\n", client.name, client.width, client.height);
	rfb_client_deinit(&client);
	rd_pump_free(pump);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char types[257] = "", version[12];
	uint8_t count;

	if (argc < 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		end("nobody");
	if (rd_stream_new_socket(fd, &stream) < 0)
		return 1;
	get(version, 12);
	put("RFB 003.008\n", 12);
	get(&count, 1);
	get(types, count);
	if (argc == 3)
		prove_plain(argv[2]);
	else if (!memchr(types, 2, count))
		end("no-tls");
	else
		prove_vnc(argv[2]);
	look();
	return 0;
}
