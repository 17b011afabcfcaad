/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes between one viewer and us, whatever carries them: a socket, TLS over it, WebSocket frames over
 * either.
 *
 * Layers     A layer owns the stream below it and never waits: what it cannot send at once it keeps
 *            (bounded), and says -EAGAIN. Only rd_stream_read_exact(), _write() and _wait() wait.
 * Threads    One thread at a time, and rd_stream_shutdown() from any.
 * Ownership  A stream owns its socket; a layer owns the stream below it.
 * Trust      The other side is hostile: each call ends by its deadline, whatever comes or does not.
 * Errors     Negative errno: -ETIMEDOUT at the deadline, -EPIPE when the viewer is gone, -EPROTO when it
 *            breaks the layer's rules.
 */
#ifndef RD_STREAM_H
#define RD_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define RD_NO_DEADLINE UINT64_MAX

struct rd_stream;

struct rd_stream_ops {
	/* Bytes; -EAGAIN: there are none now, not in the layers either. */
	int (*read)(struct rd_stream *stream, void *buffer, size_t size);
	/* How many bytes it took, at least one; -EAGAIN: it must get rid of others first. */
	int (*write)(struct rd_stream *stream, const void *data, size_t size);
	/* Sends what it took; 0: all is with the kernel; -EAGAIN: not yet. */
	int (*flush)(struct rd_stream *stream);
	int (*socket)(const struct rd_stream *stream);
	void (*free)(struct rd_stream *stream);
};

struct rd_stream {
	const struct rd_stream_ops *ops;
};

/* Takes `socket`, also when it fails. */
int rd_stream_new_socket(int socket, struct rd_stream **ret_stream);
struct rd_stream *rd_stream_free(struct rd_stream *stream); /* NULL is fine; returns NULL */

/* Deadlines: CLOCK_MONOTONIC in ns. */
int rd_stream_read_exact(struct rd_stream *stream, void *buffer, size_t size, uint64_t deadline_ns);
int rd_stream_write(struct rd_stream *stream, const void *data, size_t size, uint64_t deadline_ns);
/* Until the socket has one of these events (poll()). */
int rd_stream_wait(const struct rd_stream *stream, short events, uint64_t deadline_ns);
/*
 * Looks at the first bytes of a socket's stream without taking them: how many there are, at most `size`; 0:
 * none came by the deadline.
 */
int rd_stream_peek(const struct rd_stream *stream, void *buffer, size_t size, uint64_t deadline_ns);
int rd_stream_socket(const struct rd_stream *stream);
/* Makes every present and later call of its thread end with an error soon. */
void rd_stream_shutdown(struct rd_stream *stream);
uint64_t rd_now(void);
uint64_t rd_seconds(unsigned seconds); /* from now on */

#endif
