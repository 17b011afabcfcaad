/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial port shared among many: what somebody typed arrives, whole and in its order, also when the one
 * who typed has gone before anybody looked; and nobody spins meanwhile.
 */
#include "loop/loop.h"
#include "worker/serial_hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int failed;

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	printf("FAILED: %s\n", what);
	failed = 1;
}

struct rig {
	struct loop *loop;
	struct serial_hub *hub;
	int port; /* the guest's end */
	char got[1 << 20];
	size_t size;
};

static void rig_init(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	if (loop_new(&rig->loop) < 0 || serial_hub_new(rig->loop, &rig->hub, &rig->port) < 0)
		exit(1);
	fcntl(rig->port, F_SETFL, O_NONBLOCK);
}

static void rig_deinit(struct rig *rig)
{
	serial_hub_free(rig->hub);
	close(rig->port);
	loop_free(rig->loop);
}

static int add(struct rig *rig, enum hub_write write_mode)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
	    serial_hub_add(rig->hub, pair[0], write_mode, 0) < 0)
		exit(1);
	return pair[1];
}

static void type(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		check(false, "typing");
}

static void run(struct rig *rig)
{
	for (int i = 0; i < 100; i++)
		loop_run_pending(rig->loop);
}

/* The guest takes what is there. */
static void take(struct rig *rig)
{
	ssize_t n;

	while ((n = read(rig->port, rig->got + rig->size, sizeof(rig->got) - 1 - rig->size)) > 0)
		rig->size += (size_t)n;
	rig->got[rig->size] = '\0';
}

/* Typed and gone before the hub looked, while the guest says something that nobody takes any more. */
static void test_gone_at_once(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	int fd;

	rig_init(rig);
	fd = add(rig, HUB_WRITES);
	type(rig->port, "output of the guest");
	type(fd, "typed\n");
	close(fd);
	run(rig);
	take(rig);
	check(strcmp(rig->got, "typed\n") == 0, "what is typed by one who goes at once");
	rig_deinit(rig);
	free(rig);
}

/* One after the other, each gone before the hub looked: as a script with `bulkhead vm type` does. */
static void test_one_after_the_other(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	char wanted[256] = "", line[16];

	rig_init(rig);
	for (int i = 0; i < HUB_CLIENTS_MAX - 1; i++) {
		int fd = add(rig, HUB_WRITES);

		snprintf(line, sizeof(line), "line %d\n", i);
		strcat(wanted, line);
		type(fd, line);
		close(fd);
		type(rig->port, "prompt ");
	}
	run(rig);
	take(rig);
	check(strcmp(rig->got, wanted) == 0, "lines of several, in their order");
	if (strcmp(rig->got, wanted) != 0)
		printf("it got: %s\n", rig->got);
	for (int i = 0; i < HUB_CLIENTS_MAX; i++) /* all places are free again */
		close(add(rig, HUB_LOOKS));
	rig_deinit(rig);
	free(rig);
}

/* Who types is still there: the next one looks, and is told. */
static void test_second_looks(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	char notice[200] = "";
	int first, second;

	rig_init(rig);
	first = add(rig, HUB_WRITES);
	second = add(rig, HUB_WRITES);
	type(first, "a");
	type(second, "b");
	run(rig);
	take(rig);
	check(strcmp(rig->got, "a") == 0, "only the first one types");
	check(recv(second, notice, sizeof(notice) - 1, MSG_DONTWAIT) > 0 && strstr(notice, "somebody else"),
	      "the second one is told");
	close(first);
	close(second);
	rig_deinit(rig);
	free(rig);
}

/* --- texts, which are typed whoever else types ---------------------------------------------------------------- */

static void take_all(struct rig *rig, size_t size)
{
	for (int i = 0; i < 2000 && rig->size < size; i++) {
		run(rig);
		take(rig);
	}
}

/* Of `count` bytes, as one piece: where it begins; -1. */
static long whole(const struct rig *rig, char byte, size_t count)
{
	const char *first = strchr(rig->got, byte);

	if (!first || strspn(first, (char[]){ byte, '\0' }) != count)
		return -1;
	return first - rig->got;
}

static void test_text(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	char notice[200];
	int writer, text;

	rig_init(rig);
	writer = add(rig, HUB_WRITES);
	text = add(rig, HUB_TEXT);
	type(rig->port, "what the guest says");
	type(text, "a text ");
	run(rig);
	type(writer, "keys ");
	run(rig);
	type(text, "and more");
	shutdown(text, SHUT_WR);
	run(rig);
	take(rig);
	check(strcmp(rig->got, "a text keys and more") == 0, "a text beside the one who types");
	check(recv(text, notice, sizeof(notice), MSG_DONTWAIT) == 0, "it hears nothing, and is told the end");
	check(recv(writer, notice, sizeof(notice), MSG_DONTWAIT) == 19,
	      "the one who types hears the guest only");
	close(text);
	close(writer);
	rig_deinit(rig);
	free(rig);
}

/* A slow guest, and all of them type at the same time: each text arrives whole, and so do the keys. */
static void test_whole_texts(void)
{
	enum { MUCH = 100000, TEXTS = 5 };
	struct rig *rig = malloc(sizeof(*rig));
	char *much = malloc(MUCH);
	int writer;

	rig_init(rig);
	writer = add(rig, HUB_WRITES);
	for (int i = 0; i < TEXTS; i++) {
		int fd = add(rig, HUB_TEXT);

		memset(much, 'A' + i, MUCH);
		if (write(fd, much, MUCH) != MUCH)
			check(false, "a long text is typed");
		close(fd);
		if (i == 2)
			type(writer, "abc");
		run(rig);
	}
	take_all(rig, TEXTS * MUCH + 3);
	check(rig->size == TEXTS * MUCH + 3, "all of it arrives");
	for (int i = 0; i < TEXTS; i++)
		if (whole(rig, (char)('A' + i), MUCH) < 0) {
			printf("text %c\n", 'A' + i);
			check(false, "a text arrives whole");
		}
	check(strstr(rig->got, "abc") != NULL, "and so do keys");
	for (int i = 1; i < TEXTS; i++)
		check(whole(rig, (char)('A' + i), MUCH) > whole(rig, (char)('A' + i - 1), MUCH),
		      "in their order");
	for (int i = 1; i < HUB_CLIENTS_MAX; i++) /* all places are free again */
		close(add(rig, HUB_LOOKS));
	close(writer);
	rig_deinit(rig);
	free(much);
	free(rig);
}

/* One who never stops typing does not keep a text away; nor does a text whose sender has stopped keep others away. */
static void test_endless(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	int writer, text, idle;
	static char much[8192];

	rig_init(rig);
	memset(much, '.', sizeof(much));
	writer = add(rig, HUB_WRITES);
	fcntl(writer, F_SETFL, O_NONBLOCK);
	idle = add(rig, HUB_TEXT);
	type(idle, "idle ");
	text = add(rig, HUB_TEXT);
	type(text, "text");
	close(text);
	for (int i = 0; i < 200 && !strstr(rig->got, "text"); i++) {
		while (write(writer, much, sizeof(much)) > 0)
			;
		run(rig);
		if (rig->size > sizeof(rig->got) / 2)
			break;
		take(rig);
	}
	check(strstr(rig->got, "text") != NULL, "a text beside one who never stops");
	/* Somebody takes over in the midst of what the one before typed. */
	close(writer);
	writer = add(rig, HUB_TAKES_OVER);
	type(writer, "mine");
	for (int i = 0; i < 200 && !strstr(rig->got, "mine"); i++) {
		rig->size = 0;
		run(rig);
		take(rig);
	}
	check(strstr(rig->got, "mine") != NULL, "one who takes over");
	close(writer);
	close(idle);
	rig_deinit(rig);
	free(rig);
}

/* One too many is not taken for one who was heard: its end is reset, not closed. */
static void test_no_place(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	int fds[HUB_CLIENTS_MAX], pair[2];
	char byte;

	rig_init(rig);
	for (int i = 0; i < HUB_CLIENTS_MAX; i++)
		fds[i] = add(rig, HUB_LOOKS);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		exit(1);
	type(pair[1], "text");
	check(serial_hub_add(rig->hub, pair[0], HUB_TEXT, 0) == -EMFILE, "one too many");
	check(recv(pair[1], &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET,
	      "it is told that it was not heard");
	close(pair[1]);
	for (int i = 0; i < HUB_CLIENTS_MAX; i++)
		close(fds[i]);
	rig_deinit(rig);
	free(rig);
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_quit(void *opaque)
{
	loop_quit(opaque);
}

/* The guest takes nothing: much waits in the sockets, its writers are gone, and the loop sleeps. */
static void test_slow_guest(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	char *much = malloc(200000);
	struct loop_timer *timer;
	double before;
	int fds[2];

	memset(much, 'x', 200000);
	rig_init(rig);
	for (int i = 0; i < 2; i++) {
		fds[i] = add(rig, i == 0 ? HUB_WRITES : HUB_TEXT);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
		if (write(fds[i], much, 150000) != 150000)
			check(false, "much is typed");
		close(fds[i]);
		run(rig);
	}
	loop_timer_new(rig->loop, on_quit, rig->loop, &timer);
	loop_timer_set(timer, loop_now() + 300000000);
	before = cpu_seconds();
	loop_run(rig->loop);
	check(cpu_seconds() - before < 0.1, "the loop sleeps while the guest takes nothing");
	loop_timer_free(timer);
	for (int i = 0; i < 1000 && rig->size < 300000; i++) {
		take(rig);
		run(rig);
	}
	check(rig->size == 300000, "all of it arrives");
	rig_deinit(rig);
	free(much);
	free(rig);
}

/* --- a socket instead of clients that are handed over ------------------------------------------------------ */

/* The loop may take a moment to hear of somebody who comes or goes. */
static bool runs_until(struct rig *rig, int fd, const char *text)
{
	char got[4096] = "";
	size_t size = 0;

	for (int i = 0; i < 500 && !strstr(got, text); i++) {
		ssize_t n = recv(fd, got + size, sizeof(got) - 1 - size, MSG_DONTWAIT);

		size += n > 0 ? (size_t)n : 0;
		run(rig);
	}
	return strstr(got, text) != NULL;
}

static int dial(const struct sockaddr_un *address, socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, size) < 0)
		exit(1);
	return fd;
}

/* As by a cable: one at a time, the next one when that has gone, and nothing but what the guest says. */
static void test_socket(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), first, second;
	socklen_t size = sizeof(address);
	static char much[4096];

	rig_init(rig);
	if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
	    listen(listener, 4) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		exit(1);
	check(serial_hub_listen(rig->hub, listener) == 0, "it listens");
	type(rig->port, "before anybody came ");
	run(rig);
	first = dial(&address, size);
	type(first, "one ");
	run(rig);
	second = dial(&address, size);
	type(second, "two ");
	run(rig);
	take(rig);
	check(strcmp(rig->got, "one ") == 0, "the second one waits");
	type(rig->port, "for the first");
	check(runs_until(rig, first, "for the first"), "the guest's words");
	/* It reads no more: the guest goes on, and nothing that the guest did not say comes in between. */
	memset(much, '.', sizeof(much));
	for (int i = 0; i < 1000; i++) {
		if (send(rig->port, much, sizeof(much), MSG_DONTWAIT) != sizeof(much))
			i = 1000;
		run(rig);
	}
	check(send(rig->port, "x", 1, MSG_DONTWAIT) == 1, "a client that does not read holds up the guest");
	run(rig);
	for (ssize_t n; (n = recv(first, rig->got, sizeof(rig->got), MSG_DONTWAIT)) > 0; run(rig))
		for (ssize_t i = 0; i < n; i++)
			if (rig->got[i] != '.' && rig->got[i] != 'x') {
				check(false, "a word that is not the guest's");
				i = n;
			}
	close(first);
	rig->size = 0;
	for (int i = 0; i < 100 && rig->size == 0; i++) {
		run(rig);
		take(rig);
	}
	check(strcmp(rig->got, "two ") == 0, "then the second one is heard");
	type(rig->port, "for the second");
	check(runs_until(rig, second, "for the second"), "and hears");
	close(second);
	rig_deinit(rig);
	free(rig);
}

static void test_no_socket(void)
{
	struct rig *rig = malloc(sizeof(*rig));
	int pair[2];

	rig_init(rig);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		exit(1);
	check(serial_hub_listen(rig->hub, pair[0]) == -ENOTSOCK, "a socket that does not listen is refused");
	close(pair[1]);
	rig_deinit(rig);
	free(rig);
}

int main(void)
{
	test_socket();
	test_no_socket();
	test_gone_at_once();
	test_one_after_the_other();
	test_second_looks();
	test_text();
	test_whole_texts();
	test_endless();
	test_no_place();
	test_slow_guest();
	return failed;
}
