/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move_stream.h"

#include "api/api_error.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { LOOK_MS = 200, HEADER = 16 };

static gboolean lost(const struct move_stream *stream, GError **error)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "the connection to %s ended; see whether ssh reaches it, then try again", stream->peer);
	return FALSE;
}

/* Until it can be written or read. */
static gboolean wait_for(struct move_stream *stream, short events, GError **error)
{
	struct pollfd wanted = { .fd = stream->fd, .events = events };

	for (;;) {
		if (g_cancellable_set_error_if_cancelled(stream->job->cancellable, error))
			return FALSE;
		if (poll(&wanted, 1, LOOK_MS) > 0)
			return TRUE;
	}
}

/* All of it: POLLOUT sends `bytes`, POLLIN fills them. */
static gboolean carry(struct move_stream *stream, short events, char *bytes, gsize size, GError **error)
{
	while (size > 0) {
		ssize_t n;

		if (!wait_for(stream, events, error))
			return FALSE;
		n = events == POLLOUT ? send(stream->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT)
				      : recv(stream->fd, bytes, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return lost(stream, error);
		bytes += n;
		size -= (gsize)n;
	}
	return TRUE;
}

gboolean move_stream_write(struct move_stream *stream, const void *data, gsize size, GError **error)
{
	return carry(stream, POLLOUT, (char *)data, size, error);
}

gboolean move_stream_read(struct move_stream *stream, void *data, gsize size, GError **error)
{
	return carry(stream, POLLIN, data, size, error);
}

gboolean move_stream_read_line(struct move_stream *stream, char *line, GError **error)
{
	for (gsize length = 0; length < MOVE_LINE_MAX - 1; length++) {
		if (!move_stream_read(stream, line + length, 1, error))
			return FALSE;
		if (line[length] != '\n')
			continue;
		line[length] = '\0';
		return TRUE;
	}
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "%s says something that is no answer; is Bulkhead of the same version there?",
		    stream->peer);
	return FALSE;
}

gboolean move_stream_send(struct move_stream *stream, unsigned kind, guint64 place, const void *data,
			  gsize size, GError **error)
{
	guint32 words[2] = { GUINT32_TO_LE(kind), GUINT32_TO_LE((guint32)size) };
	guint64 at = GUINT64_TO_LE(place);
	char header[HEADER];

	memcpy(header, words, sizeof(words));
	memcpy(header + sizeof(words), &at, sizeof(at));
	return move_stream_write(stream, header, sizeof(header), error) &&
	       move_stream_write(stream, data, size, error);
}

gboolean move_stream_receive(struct move_stream *stream, struct move_frame *frame, GError **error)
{
	char header[HEADER];
	guint32 words[2];
	guint64 at;

	if (!move_stream_read(stream, header, sizeof(header), error))
		return FALSE;
	memcpy(words, header, sizeof(words));
	memcpy(&at, header + sizeof(words), sizeof(at));
	frame->kind = GUINT32_FROM_LE(words[0]);
	frame->size = GUINT32_FROM_LE(words[1]);
	frame->place = GUINT64_FROM_LE(at);
	if (frame->kind < MOVE_FILE || frame->kind > MOVE_OVER || frame->size > MOVE_FRAME_MAX) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "what comes from %s is no machine; try again",
			    stream->peer);
		return FALSE;
	}
	frame->data[frame->size] = '\0';
	return move_stream_read(stream, frame->data, frame->size, error);
}

gboolean move_stream_has_answer(const struct move_stream *stream)
{
	struct pollfd wanted = { .fd = stream->fd, .events = POLLIN };

	return poll(&wanted, 1, 0) > 0;
}
