/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes between one viewer and us, whatever carries them.
 *
 * Threads    One thread at a time, and rd_stream_shutdown() from any.
 * Ownership  A stream owns its socket; a layer owns the stream below it.
 * Trust      The other side is hostile: each call ends by its deadline, whatever comes or does not.
 * Errors     Negative errno: -ETIMEDOUT at the deadline, -EPIPE when the viewer is gone.
 */
#ifndef RD_STREAM_H
#define RD_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define RD_NO_DEADLINE UINT64_MAX

struct rd_stream;

struct rd_stream_ops {
	/* At least one byte, or an error. Deadlines: CLOCK_MONOTONIC in ns. */
	int (*read)(struct rd_stream *stream, void *buffer, size_t size, uint64_t deadline_ns);
	/* All, or an error. */
	int (*write)(struct rd_stream *stream, const void *data, size_t size, uint64_t deadline_ns);
	int (*socket)(const struct rd_stream *stream);
	void (*free)(struct rd_stream *stream);
};

struct rd_stream {
	const struct rd_stream_ops *ops;
};

/* Takes `socket`, also when it fails. */
int rd_stream_new_socket(int socket, struct rd_stream **ret_stream);
struct rd_stream *rd_stream_free(struct rd_stream *stream); /* NULL is fine; returns NULL */
int rd_stream_read_exact(struct rd_stream *stream, void *buffer, size_t size, uint64_t deadline_ns);
int rd_stream_write(struct rd_stream *stream, const void *data, size_t size, uint64_t deadline_ns);
/* Makes every present and later call of its thread end with an error soon. */
void rd_stream_shutdown(struct rd_stream *stream);
uint64_t rd_now(void);

#endif
