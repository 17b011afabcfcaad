/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/nbd_netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { SEQUENCE = 1, TIMEOUT_S = 20 };

/* The attribute came with Linux 5.15; older kernels' headers do not know it, and such kernels skip it. */
#define ATTR_BACKEND_IDENTIFIER 10

/* A message that is being made. */
struct builder {
	uint8_t *bytes;
	size_t size; /* 0: it has become too long */
};

static void add(struct builder *builder, uint16_t type, const void *data, size_t size)
{
	struct nlattr head = { .nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type };
	size_t whole = NLA_ALIGN(head.nla_len);

	if (builder->size == 0 || size > NBD_MESSAGE_MAX || builder->size + whole > NBD_MESSAGE_MAX) {
		builder->size = 0;
		return;
	}
	memset(builder->bytes + builder->size, 0, whole);
	memcpy(builder->bytes + builder->size, &head, sizeof(head));
	if (size)
		memcpy(builder->bytes + builder->size + NLA_HDRLEN, data, size);
	builder->size += whole;
}

static void add_u32(struct builder *builder, uint16_t type, uint32_t value)
{
	add(builder, type, &value, sizeof(value));
}

static void add_u64(struct builder *builder, uint16_t type, uint64_t value)
{
	add(builder, type, &value, sizeof(value));
}

static void begin(struct builder *builder, uint8_t *bytes, uint16_t family, uint8_t command, uint8_t version,
		  uint16_t flags)
{
	struct nlmsghdr head = { .nlmsg_type = family,
				 .nlmsg_flags = NLM_F_REQUEST | flags,
				 .nlmsg_seq = SEQUENCE };
	struct genlmsghdr generic = { .cmd = command, .version = version };

	*builder = (struct builder){ bytes, NLMSG_HDRLEN + GENL_HDRLEN };
	memset(bytes, 0, builder->size);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + NLMSG_HDRLEN, &generic, sizeof(generic));
}

static size_t end(struct builder *builder)
{
	uint32_t size = (uint32_t)builder->size;

	memcpy(builder->bytes, &size, sizeof(size)); /* nlmsg_len comes first */
	return builder->size;
}

/* A list of one socket: SOCKETS { ITEM { FD } }. */
static void add_socket(struct builder *builder, int socket)
{
	uint8_t bytes[64];
	uint32_t fd = (uint32_t)socket;
	struct nlattr item = { .nla_type = NBD_SOCK_ITEM | NLA_F_NESTED,
			       .nla_len = 2 * NLA_HDRLEN + sizeof(fd) };
	struct nlattr inner = { .nla_type = NBD_SOCK_FD, .nla_len = NLA_HDRLEN + sizeof(fd) };

	memcpy(bytes, &item, NLA_HDRLEN);
	memcpy(bytes + NLA_HDRLEN, &inner, NLA_HDRLEN);
	memcpy(bytes + 2 * NLA_HDRLEN, &fd, sizeof(fd));
	add(builder, NBD_ATTR_SOCKETS | NLA_F_NESTED, bytes, item.nla_len);
}

size_t nbd_netlink_build_attach(const struct nbd_device *device, uint16_t family,
				uint8_t message[NBD_MESSAGE_MAX])
{
	struct builder builder;

	/* No index: the kernel takes a free one, or makes one. */
	begin(&builder, message, family, NBD_CMD_CONNECT, NBD_GENL_VERSION, NLM_F_ACK);
	add_u64(&builder, NBD_ATTR_SIZE_BYTES, device->size);
	add_u64(&builder, NBD_ATTR_BLOCK_SIZE_BYTES, device->block);
	add_u64(&builder, NBD_ATTR_SERVER_FLAGS, device->flags);
	add_socket(&builder, device->socket);
	add(&builder, ATTR_BACKEND_IDENTIFIER, device->identifier, strlen(device->identifier) + 1);
	return end(&builder);
}

/* --- the conversation -------------------------------------------------------------------------------- */

static int open_netlink(void)
{
	struct timeval limit = { .tv_sec = TIMEOUT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* The value of an attribute, of at least `size` bytes; NULL: there is none. */
static const void *find(const uint8_t *attributes, size_t length, uint16_t type, size_t size)
{
	struct nlattr head;

	for (size_t at = 0; at + NLA_HDRLEN <= length; at += NLA_ALIGN(head.nla_len)) {
		memcpy(&head, attributes + at, sizeof(head));
		if (head.nla_len < NLA_HDRLEN || head.nla_len > length - at)
			return NULL;
		if ((head.nla_type & NLA_TYPE_MASK) == type && head.nla_len >= NLA_HDRLEN + size)
			return attributes + at + NLA_HDRLEN;
	}
	return NULL;
}

/* What is asked for in an answer: an attribute of `size` bytes. */
struct wanted {
	uint16_t type;
	size_t size;
	void *value;
	bool is_there;
};

/* One packet with messages. 1: the last of them has come; negative errno: so has an error. */
static int take_packet(const uint8_t *packet, size_t length, struct wanted *wanted)
{
	struct nlmsghdr head;

	for (size_t at = 0; at + NLMSG_HDRLEN <= length; at += NLMSG_ALIGN(head.nlmsg_len)) {
		const uint8_t *body = packet + at + NLMSG_HDRLEN;
		const void *value;
		int32_t error;

		memcpy(&head, packet + at, sizeof(head));
		if (head.nlmsg_len < NLMSG_HDRLEN + sizeof(error) || head.nlmsg_len > length - at)
			return -EBADMSG;
		if (head.nlmsg_type == NLMSG_ERROR) {
			memcpy(&error, body, sizeof(error));
			return error ? error : 1;
		}
		value = wanted ? find(body + GENL_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN,
				      wanted->type, wanted->size)
			       : NULL;
		if (value) {
			memcpy(wanted->value, value, wanted->size);
			wanted->is_there = true;
		}
	}
	return 0;
}

static int talk(int fd, const uint8_t *message, size_t size, struct wanted *wanted)
{
	uint8_t packet[8192];
	int r = 0;

	if (size == 0)
		return -E2BIG;
	if (send(fd, message, size, 0) < 0)
		return -errno;
	while (r == 0) {
		ssize_t n = recv(fd, packet, sizeof(packet), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		r = take_packet(packet, (size_t)n, wanted);
	}
	return r < 0 ? r : wanted && !wanted->is_there ? -EBADMSG : 0;
}

static int find_family(int fd, uint16_t *ret_family)
{
	struct wanted wanted = { CTRL_ATTR_FAMILY_ID, sizeof(*ret_family), ret_family, false };
	uint8_t message[NBD_MESSAGE_MAX];
	struct builder builder;

	begin(&builder, message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	add(&builder, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME, sizeof(NBD_GENL_FAMILY_NAME));
	return talk(fd, message, end(&builder), &wanted);
}

int nbd_netlink_attach(const struct nbd_device *device, unsigned *ret_index)
{
	uint32_t index = 0;
	struct wanted wanted = { NBD_ATTR_INDEX, sizeof(index), &index, false };
	uint8_t message[NBD_MESSAGE_MAX];
	uint16_t family;
	int fd = open_netlink(), r;

	if (fd < 0)
		return fd;
	r = find_family(fd, &family);
	if (r == 0)
		r = talk(fd, message, nbd_netlink_build_attach(device, family, message), &wanted);
	close(fd);
	if (r == 0)
		*ret_index = index;
	return r;
}

int nbd_netlink_detach(unsigned index)
{
	uint8_t message[NBD_MESSAGE_MAX];
	struct builder builder;
	uint16_t family;
	int fd = open_netlink(), r;

	if (fd < 0)
		return fd;
	r = find_family(fd, &family);
	if (r == 0) {
		begin(&builder, message, family, NBD_CMD_DISCONNECT, NBD_GENL_VERSION, NLM_F_ACK);
		add_u32(&builder, NBD_ATTR_INDEX, index);
		r = talk(fd, message, end(&builder), NULL);
	}
	close(fd);
	return r;
}
