/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker's messages to a service that does not read: nothing blocks, what says how the machine stands
 * arrives. */
#include "link/worker_link.h"
#include "loop/loop.h"
#include "worker/outbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARNINGS = 400, SIZE = 8000 };

static int failed;

static void check(bool is_good, const char *what, unsigned n)
{
	if (is_good)
		return;
	printf("FAILED: %s (%u)\n", what, n);
	failed = 1;
}

static struct link_message *make(const char *verb, unsigned number)
{
	static char text[SIZE];
	struct link_message *message = NULL;

	memset(text, 'x', sizeof(text) - 1);
	if (link_message_new(verb, &message) == 0) {
		link_add_number(message, "number", number);
		link_add(message, "text", text);
	}
	return message;
}

static void quit(void *opaque)
{
	loop_quit(opaque);
}

/* How many came; `ret_states` of them were "paused". */
static unsigned receive_all(int fd, unsigned *ret_states)
{
	struct link_message *message;
	static uint64_t last;
	uint64_t number;
	unsigned count = 0;

	while (link_receive(fd, &message) == 0) {
		if (strcmp(link_verb(message), "paused") == 0)
			(*ret_states)++;
		check(link_get_number(message, "number", 10000, &number) == 0 && number > last, "the order",
		      count);
		last = number;
		count++;
		link_message_free(message);
	}
	return count;
}

static void test_slow_service(void)
{
	struct outbox outbox;
	struct loop *loop;
	struct loop_timer *end;
	unsigned states = 0, count, number = 0;
	int pair[2];

	check(loop_new(&loop) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "sockets", 0);
	check(outbox_init(&outbox, loop, pair[0]) == 0, "outbox", 0);
	alarm(20); /* whatever blocks ends here */
	for (unsigned i = 0; i < WARNINGS; i++) {
		outbox_send(&outbox, make("warning", ++number), true);
		if (i % 40 == 39)
			outbox_send(&outbox, make("paused", ++number), false);
	}
	check(outbox.count <= OUTBOX_MAX && outbox.count > 0, "what waits", outbox.count);
	outbox_flush(&outbox, 100); /* nobody reads: it comes back */
	/* The service wakes up. */
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	count = receive_all(pair[1], &states);
	loop_timer_new(loop, quit, loop, &end);
	loop_timer_set(end, loop_now() + 300000000ull);
	loop_run(loop);
	check(outbox.count == 0 || count > 0, "the retry", outbox.count);
	while (outbox.count > 0) {
		receive_all(pair[1], &states);
		outbox_flush(&outbox, 100);
	}
	receive_all(pair[1], &states);
	check(states == WARNINGS / 40, "states that arrived", states);
	alarm(0);
	outbox_deinit(&outbox);
	loop_timer_free(end);
	loop_free(loop);
	close(pair[0]);
	close(pair[1]);
}

/* A service that is gone: messages go nowhere, and nothing is kept. */
static void test_no_service(void)
{
	struct outbox outbox;
	struct loop *loop;
	int pair[2];

	check(loop_new(&loop) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "sockets", 0);
	check(outbox_init(&outbox, loop, pair[0]) == 0, "outbox", 0);
	close(pair[1]);
	for (unsigned i = 0; i < WARNINGS; i++)
		outbox_send(&outbox, make("paused", i), false);
	check(outbox.count == 0, "nothing is kept", outbox.count);
	outbox_deinit(&outbox);
	loop_free(loop);
	close(pair[0]);
}

int main(void)
{
	test_slow_service();
	test_no_service();
	return failed;
}
