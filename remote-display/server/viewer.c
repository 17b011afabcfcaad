/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/viewer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { STACK_BYTES = 512 << 10 };

struct rd_viewer {
	struct rd_viewer_config config;
	struct rd_stream *stream;
	pthread_t thread;
};

static void serve(struct rd_viewer *viewer)
{
	struct rd_rfb_config config = { .screen = viewer->config.screen,
					.name = viewer->config.name,
					.is_view_only = viewer->config.is_view_only,
					.ops = viewer->config.ops->rfb,
					.opaque = viewer->config.opaque };
	uint64_t deadline_ns = rd_now() + RD_HANDSHAKE_SECONDS * 1000000000ull;
	struct rd_rfb *rfb;
	uint8_t is_shared; /* always, whatever the viewer says */

	if (rd_handshake(&viewer->stream, viewer->config.security) < 0 ||
	    rd_stream_read_exact(viewer->stream, &is_shared, 1, deadline_ns) < 0)
		return;
	if (rd_rfb_new(&config, viewer->stream->ops->socket(viewer->stream), &rfb) < 0)
		return;
	rd_rfb_run(rfb);
	rd_rfb_free(rfb);
}

static void *run(void *opaque)
{
	struct rd_viewer *viewer = opaque;

	pthread_setname_np(pthread_self(), "viewer");
	serve(viewer);
	rd_stream_shutdown(viewer->stream);
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

struct rd_viewer *rd_viewer_free(struct rd_viewer *viewer)
{
	if (!viewer)
		return NULL;
	rd_stream_shutdown(viewer->stream);
	pthread_join(viewer->thread, NULL);
	rd_stream_free(viewer->stream);
	free(viewer);
	return NULL;
}
