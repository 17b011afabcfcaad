/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NAT without a guest: DHCP, ARP, names of stations, files by TFTP, a TCP connection to this host that
 * gets large segments, datagrams in fragments, forwards. No network but the loopback is needed.
 */
#include "make_frame.h"

#include "../run/check.h"
#include "net/checksum.h"
#include "switch/nat.h"
#include "switch/nat_mss.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUEUE = 64 };

static const struct frame_mac guest = { { 0, 0x15, 0x5D, 1, 2, 3 } },
			      gateway = { { 0x52, 0x55, 10, 0, 2, 2 } };
static struct nat *nat;
static uint8_t frame[FRAME_MAX];

static struct received {
	size_t size;
	unsigned segment;
	uint8_t bytes[FRAME_MAX];
} queue[QUEUE];
static unsigned queue_count;

static void output(void *opaque, const uint8_t *data, size_t size, unsigned segment)
{
	struct received *received = &queue[queue_count % QUEUE];

	CHECK(size >= FRAME_ETHERNET_HEADER && size <= sizeof(received->bytes));
	received->size = size;
	received->segment = segment;
	memcpy(received->bytes, data, size);
	queue_count++;
}

static const struct nat_ops ops = { .output = output };

static void turn(int wait_ms)
{
	struct pollfd polls[NAT_POLLS_MAX];
	int timeout;
	unsigned count = nat_poll_fill(nat, polls, &timeout);

	poll(polls, count, timeout < 0 || timeout > wait_ms ? wait_ms : timeout);
	nat_poll_done(nat);
}

static void send_frame(size_t size, bool takes_large)
{
	const struct vswitch_frame sent = { .data = frame, .size = size, .takes_large = takes_large };

	nat_input(nat, &sent);
}

/* boot_file: with a TFTP server; NULL: without. */
static void setup_boot(bool has_host, const char *boot_file)
{
	struct nat_config config = {
		.has_ipv6 = true, .has_host = has_host, .has_tftp = boot_file, .boot_file = boot_file
	};

	inet_pton(AF_INET, "10.0.2.0", &config.network);
	CHECK(nat_new(&config, &ops, NULL, &nat) == 0);
	queue_count = 0;
}

static void setup(bool has_host)
{
	setup_boot(has_host, NULL);
}

/* The guest's address becomes known by its ARP request. */
static void test_arp(void)
{
	static const uint8_t request[] = { 0,  1, 8, 0,	 6, 4, 0, 1, 0, 0x15, 0x5D, 1, 2, 3,
					   10, 0, 2, 15, 0, 0, 0, 0, 0, 0,    10,   0, 2, 2 };

	memset(frame, 0xFF, 6);
	memcpy(frame + 6, &guest, 6);
	frame_put16(frame + 12, FRAME_ARP);
	memcpy(frame + 14, request, sizeof(request));
	queue_count = 0;
	send_frame(14 + 28, false);
	CHECK(queue_count == 1 && frame_get16(queue[0].bytes + 20) == 2);
	CHECK(memcmp(queue[0].bytes + 22, &gateway, 6) == 0 && nat_is_address(nat, &gateway));
	CHECK(!nat_is_address(nat, &guest));
}

static void test_idle(void)
{
	struct pollfd polls[NAT_POLLS_MAX];
	int timeout = 0;

	setup(true);
	CHECK(nat_poll_fill(nat, polls, &timeout) == 0);
	/* Router advertisements only: minutes apart. */
	if (!CHECK(timeout < 0 || timeout > 10000))
		printf("comes back after %d ms\n", timeout);
	nat_free(nat);
}

/* RFC 2131: DISCOVER is answered by an offer of the first address, with what to boot and from where. */
static void test_dhcp(const char *boot_file)
{
	static const uint8_t options[] = { 0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255 };
	struct frame_layout layout;
	uint8_t *bootp = frame + 14 + 20 + 8;
	size_t size;

	setup_boot(true, boot_file);
	size = make_udp(frame, &guest, &guest, false, 300);
	memset(frame, 0xFF, 6);
	memset(frame + 26, 0, 4);
	memset(frame + 30, 0xFF, 4);
	frame_put16(frame + 34, 68);
	frame_put16(frame + 36, 67);
	memset(bootp, 0, 300);
	bootp[0] = bootp[1] = 1;
	bootp[2] = 6;
	memcpy(bootp + 28, &guest, 6);
	memcpy(bootp + 236, options, sizeof(options));
	checksum_fill_ipv4(frame + 14);
	CHECK(frame_parse(frame, size, false, &layout));
	checksum_fill_transport(frame, &layout);
	send_frame(size, false);
	CHECK(queue_count == 1);
	bootp = queue[0].bytes + 14 + 20 + 8;
	CHECK(bootp[0] == 2 && frame_get32(bootp + 16) == 0x0A00020F);
	CHECK(strcmp((char *)bootp + 108, boot_file ? boot_file : "") == 0);
	CHECK(!boot_file || frame_get32(bootp + 20) == 0x0A000202);
	nat_free(nat);
}

/* --- TFTP (RFC 1350, RFC 2347) --------------------------------------------------------------------- */

enum {
	TFTP_READ = 1,
	TFTP_WRITE,
	TFTP_DATA,
	TFTP_ACK,
	TFTP_ERROR,
	TFTP_OPTIONS,
	TFTP_PORT = 69,
	DHCP_PORT = 67,
	TFTP_AT = 42
};

static void send_to_gateway(uint16_t port, const void *data, size_t data_size)
{
	size_t size = make_udp(frame, &gateway, &guest, false, data_size);
	struct frame_layout layout;

	memcpy(frame + TFTP_AT, data, data_size);
	frame_put32(frame + 30, 0x0A000202);
	frame_put16(frame + 34, 2000);
	frame_put16(frame + 36, port);
	checksum_fill_ipv4(frame + 14);
	CHECK(frame_parse(frame, size, false, &layout));
	checksum_fill_transport(frame, &layout);
	queue_count = 0;
	send_frame(size, false);
}

/*
 * What the server says to a request for a file: an opcode, 0 for nothing; its first number in `ret_number`.
 */
static unsigned ask_tftp(unsigned opcode, const char *name, const char *option, unsigned *ret_number)
{
	uint8_t request[600] = { 0, (uint8_t)opcode };
	size_t size = 2;

	size += (size_t)sprintf((char *)request + size, "%s", name) + 1;
	size += (size_t)sprintf((char *)request + size, "octet") + 1;
	if (option) {
		size += (size_t)sprintf((char *)request + size, "%s", option) + 1;
		size += (size_t)sprintf((char *)request + size, "1428") + 1;
	}
	send_to_gateway(TFTP_PORT, request, size);
	*ret_number = queue_count ? frame_get16(queue[0].bytes + TFTP_AT + 2) : 0;
	return queue_count ? frame_get16(queue[0].bytes + TFTP_AT) : 0;
}

static void make_file(const char *name, size_t size)
{
	FILE *file = fopen(name, "w");

	for (size_t i = 0; CHECK(file) && i < size; i++)
		fputc((int)(i % 251), file);
	if (file)
		fclose(file);
}

static void test_tftp(void)
{
	static const struct {
		const char *name, *option;
		unsigned opcode, says;
	} cases[] = {
		{ "boot", NULL, TFTP_READ, TFTP_DATA },
		{ "/boot", NULL, TFTP_READ, TFTP_DATA },
		{ "boot", "blksize", TFTP_READ, TFTP_OPTIONS },
		{ "none", NULL, TFTP_READ, TFTP_ERROR },
		{ "../outside", NULL, TFTP_READ, TFTP_ERROR },
		{ "a/../../outside", NULL, TFTP_READ, TFTP_ERROR },
		{ "/../outside", NULL, TFTP_READ, TFTP_ERROR },
		{ "", NULL, TFTP_READ, TFTP_ERROR },
		{ "new", NULL, TFTP_WRITE, 0 },
		{ "boot", NULL, TFTP_WRITE, 0 },
	};
	static const uint8_t second[] = { 0, TFTP_ACK, 0, 1 };
	unsigned number;

	setup_boot(false, "boot");
	test_arp();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned says = ask_tftp(cases[i].opcode, cases[i].name, cases[i].option, &number);

		if (!CHECK(says == cases[i].says))
			printf("opcode %u, \"%s\": %u instead of %u\n", cases[i].opcode, cases[i].name, says,
			       cases[i].says);
	}
	CHECK(access("new", F_OK) < 0);
	CHECK(ask_tftp(TFTP_READ, "boot", NULL, &number) == TFTP_DATA && number == 1 &&
	      queue[0].size == TFTP_AT + 4 + 512);
	CHECK(queue[0].bytes[TFTP_AT + 4 + 300] == 300 % 251);
	send_to_gateway(TFTP_PORT, second, sizeof(second));
	CHECK(queue_count == 1 && frame_get16(queue[0].bytes + TFTP_AT + 2) == 2 &&
	      queue[0].size == TFTP_AT + 4 + 188);
	nat_free(nat);
	setup(false);
	test_arp();
	CHECK(ask_tftp(TFTP_READ, "boot", NULL, &number) == TFTP_ERROR);
	nat_free(nat);
}

/* Nothing that a machine says to either server may be the end of it. */
static void test_bad_requests(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} starts[] = { { "", 0 }, { "\0\1boot\0octet\0blksize", 21 }, { "\0\4\0\1", 4 }, { "\1\1\6", 3 } };
	uint64_t seed = 0x9E3779B97F4A7C15;
	uint8_t request[600];

	setup_boot(false, "boot");
	test_arp();
	for (unsigned i = 0; i < 20000; i++) {
		size_t size;

		for (unsigned j = 0; j < sizeof(request); j++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			request[j] = (uint8_t)(seed >> 40);
		}
		size = 1 + (size_t)(seed >> 33) % (sizeof(request) - 1);
		memcpy(request, starts[i % 4].bytes, starts[i % 4].size);
		send_to_gateway(i % 4 == 3 ? DHCP_PORT : TFTP_PORT, request, size);
	}
	nat_free(nat);
}

/* The files of the tests above, in a folder of their own: the server's is the current one. */
static void test_boot_files(void)
{
	char folder[] = "/tmp/bulkhead-nat.XXXXXX";

	CHECK(mkdtemp(folder) && chdir(folder) == 0 && mkdir("served", 0700) == 0);
	make_file("outside", 10);
	CHECK(chdir("served") == 0);
	make_file("boot", 700);
	test_tftp();
	test_bad_requests();
	CHECK(unlink("boot") == 0 && chdir("..") == 0 && rmdir("served") == 0 && unlink("outside") == 0);
	CHECK(chdir("/") == 0 && rmdir(folder) == 0);
}

/* --- TCP ------------------------------------------------------------------------------------------- */

static int listen_here(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	CHECK(bind(fd, (struct sockaddr *)address, size) == 0 && listen(fd, 4) == 0);
	getsockname(fd, (struct sockaddr *)address, &size);
	return fd;
}

/* A SYN with an MSS of 1460, or what follows. */
static size_t make_segment(uint16_t port, uint32_t sequence, uint32_t acknowledge, uint8_t flags)
{
	size_t size = make_tcp(frame, &gateway, &guest, false, flags & 2 ? 4 : 0);
	struct frame_layout layout;
	uint8_t *tcp = frame + 34;

	frame_put32(frame + 26, 0x0A00020F);
	frame_put32(frame + 30, 0x0A000202);
	checksum_fill_ipv4(frame + 14);
	frame_put16(tcp, 4000);
	frame_put16(tcp + 2, port);
	frame_put32(tcp + 4, sequence);
	frame_put32(tcp + 8, acknowledge);
	tcp[12] = flags & 2 ? 0x60 : 0x50;
	tcp[13] = flags;
	frame_put16(tcp + 14, 65535);
	if (flags & 2)
		memcpy(tcp + 20, (uint8_t[]){ 2, 4, 1460 >> 8, 1460 & 255 }, 4);
	CHECK(frame_parse(frame, size, false, &layout));
	checksum_fill_transport(frame, &layout);
	return size;
}

static void test_tcp(bool takes_large)
{
	struct sockaddr_in address;
	static char data[200000];
	struct frame_layout layout;
	size_t largest = 0;
	uint32_t sequence;
	int listener = listen_here(&address), fd;

	setup(true);
	test_arp();
	queue_count = 0;
	send_frame(make_segment(ntohs(address.sin_port), 1000, 0, 2), takes_large);
	for (unsigned i = 0; i < 50 && queue_count == 0; i++)
		turn(20);
	if (!CHECK(queue_count > 0 && queue[0].bytes[34 + 13] == 0x12))
		return;
	sequence = frame_get32(queue[0].bytes + 38);
	send_frame(make_segment(ntohs(address.sin_port), 1001, sequence + 1, 0x10), takes_large);
	fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0 && send(fd, data, sizeof(data), MSG_DONTWAIT) > 60000);
	queue_count = 0;
	for (unsigned i = 0; i < 20 && queue_count < QUEUE / 2; i++) {
		unsigned seen = queue_count;

		turn(10);
		for (; seen < queue_count; seen++) { /* acknowledged, so that the window opens */
			const struct received *received = &queue[seen % QUEUE];

			if (!frame_parse(received->bytes, received->size, false, &layout) ||
			    !layout.transport)
				continue;
			CHECK(checksum_is_right(received->bytes, &layout));
			CHECK((received->segment != 0) == (received->size > 1514));
			CHECK(received->segment == 0 || received->segment == 1460);
			if (received->size > largest)
				largest = received->size;
			send_frame(make_segment(ntohs(address.sin_port), 1001,
						frame_get32(received->bytes + layout.transport + 4) +
						    layout.end - layout.payload,
						0x10),
				   takes_large);
		}
	}
	if (!CHECK(largest > 30000 && largest <= NAT_LARGE_SEGMENT + 54))
		printf("largest frame: %zu\n", largest);
	close(fd);
	close(listener);
	nat_free(nat);
}

/* Without the right to, a guest does not reach this host. */
static void test_no_host(void)
{
	struct sockaddr_in address;
	int listener = listen_here(&address);

	setup(false);
	test_arp();
	queue_count = 0;
	send_frame(make_segment(ntohs(address.sin_port), 1000, 0, 2), false);
	for (unsigned i = 0; i < 10 && queue_count == 0; i++)
		turn(10);
	CHECK(queue_count == 0 || queue[0].bytes[34 + 13] & 4 || queue[0].bytes[23] != FRAME_TCP);
	nat_free(nat);
	close(listener);
}

/* --- datagrams ------------------------------------------------------------------------------------- */

static void test_fragments(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }, from;
	socklen_t size = sizeof(address);
	static char data[5000];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct frame_layout layout;
	size_t frame_size;

	CHECK(bind(fd, (struct sockaddr *)&address, size) == 0 &&
	      getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	setup(true);
	test_arp();
	frame_size = make_udp(frame, &gateway, &guest, false, 10);
	frame_put32(frame + 26, 0x0A00020F);
	frame_put32(frame + 30, 0x0A000202);
	checksum_fill_ipv4(frame + 14);
	frame_put16(frame + 36, ntohs(address.sin_port));
	CHECK(frame_parse(frame, frame_size, false, &layout));
	checksum_fill_transport(frame, &layout);
	send_frame(frame_size, true);
	CHECK(recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &size) == 10);
	CHECK(sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&from, size) == sizeof(data));
	queue_count = 0;
	for (unsigned i = 0; i < 50 && queue_count < 4; i++)
		turn(20);
	CHECK(queue_count == 4);
	for (unsigned i = 0; i < queue_count; i++)
		CHECK(queue[i].size <= 1514 && queue[i].segment == 0 &&
		      (frame_get16(queue[i].bytes + 20) & 0x1FFF) == i * 185);
	nat_free(nat);
	close(fd);
}

/* Sends the UDP datagram in `frame` (of `size` bytes) in pieces of `unit` bytes of payload, by `order`. */
static void send_in_pieces(size_t size, uint32_t unit, bool is_backward, unsigned left_out)
{
	static uint8_t whole[FRAME_MAX];
	uint32_t payload = (uint32_t)size - 34, count = (payload + unit - 1) / unit;

	memcpy(whole, frame, size);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = is_backward ? count - 1 - i : i,
			 part = n + 1 == count ? payload - n * unit : unit;

		if (n == left_out)
			continue;
		memcpy(frame, whole, 34);
		memcpy(frame + 34, whole + 34 + n * unit, part);
		frame_put16(frame + 16, (uint16_t)(20 + part));
		frame_put16(frame + 20, (uint16_t)(n * unit / 8 | (n + 1 < count ? 0x2000 : 0)));
		checksum_fill_ipv4(frame + 14);
		send_frame(34 + part, false);
	}
}

static size_t make_datagram(uint16_t port, uint16_t size, uint16_t id)
{
	struct frame_layout layout;
	size_t frame_size = make_udp(frame, &gateway, &guest, false, size);

	frame_put32(frame + 26, 0x0A00020F);
	frame_put32(frame + 30, 0x0A000202);
	frame_put16(frame + 18, id);
	for (unsigned i = 0; i < size; i++)
		frame[42 + i] = (uint8_t)(i * 7 + id);
	checksum_fill_ipv4(frame + 14);
	frame_put16(frame + 36, ntohs(port));
	CHECK(frame_parse(frame, frame_size, false, &layout));
	checksum_fill_transport(frame, &layout);
	return frame_size;
}

/* Datagrams larger than the MTU arrive whole, in whatever order their pieces come; those with a hole or with
 * pieces over each other do not. */
static void test_fragments_in(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	static uint8_t data[65536];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	static const struct {
		uint16_t size, unit;
		bool is_backward;
		unsigned left_out;
		bool arrives;
	} cases[] = {
		{ 4000, 1480, false, 99, true }, { 4000, 1480, true, 99, true },
		{ 9000, 8, true, 9999, true },	 { 60000, 1480, false, 99, true },
		{ 4000, 1480, false, 1, false }, { 4000, 1480, true, 0, false },
		{ 100, 56, false, 99, true },
	};

	CHECK(bind(fd, (struct sockaddr *)&address, size) == 0 &&
	      getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	setup(true);
	test_arp();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ssize_t n;

		send_in_pieces(make_datagram(address.sin_port, cases[i].size, (uint16_t)(100 + i)),
			       cases[i].unit, cases[i].is_backward, cases[i].left_out);
		n = recv(fd, data, sizeof(data), 0);
		if (!CHECK(n == (cases[i].arrives ? cases[i].size : -1)))
			printf("case %u: %zd\n", i, n);
		for (ssize_t j = 0; j < n; j++)
			if (data[j] != (uint8_t)(j * 7 + 100 + (ssize_t)i)) {
				CHECK(false);
				break;
			}
	}
	/* The same pieces twice lie over each other. */
	send_in_pieces(make_datagram(address.sin_port, 4000, 500), 1480, false, 2);
	send_in_pieces(make_datagram(address.sin_port, 4000, 500), 1480, false, 99);
	CHECK(recv(fd, data, sizeof(data), 0) == -1);
	/* More that never end than there is room for. */
	for (uint16_t id = 1000; id < 1100; id++)
		send_in_pieces(make_datagram(address.sin_port, 4000, id), 1480, false, 0);
	send_in_pieces(make_datagram(address.sin_port, 4000, 2000), 1480, false, 99);
	CHECK(recv(fd, data, sizeof(data), 0) == 4000);
	nat_free(nat);
	close(fd);
}

static void test_forward(void)
{
	struct nat_forward forward = { .host = { .sin_family = AF_INET,
						 .sin_addr = { htonl(INADDR_LOOPBACK) } },
				       .guest = { .sin_port = htons(22) } };
	struct sockaddr_in address;
	int listener = listen_here(&address), fd;

	setup(true);
	forward.host.sin_port = address.sin_port;
	CHECK(nat_forward_add(nat, &forward) == -EADDRINUSE);
	close(listener);
	CHECK(nat_forward_add(nat, &forward) == 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	for (unsigned i = 0; i < 20 && queue_count == 0; i++)
		turn(20);
	CHECK(queue_count > 0 && frame_get16(queue[0].bytes + 12) == FRAME_ARP); /* who has 10.0.2.15? */
	CHECK(nat_forward_remove(nat, &forward) == 0 && nat_forward_remove(nat, &forward) == -ENOENT);
	close(fd);
	nat_free(nat);
}

/* Only a SYN with a right checksum and an MSS is changed. */
static void test_mss(void)
{
	struct frame_layout layout;
	uint8_t before[128];
	size_t size = make_segment(80, 1, 0, 2);

	nat_mss_raise(frame, size, 32000);
	CHECK(frame_get16(frame + 34 + 22) == 32000);
	CHECK(frame_parse(frame, size, false, &layout) && checksum_is_right(frame, &layout));
	for (unsigned i = 0; i < 5; i++) {
		size = make_segment(80, 1, 0, i == 0 ? 0x10 : 2);
		if (i == 1)
			frame[34 + 16] ^= 1; /* the checksum */
		if (i == 2)
			frame[34 + 21] = 0; /* an option without length */
		if (i == 3)
			frame[34 + 21] = 40; /* beyond the end */
		if (i == 4)
			frame[34 + 20] = 0; /* no options */
		memcpy(before, frame, size);
		nat_mss_raise(frame, size, 32000);
		if (!CHECK(memcmp(before, frame, size) == 0))
			printf("case %u\n", i);
	}
}

/*
 * What is broken does not reach libslirp, nor a fragment: this one made version 4.7 write to a wild address.
 */
static void test_bad_packets(void)
{
	size_t size;

	setup(true);
	test_arp();
	for (unsigned i = 0; i < 64; i++) {
		size = make_udp(frame, &gateway, &guest, false, 6);
		frame_put32(frame + 30, 0x0A000203);
		frame[14 + 5] = 0xE1;
		frame_put16(frame + 14 + 6, (uint16_t)(i * 0x411 + 0xF7));
		frame[14 + 15] = 0x1E;
		checksum_fill_ipv4(frame + 14);
		send_frame(size, false);
	}
	queue_count = 0;
	for (size_t cut = 0; cut < 60; cut++) { /* ICMP echo in pieces of all sizes */
		make_udp(frame, &gateway, &guest, false, 18);
		frame[23] = 1;
		frame_put32(frame + 30, 0x0A000202);
		frame_put16(frame + 16, (uint16_t)(cut > 14 ? cut - 14 : 0));
		memset(frame + 34, 0, 26);
		frame[34] = 8;
		checksum_fill_ipv4(frame + 14);
		send_frame(cut, false);
	}
	CHECK(queue_count <= 60);
	nat_free(nat);
}

int main(void)
{
	test_bad_packets();
	test_idle();
	test_dhcp(NULL);
	test_dhcp("boot.ipxe");
	test_boot_files();
	test_tcp(true);
	test_tcp(false);
	test_no_host();
	test_fragments();
	test_fragments_in();
	test_forward();
	test_mss();
	return check_result();
}
