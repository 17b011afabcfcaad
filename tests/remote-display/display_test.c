/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display between a machine that this program plays and viewers of its own: pictures, changes,
 * sizes, keys, pointer, several viewers, one that does not read. usage: display_test PROGRAM
 */
#include "rfb_client.h"
#include "../run/check.h"

#include "link/link.h"
#include "link/spawn.h"
#include "loop/loop.h"
#include "ui/display.h"
#include "ui/display_proto.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 64 };

/* --- the machine ------------------------------------------------------------------------------------- */

struct machine {
	struct loop *loop;
	struct display *display;
	pthread_t thread;
	pthread_mutex_t lock;
	/* under the lock */
	unsigned width, height;
	uint32_t *pixels; /* width * height */
	bool is_new;
	struct framebuffer_mode mode;
	unsigned changed_x, changed_y, changed_width, changed_height;
	unsigned draws;
	struct {
		char kind;
		int a, b, c, d;
	} events[EVENTS_MAX];
	unsigned event_count;
};

static void draw(void *opaque, struct framebuffer *framebuffer)
{
	struct machine *machine = opaque;
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS };
	bool has_changed;

	pthread_mutex_lock(&machine->lock);
	mode.width = machine->width;
	mode.height = machine->height;
	machine->draws++;
	has_changed = framebuffer_begin(framebuffer, &mode) || machine->is_new || machine->changed_width;
	for (unsigned y = 0; has_changed && y < machine->height; y++)
		memcpy(framebuffer_pixels(framebuffer) + (size_t)y * FRAMEBUFFER_STRIDE,
		       machine->pixels + (size_t)y * machine->width, machine->width * 4);
	framebuffer_mark(framebuffer, machine->changed_x, machine->changed_y, machine->changed_width,
			 machine->changed_height);
	framebuffer_end(framebuffer, has_changed);
	machine->is_new = false;
	machine->changed_width = machine->changed_height = 0;
	pthread_mutex_unlock(&machine->lock);
}

static void add_event(struct machine *machine, char kind, int a, int b, int c, int d)
{
	pthread_mutex_lock(&machine->lock);
	if (machine->event_count < EVENTS_MAX) {
		machine->events[machine->event_count].kind = kind;
		machine->events[machine->event_count].a = a;
		machine->events[machine->event_count].b = b;
		machine->events[machine->event_count].c = c;
		machine->events[machine->event_count++].d = d;
	}
	pthread_mutex_unlock(&machine->lock);
}

static void on_key(void *opaque, uint16_t key, bool is_down)
{
	add_event(opaque, 'k', key, is_down, 0, 0);
}

static void on_pointer(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
	add_event(opaque, 'm', dx, dy, wheel, (int)buttons);
}

static void on_pointer_to(void *opaque, int x, int y, int wheel, unsigned buttons)
{
	add_event(opaque, 'p', x, y, wheel, (int)buttons);
}

static const struct display_ops display_ops = {
	.draw = draw,
	.key = on_key,
	.pointer = on_pointer,
	.pointer_to = on_pointer_to,
};

static void *run_machine(void *opaque)
{
	loop_run(((struct machine *)opaque)->loop);
	return NULL;
}

static void set_size(struct machine *machine, unsigned width, unsigned height, uint32_t seed)
{
	pthread_mutex_lock(&machine->lock);
	machine->width = width;
	machine->height = height;
	machine->pixels = realloc(machine->pixels, (size_t)width * height * 4);
	for (size_t i = 0; i < (size_t)width * height; i++)
		machine->pixels[i] = ((uint32_t)i * 2654435761u + seed) >> 8;
	machine->is_new = true;
	pthread_mutex_unlock(&machine->lock);
}

static void paint(struct machine *machine, unsigned x, unsigned y, unsigned width, unsigned height,
		  uint32_t colour)
{
	pthread_mutex_lock(&machine->lock);
	for (unsigned line = y; line < y + height; line++)
		for (unsigned column = x; column < x + width; column++)
			machine->pixels[(size_t)line * machine->width + column] = colour;
	machine->changed_x = x;
	machine->changed_y = y;
	machine->changed_width = width;
	machine->changed_height = height;
	pthread_mutex_unlock(&machine->lock);
}

static void start_machine(struct machine *machine, int fd)
{
	*machine = (struct machine){ .lock = PTHREAD_MUTEX_INITIALIZER };
	set_size(machine, 640, 480, 1);
	if (loop_new(&machine->loop) < 0 ||
	    display_new(machine->loop, -1, &display_ops, machine, &machine->display) < 0 ||
	    display_add(machine->display, fd) < 0)
		exit(1);
	pthread_create(&machine->thread, NULL, run_machine, machine);
}

static void stop_machine(struct machine *machine)
{
	loop_quit(machine->loop);
	pthread_join(machine->thread, NULL);
	display_free(machine->display);
	loop_free(machine->loop);
	free(machine->pixels);
}

/* --- the service ------------------------------------------------------------------------------------- */

static void send_start(int link, int display)
{
	struct link_message *message;

	link_message_new("start", &message);
	link_add(message, "name", "a test");
	link_add_fd(message, "display", display);
	CHECK(link_send(link, message) == 0);
	link_message_free(message);
}

static int add_viewer(int link, unsigned id, bool is_view_only)
{
	struct link_message *message;
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	link_message_new("viewer", &message);
	link_add_number(message, "id", id);
	link_add_number(message, "view-only", is_view_only);
	link_add_number(message, "must-prove", 0);
	link_add_fd(message, "socket", pair[1]);
	CHECK(link_send(link, message) == 0);
	link_message_free(message);
	close(pair[1]);
	return pair[0];
}

/* "viewer-in" may come before it. */
static void expect(int link, const char *verb, int64_t id)
{
	struct link_message *message;
	uint64_t got;

	for (;;) {
		if (link_receive(link, &message) != 0) {
			printf("FAIL the display went instead of saying %s\n", verb);
			exit(1);
		}
		if (strcmp(link_verb(message), "viewer-in") != 0)
			break;
		link_message_free(message);
	}
	if (strcmp(link_verb(message), verb) != 0)
		printf("%s instead of %s\n", link_verb(message), verb);
	CHECK(strcmp(link_verb(message), verb) == 0);
	if (id >= 0)
		CHECK(link_get_number(message, "id", 1u << 30, &got) == 0 && got == (uint64_t)id);
	link_message_free(message);
}

/* --- what is tested ---------------------------------------------------------------------------------- */

static bool is_equal(struct machine *machine, const struct rfb_client *client)
{
	bool equal;

	pthread_mutex_lock(&machine->lock);
	equal = client->width == machine->width && client->height == machine->height;
	for (size_t i = 0; equal && i < (size_t)client->width * client->height; i++)
		equal = (client->pixels[i] & 0xffffff) == machine->pixels[i];
	pthread_mutex_unlock(&machine->lock);
	return equal;
}

/* Asks until the picture is right, as a viewer does. */
static bool becomes_equal(struct machine *machine, struct rfb_client *client)
{
	for (unsigned i = 0; i < 200; i++) {
		if (is_equal(machine, client))
			return true;
		if (rfb_client_receive(client, 1000))
			rfb_client_request(client, true);
	}
	return false;
}

static void test_picture(struct machine *machine, struct rfb_client *client)
{
	uint64_t bytes;

	rfb_client_request(client, false);
	CHECK(becomes_equal(machine, client));
	CHECK(strcmp(client->name, "a test") == 0);
	while (rfb_client_receive(client, 100))
		rfb_client_request(client, true);
	CHECK(is_equal(machine, client));

	bytes = client->bytes;
	paint(machine, 100, 200, 5, 7, 0x123456);
	CHECK(becomes_equal(machine, client));
	bytes = client->bytes - bytes;
	CHECK(bytes > 0 && bytes <= 4 * 16 * 16 * 4 + 4 * 12 + 4); /* not the whole tiles of the machine */

	set_size(machine, 800, 600, 77);
	CHECK(becomes_equal(machine, client));
	set_size(machine, 320, 200, 78);
	CHECK(becomes_equal(machine, client));
}

static void test_idle(struct machine *machine, struct rfb_client *client)
{
	uint64_t bytes = client->bytes;

	(void)machine;
	while (rfb_client_receive(client, 50))
		rfb_client_request(client, true);
	bytes = client->bytes;
	CHECK(!rfb_client_receive(client, 500));
	CHECK(client->bytes == bytes);
}

static bool has_event(struct machine *machine, char kind, int a, int b, int c, int d)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	bool has = false;

	for (unsigned try = 0; !has && try < 200; try++) {
		pthread_mutex_lock(&machine->lock);
		for (unsigned i = 0; i < machine->event_count; i++)
			has |= machine->events[i].kind == kind && machine->events[i].a == a &&
			       machine->events[i].b == b && machine->events[i].c == c &&
			       machine->events[i].d == d;
		pthread_mutex_unlock(&machine->lock);
		if (!has)
			nanosleep(&pause, NULL);
	}
	return has;
}

static void forget_events(struct machine *machine)
{
	pthread_mutex_lock(&machine->lock);
	machine->event_count = 0;
	pthread_mutex_unlock(&machine->lock);
}

static void test_input(struct machine *machine, struct rfb_client *client)
{
	CHECK(client->has_qemu_keys);
	rfb_client_qemu_key(client, 'q', 0x1e, true); /* a French viewer: the key decides, not the letter */
	CHECK(has_event(machine, 'k', 0x1e, 1, 0, 0));
	rfb_client_qemu_key(client, 'q', 0x1e, false);
	CHECK(has_event(machine, 'k', 0x1e, 0, 0, 0));
	rfb_client_qemu_key(client, 0xff52, 0xc8, true);
	CHECK(has_event(machine, 'k', 0xe048, 1, 0, 0));
	rfb_client_qemu_key(client, 0xff52, 0xc8, false);
	rfb_client_qemu_key(client, 0xff13, 0xc6, true);
	CHECK(has_event(machine, 'k', 0xe11d, 1, 0, 0));
	rfb_client_qemu_key(client, 0xff13, 0xc6, false);

	forget_events(machine);
	rfb_client_key(client, '?', true); /* no Shift is held: it is pressed for this key */
	CHECK(has_event(machine, 'k', 0x2a, 1, 0, 0));
	CHECK(has_event(machine, 'k', 0x35, 1, 0, 0));
	CHECK(has_event(machine, 'k', 0x2a, 0, 0, 0));
	rfb_client_key(client, '?', false);
	CHECK(has_event(machine, 'k', 0x35, 0, 0, 0));

	rfb_client_pointer(client, 0, 0, 0);
	CHECK(has_event(machine, 'p', 0, 0, 0, 0));
	rfb_client_pointer(client, client->width - 1, client->height - 1, 4);
	CHECK(has_event(machine, 'p', DISPLAY_POSITION_MAX, DISPLAY_POSITION_MAX, 0, 2));
	rfb_client_pointer(client, client->width - 1, client->height - 1, 16);
	CHECK(has_event(machine, 'p', DISPLAY_POSITION_MAX, DISPLAY_POSITION_MAX, 1, 0));
}

/* It asks for pictures and reads none: the others do not wait for it. */
static void test_slow_viewer(struct machine *machine, struct rfb_client *client, int link)
{
	struct rfb_client slow;

	rfb_client_init(&slow, add_viewer(link, 2, true));
	for (unsigned i = 0; i < 50; i++)
		rfb_client_request(&slow, false);
	for (unsigned i = 0; i < 10; i++) {
		paint(machine, i * 20, 10, 10, 10, 0xabcdef - i);
		CHECK(becomes_equal(machine, client));
	}
	forget_events(machine);
	rfb_client_key(&slow, 'x', true); /* it may only look */
	rfb_client_key(client, 'y', true);
	CHECK(has_event(machine, 'k', 0x15, 1, 0, 0));
	CHECK(!(machine->event_count > 1));
	rfb_client_deinit(&slow);
	expect(link, "viewer-gone", 2);
}

/* What is held when a viewer goes is released. */
static void test_leave(struct machine *machine, struct rfb_client *client, int link)
{
	forget_events(machine);
	rfb_client_deinit(client);
	expect(link, "viewer-gone", 1);
	CHECK(has_event(machine, 'k', 0x15, 0, 0, 0));
}

static void test_greetings(int link)
{
	static const char *const bad[] = {
		"",
		"GET / HTTP/1.1\r\n\r\n",
		"RFB 003.008\n\2",
		"RFB 002.000\n",
		"RFB 003.008\n\1\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"RFB 003.008\n\1\1\7\7\7\7",
		"RFB 003.003\n"
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = add_viewer(link, 10 + i, false);

		(void)!write(fd, bad[i], strlen(bad[i]));
		close(fd);
		expect(link, "viewer-gone", 10 + (int)i);
	}
}

int main(int argc, char **argv)
{
	struct spawn spawn;
	struct spawned display;
	struct machine machine;
	struct rfb_client client;
	int pair[2], status;

	if (argc != 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	start_machine(&machine, pair[0]);
	spawn_init(&spawn, argv[1]);
	spawn.is_isolated = true;
	if (spawn_process(&spawn, &display) < 0) {
		printf("FAIL %s does not start\n", argv[1]);
		return 1;
	}
	send_start(display.link, pair[1]);
	close(pair[1]);
	expect(display.link, "ready", -1);
	rfb_client_init(&client, add_viewer(display.link, 1, false));
	test_picture(&machine, &client);
	test_idle(&machine, &client);
	test_input(&machine, &client);
	test_slow_viewer(&machine, &client, display.link);
	test_leave(&machine, &client, display.link);
	test_greetings(display.link);
	close(display.link);
	CHECK(waitpid(display.pid, &status, 0) == display.pid && WIFEXITED(status) &&
	      WEXITSTATUS(status) == 0);
	stop_machine(&machine);
	return check_result();
}
