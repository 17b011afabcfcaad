/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm wait NAME --for STATE|TEXT`. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/manage_remote.h"
#include "cli/message.h"
#include "cli/run_options.h"
#include "cli/screen_reader.h"
#include "cli/vm_display.h"
#include "client/inventory.h"
#include "client/stream.h"
#include "client/wording.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 4096, HISTORY = 1 << 18, WATCH_MS = 200, OFF_SECONDS = 30 };

static int on_time_limit(const struct invocation *invocation, const char *what)
{
	say("%s: not %s within the time limit; `bulkhead vm why %s` tells more", invocation->operands[0],
	    what, invocation->operands[0]);
	return STATUS_TIME_LIMIT;
}

static int remaining_ms(gint64 deadline)
{
	gint64 now = g_get_monotonic_time();

	if (!deadline)
		return -1;
	return deadline <= now ? 0 : (int)((deadline - now + 999) / 1000);
}

/* --- a text, on the serial port or on the screen -------------------------------------------------------- */

struct lookout {
	const char *text;
	struct vmc_stream stream;  /* input -1: no serial port, or at its end */
	GString *seen;		   /* what came last, over the seams of reads */
	struct viewer_link viewer; /* fd -1: no screen, or gone */
	struct screen_reader *reader;
};

static gboolean look_at_serial(struct lookout *lookout)
{
	char bytes[4096];
	ssize_t n = read(lookout->stream.input, bytes, sizeof(bytes));
	size_t length = strlen(lookout->text);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return FALSE;
	if (n <= 0) {
		vmc_stream_close(&lookout->stream);
		return FALSE;
	}
	g_string_append_len(lookout->seen, bytes, n);
	if (memmem(lookout->seen->str, lookout->seen->len, lookout->text, length))
		return TRUE;
	if (lookout->seen->len >= length)
		g_string_erase(lookout->seen, 0, (gssize)(lookout->seen->len - length + 1));
	return FALSE;
}

static gboolean is_on_screen(const struct lookout *lookout)
{
	struct screen screen;
	gboolean is_there = FALSE;
	char *text;

	if (framebuffer_view_copy(lookout->viewer.view, TRUE, &screen) < 0)
		return FALSE; /* the next time */
	text = lookout->reader ? screen_reader_read(lookout->reader, &screen) : NULL;
	is_there = text && strstr(text, lookout->text);
	free(text);
	screen_deinit(&screen);
	return is_there;
}

static gboolean look_at_screen(struct lookout *lookout)
{
	int r = viewer_receive(&lookout->viewer);

	if (r == DISPLAY_HELLO) {
		viewer_send(&lookout->viewer, DISPLAY_WATCH, WATCH_MS, 0, 0, 0);
		vm_display_ask(&lookout->viewer);
	} else if (r == DISPLAY_DRAWN && lookout->viewer.view) {
		return is_on_screen(lookout);
	} else if (r < 0 && r != -EAGAIN) {
		vm_display_close(&lookout->viewer);
	}
	return FALSE;
}

/* 1: found, 0: the time is over, -1: neither serial port nor screen is left. */
static int look_out(struct lookout *lookout, gint64 deadline)
{
	while (lookout->stream.input >= 0 || lookout->viewer.fd >= 0) {
		struct pollfd polls[2] = { { .fd = lookout->stream.input, .events = POLLIN },
					   { .fd = lookout->viewer.fd, .events = POLLIN } };
		int r = poll(polls, 2, remaining_ms(deadline));

		if (r == 0)
			return 0;
		if (r < 0)
			continue;
		if ((polls[0].revents && look_at_serial(lookout)) ||
		    (polls[1].revents && look_at_screen(lookout)))
			return 1;
	}
	return -1;
}

/* One of the two is enough: a machine may have no serial console. */
static gboolean open_both(struct invocation *invocation, struct lookout *lookout)
{
	const char *name = invocation->operands[0];
	GError *error = NULL;
	guint port;

	if (!vm_com_parse(invocation, &port)) {
		invocation->failure = STATUS_USAGE;
		return FALSE;
	}
	viewer_init(&lookout->viewer, vmc_display_open(invocation->connection, name, &error));
	if (lookout->viewer.fd >= 0) {
		if (!vmc_stream_open_port(invocation->connection, name, port, "look", HISTORY,
					  &lookout->stream, NULL))
			lookout->stream.input = -1;
		return TRUE;
	}
	invocation->failure = manage_fail(error);
	return FALSE;
}

static int wait_for_text(struct invocation *invocation, const char *text, gint64 deadline)
{
	struct lookout lookout = { .text = text, .stream = { .input = -1 } };
	int found;

	if (!open_both(invocation, &lookout))
		return invocation->failure;
	lookout.seen = g_string_new(NULL);
	lookout.reader = screen_reader_new();
	found = look_out(&lookout, deadline);
	if (lookout.stream.input >= 0)
		vmc_stream_close(&lookout.stream);
	vm_display_close(&lookout.viewer);
	screen_reader_free(lookout.reader);
	g_string_free(lookout.seen, TRUE);
	if (found == 0)
		return on_time_limit(invocation, "seen on the serial port or the screen");
	if (found < 0)
		say("%s: it ended before the text came; `bulkhead vm why %s` tells more",
		    invocation->operands[0], invocation->operands[0]);
	return found > 0 ? STATUS_DONE : STATUS_FAILED;
}

/* --- a state --------------------------------------------------------------------------------------- */

static gboolean on_timeout(gpointer has_passed)
{
	*(gboolean *)has_passed = TRUE;
	return G_SOURCE_REMOVE;
}

static void on_closed(GDBusConnection *bus, gboolean has_vanished, GError *error, gpointer has_lost)
{
	*(gboolean *)has_lost = TRUE;
}

/* NULL: that it runs no more, off or saved. */
static gboolean is_state(const char *state, const char *wanted)
{
	return wanted ? strcmp(state, wanted) == 0 : strcmp(state, "off") == 0 || strcmp(state, "saved") == 0;
}

static int wait_for_state(struct invocation *invocation, const char *state, gint64 deadline)
{
	GError *error = NULL;
	char *path = vmc_find_vm(invocation->connection, invocation->operands[0], &error);
	struct vmc_inventory *inventory = path ? vmc_inventory_new(invocation->connection, &error) : NULL;
	GDBusConnection *bus = vmc_bus(invocation->connection);
	gboolean has_passed = FALSE, has_lost = g_dbus_connection_is_closed(bus), is_there = FALSE;
	VmcObject *vm = NULL;
	gulong closed;

	if (!inventory) {
		g_free(path);
		return manage_fail(error);
	}
	if (deadline)
		g_timeout_add((guint)remaining_ms(deadline), on_timeout, &has_passed);
	closed = g_signal_connect(bus, "closed", G_CALLBACK(on_closed), &has_lost);
	while (!has_passed && !has_lost && !is_there && (vm = vmc_inventory_find(inventory, path))) {
		is_there = is_state(vmc_object_text(vm, "State"), state);
		if (!is_there)
			g_main_context_iteration(NULL, TRUE);
	}
	g_signal_handler_disconnect(bus, closed);
	vmc_inventory_free(inventory);
	g_free(path);
	if (!vm && !is_there && !has_lost)
		say("%s: this virtual machine is there no more", invocation->operands[0]);
	if (is_there)
		return STATUS_DONE;
	if (has_lost)
		say("the management service ended; start it again: bulkhead host start-service");
	return vm && !has_lost ? on_time_limit(invocation, state ? state : "off") : STATUS_FAILED;
}

int vm_wait_until_off(struct invocation *invocation)
{
	return wait_for_state(invocation, NULL, g_get_monotonic_time() + OFF_SECONDS * G_USEC_PER_SEC);
}

int vm_wait(struct invocation *invocation)
{
	const char *what = invocation_option(invocation, "for"),
		   *timeout = invocation_option(invocation, "timeout");
	uint64_t ms = 0;
	gint64 deadline;

	if (timeout && !run_parse_seconds(timeout, &ms)) {
		say("--timeout %s: this is no time; give seconds, such as 90 or 1.5, or 2m, 1h", timeout);
		return STATUS_USAGE;
	}
	if (invocation->host)
		return manage_run_there(invocation, -1);
	deadline = ms ? g_get_monotonic_time() + (gint64)ms * 1000 : 0;
	if (!what || vmc_is_state(what))
		return wait_for_state(invocation, what, deadline);
	if (g_str_has_prefix(what, "text:"))
		what += strlen("text:");
	if (!*what || strlen(what) > TEXT_MAX_BYTES) {
		say("--for: a text has 1 to %d bytes; give one", TEXT_MAX_BYTES);
		return STATUS_USAGE;
	}
	return wait_for_text(invocation, what, deadline);
}
