/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The uplink of a NAT switch: a TCP/IP stack in this process (libslirp) that speaks to the world with
 * ordinary sockets, as this user. Gives guests addresses (DHCP, router advertisements), answers names through
 * the host's resolver, and is their gateway; the gateway's address reaches the host itself.
 *
 * Threads    One; callbacks come from inside nat_input() and nat_poll_done().
 * Limits     NAT_POLLS_MAX sockets at once.
 * Trust      None in frames. The one user of libslirp.
 */
#ifndef SWITCH_NAT_H
#define SWITCH_NAT_H

#include "switch/vswitch.h"

#include <netinet/in.h>
#include <poll.h>

/* clang-format off */
enum {
	NAT_POLLS_MAX = 960,
	/*
	 * The most data in one TCP segment for a guest: two of them make a TCP window without scaling, and a
	 * Linux guest needs no more than 8 pages in a row for one. Guests that take no large segments get
	 * them cut up by their adapter.
	 */
	NAT_LARGE_SEGMENT = 32000,
	NAT_MTU = NAT_LARGE_SEGMENT + 60, /* libslirp sends to guests by this, whatever they say in a SYN */
};
/* clang-format on */

struct nat;

struct nat_config {
	struct in_addr network; /* a /24; the host is .2, the resolver .3, guests start at .15 */
	bool has_ipv6;
	bool has_no_dhcp;      /* guests bring their addresses */
	bool has_tftp;	       /* the files of the current folder, for machines that boot from the network */
	const char *boot_file; /* what DHCP tells those to boot; NULL: nothing */
	bool has_host;	       /* the gateway's address is this host's 127.0.0.1; otherwise nothing */
};

struct nat_ops {
	/* A frame for the guests. */
	void (*output)(void *opaque, const uint8_t *frame, size_t size, unsigned segment);
	/* A sentence about what a guest did wrong. May be NULL. */
	void (*warning)(void *opaque, const char *text);
};

struct nat_forward {
	bool is_udp;
	struct sockaddr_in host;
	struct sockaddr_in guest; /* address 0: the first guest */
};

int nat_new(const struct nat_config *config, const struct nat_ops *ops, void *opaque, struct nat **ret_nat);
struct nat *nat_free(struct nat *nat);

void nat_input(struct nat *nat, const struct vswitch_frame *frame);
/* One of the gateway's own addresses. */
bool nat_is_address(const struct nat *nat, const struct frame_mac *mac);

/* -EADDRINUSE, -EACCES, ... as bind() gives them. */
int nat_forward_add(struct nat *nat, const struct nat_forward *forward);
int nat_forward_remove(struct nat *nat, const struct nat_forward *forward);

/* How many of `polls` were filled; `timeout_ms`: -1 or when to come back at the latest. */
unsigned nat_poll_fill(struct nat *nat, struct pollfd polls[NAT_POLLS_MAX], int *ret_timeout_ms);
/* After poll(), with the same array. */
void nat_poll_done(struct nat *nat);

#endif
