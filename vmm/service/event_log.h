/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of events, which is the audit log too: append only, with a hash chain.
 *
 * Files      DATA/events/NNNNNN.log. First line: "#bulkhead-events 1 HASH", the hash of the last line
 *            of the file before. Then one event a line, fields separated by tabs: number, time in µs,
 *            kind, user, machine's identity, its name, text, hash; '%', control characters as %XX. The
 *            hash is the SHA-256 of the hash before, a newline, and the line up to the last tab.
 * Head       "head" holds number and hash of the newest event, so that a log that was cut is noticed.
 * Durability Changes and refusals are on the disk when event_log_add() returns.
 * Limits     EVENT_FILE_MAX bytes a file, EVENT_FILES_KEPT files; the oldest goes. What can be caused
 *            at will by who has no right to change anything (a guest, a worker, a viewer, somebody who
 *            is refused) must not push the log of changes out: of each machine, and each who is
 *            refused, EVENT_BURST in a row, and then one every EVENT_PAUSE_MS. The others are counted.
 */
#ifndef SERVICE_EVENT_LOG_H
#define SERVICE_EVENT_LOG_H

#include <glib.h>

enum {
	EVENT_FILE_MAX = 4 << 20,
	EVENT_FILES_KEPT = 16,
	EVENT_TEXT_MAX = 2000,
	EVENT_QUERY_MAX = 1000,
	EVENT_BURST = 2000,
	EVENT_PAUSE_MS = 1000,
	EVENT_SOURCES_MAX = 16384,
};

enum event_kind {
	EVENT_CHANGE,  /* somebody changed something */
	EVENT_REFUSAL, /* somebody may not */
	EVENT_STATE,   /* a machine is in another state */
	EVENT_WARNING, /* something is wrong, and goes on */
	EVENT_SERVICE, /* about the service itself */
	EVENT_KIND_COUNT,
};

struct event {
	guint64 number;
	gint64 time_us;
	enum event_kind kind;
	char *user, *vm, *name, *text; /* never NULL */
};

struct event_log;

typedef void (*event_fn)(gpointer opaque, const struct event *event);

const char *event_kind_name(enum event_kind kind);
gboolean event_kind_parse(const char *name, enum event_kind *ret_kind);

/* `data`: the folder that "events" is in. on_event() is called for each new one. */
struct event_log *event_log_open(int data, event_fn on_event, gpointer opaque, GError **error);
struct event_log *event_log_close(struct event_log *log);

void event_log_add(struct event_log *log, enum event_kind kind, const char *user, const char *vm,
		   const char *name, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* The newest ones that `wants` agrees with, at most `limit`, oldest first. struct event, owned. */
typedef gboolean (*event_filter_fn)(gpointer opaque, const struct event *event);
GPtrArray *event_log_query(struct event_log *log, guint limit, event_filter_fn wants, gpointer opaque);

/* Walks the whole chain. `ret_text`: a sentence, also when it is whole. */
gboolean event_log_verify(struct event_log *log, guint64 *ret_count, char **ret_text);

#endif
