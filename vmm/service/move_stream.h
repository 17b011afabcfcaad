/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two services say to each other when a machine goes from one to the other, through a stream that programs of their users carry.
 *
 *   to the target    "Bulkhead move 1 SIZE\n", and so many bytes of a key file (move_header.h): what comes
 *   from the target  "ready\n", or "refused SENTENCE\n"
 *   to the target    frames: for each file its beginning, what it has at which place, its end; all over at last
 *   from the target  "done\n" when the machine is in its inventory (and runs, if it is to); "failed SENTENCE\n" at any time before
 *
 * Frames     Three little-endian words of 32, 32 and 64 bits: kind, length, place; then `length` bytes. Holes are not sent.
 * Trust      Neither side trusts the other: lengths have limits, texts are shown as texts.
 * Threads    A job's. Everything waits, and ends early when the job is cancelled.
 */
#ifndef SERVICE_MOVE_STREAM_H
#define SERVICE_MOVE_STREAM_H

#include "service/job.h"

enum move_stream_limits {
	MOVE_HEADER_MAX = 32 << 20,
	MOVE_FRAME_MAX = 1 << 20,
	MOVE_LINE_MAX = 2048,
};

enum move_frame_kind {
	MOVE_FILE = 1, /* the file with the number `place` begins; its parent's name, or nothing */
	MOVE_DATA,     /* at `place` */
	MOVE_END,      /* of the file, which has `place` bytes */
	MOVE_OVER,     /* of all */
};

struct move_frame {
	unsigned kind;
	guint64 place;
	gsize size;
	char *data; /* MOVE_FRAME_MAX + 1 bytes, the reader's; a text ends with 0 */
};

struct move_stream {
	int fd; /* a socket; owned */
	struct job *job;
	const char *peer; /* "alice@lab", for sentences */
};

/* FALSE: a sentence; so for all. */
gboolean move_stream_write(struct move_stream *stream, const void *data, gsize size, GError **error);
gboolean move_stream_read(struct move_stream *stream, void *data, gsize size, GError **error);
/* Without the newline; `line` has MOVE_LINE_MAX bytes. */
gboolean move_stream_read_line(struct move_stream *stream, char *line, GError **error);
gboolean move_stream_send(struct move_stream *stream, unsigned kind, guint64 place, const void *data,
			  gsize size, GError **error);
gboolean move_stream_receive(struct move_stream *stream, struct move_frame *frame, GError **error);
/* Whether something can be read now. */
gboolean move_stream_has_answer(const struct move_stream *stream);

#endif
