/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation between whoever owns a virtual switch and its process (bulkhead-switch), over descriptor
 * SPAWN_LINK_FD of the process; and the owner's side of it.
 *
 * To the switch: requests, each answered by "done" or "failed" (text: a sentence) in the same order; "done" of start may have a
 * text: on what the switch does without
 *
 *     start           once and first. name; type: nat, private or wire; vlan: of its way out (0: none).
 *                     For nat: network (10.0.2.0: a /24), ipv6, dhcp: 0 or 1, host: 1 lets guests reach this
 *                     host by the gateway's address; tftp-folder, boot-file: what machines boot from (not there:
 *                     nothing). For wire: uplink-fd, a TAP or packet socket with
 *                     virtio-net headers (switch/wire.h)
 *
 *     port            a new port. id: the owner's number of it; fd: a connected SOCK_SEQPACKET socket
 *                     (net/port.h); mac, vlan (0: none), trunk, spoofing, up, dhcp-guard, router-guard: 0 or 1;
 *                     max-kbps: of what its machine sends, 0: no limit
 *
 *     port-change     the same without fd
 *
 *     port-remove     id
 *
 *     port-show       id. "done" has frames-in, bytes-in, frames-out, bytes-out, spoofed, guarded, overflow
 *
 *     forward         protocol: tcp or udp; host, host-port: where this host listens; guest (0.0.0.0: the
 *                     first guest), guest-port
 *
 *     forward-remove  protocol, host, host-port
 *
 * From the switch, at any time
 *
 *     port-gone       id: the worker closed it
 *
 *     warning         text: a sentence for the log
 *
 * The process ends when the link closes. Ports are sockets: workers go on without a switch, with their cable
 * pulled.
 */
#ifndef LINK_SWITCH_LINK_H
#define LINK_SWITCH_LINK_H

#include "link/link.h"
#include "link/spawn.h"

#include <stdbool.h>

enum switch_limits {
	SWITCH_NAME_MAX = 100,
	SWITCH_PORTS_MAX = 64,
	SWITCH_FORWARDS_MAX = 64,
	SWITCH_ERROR_MAX = 400,
	SWITCH_BOOT_FILE_MAX = 127, /* RFC 951: 128 bytes with a NUL */
};

struct switch_start {
	const char *program; /* NULL: bulkhead-switch, where it is installed */
	const char *name;    /* for messages */
	bool is_nat;	     /* else private, or with an uplink: the guests only see each other and that */
	const char *network; /* NULL: 10.0.2.0 */
	bool has_ipv6, has_host, has_no_dhcp;
	/* For machines that boot from the network; NULL: none. What the switch's process can read is served. */
	const char *tftp_folder, *boot_file;
	bool has_uplink;
	int uplink_fd; /* stays the caller's */
	unsigned vlan; /* of the way out; 0: none */
	uid_t uid;     /* whose process it is (and the group of that number), when root starts it; 0: ours */
};

struct switch_port {
	uint32_t id;
	const char *mac;
	unsigned vlan;
	bool is_trunk, may_spoof, is_up, has_dhcp_guard, has_router_guard;
	uint64_t max_kbps; /* 0: no limit */
};

struct switch_forward {
	bool is_udp;
	const char *host; /* NULL: 127.0.0.1 */
	unsigned host_port;
	const char *guest; /* NULL: the first guest */
	unsigned guest_port;
};

struct switch_process {
	pid_t pid;
	int link;
};

/*
 * Starts a switch. `log`: where its stderr goes, -1: ours. Negative errno (-ENOENT: the program is missing)
 * with a sentence in `ret_error`, which may have one when it is 0, too: on what the switch does without. All calls here wait for the answer, which takes about a millisecond.
 */
int switch_spawn(const struct switch_start *config, int log, struct switch_process *ret_process,
		 char ret_error[SWITCH_ERROR_MAX]);
/* Closes the link: the process ends; waits for it. */
void switch_stop(struct switch_process *process);
/* A new port; `ret_fd` is the adapter's end, for a worker (struct worker_port). */
int switch_add_port(int link, const struct switch_port *port, int *ret_fd, char ret_error[SWITCH_ERROR_MAX]);
int switch_change_port(int link, const struct switch_port *port, char ret_error[SWITCH_ERROR_MAX]);
int switch_remove_port(int link, uint32_t id, char ret_error[SWITCH_ERROR_MAX]);
int switch_add_forward(int link, const struct switch_forward *forward, char ret_error[SWITCH_ERROR_MAX]);
int switch_remove_forward(int link, const struct switch_forward *forward, char ret_error[SWITCH_ERROR_MAX]);

#endif
