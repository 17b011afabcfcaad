/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a message, for link.c and packet.c. */
#ifndef LINK_LINK_PRIV_H
#define LINK_LINK_PRIV_H

#include "link/link.h"

#define LINK_MAGIC "bulkhead 1 "

struct link_message {
	bool is_received;
	int error; /* of adding */
	const char *verb;
	char own_verb[LINK_KEY_MAX + 1]; /* of one that is yet to be sent */
	unsigned field_count;
	unsigned fd_count;
	int fds[LINK_FDS_MAX];
	struct link_field fields[LINK_FIELDS_MAX]; /* received only; they point into text */
	size_t size;
	char text[LINK_PACKET_MAX];
};

struct link_message *link_message_alloc(void);
/* 1..LINK_KEY_MAX characters of [a-z0-9.-] */
bool link_is_word(const char *text, size_t length);
/* Cuts message->text into verb and fields. -EBADMSG for anything that is not as link.h says. */
int link_parse(struct link_message *message);

#endif
