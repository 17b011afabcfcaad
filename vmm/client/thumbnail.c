/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/thumbnail.h"

#include "ui/viewer.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <unistd.h>

struct vmc_thumbnail {
	int references;
	gboolean is_freed;
	VmcHost *host;
	VmcObject *machine;
	guint max_width, max_height;
	void (*on_changed)(gpointer opaque);
	gpointer opaque;
	struct viewer_link link; /* fd -1: not connected */
	guint source;
	gboolean is_opening, is_asked, has_seen;
	uint32_t seen; /* sequence of what was scaled last */
	guint32 *pixels;
	guint width, height;
	char *problem;
};

/* --- pictures ---------------------------------------------------------------------------------------- */

/* The mean of the block of `width` * `height` pixels at `from`. */
static guint32 mean(const uint32_t *from, gsize stride, guint width, guint height)
{
	guint64 red = 0, green = 0, blue = 0;
	guint count = width * height;

	for (guint y = 0; y < height; y++)
		for (guint x = 0; x < width; x++) {
			uint32_t pixel = from[y * stride + x];

			red += pixel >> 16 & 0xff;
			green += pixel >> 8 & 0xff;
			blue += pixel & 0xff;
		}
	return (guint32)(red / count << 16 | green / count << 8 | blue / count);
}

static void fit(struct vmc_thumbnail *thumbnail, guint width, guint height)
{
	guint w = MIN(width, thumbnail->max_width), h = MAX(height * w / width, 1);

	if (h > thumbnail->max_height) {
		h = thumbnail->max_height;
		w = MAX(width * h / height, 1);
	}
	if (w == thumbnail->width && h == thumbnail->height)
		return;
	g_free(thumbnail->pixels);
	thumbnail->pixels = g_new(guint32, (gsize)w * h);
	thumbnail->width = w;
	thumbnail->height = h;
}

static void scale(struct vmc_thumbnail *thumbnail, const struct framebuffer_mode *mode)
{
	const uint32_t *from = framebuffer_view_pixels(thumbnail->link.view);
	guint32 *to;

	fit(thumbnail, mode->width, mode->height);
	to = thumbnail->pixels;
	for (guint y = 0; y < thumbnail->height; y++) {
		guint top = y * mode->height / thumbnail->height,
		      bottom = (y + 1) * mode->height / thumbnail->height;

		for (guint x = 0; x < thumbnail->width; x++) {
			guint left = x * mode->width / thumbnail->width,
			      right = (x + 1) * mode->width / thumbnail->width;

			*to++ = mean(from + (gsize)top * FRAMEBUFFER_STRIDE + left, FRAMEBUFFER_STRIDE,
				     MAX(right - left, 1), MAX(bottom - top, 1));
		}
	}
}

static void tell(struct vmc_thumbnail *thumbnail)
{
	if (!thumbnail->is_freed)
		thumbnail->on_changed(thumbnail->opaque);
}

static void forget_picture(struct vmc_thumbnail *thumbnail)
{
	g_clear_pointer(&thumbnail->pixels, g_free);
	thumbnail->width = thumbnail->height = 0;
	thumbnail->has_seen = FALSE;
}

static void take_picture(struct vmc_thumbnail *thumbnail)
{
	struct framebuffer_mode mode;
	uint32_t sequence = framebuffer_view_state(thumbnail->link.view, &mode);

	if (thumbnail->has_seen && sequence == thumbnail->seen)
		return;
	if (mode.kind == FRAMEBUFFER_BLANK || !mode.width || !mode.height ||
	    mode.width > FRAMEBUFFER_MAX_WIDTH || mode.height > FRAMEBUFFER_MAX_HEIGHT)
		forget_picture(thumbnail);
	else
		scale(thumbnail, &mode);
	thumbnail->has_seen = TRUE;
	thumbnail->seen = sequence;
	tell(thumbnail);
}

/* --- the connection ---------------------------------------------------------------------------------- */

static void disconnect(struct vmc_thumbnail *thumbnail)
{
	g_clear_handle_id(&thumbnail->source, g_source_remove);
	viewer_deinit(&thumbnail->link);
	if (thumbnail->link.fd >= 0)
		close(thumbnail->link.fd);
	viewer_init(&thumbnail->link, -1);
	thumbnail->is_asked = FALSE;
	forget_picture(thumbnail);
}

static void fail(struct vmc_thumbnail *thumbnail, const char *problem)
{
	gboolean is_other = thumbnail->pixels || g_strcmp0(thumbnail->problem, problem) != 0;

	disconnect(thumbnail);
	g_free(thumbnail->problem);
	thumbnail->problem = g_strdup(problem);
	if (is_other)
		tell(thumbnail);
}

static void ask(struct vmc_thumbnail *thumbnail)
{
	if (!thumbnail->is_asked)
		thumbnail->is_asked = viewer_send(&thumbnail->link, DISPLAY_LOOK, 0, 0, 0, 0);
}

static void release(struct vmc_thumbnail *thumbnail)
{
	if (--thumbnail->references > 0)
		return;
	disconnect(thumbnail);
	g_object_unref(thumbnail->host);
	g_object_unref(thumbnail->machine);
	g_free(thumbnail->problem);
	g_free(thumbnail);
}

/* A handful for each turn of the loop: a machine that talks without end must not keep us. */
static int take_messages(struct vmc_thumbnail *thumbnail)
{
	int r = 0;

	for (int i = 0; i < 4 && r >= 0 && !thumbnail->is_freed; i++) {
		r = viewer_receive(&thumbnail->link);
		if (r == DISPLAY_HELLO) {
			ask(thumbnail);
		} else if (r == DISPLAY_DRAWN && thumbnail->link.view) {
			thumbnail->is_asked = FALSE;
			take_picture(thumbnail);
		}
	}
	return r;
}

/* Whoever hears of a picture may free this. */
static gboolean on_message(int fd, GIOCondition condition, gpointer opaque)
{
	struct vmc_thumbnail *thumbnail = opaque;
	gboolean goes_on;
	int r;

	thumbnail->references++;
	r = take_messages(thumbnail);
	goes_on = (r >= 0 || r == -EAGAIN) && !thumbnail->is_freed;
	if (!goes_on && !thumbnail->is_freed) {
		thumbnail->source = 0;
		fail(thumbnail, "the machine has no screen now");
	}
	release(thumbnail);
	return goes_on;
}

static void on_opened(GObject *bus, GAsyncResult *answer, gpointer opaque)
{
	struct vmc_thumbnail *thumbnail = opaque;
	GError *local = NULL, *error = NULL;
	GUnixFDList *list = NULL;
	GVariant *result =
	    g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(bus), &list, answer, &local);
	int fd = result && list ? g_unix_fd_list_get(list, 0, &local) : -1;

	thumbnail->is_opening = FALSE;
	if (fd >= 0 && thumbnail->is_freed) {
		close(fd);
	} else if (fd >= 0) {
		viewer_init(&thumbnail->link, fd);
		thumbnail->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_message, thumbnail);
	} else if (local) {
		vmc_propagate(&error, local);
		fail(thumbnail, error->message);
		g_error_free(error);
	}
	g_clear_pointer(&result, g_variant_unref);
	g_clear_object(&list);
	release(thumbnail);
}

static void open_display(struct vmc_thumbnail *thumbnail, struct vmc_connection *connection)
{
	thumbnail->is_opening = TRUE;
	thumbnail->references++;
	g_dbus_connection_call_with_unix_fd_list(
	    vmc_bus(connection), NULL, vmc_object_path(thumbnail->machine), API_VM_INTERFACE, "OpenDisplay",
	    NULL, G_VARIANT_TYPE("(h)"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL, on_opened, thumbnail);
}

/* --- for consoles ------------------------------------------------------------------------------------ */

struct vmc_thumbnail *vmc_thumbnail_new(VmcHost *host, VmcObject *machine, guint width, guint height,
					void (*on_changed)(gpointer opaque), gpointer opaque)
{
	struct vmc_thumbnail *thumbnail = g_new0(struct vmc_thumbnail, 1);

	thumbnail->references = 1;
	thumbnail->host = g_object_ref(host);
	thumbnail->machine = g_object_ref(machine);
	thumbnail->max_width = CLAMP(width, 1, VMC_THUMBNAIL_MAX);
	thumbnail->max_height = CLAMP(height, 1, VMC_THUMBNAIL_MAX);
	thumbnail->on_changed = on_changed;
	thumbnail->opaque = opaque;
	viewer_init(&thumbnail->link, -1);
	return thumbnail;
}

struct vmc_thumbnail *vmc_thumbnail_free(struct vmc_thumbnail *thumbnail)
{
	if (!thumbnail)
		return NULL;
	thumbnail->is_freed = TRUE;
	disconnect(thumbnail);
	release(thumbnail);
	return NULL;
}

void vmc_thumbnail_look(struct vmc_thumbnail *thumbnail)
{
	struct vmc_connection *connection = vmc_host_connection(thumbnail->host);

	if (thumbnail->link.view)
		ask(thumbnail);
	else if (thumbnail->is_opening || thumbnail->link.fd >= 0)
		return; /* its first word is on the way */
	else if (*vmc_host_place(thumbnail->host))
		fail(thumbnail, "a small picture of the screen is made on this computer only");
	else if (!connection || vmc_object_number(thumbnail->machine, "WorkerPid") == 0)
		fail(thumbnail, "the machine is off");
	else
		open_display(thumbnail, connection);
}

const guint32 *vmc_thumbnail_pixels(const struct vmc_thumbnail *thumbnail, guint *ret_width,
				    guint *ret_height)
{
	if (thumbnail->pixels) {
		*ret_width = thumbnail->width;
		*ret_height = thumbnail->height;
	}
	return thumbnail->pixels;
}

const char *vmc_thumbnail_problem(const struct vmc_thumbnail *thumbnail)
{
	return thumbnail->problem ? thumbnail->problem : "";
}
