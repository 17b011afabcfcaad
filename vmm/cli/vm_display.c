/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/vm_display.h"
#include "cli/manage.h"
#include "client/stream.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum {
	DRAW_MS = 5000,
	KEY_US = 15000, /* a fast typist; the machine keeps 256 that its guest did not read yet */
	COPIES = 20,
};

gboolean vm_display_open(struct invocation *invocation, struct viewer_link *viewer)
{
	GError *error = NULL;
	int fd = vmc_display_open(invocation->connection, invocation->operands[0], &error);

	viewer_init(viewer, fd);
	if (fd < 0)
		invocation->failure = manage_fail(error);
	return fd >= 0;
}

void vm_display_close(struct viewer_link *viewer)
{
	viewer_deinit(viewer);
	if (viewer->fd >= 0)
		close(viewer->fd);
	viewer->fd = -1;
}

/* The next message of this kind; others are passed over. */
static int await(struct viewer_link *viewer, enum display_kind kind)
{
	gint64 deadline = g_get_monotonic_time() + DRAW_MS * 1000;

	for (;;) {
		struct pollfd ready = { .fd = viewer->fd, .events = POLLIN };
		int left = (int)((deadline - g_get_monotonic_time()) / 1000), r;

		if (left <= 0 || poll(&ready, 1, left) == 0)
			return -ETIMEDOUT;
		r = viewer_receive(viewer);
		if (r == (int)kind)
			return 0;
		if (r < 0 && r != -EAGAIN)
			return r;
	}
}

gboolean vm_display_ask(const struct viewer_link *viewer)
{
	return viewer_send(viewer, DISPLAY_LOOK, 0, 0, 0, 0);
}

int vm_display_look(struct viewer_link *viewer, gboolean with_pixels, struct screen *ret_screen)
{
	int r = viewer->view ? 0 : await(viewer, DISPLAY_HELLO);

	if (r == 0 && !vm_display_ask(viewer))
		r = -EPIPE;
	if (r == 0)
		r = await(viewer, DISPLAY_DRAWN);
	if (r < 0)
		return r;
	r = -EAGAIN;
	for (unsigned i = 0; i < COPIES && r == -EAGAIN; i++)
		r = framebuffer_view_copy(viewer->view, with_pixels, ret_screen);
	return r;
}

gboolean vm_display_press(struct viewer_link *viewer, const GArray *keys)
{
	for (guint i = 0; i < keys->len; i++) {
		const struct vmc_key *key = &g_array_index(keys, struct vmc_key, i);

		if (!viewer_send(viewer, DISPLAY_KEY, key->code, key->is_down, 0, 0))
			return FALSE;
		if (!key->is_down)
			g_usleep(KEY_US);
	}
	return TRUE;
}
