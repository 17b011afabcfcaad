/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serves one disk as a network block device over a connected stream socket, request by request.
 *
 * Threads  One; waits.
 * Trust    Whoever is at the other end is hostile: a request that breaks a rule gets an error, a stream that makes no
 *          sense ends it. The kernel's own client is one of them.
 */
#ifndef HELPERS_NBD_SERVER_H
#define HELPERS_NBD_SERVER_H

#include "disk/disk.h"

enum { NBD_LENGTH_MAX = 32 << 20 };

struct nbd_server {
	int socket;
	struct disk *disk;
	bool is_read_only;
	/* filled by nbd_server_init() */
	uint64_t size;
	uint32_t sector;
	uint8_t *buffer; /* of NBD_LENGTH_MAX bytes */
};

int nbd_server_init(struct nbd_server *server, int socket, struct disk *disk, bool is_read_only);
void nbd_server_deinit(struct nbd_server *server);
uint16_t nbd_server_flags(const struct nbd_server *server); /* enum nbd_export_flags */
/* The negotiation, for clients that want one: 0; 1: the client has ended it; negative errno. */
int nbd_server_negotiate(struct nbd_server *server);
/* Requests, until the client goes. 0, or the errno of the last flush or of a stream that makes no sense. */
int nbd_server_run(struct nbd_server *server);

/* --- for its two files --- */
int nbd_read(int socket, void *bytes, size_t size); /* all of it; 1: the client is gone */
int nbd_write(int socket, const void *bytes, size_t size);

#endif
