/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helpers/nbd_server.h"
#include "helpers/nbd_proto.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int nbd_server_init(struct nbd_server *server, int socket, struct disk *disk, bool is_read_only)
{
	struct disk_info info;

	disk_get_info(disk, &info);
	*server = (struct nbd_server){ .socket = socket,
				       .disk = disk,
				       .is_read_only = is_read_only || !info.is_writable,
				       .size = info.size,
				       .sector = info.logical_sector };
	server->buffer = malloc(NBD_LENGTH_MAX);
	return server->buffer ? 0 : -ENOMEM;
}

void nbd_server_deinit(struct nbd_server *server)
{
	free(server->buffer);
	server->buffer = NULL;
}

uint16_t nbd_server_flags(const struct nbd_server *server)
{
	return server->is_read_only
		   ? NBD_HAS_FLAGS | NBD_READ_ONLY
		   : NBD_HAS_FLAGS | NBD_SEND_FLUSH | NBD_SEND_FUA | NBD_SEND_TRIM | NBD_SEND_WRITE_ZEROES;
}

/* --- the stream -------------------------------------------------------------------------------------- */

int nbd_read(int socket, void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(socket, (char *)bytes + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ECONNRESET ? 1 : -errno;
		if (n == 0)
			return done ? -EBADMSG : 1;
		done += (size_t)n;
	}
	return 0;
}

int nbd_write(int socket, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		struct iovec part = { (char *)bytes + done, size - done };
		struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
		ssize_t n = sendmsg(socket, &header, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EPIPE || errno == ECONNRESET ? 1 : -errno;
		done += (size_t)n;
	}
	return 0;
}

/* --- requests ---------------------------------------------------------------------------------------- */

/* The errors that the protocol has: "Error values". They are Linux's numbers. */
static uint32_t error_of(int result)
{
	switch (-result) {
	case 0: return 0;
	case EPERM:
	case EROFS: return EPERM;
	case ENOMEM: return ENOMEM;
	case EINVAL:
	case ERANGE: return EINVAL;
	case ENOSPC:
	case EDQUOT: return ENOSPC;
	case EOPNOTSUPP: return EOPNOTSUPP;
	default: return EIO;
	}
}

static int check(const struct nbd_server *server, const struct nbd_request *request)
{
	bool is_change = request->command != NBD_CMD_READ && request->command != NBD_CMD_FLUSH;
	bool has_data = request->command == NBD_CMD_READ || request->command == NBD_CMD_WRITE;

	if (is_change && server->is_read_only)
		return -EPERM;
	if (request->command == NBD_CMD_FLUSH)
		return 0;
	if (request->length == 0 || request->length % server->sector || request->offset % server->sector ||
	    (has_data && request->length > NBD_LENGTH_MAX))
		return -EINVAL;
	if (request->offset > server->size || request->length > server->size - request->offset)
		return is_change ? -ENOSPC : -EINVAL;
	return 0;
}

static int perform(struct nbd_server *server, const struct nbd_request *request)
{
	struct disk *disk = server->disk;
	int r = check(server, request);

	if (r < 0)
		return r;
	switch (request->command) {
	case NBD_CMD_READ: return disk_read(disk, request->offset, server->buffer, request->length);
	case NBD_CMD_WRITE: r = disk_write(disk, request->offset, server->buffer, request->length); break;
	case NBD_CMD_FLUSH: return disk_flush(disk);
	case NBD_CMD_TRIM: r = disk_unmap(disk, request->offset, request->length); break;
	case NBD_CMD_WRITE_ZEROES:
		r = disk_write_zeroes(disk, request->offset, request->length,
				      request->flags & NBD_CMD_NO_HOLE ? 0 : DISK_MAY_UNMAP);
		break;
	default: return -EINVAL;
	}
	return r == 0 && request->flags & NBD_CMD_FUA ? disk_flush(disk) : r;
}

static int answer(struct nbd_server *server, const struct nbd_request *request, int result)
{
	struct nbd_reply reply = { .magic = htobe32(NBD_SIMPLE_MAGIC),
				   .error = htobe32(error_of(result)),
				   .cookie = request->cookie };
	int r = nbd_write(server->socket, &reply, sizeof(reply));

	if (r == 0 && result == 0 && request->command == NBD_CMD_READ)
		r = nbd_write(server->socket, server->buffer, request->length);
	return r;
}

/* 1: the client is done. */
static int receive(struct nbd_server *server, struct nbd_request *request)
{
	int r = nbd_read(server->socket, request, sizeof(*request));

	if (r != 0)
		return r;
	if (be32toh(request->magic) != NBD_ASK_MAGIC)
		return -EBADMSG;
	request->flags = be16toh(request->flags);
	request->command = be16toh(request->command);
	request->offset = be64toh(request->offset);
	request->length = be32toh(request->length);
	if (request->command == NBD_CMD_DISC)
		return 1;
	if (request->command != NBD_CMD_WRITE)
		return 0;
	/* What does not fit cannot be skipped without reading it: such a client is gone mad. */
	return request->length > NBD_LENGTH_MAX ? -EBADMSG
						: nbd_read(server->socket, server->buffer, request->length);
}

int nbd_server_run(struct nbd_server *server)
{
	struct nbd_request request;
	int r = 0, flushed;

	while (r == 0) {
		r = receive(server, &request);
		if (r == 0)
			r = answer(server, &request, perform(server, &request));
	}
	flushed = server->is_read_only ? 0 : disk_flush(server->disk);
	return r < 0 ? r : flushed;
}
