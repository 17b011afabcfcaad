/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvncclient lacks, as an extension of its own kind: LEDs, fences, pointer shapes with alpha. */
#ifndef RD_CLIENT_RFB_PRIV_H
#define RD_CLIENT_RFB_PRIV_H

#include "client/rfb.h"

#include <rfb/rfbclient.h>

struct rd_rfb_client {
	rfbClient *library;
	const struct rd_client_config *config;
	const struct rd_rfb_client_ops *ops;
	void *opaque;
	char reason[400];
	bool is_connected;
	bool is_hidden;	    /* no pictures are asked for */
	bool has_qemu_keys; /* the server takes keys by their place */
	bool has_fence;	    /* the server knows them */
	bool is_measuring;
	uint64_t measured_us; /* when that began */
	uint32_t *shape;      /* of the pointer */
};

struct rd_rfb_client *rd_rfb_client_of(rfbClient *library);
/* Once for the process, before the first connection. */
void rd_rfb_extension_register(void);
/* A new pointer shape from `pixels` of width * height. */
void rd_rfb_client_tell_shape(struct rd_rfb_client *rfb, unsigned hot_x, unsigned hot_y, unsigned width,
			      unsigned height);

#endif
