/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may look by TCP: passwords, TLS, WebSocket, the page; and all that must not work. The machine, the
 * service and the viewers are this program's. usage: security_test PROGRAM
 */
#include "hand_machine.h"
#include "rfb_client.h"
#include "security_client.h"
#include "../run/check.h"

#include "link/spawn.h"
#include "server/crypto.h"
#include "server/pump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct hand_machine machine;
static unsigned last_id;

static void hear_gone(const char *was)
{
	struct link_message *heard = hand_hear(&machine, "viewer-gone");
	const char *got = link_get(heard, "was");

	if (!got || strcmp(got, was) != 0)
		printf("viewer %u was %s instead of %s\n", last_id, got ? got : "?", was);
	CHECK(got && strcmp(got, was) == 0);
	link_message_free(heard);
}

static void hear_in(unsigned view_only)
{
	struct link_message *heard = hand_hear(&machine, "viewer-in");
	uint64_t got = 2;

	CHECK(link_get_number(heard, "view-only", 1, &got) == 0 && got == view_only);
	link_message_free(heard);
}

static int temporary(void)
{
	return memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int make_page(void)
{
	static const char files[] = "vnc.html\n13\n<html></html>"
				    "app/ui.js\n8\nlet a=1;";
	int fd = temporary();

	(void)!write(fd, files, sizeof(files) - 1);
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE);
	return fd;
}

static void set_security(int certificate, int key, bool needs_tls)
{
	struct link_message *made = hand_message("security");
	int page = make_page();

	link_add_number(made, "needs-tls", needs_tls);
	link_add(made, "password", "secret-of-many");
	link_add(made, "view-password", "look");
	link_add_fd(made, "certificate", certificate);
	link_add_fd(made, "key", key);
	link_add_fd(made, "web", page);
	hand_tell(&machine, made);
	close(page);
}

/* A viewer by TCP, as far as the display knows. */
static int come(void)
{
	return hand_viewer(&machine, ++last_id, false, true);
}

/* --- viewers ----------------------------------------------------------------------------------------- */

static struct rd_stream *stream_of(int fd)
{
	struct rd_stream *stream;

	if (rd_stream_new_socket(fd, &stream) < 0)
		exit(1);
	return stream;
}

static bool get(struct rd_stream *stream, void *buffer, size_t size)
{
	return rd_stream_read_exact(stream, buffer, size, rd_seconds(HAND_SECONDS)) == 0;
}

static bool put(struct rd_stream *stream, const void *data, size_t size)
{
	return rd_stream_write(stream, data, size, rd_seconds(HAND_SECONDS)) == 0;
}

/* The security types that are offered: as text, such as "19,2,". */
static void greet(struct rd_stream *stream, char ret_types[64])
{
	char version[12];
	uint8_t count = 0, types[16];

	CHECK(get(stream, version, 12) && put(stream, "RFB 003.008\n", 12) && get(stream, &count, 1) &&
	      count < 16 && get(stream, types, count));
	ret_types[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		sprintf(ret_types + strlen(ret_types), "%u,", types[i]);
}

static bool hear_result(struct rd_stream *stream)
{
	uint32_t result = 9;

	CHECK(get(stream, &result, 4));
	return result == 0;
}

static bool prove_vnc(struct rd_stream *stream, const char *password)
{
	uint8_t challenge[16] = { 0 }, response[16];

	CHECK(get(stream, challenge, 16) && rd_vnc_response(password, challenge, response) == 0);
	CHECK(put(stream, response, 16));
	return hear_result(stream);
}

static bool prove_plain(struct rd_stream *stream, const char *password)
{
	uint32_t sizes[2] = { htonl(3), htonl((uint32_t)strlen(password)) };

	CHECK(put(stream, sizes, sizeof(sizes)) && put(stream, "who", 3) &&
	      put(stream, password, strlen(password)));
	return hear_result(stream);
}

static void vencrypt(struct rd_stream **stream, uint32_t subtype)
{
	uint8_t version[2], answer = 9, count = 0, byte = 19;
	uint32_t subtypes[2];

	CHECK(put(*stream, &byte, 1) && get(*stream, version, 2) && version[0] == 0 && version[1] == 2);
	CHECK(put(*stream, version, 2) && get(*stream, &answer, 1) && answer == 0);
	CHECK(get(*stream, &count, 1) && count == 2 && get(*stream, subtypes, 8));
	CHECK(ntohl(subtypes[0]) == 262 && ntohl(subtypes[1]) == 261);
	subtype = htonl(subtype);
	CHECK(put(*stream, &subtype, 4) && get(*stream, &answer, 1) && answer == 1);
	CHECK(client_tls(stream) == 0);
}

static void browse(struct rd_stream *stream, const char *path, const char *headers, char *ret_answer,
		   size_t size)
{
	char request[1024];
	size_t have = 0;
	int n =
	    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: here:5901\r\n%s\r\n", path, headers);

	CHECK(put(stream, request, (size_t)n));
	memset(ret_answer, 0, size);
	while (have < size - 1 && !strstr(ret_answer, "\r\n\r\n") && get(stream, ret_answer + have, 1))
		have++;
}

static const char upgrade[] =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: binary\r\n";

/* After the proof: the picture, through the server's own pump. */
static void look(struct rd_stream *stream, unsigned view_only)
{
	struct rfb_client client;
	struct rd_pump *pump;
	bool is_equal = true;
	int fd;

	CHECK(rd_pump_new(stream, &pump, &fd) == 0);
	rfb_client_join(&client, fd);
	hear_in(view_only);
	rfb_client_request(&client, false);
	while (client.rects == 0 && rfb_client_receive(&client, HAND_SECONDS * 1000))
		;
	CHECK(client.width == HAND_WIDTH && client.height == HAND_HEIGHT);
	for (unsigned i = 0; i < HAND_WIDTH * HAND_HEIGHT; i++)
		is_equal &=
		    (client.pixels[i] & 0xffffff) == (hand_pixel(i % HAND_WIDTH, i / HAND_WIDTH) & 0xffffff);
	CHECK(is_equal);
	rfb_client_deinit(&client);
	rd_pump_free(pump);
	rd_stream_free(stream);
	hear_gone("in");
}

/* --- what is tested ---------------------------------------------------------------------------------- */

/* Until the server closes. */
static void drain(struct rd_stream *stream)
{
	char byte;

	while (get(stream, &byte, 1))
		;
}

static void wrong(struct rd_stream *stream, const char *was)
{
	drain(stream);
	rd_stream_free(stream);
	hear_gone(was);
}

static void test_loopback(void)
{
	static const struct {
		const char *password;
		int view_only; /* -1: refused */
	} cases[] = { { "secret-o", 0 }, { "secret-of-many", 0 }, { "look", 1 },
		      { "", -1 },	 { "Secret-o", -1 },	  { "loo", -1 } };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rd_stream *stream = stream_of(come());
		char types[64];
		bool is_in;

		greet(stream, types);
		CHECK(strcmp(types, "19,2,") == 0);
		CHECK(put(stream, "\2", 1));
		is_in = prove_vnc(stream, cases[i].password);
		CHECK(is_in == (cases[i].view_only >= 0));
		if (is_in)
			look(stream, (unsigned)cases[i].view_only);
		else
			wrong(stream, "wrong-password");
	}
}

static void test_vencrypt(void)
{
	static const struct {
		uint32_t subtype;
		const char *password;
		int view_only;
	} cases[] = {
		{ 262, "secret-of-many", 0 }, { 262, "secret-o", -1 }, { 262, "", -1 }, { 262, "look", 1 },
		{ 261, "secret-o", 0 },	      { 261, "look", 1 },      { 261, "x", -1 }
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rd_stream *stream = stream_of(come());
		char types[64];
		bool is_in;

		greet(stream, types);
		CHECK(strcmp(types, "19,") == 0);
		vencrypt(&stream, cases[i].subtype);
		is_in = cases[i].subtype == 262 ? prove_plain(stream, cases[i].password)
						: prove_vnc(stream, cases[i].password);
		if (is_in != (cases[i].view_only >= 0))
			printf("subtype %u, password \"%s\"\n", cases[i].subtype, cases[i].password);
		CHECK(is_in == (cases[i].view_only >= 0));
		if (is_in)
			look(stream, (unsigned)cases[i].view_only);
		else
			wrong(stream, "wrong-password");
	}
}

static void test_websocket(bool is_encrypted)
{
	struct rd_stream *stream = stream_of(come());
	char answer[512], types[64];

	if (is_encrypted)
		CHECK(client_tls(&stream) == 0);
	browse(stream, "/", "", answer, sizeof(answer));
	CHECK(strstr(answer, "200 OK") && strstr(answer, "text/html") && get(stream, types, 13) &&
	      memcmp(types, "<html></html>", 13) == 0);
	browse(stream, "/app/ui.js?v=1", "", answer, sizeof(answer));
	CHECK(strstr(answer, "200 OK") && strstr(answer, "text/javascript") && get(stream, types, 8));
	browse(stream, "/../../etc/passwd", "", answer, sizeof(answer));
	CHECK(strstr(answer, "404 Not Found"));
	CHECK(get(stream, types, strlen("There is no such page here.\n")));
	browse(stream, "/websockify", upgrade, answer, sizeof(answer));
	CHECK(strstr(answer, "101 Switching") &&
	      strstr(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
	client_websocket(&stream);
	greet(stream, types);
	CHECK(strcmp(types, is_encrypted ? "2," : "19,2,") == 0);
	CHECK(put(stream, "\2", 1) && prove_vnc(stream, "secret-o"));
	look(stream, 0);
}

static void test_foreign_page(void)
{
	struct rd_stream *stream = stream_of(come());
	char answer[512], headers[512];

	snprintf(headers, sizeof(headers), "%sOrigin: https://evil.example\r\n", upgrade);
	browse(stream, "/websockify", headers, answer, sizeof(answer));
	CHECK(strstr(answer, "403 Forbidden"));
	wrong(stream, "never-in");
}

/* Without TLS nobody gets so far as to be asked for a password. */
static void test_no_tls(void)
{
	struct rd_stream *stream = stream_of(come());
	char answer[512], types[64];
	uint8_t zeroes[4];

	browse(stream, "/", "", answer, sizeof(answer));
	CHECK(strstr(answer, "403 Forbidden"));
	wrong(stream, "never-in");
	stream = stream_of(come());
	greet(stream, types);
	CHECK(put(stream, "\2", 1));
	wrong(stream, "never-in");
	stream = stream_of(come());
	CHECK(get(stream, types, 12) && put(stream, "RFB 003.003\n", 12) && get(stream, zeroes, 4) &&
	      memcmp(zeroes, "\0\0\0\0", 4) == 0);
	wrong(stream, "never-in");
	stream = stream_of(come());
	greet(stream, types);
	CHECK(put(stream, "\1", 1)); /* "None" */
	wrong(stream, "never-in");
}

/* Half a greeting, nonsense, and nothing at all: each ends, and others come in meanwhile. */
static void test_nonsense(void)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{ "RFB", 3 },
		{ "RFB 003.008\n\23\0\1", 15 },
		{ "RFB 003.008\n\23\0\2\0\0\1\4", 19 }, /* X509None */
		{ "RFB 003.008\n\23\0\2\0\0\1\5", 19 },
		{ "\x16\x03\x01\xff\xff\xff\xff", 7 },
		{ "GET", 3 },
		{ "GET / HTTP/1.1\r\n", 16 },
		{ "GET nowhere\r\n\r\n", 15 },
		{ "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", 38 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = come();

		(void)!write(fd, cases[i].text, cases[i].size);
		shutdown(fd, SHUT_WR);
		wrong(stream_of(fd), "never-in");
	}
}

/* By a process of its own, as the service has it made. */
static int make_certificate(const char *program, int *ret_key)
{
	struct link_message *made = hand_message("make-certificate"), *heard;
	struct hand_machine maker = { .service = -1 };
	int certificate = temporary(), key = temporary();
	struct spawn spawn;
	struct spawned spawned;
	uint64_t error = 1;

	spawn_init(&spawn, program);
	spawn.is_isolated = true;
	if (spawn_process(&spawn, &spawned) < 0)
		exit(1);
	maker.service = spawned.link;
	link_add(made, "name", "host.example");
	link_add_fd(made, "certificate", certificate);
	link_add_fd(made, "key", key);
	hand_tell(&maker, made);
	heard = hand_hear(&maker, "certificate");
	CHECK(link_get_number(heard, "error", 1000, &error) == 0 && error == 0);
	CHECK(link_get(heard, "fingerprint") && strlen(link_get(heard, "fingerprint")) == 95);
	link_message_free(heard);
	close(spawned.link);
	waitpid(spawned.pid, NULL, 0);
	*ret_key = key;
	return certificate;
}

int main(int argc, char **argv)
{
	int certificate, key;

	if (argc != 2)
		return 2;
	hand_machine_init(&machine, argv[1]);
	certificate = make_certificate(argv[1], &key);

	set_security(certificate, key, false);
	test_loopback();
	test_websocket(false);
	test_websocket(true);
	test_foreign_page();
	test_nonsense();
	set_security(certificate, key, true);
	test_no_tls();
	test_vencrypt();
	test_websocket(true);
	test_nonsense();

	hand_machine_deinit(&machine);
	return check_result();
}
