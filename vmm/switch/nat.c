/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/nat.h"
#include "switch/nat_mss.h"

#include "net/cut.h"
#include "net/reassembly.h"

#include <arpa/inet.h>
#include <errno.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	NAT_TIMERS_MAX = 4,
	/* What libslirp answers when it waits for nothing: there is nothing to come back for then. */
	NAT_IDLE_MS = 1000,
	NAT_HOST = 2,
	NAT_RESOLVER = 3,
	NAT_FIRST_GUEST = 15,
};

struct nat_timer {
	SlirpTimerCb fn;
	void *opaque;
	int64_t deadline_ms; /* INT64_MAX: not set */
};

struct nat {
	Slirp *slirp;
	const struct nat_ops *ops;
	void *opaque;
	struct nat_timer timers[NAT_TIMERS_MAX];
	struct frame_mac addresses[4];
	struct reassembly *fragments; /* of guests */
	bool has_no_dhcp;
	struct pollfd *polls;
	unsigned poll_count;
};

/* --- what libslirp calls --------------------------------------------------------------------------- */

static int64_t on_clock(void *opaque)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_ms(void)
{
	return on_clock(NULL) / 1000000;
}

/* libslirp was told of a large MTU, for TCP; all else goes in fragments as the guests' MTU wants it. */
static void output_fragments(struct nat *nat, const uint8_t *frame, size_t size)
{
	uint8_t fragment[CUT_HEADERS_MAX + FRAME_MTU];
	struct cut_piece piece;
	struct cut cut;

	if (cut_begin(&cut, frame, size, 0, FRAME_MTU) < 0)
		return;
	while (cut_next(&cut, &piece)) {
		memcpy(fragment, piece.headers, piece.header_size);
		memcpy(fragment + piece.header_size, piece.payload, piece.payload_size);
		nat->ops->output(nat->opaque, fragment, piece.header_size + piece.payload_size, 0);
	}
}

static ssize_t on_packet(const void *data, size_t size, void *opaque)
{
	struct nat *nat = opaque;
	struct frame_layout layout;

	if (size <= FRAME_ETHERNET_HEADER + FRAME_MTU)
		nat->ops->output(nat->opaque, data, size, 0);
	else if (frame_parse(data, size, false, &layout) && layout.transport && layout.protocol == FRAME_TCP)
		nat->ops->output(nat->opaque, data, size, FRAME_MTU - (layout.payload - layout.network));
	else
		output_fragments(nat, data, size);
	return (ssize_t)size;
}

static void on_guest_error(const char *text, void *opaque)
{
	struct nat *nat = opaque;

	if (nat->ops->warning)
		nat->ops->warning(nat->opaque, text);
}

static void *on_timer_new(SlirpTimerCb fn, void *timer_opaque, void *opaque)
{
	struct nat *nat = opaque;

	for (unsigned i = 0; i < NAT_TIMERS_MAX; i++)
		if (!nat->timers[i].fn) {
			nat->timers[i] =
			    (struct nat_timer){ .fn = fn, .opaque = timer_opaque, .deadline_ms = INT64_MAX };
			return &nat->timers[i];
		}
	return NULL;
}

static void on_timer_free(void *timer, void *opaque)
{
	if (timer)
		*(struct nat_timer *)timer = (struct nat_timer){ 0 };
}

static void on_timer_set(void *timer, int64_t deadline_ms, void *opaque)
{
	if (timer)
		((struct nat_timer *)timer)->deadline_ms = deadline_ms;
}

static void ignore_fd(int fd, void *opaque)
{
}

static void ignore(void *opaque)
{
}

static const SlirpCb callbacks = {
	.send_packet = on_packet,
	.guest_error = on_guest_error,
	.clock_get_ns = on_clock,
	.timer_new = on_timer_new,
	.timer_free = on_timer_free,
	.timer_mod = on_timer_set,
	.register_poll_fd = ignore_fd,
	.unregister_poll_fd = ignore_fd,
	.notify = ignore, /* each turn of the loop asks anyway */
};

/* --- life ------------------------------------------------------------------------------------------ */

static struct in_addr address_of(struct in_addr network, unsigned host)
{
	return (struct in_addr){ .s_addr = network.s_addr | htonl(host) };
}

/* A unique local prefix (RFC 4193), the same everywhere: it is seen behind the NAT only. */
static struct in6_addr address6_of(unsigned host)
{
	struct in6_addr address = { .s6_addr = { 0xFD, 0x62, 0x75, 0x6C, 0x6B, 0x68 } };

	address.s6_addr[15] = (uint8_t)host;
	return address;
}

/* How libslirp forms them: 52:55 and the IPv4 address, 52:56 and the end of the IPv6 address. */
static void set_addresses(struct nat *nat, const struct nat_config *config)
{
	static const unsigned hosts[] = { NAT_HOST, NAT_RESOLVER };

	for (unsigned i = 0; i < 2; i++) {
		struct in_addr v4 = address_of(config->network, hosts[i]);
		struct in6_addr v6 = address6_of(hosts[i]);

		nat->addresses[i] = (struct frame_mac){ { 0x52, 0x55 } };
		memcpy(nat->addresses[i].bytes + 2, &v4, 4);
		nat->addresses[2 + i] = (struct frame_mac){ { 0x52, 0x56 } };
		memcpy(nat->addresses[2 + i].bytes + 2, v6.s6_addr + 12, 4);
	}
}

int nat_new(const struct nat_config *config, const struct nat_ops *ops, void *opaque, struct nat **ret_nat)
{
	SlirpConfig slirp = { .version = 4,
			      .in_enabled = true,
			      .vnetwork = config->network,
			      .vnetmask = { .s_addr = htonl(0xFFFFFF00) },
			      .vhost = address_of(config->network, NAT_HOST),
			      .vnameserver = address_of(config->network, NAT_RESOLVER),
			      .vdhcp_start = address_of(config->network, NAT_FIRST_GUEST),
			      .tftp_path = config->has_tftp ? "." : NULL,
			      .bootfile = config->boot_file,
			      .in6_enabled = config->has_ipv6,
			      .vprefix_addr6 = address6_of(0),
			      .vprefix_len = 64,
			      .vhost6 = address6_of(NAT_HOST),
			      .vnameserver6 = address6_of(NAT_RESOLVER),
			      .if_mtu = NAT_MTU, /* see on_packet() */
			      .if_mru = NAT_MTU,
			      .disable_host_loopback = !config->has_host };
	struct nat *nat = calloc(1, sizeof(*nat));

	if (!nat)
		return -ENOMEM;
	nat->ops = ops;
	nat->opaque = opaque;
	nat->has_no_dhcp = config->has_no_dhcp;
	set_addresses(nat, config);
	nat->fragments = reassembly_new();
	nat->slirp = nat->fragments ? slirp_new(&slirp, &callbacks, nat) : NULL;
	if (!nat->slirp) {
		reassembly_free(nat->fragments);
		free(nat);
		return -EINVAL;
	}
	*ret_nat = nat;
	return 0;
}

struct nat *nat_free(struct nat *nat)
{
	if (!nat)
		return NULL;
	slirp_cleanup(nat->slirp);
	reassembly_free(nat->fragments);
	free(nat);
	return NULL;
}

/* --- frames ---------------------------------------------------------------------------------------- */

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_ICMPV6 = 58,
	ICMP_HEADER = 8,
	ARP_SIZE = 28,
};

/*
 * Only what is whole goes to libslirp: ARP, and IP packets with their lengths inside the frame and all of a
 * known header. No fragments: libslirp 4.7 writes to wild addresses when it puts certain ones together, so
 * that it is done here.
 */
static bool is_whole(const struct vswitch_frame *frame, struct frame_layout *layout)
{
	uint32_t payload;

	if (!frame_parse(frame->data, frame->size, false, layout) || layout->is_tagged)
		return false;
	if (layout->ethertype == FRAME_ARP)
		return frame->size >= FRAME_ETHERNET_HEADER + ARP_SIZE;
	if (!layout->network || layout->is_fragment)
		return false;
	if (layout->protocol == FRAME_TCP || layout->protocol == FRAME_UDP)
		return layout->transport;
	payload = layout->end - layout->network;
	if (layout->ethertype == FRAME_IPV4)
		return layout->protocol == PROTOCOL_ICMP &&
		       payload >= (frame->data[layout->network] & 15u) * 4 + ICMP_HEADER;
	return layout->protocol == PROTOCOL_ICMPV6 && payload >= 40 + ICMP_HEADER;
}

/* libslirp takes IPv6 packets up to its MTU only. */
static void input_pieces(struct nat *nat, const struct vswitch_frame *frame)
{
	uint8_t bytes[CUT_HEADERS_MAX + NAT_MTU];
	struct cut_piece piece;
	struct cut cut;

	if (cut_begin(&cut, frame->data, frame->size, 0, NAT_MTU) < 0)
		return;
	while (cut_next(&cut, &piece)) {
		memcpy(bytes, piece.headers, piece.header_size);
		memcpy(bytes + piece.header_size, piece.payload, piece.payload_size);
		slirp_input(nat->slirp, bytes, (int)(piece.header_size + piece.payload_size));
	}
}

static void input_fragment(struct nat *nat, const struct vswitch_frame *frame,
			   const struct frame_layout *layout)
{
	struct frame_layout whole_layout;
	struct vswitch_frame whole = { 0 };

	whole.data = reassembly_add(nat->fragments, frame->data, layout, (uint64_t)now_ms(), &whole.size);
	if (!whole.data || !is_whole(&whole, &whole_layout))
		return;
	/* It takes what is longer than its MTU by IPv4 only. */
	if (whole_layout.ethertype == FRAME_IPV4 || whole.size <= FRAME_ETHERNET_HEADER + NAT_MTU)
		slirp_input(nat->slirp, whole.data, (int)whole_layout.end);
}

/* libslirp cannot be told not to answer. RFC 2131, 4.1. */
static bool is_for_dhcp_server(const struct vswitch_frame *frame, const struct frame_layout *layout)
{
	enum { DHCP_SERVER = 67 };

	return layout->ethertype == FRAME_IPV4 && layout->protocol == FRAME_UDP && layout->transport &&
	       frame_get16(frame->data + layout->transport + 2) == DHCP_SERVER;
}

void nat_input(struct nat *nat, const struct vswitch_frame *frame)
{
	struct frame_layout layout;

	if (frame_parse(frame->data, frame->size, false, &layout) && layout.is_fragment) {
		input_fragment(nat, frame, &layout);
		return;
	}
	if (!is_whole(frame, &layout) || (nat->has_no_dhcp && is_for_dhcp_server(frame, &layout)))
		return;
	/* What a guest says when it is connected to; when it connects itself, libslirp does not listen. */
	if (frame->takes_large)
		nat_mss_raise(frame->data, frame->size, NAT_LARGE_SEGMENT);
	if (frame->size > FRAME_ETHERNET_HEADER + NAT_MTU && frame_get16(frame->data + 12) == FRAME_IPV6)
		input_pieces(nat, frame);
	else
		slirp_input(nat->slirp, frame->data, (int)layout.end);
}

bool nat_is_address(const struct nat *nat, const struct frame_mac *mac)
{
	for (unsigned i = 0; i < sizeof(nat->addresses) / sizeof(nat->addresses[0]); i++)
		if (frame_mac_equal(&nat->addresses[i], mac))
			return true;
	return false;
}

/* --- forwards -------------------------------------------------------------------------------------- */

int nat_forward_add(struct nat *nat, const struct nat_forward *forward)
{
	errno = 0;
	if (slirp_add_hostfwd(nat->slirp, forward->is_udp, forward->host.sin_addr,
			      ntohs(forward->host.sin_port), forward->guest.sin_addr,
			      ntohs(forward->guest.sin_port)) == 0)
		return 0;
	return errno ? -errno : -EINVAL;
}

int nat_forward_remove(struct nat *nat, const struct nat_forward *forward)
{
	return slirp_remove_hostfwd(nat->slirp, forward->is_udp, forward->host.sin_addr,
				    ntohs(forward->host.sin_port)) == 0
		   ? 0
		   : -ENOENT;
}

/* --- waiting --------------------------------------------------------------------------------------- */

static const struct {
	int slirp;
	short poll;
} events_map[] = {
	{ SLIRP_POLL_IN, POLLIN },   { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

enum { EVENTS = sizeof(events_map) / sizeof(events_map[0]) };

static int on_add_poll(int fd, int events, void *opaque)
{
	struct nat *nat = opaque;
	struct pollfd *poll = nat->polls + nat->poll_count;

	if (nat->poll_count == NAT_POLLS_MAX)
		return -1; /* it waits until others are closed */
	*poll = (struct pollfd){ .fd = fd };
	for (unsigned i = 0; i < EVENTS; i++)
		if (events & events_map[i].slirp)
			poll->events |= events_map[i].poll;
	return (int)nat->poll_count++;
}

static int on_get_revents(int index, void *opaque)
{
	struct nat *nat = opaque;
	int events = 0;

	if (index < 0 || (unsigned)index >= nat->poll_count)
		return 0;
	for (unsigned i = 0; i < EVENTS; i++)
		if (nat->polls[index].revents & events_map[i].poll)
			events |= events_map[i].slirp;
	return events;
}

static int64_t next_timer(const struct nat *nat)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < NAT_TIMERS_MAX; i++)
		if (nat->timers[i].fn && nat->timers[i].deadline_ms < next)
			next = nat->timers[i].deadline_ms;
	return next;
}

unsigned nat_poll_fill(struct nat *nat, struct pollfd polls[NAT_POLLS_MAX], int *ret_timeout_ms)
{
	uint32_t timeout = UINT32_MAX;
	int64_t timer = next_timer(nat), now = now_ms();

	nat->polls = polls;
	nat->poll_count = 0;
	slirp_pollfds_fill(nat->slirp, &timeout, on_add_poll, nat);
	*ret_timeout_ms = timeout >= NAT_IDLE_MS ? -1 : (int)timeout;
	if (timer != INT64_MAX) {
		int64_t rest = timer <= now ? 0 : timer - now < INT32_MAX ? timer - now : INT32_MAX;

		if (*ret_timeout_ms < 0 || rest < *ret_timeout_ms)
			*ret_timeout_ms = (int)rest;
	}
	return nat->poll_count;
}

void nat_poll_done(struct nat *nat)
{
	int64_t now = now_ms();

	for (unsigned i = 0; i < NAT_TIMERS_MAX; i++)
		if (nat->timers[i].fn && nat->timers[i].deadline_ms <= now) {
			nat->timers[i].deadline_ms = INT64_MAX;
			nat->timers[i].fn(nat->timers[i].opaque);
		}
	slirp_pollfds_poll(nat->slirp, 0, on_get_revents, nat);
}
