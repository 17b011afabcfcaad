/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm screenshot`, `screen`, `type` and `key`. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/manage_remote.h"
#include "cli/message.h"
#include "cli/screen_reader.h"
#include "cli/vm_display.h"
#include "client/stream.h"
#include "ui/png.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TAKEN_MS = 2000 };

/* `was_there`: the machine had shown one. */
static int say_no_screen(const struct invocation *invocation, int r, gboolean was_there)
{
	const char *name = invocation->operands[0];

	if (r == -EPIPE && !was_there)
		say("%s: it has no screen; its serial console may tell more: bulkhead vm connect %s", name,
		    name);
	else if (r == -ETIMEDOUT)
		say("%s: its screen is not drawn in time; try again", name);
	else
		say("%s: its screen is gone: %s; `bulkhead vm why %s` tells more", name,
		    r == -EPIPE ? "the machine ended" : strerror(-r), name);
	return STATUS_FAILED;
}

/* 0, or the exit status. */
static int take_screen(struct invocation *invocation, gboolean with_pixels, struct screen *ret_screen)
{
	struct viewer_link viewer;
	gboolean was_there;
	int r;

	if (!vm_display_open(invocation, &viewer))
		return invocation->failure;
	r = vm_display_look(&viewer, with_pixels, ret_screen);
	was_there = viewer.view != NULL;
	vm_display_close(&viewer);
	return r < 0 ? say_no_screen(invocation, r, was_there) : 0;
}

/* --- pictures -------------------------------------------------------------------------------------- */

/* "-" is standard output. */
static int open_picture(const char *path)
{
	int fd = strcmp(path, "-") == 0
		     ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
		     : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0)
		say("%s: this file cannot be written: %s; name another", path, strerror(errno));
	return fd;
}

static int write_picture(const char *path, const struct screen *screen)
{
	int fd = open_picture(path), r;

	if (fd < 0)
		return STATUS_FAILED;
	r = png_write(fd, screen->pixels, screen->mode.width, screen->mode.height);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		say("%s: the picture cannot be written: %s; name another file", path, strerror(-r));
	return r < 0 ? STATUS_FAILED : STATUS_DONE;
}

static int fetch_picture(struct invocation *invocation, const char *path)
{
	int fd = open_picture(path), status;

	if (fd < 0)
		return STATUS_FAILED;
	invocation->operands[1] = "-";
	status = manage_run_there(invocation, fd);
	close(fd);
	return status;
}

int vm_screenshot(struct invocation *invocation)
{
	const char *path = invocation->operands[1];
	struct screen screen;
	int status;

	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO)) {
		say("vm screenshot: a picture does not belong on a terminal; name a file");
		return STATUS_USAGE;
	}
	if (invocation->host)
		return fetch_picture(invocation, path);
	status = take_screen(invocation, TRUE, &screen);
	if (status)
		return status;
	if (screen.mode.width == 0 || screen.mode.height == 0) {
		say("%s: its screen is blank; there is no picture yet", invocation->operands[0]);
		status = STATUS_FAILED;
	} else {
		status = write_picture(path, &screen);
	}
	screen_deinit(&screen);
	return status;
}

/* --- text ------------------------------------------------------------------------------------------ */

static int say_no_text(const struct invocation *invocation, const struct screen *screen)
{
	say("%s: its screen %s; take a picture: bulkhead vm screenshot %s FILE.png", invocation->operands[0],
	    screen->mode.kind == FRAMEBUFFER_GRAPHICS ? "shows a picture without text that can be read"
						      : "is blank",
	    invocation->operands[0]);
	return STATUS_FAILED;
}

static int print_screen(const struct invocation *invocation, const struct screen *screen)
{
	struct screen_reader *reader = screen_reader_new();
	char *text = reader ? screen_reader_read(reader, screen) : NULL;
	int status = text ? STATUS_DONE : STATUS_FAILED;

	if (text && (*text || screen->mode.kind == FRAMEBUFFER_TEXT))
		fputs(text, stdout); /* of fonts' characters: no control characters are left in it */
	else if (text)
		status = say_no_text(invocation, screen);
	free(text);
	screen_reader_free(reader);
	return status;
}

static int fit_screen(struct invocation *invocation, const char *size)
{
	char **sides = g_strsplit(size, "x", 2);
	guint64 width, height;
	gboolean is_good = g_strv_length(sides) == 2 &&
			   g_ascii_string_to_unsigned(sides[0], 10, 1, G_MAXUINT16, &width, NULL) &&
			   g_ascii_string_to_unsigned(sides[1], 10, 1, G_MAXUINT16, &height, NULL);

	g_strfreev(sides);
	if (!is_good) {
		say("--fit %s: this is no size; give one such as 1600x900", size);
		return STATUS_USAGE;
	}
	return manage_print_steps(
	    invocation,
	    manage_call_vm_on(invocation, invocation->operands[0], API_DISPLAY_INTERFACE, "FitScreen",
			      g_variant_new("(uub@a{sv})", (guint32)width, (guint32)height, FALSE,
					    vmc_options(invocation->wants_plan))));
}

int vm_screen(struct invocation *invocation)
{
	const char *size = invocation_option(invocation, "fit");
	struct screen screen;
	int status;

	if (invocation->host)
		return manage_run_there(invocation, -1);
	if (size)
		return fit_screen(invocation, size);
	if (invocation->wants_plan) {
		say("vm screen --plan: nothing is changed without --fit WIDTHxHEIGHT; give both");
		return STATUS_USAGE;
	}
	if (invocation_has(invocation, "follow"))
		return vm_screen_follow(invocation);
	status = take_screen(invocation, TRUE, &screen);
	if (status)
		return status;
	status = print_screen(invocation, &screen);
	screen_deinit(&screen);
	return status;
}

/* --- keys ------------------------------------------------------------------------------------------ */

/* Takes `keys`. */
static int press(struct invocation *invocation, GArray *keys)
{
	struct viewer_link viewer;
	struct screen screen;
	int status = STATUS_DONE, r;

	if (!vm_display_open(invocation, &viewer)) {
		g_array_unref(keys);
		return invocation->failure;
	}
	/* The first look tells whether there is a screen; the last one comes after the last key. */
	r = vm_display_look(&viewer, FALSE, &screen);
	if (r == 0)
		screen_deinit(&screen);
	if (r == 0 && !vm_display_press(&viewer, keys))
		r = -EPIPE;
	if (r < 0)
		status = say_no_screen(invocation, r, viewer.view != NULL);
	vm_display_close(&viewer);
	g_array_unref(keys);
	return status;
}

static int say_no_port(const struct invocation *invocation)
{
	say("%s: its serial port did not take the text: it ended, or too many consoles are open there; close one, and try again",
	    invocation->operands[0]);
	return STATUS_FAILED;
}

/* The worker closes its end when it has all of it, and resets it when it wants none. What a busy guest has not taken soon waits there. */
static gboolean is_taken(const struct vmc_stream *stream)
{
	struct pollfd state = { .fd = stream->input, .events = POLLIN };
	char byte;

	shutdown(stream->output, SHUT_WR);
	return poll(&state, 1, TAKEN_MS) <= 0 || read(stream->input, &byte, 1) == 0;
}

static int type_into_serial(struct invocation *invocation, guint port, const char *text)
{
	struct vmc_stream stream;
	GError *error = NULL;
	int status = STATUS_DONE;

	if (!vmc_stream_open_port(invocation->connection, invocation->operands[0], port, "text", 0, &stream,
				  &error))
		return manage_fail(error);
	for (gsize size = strlen(text), at = 0; at < size && status == STATUS_DONE;) {
		ssize_t n = write(stream.output, text + at, size - at);

		if (n > 0)
			at += (gsize)n;
		else if (n < 0 && errno != EINTR)
			status = say_no_port(invocation);
	}
	if (status == STATUS_DONE && !is_taken(&stream))
		status = say_no_port(invocation);
	vmc_stream_close(&stream);
	return status;
}

/* The layout of the guest's keyboard; NULL: the service does not tell. To be freed. */
static char *guest_layout(struct invocation *invocation)
{
	GVariant *result = manage_call_vm(invocation, invocation->operands[0], "GetSettings", NULL),
		 *settings;
	char *layout = NULL;

	if (!result)
		return NULL;
	settings = g_variant_get_child_value(result, 0);
	if (!g_variant_lookup(settings, "display.keyboard", "s", &layout))
		layout = g_strdup("us"); /* a service of before */
	g_variant_unref(settings);
	g_variant_unref(result);
	return layout;
}

/* As keys of the guest's layout. */
static int type_on_keyboard(struct invocation *invocation, const char *text)
{
	char *layout = guest_layout(invocation);
	GError *error = NULL;
	GArray *keys;

	if (!layout)
		return invocation->failure;
	keys = vmc_keys_of_text(text, layout, &error);
	g_free(layout);
	return keys ? press(invocation, keys) : manage_fail(error);
}

int vm_type(struct invocation *invocation)
{
	const char *end = invocation_has(invocation, "enter") ? "\n" : "";
	char *text;
	guint port;
	int status;

	if (invocation->host)
		return manage_run_there(invocation, -1);
	if (!vm_com_parse(invocation, &port))
		return STATUS_USAGE;
	text = g_strconcat(invocation->operands[1], end, NULL);
	status = invocation_has(invocation, "serial") || invocation_option(invocation, "com")
		     ? type_into_serial(invocation, port, text)
		     : type_on_keyboard(invocation, text);
	g_free(text);
	return status;
}

int vm_key(struct invocation *invocation)
{
	GArray *all;
	GError *error = NULL;

	if (invocation->host)
		return manage_run_there(invocation, -1);
	all = g_array_new(FALSE, FALSE, sizeof(struct vmc_key));
	for (guint i = 1; i < invocation->operand_count; i++) {
		GArray *keys = vmc_keys_of_combination(invocation->operands[i], &error);

		if (!keys) {
			g_array_unref(all);
			return manage_fail(error);
		}
		g_array_append_vals(all, keys->data, keys->len);
		g_array_unref(keys);
	}
	return press(invocation, all);
}
