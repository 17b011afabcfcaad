/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integration services on the wire, as Linux has them in include/linux/hyperv.h and
 * include/uapi/linux/hyperv.h. Each packet is a pipe header, this header, and a body; the guest answers in
 * place, with the same length.
 */
#ifndef VSP_IC_PROTO_H
#define VSP_IC_PROTO_H

#include <assert.h>
#include <stdint.h>

enum ic_type {
	IC_NEGOTIATE = 0,
	IC_HEARTBEAT = 1,
	IC_KVP = 2,
	IC_SHUTDOWN = 3,
	IC_TIME = 4,
	IC_VSS = 5,
	IC_FILE_COPY = 7,
};

enum ic_flags { IC_TRANSACTION = 1, IC_REQUEST = 2, IC_RESPONSE = 4 };

struct ic_header {
	uint32_t pipe_type; /* 1: data */
	uint32_t pipe_size; /* of what follows */
	uint16_t framework_major, framework_minor;
	uint16_t type;
	uint16_t message_major, message_minor;
	uint16_t body_size;
	uint32_t status; /* an HRESULT, in answers */
	uint8_t transaction;
	uint8_t flags;
	uint16_t reserved;
} __attribute__((packed));
static_assert(sizeof(struct ic_header) == 28, "pipe header and IC header");

struct ic_version {
	uint16_t major, minor;
} __attribute__((packed));

struct ic_negotiate { /* versions follow: of the framework, then of the service */
	uint16_t framework_count, message_count;
	uint32_t reserved;
} __attribute__((packed));
static_assert(sizeof(struct ic_negotiate) == 8, "negotiation");

struct ic_heartbeat {
	uint64_t sequence;
	uint32_t reserved[8];
} __attribute__((packed));
static_assert(sizeof(struct ic_heartbeat) == 40, "heartbeat");

struct ic_shutdown {
	uint32_t reason, timeout_s;
	uint32_t flags; /* 1 by force, 2 restart, 4 hibernate */
	char text[2048];
} __attribute__((packed));
static_assert(sizeof(struct ic_shutdown) == 2060, "shutdown");

struct ic_time {		 /* version 4 */
	uint64_t host_time;	 /* 100 ns units since 1601 */
	uint64_t reference_time; /* of the partition, when host_time was read */
	uint8_t flags;		 /* 1: set the clock; 2: a sample */
	uint8_t leap, stratum;
	uint8_t reserved[3];
} __attribute__((packed));
static_assert(sizeof(struct ic_time) == 22, "time");

struct ic_time_old { /* versions 1 and 3 */
	uint64_t host_time, child_time, round_trip;
	uint8_t flags;
} __attribute__((packed));
static_assert(sizeof(struct ic_time_old) == 25, "time, old");

enum ic_kvp_operation {
	KVP_GET,
	KVP_SET,
	KVP_DELETE,
	KVP_ENUMERATE,
	KVP_GET_IP,
	KVP_SET_IP,
};

enum { KVP_KEY_MAX = 512, KVP_VALUE_MAX = 2048 }; /* bytes of UTF-16 */

struct ic_kvp_pair {
	uint32_t type, key_size, value_size;
	uint8_t key[KVP_KEY_MAX];
	uint8_t value[KVP_VALUE_MAX];
} __attribute__((packed));
static_assert(sizeof(struct ic_kvp_pair) == 2572, "KVP pair");

struct ic_kvp {
	uint8_t operation, pool;
	uint16_t reserved;
	union {
		struct ic_kvp_pair pair; /* GET, SET */
		struct {
			uint32_t key_size;
			uint8_t key[KVP_KEY_MAX];
		} __attribute__((packed)) deleted;
		struct {
			uint32_t index;
			struct ic_kvp_pair pair;
		} __attribute__((packed)) enumerated;
	};
} __attribute__((packed));
static_assert(sizeof(struct ic_kvp) == 2580, "KVP");

struct ic_kvp_address { /* GET_IP, SET_IP: strings of UTF-16 */
	uint8_t operation, pool;
	uint16_t adapter[128];
	uint8_t family; /* 1: IPv4, 2: IPv6 */
	uint8_t has_dhcp;
	uint16_t address[1024], netmask[1024], gateway[512], dns[1024];
} __attribute__((packed));
static_assert(sizeof(struct ic_kvp_address) == 7428, "KVP addresses");

enum ic_vss_operation {
	VSS_HOT_BACKUP = 2,
	VSS_GET_DM_INFO = 3,
	VSS_FREEZE = 5,
	VSS_THAW = 6,
};

struct ic_vss {
	uint8_t operation;
	uint8_t reserved[7];
	uint32_t flags;
} __attribute__((packed));
static_assert(sizeof(struct ic_vss) == 12, "VSS");

enum ic_copy_operation { COPY_START, COPY_WRITE, COPY_COMPLETE, COPY_CANCEL };
enum { COPY_CHUNK = 6144, COPY_NAME_MAX = 260 };
enum ic_copy_flags { COPY_OVERWRITE = 1, COPY_CREATE_PATH = 2 };

struct ic_copy_head {
	uint32_t operation;
	uint8_t services[2][16];
} __attribute__((packed));
static_assert(sizeof(struct ic_copy_head) == 36, "file copy");

struct ic_copy_start {
	struct ic_copy_head head;
	uint16_t name[COPY_NAME_MAX], path[COPY_NAME_MAX]; /* UTF-16 */
	uint32_t flags;
	uint64_t size;
} __attribute__((packed));
static_assert(sizeof(struct ic_copy_start) == 1088, "file copy: start");

struct ic_copy_write {
	struct ic_copy_head head;
	uint32_t reserved;
	uint64_t offset;
	uint32_t size;
	uint8_t data[COPY_CHUNK];
} __attribute__((packed));
static_assert(sizeof(struct ic_copy_write) == 6196, "file copy: write");

enum ic_status { /* HRESULTs of answers */
		 IC_OK = 0,
		 IC_FAILED = 0x80004005,
		 IC_NO_MORE = 0x80070103,   /* ERROR_NO_MORE_ITEMS */
		 IC_EXISTS = 0x80070050,    /* ERROR_FILE_EXISTS */
		 IC_DISK_FULL = 0x80070070, /* ERROR_DISK_FULL */
		 IC_NOT_FOUND = 0x80041002,
		 IC_TIMED_OUT = 0x800705b4,
};

#endif
