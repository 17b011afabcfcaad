/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between a service and its processes, with open descriptors.
 *
 * Purpose    One message is one packet of a Unix socket (SOCK_SEQPACKET): a verb, up to LINK_FIELDS_MAX
 *            fields "key=value", up to LINK_FDS_MAX descriptors. Which verbs and fields there are stands in
 *            the header of each conversation (worker_link.h).
 * On wire    Text: "bulkhead 1 VERB\n", then "KEY=VALUE\n" each. Keys and verbs are [a-z0-9.-]; in values,
 *            '%' and bytes below 0x20 are written %XX. A descriptor is a field whose value is its place in
 *            the packet.
 * Threads    A message belongs to one thread at a time; two threads must not send on one socket at once.
 * Ownership  A message that was received owns its descriptors until link_take_fd(); one that is to be sent
 *            does not.
 * Limits     link_limits below.
 * Trust      None: both sides check all that they receive. A packet that breaks a rule is an error as a
 *            whole.
 * Errors     Negative errno; LINK_CLOSED and LINK_AGAIN are conditions that the caller handles.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_limits {
	LINK_PACKET_MAX = 98304,
	LINK_FIELDS_MAX = 192,
	LINK_FDS_MAX = 80, /* a differencing disk comes with all of its parents; below SCM_MAX_FD */
	LINK_KEY_MAX = 32,
};

enum link_condition {
	LINK_CLOSED = 1, /* the other side is gone */
	LINK_AGAIN = 2,	 /* nothing there now (or no room), on a non-blocking socket */
};

struct link_field {
	const char *key;
	const char *value;
};

struct link_message;

int link_message_new(const char *verb, struct link_message **ret_message);
struct link_message *
link_message_free(struct link_message *message); /* closes what was received and not taken */

const char *link_verb(const struct link_message *message);
bool link_has_verb(const struct link_message *message, const char *verb);

/* Adding: errors are kept, and come back from link_send() (-E2BIG, -EINVAL for a bad key). */
void link_add(struct link_message *message, const char *key, const char *value);
void link_add_number(struct link_message *message, const char *key, uint64_t value);
void link_add_fd(struct link_message *message, const char *key, int fd);

/*
 * Reading. NULL, or -ENOENT, when there is no such field; -EINVAL for no decimal number, -ERANGE above `max`.
 */
const char *link_get(const struct link_message *message, const char *key);
int link_get_number(const struct link_message *message, const char *key, uint64_t max, uint64_t *ret_value);
/* The descriptor is the caller's then. */
int link_take_fd(struct link_message *message, const char *key, int *ret_fd);

int link_send(int socket, const struct link_message *message);
/* Never blocks: LINK_AGAIN. */
int link_send_now(int socket, const struct link_message *message);
/* Blocks unless the socket does not. */
int link_receive(int socket, struct link_message **ret_message);

#endif
