/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the owner of a switch asks for. */
#include "switch/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PORT_KBPS_MAX = 1000000000 };

static int fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(char *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, SWITCH_ERROR_MAX, format, args);
	va_end(args);
	return code;
}

static int get_number(const struct link_message *message, const char *key, uint64_t max, uint64_t *ret_value,
		      char *error)
{
	int r = link_get_number(message, key, max, ret_value);

	return r < 0 ? fail(error, -EBADMSG,
			    "the virtual switch was asked something that it does not understand (%s); "
			    "install all of Bulkhead in the same version",
			    key)
		     : 0;
}

static int get_bool(const struct link_message *message, const char *key, bool *ret_value, char *error)
{
	uint64_t value;
	int r = get_number(message, key, 1, &value, error);

	if (r == 0)
		*ret_value = value;
	return r;
}

/* What an older owner does not say. */
static int get_optional(const struct link_message *message, const char *key, uint64_t max, uint64_t *value,
			char *error)
{
	return link_get(message, key) ? get_number(message, key, max, value, error) : 0;
}

/* --- start ----------------------------------------------------------------------------------------- */

static void to_uplink(void *opaque, const struct vswitch_frame *frame)
{
	struct session *session = opaque;

	if (session->nat)
		nat_input(session->nat, frame);
	else if (session->wire)
		wire_output(session->wire, frame);
}

static bool is_uplink(void *opaque, const struct frame_mac *mac)
{
	struct session *session = opaque;

	return session->nat && nat_is_address(session->nat, mac);
}

static void on_port_gone(void *opaque, uint32_t id)
{
	struct session *session = opaque;
	struct link_message *message;

	if (link_message_new("port-gone", &message) < 0)
		return;
	link_add_number(message, "id", id);
	/* An owner that does not read is not waited for: it learns of it otherwise, too. */
	(void)link_send(session->link, message);
	link_message_free(message);
}

static const struct vswitch_ops vswitch_ops = {
	.to_uplink = to_uplink,
	.is_uplink = is_uplink,
	.port_gone = on_port_gone,
};

static void nat_output(void *opaque, const uint8_t *frame, size_t size, unsigned segment)
{
	struct session *session = opaque;

	vswitch_from_uplink(session->sw, frame, size, segment);
}

static void nat_warning(void *opaque, const char *text)
{
	session_warn(opaque, text);
}

static const struct nat_ops nat_ops = { .output = nat_output, .warning = nat_warning };

static int make_nat(struct session *session, struct link_message *message, char *error)
{
	const char *network = link_get(message, "network");
	struct nat_config config = { 0 };
	uint64_t has_dhcp = 1;
	int r;

	config.boot_file = link_get(message, "boot-file");
	config.has_tftp = session->has_folder;
	if (!network || inet_pton(AF_INET, network, &config.network) != 1 ||
	    (ntohl(config.network.s_addr) & 0xFF))
		return fail(error, -EINVAL,
			    "the network %s is no IPv4 network of 256 addresses; give one such as 10.0.2.0",
			    network ? network : "");
	if ((r = get_bool(message, "ipv6", &config.has_ipv6, error)) < 0 ||
	    (r = get_bool(message, "host", &config.has_host, error)) < 0 ||
	    (r = get_optional(message, "dhcp", 1, &has_dhcp, error)) < 0)
		return r;
	config.has_no_dhcp = !has_dhcp;
	r = nat_new(&config, &nat_ops, session, &session->nat);
	return r < 0 ? fail(error, r, "the NAT of the virtual switch cannot start: %s", strerror(-r)) : 0;
}

static int make_wire(struct session *session, struct link_message *message, char *error)
{
	int fd, r;

	if (link_take_fd(message, "uplink-fd", &fd) < 0)
		return fail(error, -EBADMSG,
			    "the virtual switch was given no wire; install all of Bulkhead in the same "
			    "version");
	r = wire_new(fd, session->sw, &session->wire);
	if (r < 0)
		close(fd);
	return r < 0 ? fail(error, r, "the wire of the virtual switch cannot be used: %s", strerror(-r)) : 0;
}

int session_make(struct session *session, struct link_message *message, char error[SWITCH_ERROR_MAX])
{
	const char *type = link_get(message, "type");
	uint64_t vlan = 0;
	bool is_wire;
	int r;

	if (strcmp(link_verb(message), "start") != 0 || !type ||
	    (strcmp(type, "nat") && strcmp(type, "private") && strcmp(type, "wire")))
		return fail(
		    error, -EBADMSG,
		    "the virtual switch was not started as it should be; install all of Bulkhead in the "
		    "same version");
	r = vswitch_new(&vswitch_ops, session, &session->sw);
	if (r < 0)
		return fail(error, r, "no memory for the virtual switch");
	r = get_optional(message, "vlan", 4094, &vlan, error);
	if (r < 0)
		return r;
	is_wire = strcmp(type, "wire") == 0;
	vswitch_set_uplink(session->sw, is_wire ? VSWITCH_UPLINK_WIRE : VSWITCH_UPLINK_STATION,
			   (unsigned)vlan);
	if (is_wire)
		return make_wire(session, message, error);
	return strcmp(type, "nat") == 0 ? make_nat(session, message, error) : 0;
}

/* --- ports ----------------------------------------------------------------------------------------- */

static int read_port(const struct link_message *message, struct vswitch_port_config *ret_config, char *error)
{
	struct vswitch_port_config config = { .fd = -1 };
	const char *mac = link_get(message, "mac");
	uint64_t id, vlan, dhcp_guard = 0, router_guard = 0;
	int r;

	if ((r = get_number(message, "id", UINT32_MAX, &id, error)) < 0 ||
	    (r = get_number(message, "vlan", UINT16_MAX, &vlan, error)) < 0 ||
	    (r = get_bool(message, "trunk", &config.is_trunk, error)) < 0 ||
	    (r = get_bool(message, "spoofing", &config.may_spoof, error)) < 0 ||
	    (r = get_bool(message, "up", &config.is_up, error)) < 0 ||
	    (r = get_optional(message, "dhcp-guard", 1, &dhcp_guard, error)) < 0 ||
	    (r = get_optional(message, "router-guard", 1, &router_guard, error)) < 0 ||
	    (r = get_optional(message, "max-kbps", PORT_KBPS_MAX, &config.max_kbps, error)) < 0)
		return r;
	if (!mac || frame_mac_parse(mac, &config.mac) < 0 || !frame_mac_is_station(&config.mac))
		return fail(error, -EINVAL,
			    "%s is no address of a network adapter; give one such as 00:15:5d:01:02:03",
			    mac ? mac : "nothing");
	if (vlan > 4094)
		return fail(error, -EINVAL, "there is no VLAN %llu; give a number from 1 to 4094",
			    (unsigned long long)vlan);
	config.has_dhcp_guard = dhcp_guard;
	config.has_router_guard = router_guard;
	config.id = (uint32_t)id;
	config.vlan = (uint16_t)vlan;
	*ret_config = config;
	return 0;
}

static int port_error(char *error, int code, uint32_t id)
{
	switch (code) {
	case 0: return 0;
	case -EEXIST: return fail(error, code, "the virtual switch has a port %u already", id);
	case -ENOENT: return fail(error, code, "the virtual switch has no port %u", id);
	case -ENOSPC:
		return fail(
		    error, code,
		    "the virtual switch has no room for more than %d network adapters; use another switch",
		    VSWITCH_PORTS_MAX);
	default: return fail(error, code, "the port cannot be used: %s", strerror(-code));
	}
}

static int on_port(struct session *session, struct link_message *message, char *error)
{
	struct vswitch_port_config config;
	int r = read_port(message, &config, error);

	if (r < 0)
		return r;
	if (link_take_fd(message, "fd", &config.fd) < 0)
		return port_error(error, -EBADF, config.id);
	r = vswitch_port_add(session->sw, &config);
	if (r < 0)
		close(config.fd);
	return port_error(error, r, config.id);
}

static int on_port_change(struct session *session, struct link_message *message, char *error)
{
	struct vswitch_port_config config;
	int r = read_port(message, &config, error);

	return r < 0 ? r : port_error(error, vswitch_port_change(session->sw, &config), config.id);
}

static int on_port_remove(struct session *session, struct link_message *message, char *error)
{
	uint64_t id;
	int r = get_number(message, "id", UINT32_MAX, &id, error);

	return r < 0 ? r : port_error(error, vswitch_port_remove(session->sw, (uint32_t)id), (uint32_t)id);
}

/* --- forwards -------------------------------------------------------------------------------------- */

static int read_end(const struct link_message *message, const char *key, const char *port_key,
		    struct sockaddr_in *ret_end, char *error)
{
	const char *address = link_get(message, key);
	uint64_t port;
	int r = get_number(message, port_key, UINT16_MAX, &port, error);

	if (r < 0)
		return r;
	*ret_end = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	if (!address || inet_pton(AF_INET, address, &ret_end->sin_addr) != 1)
		return fail(error, -EINVAL, "%s is no IPv4 address; give one such as 127.0.0.1",
			    address ? address : "nothing");
	return port ? 0 : fail(error, -EINVAL, "there is no port 0; give a number from 1 to 65535");
}

static int read_forward(struct session *session, const struct link_message *message,
			struct nat_forward *ret_forward, char *error)
{
	const char *protocol = link_get(message, "protocol");

	if (!session->nat)
		return fail(error, -ENOTSUP,
			    "this virtual switch has no NAT that could forward ports; use one of type nat");
	if (!protocol || (strcmp(protocol, "tcp") && strcmp(protocol, "udp")))
		return fail(error, -EINVAL, "%s cannot be forwarded; give tcp or udp",
			    protocol ? protocol : "nothing");
	ret_forward->is_udp = strcmp(protocol, "udp") == 0;
	return read_end(message, "host", "host-port", &ret_forward->host, error);
}

static int forward_error(char *error, int code, const struct nat_forward *forward)
{
	unsigned port = ntohs(forward->host.sin_port);

	switch (code) {
	case 0: return 0;
	case -EADDRINUSE: return fail(error, code, "port %u of this host is in use; give another one", port);
	case -EACCES:
		return fail(error, code,
			    "port %u of this host is for those with rights, which a virtual switch has none "
			    "of; give one above "
			    "1023",
			    port);
	case -EADDRNOTAVAIL:
		return fail(error, code, "this host does not have the address to listen at; give 127.0.0.1");
	case -ENOENT: return fail(error, code, "port %u of this host is not forwarded", port);
	default:
		return fail(error, code, "port %u of this host cannot be forwarded: %s", port,
			    strerror(-code));
	}
}

static int on_forward(struct session *session, struct link_message *message, char *error)
{
	struct nat_forward forward;
	int r = read_forward(session, message, &forward, error);

	if (r == 0)
		r = read_end(message, "guest", "guest-port", &forward.guest, error);
	return r < 0 ? r : forward_error(error, nat_forward_add(session->nat, &forward), &forward);
}

static int on_forward_remove(struct session *session, struct link_message *message, char *error)
{
	struct nat_forward forward;
	int r = read_forward(session, message, &forward, error);

	return r < 0 ? r : forward_error(error, nat_forward_remove(session->nat, &forward), &forward);
}

/* --- answers --------------------------------------------------------------------------------------- */

static void add_stats(struct link_message *answer, const struct vswitch_port_stats *stats)
{
	link_add_number(answer, "frames-in", stats->frames_in);
	link_add_number(answer, "bytes-in", stats->bytes_in);
	link_add_number(answer, "frames-out", stats->frames_out);
	link_add_number(answer, "bytes-out", stats->bytes_out);
	link_add_number(answer, "spoofed", stats->spoofed);
	link_add_number(answer, "guarded", stats->guarded);
	link_add_number(answer, "overflow", stats->overflow);
}

static int add_port_figures(struct session *session, struct link_message *message,
			    struct link_message *answer, char *error)
{
	struct vswitch_port_config config;
	struct vswitch_port_stats stats;
	uint64_t id;
	int r = get_number(message, "id", UINT32_MAX, &id, error);

	if (r == 0)
		r = port_error(error, vswitch_port_get(session->sw, (uint32_t)id, &config, &stats),
			       (uint32_t)id);
	if (r == 0)
		add_stats(answer, &stats);
	return r;
}

static int handle(struct session *session, struct link_message *message, struct link_message *answer,
		  char *error)
{
	static const struct {
		const char *verb;
		int (*fn)(struct session *session, struct link_message *message, char *error);
	} requests[] = {
		{ "port", on_port },
		{ "port-change", on_port_change },
		{ "port-remove", on_port_remove },
		{ "forward", on_forward },
		{ "forward-remove", on_forward_remove },
	};

	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(link_verb(message), requests[i].verb) == 0)
			return requests[i].fn(session, message, error);
	if (strcmp(link_verb(message), "port-show") == 0)
		return add_port_figures(session, message, answer, error);
	return fail(error, -EBADMSG,
		    "the virtual switch cannot do this (%s); install all of Bulkhead in the same version",
		    link_verb(message));
}

bool session_answer(struct session *session, struct link_message *message)
{
	char error[SWITCH_ERROR_MAX] = "";
	struct link_message *done, *failed = NULL;
	bool is_sent;
	int r;

	if (link_message_new("done", &done) < 0)
		return false;
	r = handle(session, message, done, error);
	if (r < 0 && link_message_new("failed", &failed) == 0)
		link_add(failed, "text", error);
	is_sent = link_send(session->link, r < 0 && failed ? failed : done) == 0;
	link_message_free(done);
	link_message_free(failed);
	return is_sent;
}
