/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer for scripts: viewer_probe SOCKET [hold]. Prints "NAME WIDTHxHEIGHT LIT", where LIT is how many
 * pixels are not black, when it has a whole picture; with "hold" it then stays, and asks for updates, until
 * it is disconnected. With "noise" SEED it sends anything after its greeting, and goes.
 */
#include "rfb_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(path);
		return -1;
	}
	return fd;
}

static unsigned count_lit(const struct rfb_client *client)
{
	unsigned lit = 0;

	for (size_t i = 0; i < (size_t)client->width * client->height; i++)
		lit += (client->pixels[i] & 0xffffff) != 0;
	return lit;
}

/* Its answers are not read: the server's end is closed with bytes that wait. */
static int make_noise(int fd, unsigned seed)
{
	char bytes[16384] = "RFB 003.008\n\1\1";

	for (size_t i = 14; i < sizeof(bytes); i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (char)(seed >> 24);
	}
	(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct rfb_client client;
	int fd = argc > 1 ? connect_to(argv[1]) : -1;

	if (fd < 0)
		return 1;
	if (argc > 3 && strcmp(argv[2], "noise") == 0)
		return make_noise(fd, (unsigned)atoi(argv[3]));
	rfb_client_init(&client, fd);
	rfb_client_request(&client, false);
	while (client.rects == 0)
		if (!rfb_client_receive(&client, 10000))
			return 1;
	printf("%s %ux%u %u\n", client.name, client.width, client.height, count_lit(&client));
	fflush(stdout);
	while (argc > 2) { /* ends with the connection: "the server said less than it announced" */
		rfb_client_request(&client, true);
		rfb_client_receive(&client, 60000);
	}
	rfb_client_deinit(&client);
	return 0;
}
