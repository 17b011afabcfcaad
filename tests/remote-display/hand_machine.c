/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hand_machine.h"
#include "../run/check.h"

#include "link/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void give_up(const char *what)
{
	printf("FAIL %s\n", what);
	exit(1);
}

/* --- the service ------------------------------------------------------------------------------------- */

struct link_message *hand_message(const char *verb)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		give_up("no memory");
	return message;
}

void hand_tell(const struct hand_machine *machine, struct link_message *message)
{
	if (link_send(machine->service, message) < 0)
		give_up("the display does not listen");
	link_message_free(message);
}

struct link_message *hand_hear(const struct hand_machine *machine, const char *verb)
{
	struct link_message *message;

	if (link_receive(machine->service, &message) != 0)
		give_up("the display went");
	if (strcmp(link_verb(message), verb) != 0)
		printf("%s instead of %s\n", link_verb(message), verb);
	CHECK(strcmp(link_verb(message), verb) == 0);
	return message;
}

int hand_viewer(const struct hand_machine *machine, unsigned id, bool is_view_only, bool must_prove)
{
	struct link_message *message = hand_message("viewer");
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		give_up("no socket");
	link_add_number(message, "id", id);
	link_add_number(message, "view-only", is_view_only);
	link_add_number(message, "must-prove", must_prove);
	link_add_fd(message, "socket", pair[1]);
	hand_tell(machine, message);
	close(pair[1]);
	return pair[0];
}

/* --- the machine ------------------------------------------------------------------------------------- */

uint32_t hand_pixel(unsigned x, unsigned y)
{
	return (x * 2654435761u + y * 40503u) >> 8;
}

static void draw(struct hand_machine *machine)
{
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS,
					 .width = HAND_WIDTH,
					 .height = HAND_HEIGHT };

	framebuffer_begin(machine->framebuffer, &mode);
	for (unsigned y = 0; y < HAND_HEIGHT; y++)
		for (unsigned x = 0; x < HAND_WIDTH; x++)
			framebuffer_pixels(machine->framebuffer)[y * FRAMEBUFFER_STRIDE + x] =
			    hand_pixel(x, y);
	framebuffer_end(machine->framebuffer, true);
}

void hand_fill(struct hand_machine *machine, uint32_t colour)
{
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS,
					 .width = HAND_WIDTH,
					 .height = HAND_HEIGHT };

	framebuffer_begin(machine->framebuffer, &mode);
	for (unsigned y = 0; y < HAND_HEIGHT; y++)
		for (unsigned x = 0; x < HAND_WIDTH; x++)
			framebuffer_pixels(machine->framebuffer)[y * FRAMEBUFFER_STRIDE + x] = colour;
	framebuffer_mark(machine->framebuffer, 0, 0, HAND_WIDTH, HAND_HEIGHT);
	framebuffer_end(machine->framebuffer, true);
	hand_drawn(machine);
}

void hand_drawn(const struct hand_machine *machine)
{
	struct display_message message = { DISPLAY_DRAWN,
					   { (int32_t)framebuffer_sequence(machine->framebuffer) } };

	if (send(machine->display, &message, sizeof(message), MSG_NOSIGNAL) < 0)
		give_up("the display does not listen");
}

bool hand_expect(const struct hand_machine *machine, enum display_kind kind,
		 struct display_message *ret_message)
{
	struct pollfd wait = { .fd = machine->display, .events = POLLIN };

	while (poll(&wait, 1, HAND_SECONDS * 1000) == 1 &&
	       recv(machine->display, ret_message, sizeof(*ret_message), 0) == (ssize_t)sizeof(*ret_message))
		if (ret_message->kind == (uint32_t)kind)
			return true;
	return false;
}

static void send_hello(const struct hand_machine *machine)
{
	struct display_message message = { DISPLAY_HELLO, { FRAMEBUFFER_VERSION } };
	struct iovec iov = { &message, sizeof(message) };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
	int fd = framebuffer_fd(machine->framebuffer);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(machine->display, &msg, 0) < 0)
		give_up("the display does not listen");
}

/* --- both -------------------------------------------------------------------------------------------- */

void hand_machine_init(struct hand_machine *machine, const char *program)
{
	struct link_message *start = hand_message("start");
	struct spawn spawn;
	struct spawned display;
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	spawn_init(&spawn, program);
	spawn.is_isolated = true;
	if (framebuffer_new(&machine->framebuffer) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    spawn_process(&spawn, &display) < 0)
		give_up("the display does not start");
	machine->display = pair[0];
	machine->service = display.link;
	machine->pid = display.pid;
	draw(machine);
	link_add(start, "name", "a test");
	link_add_fd(start, "display", pair[1]);
	hand_tell(machine, start);
	close(pair[1]);
	send_hello(machine);
	link_message_free(hand_hear(machine, "ready"));
}

void hand_machine_deinit(struct hand_machine *machine)
{
	int status;

	close(machine->service);
	CHECK(waitpid(machine->pid, &status, 0) == machine->pid && WIFEXITED(status) &&
	      WEXITSTATUS(status) == 0);
	close(machine->display);
	framebuffer_free(machine->framebuffer);
}
