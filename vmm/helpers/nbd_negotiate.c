/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixed newstyle negotiation with one nameless export: for clients in user space. */
#include "helpers/nbd_server.h"
#include "helpers/nbd_proto.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

enum { OPTION_MAX = 4096, OPTIONS_MAX = 64, EXPORT_NAME_ZEROES = 124 };

static int send_answer(struct nbd_server *server, uint32_t option, uint32_t kind, const void *data,
		       size_t size)
{
	struct nbd_answer_head head = { .magic = htobe64(NBD_ANSWER_MAGIC),
					.option = htobe32(option),
					.kind = htobe32(kind),
					.length = htobe32((uint32_t)size) };
	int r = nbd_write(server->socket, &head, sizeof(head));

	return r == 0 && size ? nbd_write(server->socket, data, size) : r;
}

static struct nbd_export export_of(const struct nbd_server *server)
{
	return (struct nbd_export){ .size = htobe64(server->size),
				    .flags = htobe16(nbd_server_flags(server)) };
}

static int send_infos(struct nbd_server *server, uint32_t option)
{
	struct {
		uint16_t kind;
		struct nbd_export export;
	} __attribute__((packed)) export = { htobe16(NBD_INFO_EXPORT), export_of(server) };
	struct {
		uint16_t kind;
		uint32_t minimum, preferred, maximum;
	} __attribute__((packed)) blocks = { htobe16(NBD_INFO_BLOCK_SIZE), htobe32(server->sector),
					     htobe32(4096), htobe32(NBD_LENGTH_MAX) };
	int r = send_answer(server, option, NBD_REP_INFO, &export, sizeof(export));

	if (r == 0)
		r = send_answer(server, option, NBD_REP_INFO, &blocks, sizeof(blocks));
	return r == 0 ? send_answer(server, option, NBD_REP_ACK, NULL, 0) : r;
}

/* The old way into the transmission: no answer head. */
static int send_export(struct nbd_server *server, bool has_zeroes)
{
	static const uint8_t zeroes[EXPORT_NAME_ZEROES];
	struct nbd_export export = export_of(server);
	int r = nbd_write(server->socket, &export, sizeof(export));

	return r == 0 && has_zeroes ? nbd_write(server->socket, zeroes, sizeof(zeroes)) : r;
}

/* 0: the transmission begins; 1: the client is gone; 2: one more option. */
static int serve_option(struct nbd_server *server, bool has_zeroes)
{
	static const uint32_t no_name = 0;
	uint8_t data[OPTION_MAX];
	struct nbd_option_head head;
	uint32_t option, length;
	int r = nbd_read(server->socket, &head, sizeof(head));

	if (r != 0)
		return r;
	option = be32toh(head.option);
	length = be32toh(head.length);
	if (be64toh(head.magic) != NBD_OPTION_MAGIC || length > sizeof(data))
		return -EBADMSG;
	r = nbd_read(server->socket, data, length);
	if (r != 0)
		return r;
	switch (option) {
	case NBD_OPT_EXPORT_NAME: return send_export(server, has_zeroes);
	case NBD_OPT_GO: return send_infos(server, option);
	case NBD_OPT_INFO: r = send_infos(server, option); break;
	case NBD_OPT_ABORT: return send_answer(server, option, NBD_REP_ACK, NULL, 0) < 0 ? -EIO : 1;
	case NBD_OPT_LIST:
		r = send_answer(server, option, NBD_REP_SERVER, &no_name, sizeof(no_name));
		if (r == 0)
			r = send_answer(server, option, NBD_REP_ACK, NULL, 0);
		break;
	default: r = send_answer(server, option, NBD_REP_ERR_UNSUP, NULL, 0); break;
	}
	return r == 0 ? 2 : r;
}

int nbd_server_negotiate(struct nbd_server *server)
{
	struct {
		uint64_t magic, option;
		uint16_t flags;
	} __attribute__((packed)) hello = { htobe64(NBD_INIT_MAGIC), htobe64(NBD_OPTION_MAGIC),
					    htobe16(NBD_FIXED_NEWSTYLE | NBD_NO_ZEROES) };
	uint32_t flags;
	int r = nbd_write(server->socket, &hello, sizeof(hello));

	if (r == 0)
		r = nbd_read(server->socket, &flags, sizeof(flags));
	if (r != 0)
		return r;
	if (be32toh(flags) & ~(uint32_t)(NBD_FIXED_NEWSTYLE | NBD_NO_ZEROES))
		return -EBADMSG;
	for (unsigned i = 0; i < OPTIONS_MAX; i++) {
		r = serve_option(server, !(be32toh(flags) & NBD_NO_ZEROES));
		if (r != 2)
			return r;
	}
	return -EBADMSG;
}
