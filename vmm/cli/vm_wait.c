/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm wait NAME --for STATE|text:TEXT`. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "cli/run_options.h"
#include "client/inventory.h"
#include "client/stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 4096, HISTORY = 1 << 18 };

static int on_time_limit(const struct invocation *invocation, const char *what)
{
	say("%s: not %s within the time limit; `bulkhead vm why %s` tells more", invocation->operands[0],
	    what, invocation->operands[0]);
	return STATUS_TIME_LIMIT;
}

/* --- a text on the serial port ----------------------------------------------------------------------- */

static int remaining_ms(gint64 deadline)
{
	gint64 now = g_get_monotonic_time();

	if (!deadline)
		return -1;
	return deadline <= now ? 0 : (int)((deadline - now + 999) / 1000);
}

/* Looks in what came last, over the seams of reads. 1: found, 0: not yet, -1: the end. */
static int look_for(int fd, const char *text, GString *seen)
{
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	size_t length = strlen(text);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return -1;
	g_string_append_len(seen, bytes, n);
	if (memmem(seen->str, seen->len, text, length))
		return 1;
	if (seen->len >= length)
		g_string_erase(seen, 0, (gssize)(seen->len - length + 1));
	return 0;
}

static int wait_for_text(struct invocation *invocation, const char *text, gint64 deadline)
{
	GString *seen = g_string_new(NULL);
	struct vmc_stream stream;
	GError *error = NULL;
	int found = 0;

	if (!vmc_stream_open(invocation->connection, invocation->operands[0], "look", HISTORY, &stream,
			     &error))
		return manage_fail(error);
	while (found == 0) {
		struct pollfd p = { .fd = stream.input, .events = POLLIN };
		int r = poll(&p, 1, remaining_ms(deadline));

		if (r == 0)
			break;
		if (r > 0)
			found = look_for(stream.input, text, seen);
	}
	vmc_stream_close(&stream);
	g_string_free(seen, TRUE);
	if (found == 0)
		return on_time_limit(invocation, "seen on the serial port");
	if (found < 0)
		say("%s: its serial port ended before the text came; `bulkhead vm why %s` tells more",
		    invocation->operands[0], invocation->operands[0]);
	return found > 0 ? STATUS_DONE : STATUS_FAILED;
}

/* --- a state --------------------------------------------------------------------------------------- */

static gboolean on_timeout(gpointer has_passed)
{
	*(gboolean *)has_passed = TRUE;
	return G_SOURCE_REMOVE;
}

static int wait_for_state(struct invocation *invocation, const char *state, gint64 deadline)
{
	GError *error = NULL;
	char *path = vmc_find_vm(invocation->connection, invocation->operands[0], &error);
	struct vmc_inventory *inventory = path ? vmc_inventory_new(invocation->connection, &error) : NULL;
	gboolean has_passed = FALSE, is_there = FALSE;
	VmcObject *vm = NULL;

	if (!inventory) {
		g_free(path);
		return manage_fail(error);
	}
	if (deadline)
		g_timeout_add((guint)remaining_ms(deadline), on_timeout, &has_passed);
	while (!has_passed && !is_there && (vm = vmc_inventory_find(inventory, path))) {
		is_there = strcmp(vmc_object_text(vm, "State"), state) == 0;
		if (!is_there)
			g_main_context_iteration(NULL, TRUE);
	}
	vmc_inventory_free(inventory);
	g_free(path);
	if (!vm && !is_there)
		say("%s: this virtual machine is there no more", invocation->operands[0]);
	if (is_there)
		return STATUS_DONE;
	return vm ? on_time_limit(invocation, state) : STATUS_FAILED;
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
	deadline = ms ? g_get_monotonic_time() + (gint64)ms * 1000 : 0;
	if (!what || strncmp(what, "text:", 5) != 0)
		return wait_for_state(invocation, what ? what : "off", deadline);
	if (!what[5] || strlen(what) > TEXT_MAX_BYTES) {
		say("--for: a text has 1 to %d bytes; give one", TEXT_MAX_BYTES);
		return STATUS_USAGE;
	}
	return wait_for_text(invocation, what + 5, deadline);
}
