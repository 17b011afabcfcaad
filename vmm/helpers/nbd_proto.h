/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network block device: what goes over the wire, all big-endian. Source: the NBD protocol document ("doc/proto.md" of
 * the nbd project), "Fixed newstyle negotiation", "Transmission phase", simple replies.
 */
#ifndef HELPERS_NBD_PROTO_H
#define HELPERS_NBD_PROTO_H

#include <assert.h>
#include <stdint.h>

#define NBD_INIT_MAGIC	 UINT64_C(0x4e42444d41474943) /* "NBDMAGIC" */
#define NBD_OPTION_MAGIC UINT64_C(0x49484156454f5054) /* "IHAVEOPT" */
#define NBD_ANSWER_MAGIC UINT64_C(0x0003e889045565a9)
#define NBD_ASK_MAGIC	 0x25609513u
#define NBD_SIMPLE_MAGIC 0x67446698u

enum nbd_handshake { NBD_FIXED_NEWSTYLE = 1 << 0, NBD_NO_ZEROES = 1 << 1 };

enum nbd_option {
	NBD_OPT_EXPORT_NAME = 1,
	NBD_OPT_ABORT = 2,
	NBD_OPT_LIST = 3,
	NBD_OPT_INFO = 6,
	NBD_OPT_GO = 7,
};

enum nbd_answer {
	NBD_REP_ACK = 1,
	NBD_REP_SERVER = 2,
	NBD_REP_INFO = 3,
};
#define NBD_REP_ERR_UNSUP   0x80000001u
#define NBD_REP_ERR_INVALID 0x80000003u

enum nbd_info { NBD_INFO_EXPORT = 0, NBD_INFO_BLOCK_SIZE = 3 };

enum nbd_export_flags {
	NBD_HAS_FLAGS = 1 << 0,
	NBD_READ_ONLY = 1 << 1,
	NBD_SEND_FLUSH = 1 << 2,
	NBD_SEND_FUA = 1 << 3,
	NBD_SEND_TRIM = 1 << 5,
	NBD_SEND_WRITE_ZEROES = 1 << 6,
};

enum nbd_command {
	NBD_CMD_READ = 0,
	NBD_CMD_WRITE = 1,
	NBD_CMD_DISC = 2,
	NBD_CMD_FLUSH = 3,
	NBD_CMD_TRIM = 4,
	NBD_CMD_WRITE_ZEROES = 6,
};

enum nbd_command_flags { NBD_CMD_FUA = 1 << 0, NBD_CMD_NO_HOLE = 1 << 1 };

struct nbd_option_head {
	uint64_t magic;
	uint32_t option;
	uint32_t length;
} __attribute__((packed));
static_assert(sizeof(struct nbd_option_head) == 16, "Fixed newstyle negotiation");

struct nbd_answer_head {
	uint64_t magic;
	uint32_t option;
	uint32_t kind;
	uint32_t length;
} __attribute__((packed));
static_assert(sizeof(struct nbd_answer_head) == 20, "Fixed newstyle negotiation");

struct nbd_export {
	uint64_t size;
	uint16_t flags;
} __attribute__((packed));
static_assert(sizeof(struct nbd_export) == 10, "NBD_OPT_EXPORT_NAME, NBD_INFO_EXPORT");

struct nbd_request {
	uint32_t magic;
	uint16_t flags;
	uint16_t command;
	uint64_t cookie;
	uint64_t offset;
	uint32_t length;
} __attribute__((packed));
static_assert(sizeof(struct nbd_request) == 28, "Request message");

struct nbd_reply {
	uint32_t magic;
	uint32_t error;
	uint64_t cookie;
} __attribute__((packed));
static_assert(sizeof(struct nbd_reply) == 16, "Simple reply message");

#endif
