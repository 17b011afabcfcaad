/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much a viewer has received: libvncclient does not count, the kernel does. */
#include "client/client_priv.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/*
 * What the connection's thread has read (proc(5)): the library uses read() for all but TLS. 0: not counted.
 */
static guint64 bytes_read_by(gint thread_id)
{
	unsigned long long bytes = 0;
	char path[64];
	FILE *file;

	g_snprintf(path, sizeof(path), "/proc/self/task/%d/io", thread_id);
	file = fopen(path, "re");
	if (file && fscanf(file, "rchar: %llu", &bytes) != 1)
		bytes = 0;
	if (file)
		fclose(file);
	return bytes;
}

static guint64 count_bytes(struct rd_client *client)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(client->config.socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
		return info.tcpi_bytes_received;
	return bytes_read_by(g_atomic_int_get(&client->thread_id));
}

void rd_client_get_statistics(struct rd_client *client, struct rd_client_statistics *ret_statistics)
{
	guint64 bytes = count_bytes(client);

	g_mutex_lock(&client->lock);
	if (bytes > client->statistics.bytes) /* its thread may have ended */
		client->statistics.bytes = bytes;
	*ret_statistics = client->statistics;
	g_mutex_unlock(&client->lock);
}
