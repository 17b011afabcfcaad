/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plain viewer for tests: RFB 3.8, raw pixels, every byte of ours. Exits on whatever it does not expect. */
#ifndef TESTS_RFB_CLIENT_H
#define TESTS_RFB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rfb_client {
	int fd;
	unsigned width, height;
	char name[256];
	uint32_t *pixels;   /* width * height */
	bool has_qemu_keys; /* the server said that it knows them */
	uint64_t bytes;	    /* received */
	unsigned updates, rects;
};

/* Takes a connected socket; returns after ServerInit, with SetEncodings sent. */
void rfb_client_init(struct rfb_client *client, int fd);
/* The same behind the security result, which is the caller's business. */
void rfb_client_join(struct rfb_client *client, int fd);
void rfb_client_deinit(struct rfb_client *client);
void rfb_client_request(struct rfb_client *client, bool is_incremental);
/* One message of the server; false: none came in timeout_ms. */
bool rfb_client_receive(struct rfb_client *client, int timeout_ms);
void rfb_client_send(struct rfb_client *client, const void *data, size_t size);
void rfb_client_key(struct rfb_client *client, uint32_t keysym, bool is_down);
void rfb_client_qemu_key(struct rfb_client *client, uint32_t keysym, uint32_t code, bool is_down);
void rfb_client_pointer(struct rfb_client *client, unsigned x, unsigned y, unsigned buttons);

#endif
