/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/viewer.h"
#include "server/pump.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_BYTES = 512 << 10 };

struct rd_viewer {
	struct rd_viewer_config config;
	struct rd_stream *stream; /* the viewer's thread's */
	bool is_layered;
	int socket; /* of the stream, as long as that is there */
	pthread_t thread;
};

/* libvncserver reads and writes a socket: the viewer's own, or the pump's where there are layers. */
static void show(struct rd_viewer *viewer, const struct rd_rfb_config *config)
{
	struct rd_pump *pump = NULL;
	struct rd_rfb *rfb;
	int socket = rd_stream_socket(viewer->stream), r = 0;

	if (viewer->is_layered)
		r = rd_pump_new(viewer->stream, &pump, &socket);
	if (r < 0)
		return;
	if (rd_rfb_new(config, socket, &rfb) == 0) {
		rd_rfb_run(rfb);
		rd_rfb_free(rfb);
	}
	if (pump)
		close(socket);
	rd_pump_free(pump);
}

static void serve(struct rd_viewer *viewer)
{
	const struct rd_viewer_ops *ops = viewer->config.ops;
	struct rd_rfb_config config = { .screen = viewer->config.screen,
					.name = viewer->config.name,
					.ops = ops->rfb,
					.opaque = viewer->config.opaque };
	struct rd_stream *bare = viewer->stream, *stream = bare;
	bool is_view_only = false;
	uint8_t is_shared; /* always, whatever the viewer says */
	int r = rd_handshake(&stream, viewer->config.security, &is_view_only);

	/* Another thread may only ever shut down the socket, which the layers share. */
	viewer->is_layered = stream != bare;
	viewer->stream = stream;
	if (r == 0)
		r = rd_stream_read_exact(stream, &is_shared, 1, rd_seconds(RD_HANDSHAKE_SECONDS));
	if (r < 0) {
		ops->refused(viewer->config.opaque, r);
		return;
	}
	config.is_view_only = viewer->config.is_view_only || is_view_only;
	ops->let_in(viewer->config.opaque, config.is_view_only);
	show(viewer, &config);
}

static void *run(void *opaque)
{
	struct rd_viewer *viewer = opaque;

	pthread_setname_np(pthread_self(), "viewer");
	serve(viewer);
	shutdown(viewer->socket, SHUT_RDWR);
	viewer->config.ops->ended(viewer->config.opaque);
	return NULL;
}

int rd_viewer_new(const struct rd_viewer_config *config, int socket, struct rd_viewer **ret_viewer)
{
	struct rd_viewer *viewer = calloc(1, sizeof(*viewer));
	struct rd_stream *stream;
	pthread_attr_t attr;
	int r = rd_stream_new_socket(socket, &stream);

	if (r < 0 || !viewer) {
		free(viewer);
		if (r == 0)
			rd_stream_free(stream);
		return -ENOMEM;
	}
	viewer->config = *config;
	viewer->stream = stream;
	viewer->socket = rd_stream_socket(stream);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = pthread_create(&viewer->thread, &attr, run, viewer);
	pthread_attr_destroy(&attr);
	if (r != 0) {
		rd_stream_free(stream);
		free(viewer);
		return -r;
	}
	*ret_viewer = viewer;
	return 0;
}

/*
 * A thread that waits for room in a Unix socket does not notice this before its library looks up, five
 * seconds later at most (libvncserver 0.9.14): nobody should wait for it.
 */
void rd_viewer_disconnect(struct rd_viewer *viewer)
{
	shutdown(viewer->socket, SHUT_RDWR);
}

struct rd_viewer *rd_viewer_free(struct rd_viewer *viewer)
{
	if (!viewer)
		return NULL;
	rd_viewer_disconnect(viewer);
	pthread_join(viewer->thread, NULL);
	rd_stream_free(viewer->stream);
	free(viewer);
	return NULL;
}
