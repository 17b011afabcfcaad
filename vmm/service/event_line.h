/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of the event log; see event_log.h for its form. */
#ifndef SERVICE_EVENT_LINE_H
#define SERVICE_EVENT_LINE_H

#include "service/event_log.h"

enum { EVENT_HASH_SIZE = 65 };

/* With its newline. */
char *event_line_format(const struct event *event, const char *hash_before, char ret_hash[EVENT_HASH_SIZE]);
/* NULL: no event. `ret_hash`: what the line says; may be NULL. */
struct event *event_line_parse(const char *line, char ret_hash[EVENT_HASH_SIZE]);
struct event *event_line_free(struct event *event);
/* What the hash must be. */
void event_line_hash(const char *line, const char *hash_before, char ret_hash[EVENT_HASH_SIZE]);

#endif
