/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: addresses, layers, checksums, cutting; the port's socket. */
#include "make_frame.h"

#include "../run/check.h"
#include "net/checksum.h"
#include "net/cut.h"
#include "net/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct frame_mac a = { { 0, 0x15, 0x5D, 1, 2, 3 } }, b = { { 2, 4, 6, 8, 10, 12 } };
static uint8_t frame[FRAME_MAX + 4], other[FRAME_MAX + 4];

static uint64_t seed = 0x243F6A8885A308D3;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void test_addresses(void)
{
	static const char *const bad[] = { "",
					   "00:15:5d:01:02",
					   "00:15:5d:01:02:03:04",
					   "00-15-5d-01-02-03",
					   "0:15:5d:01:02:03",
					   "00:15:5d:01:02:0g",
					   "00:15:5d:01:02:03 " };
	struct frame_mac mac;
	char text[18];

	CHECK(frame_mac_parse("00:15:5D:0a:0B:ff", &mac) == 0);
	frame_mac_format(&mac, text);
	CHECK(strcmp(text, "00:15:5d:0a:0b:ff") == 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(frame_mac_parse(bad[i], &mac) == -EINVAL))
			printf("%s was taken\n", bad[i]);
	CHECK(frame_mac_is_station(&a) && !frame_mac_is_station(&(struct frame_mac){ { 1 } }) &&
	      !frame_mac_is_station(&(struct frame_mac){ { 0 } }));
}

/* --- checksums ------------------------------------------------------------------------------------- */

static uint16_t plain_checksum(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)data[i] << 8 | (i + 1 < size ? data[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

static void test_checksum(void)
{
	/* RFC 1071, 3 */
	static const uint8_t example[] = { 0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7 };
	uint16_t sum = checksum_finish(checksum_add(0, example, sizeof(example)));

	CHECK(frame_get16((const uint8_t *)&sum) == 0x220D);
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)random_u64();
	memset(frame + 1000, 0xFF, 2000); /* many carries */
	for (unsigned i = 0; i < 2000; i++) {
		size_t offset = random_u64() % 64, size = random_u64() % (i < 1900 ? 300 : 65000);

		sum = checksum_finish(checksum_add(0, frame + offset, size));
		if (!CHECK(frame_get16((const uint8_t *)&sum) == plain_checksum(frame + offset, size)))
			printf("offset %zu, size %zu\n", offset, size);
	}
}

static void test_transport_checksum(void)
{
	struct frame_layout layout;

	for (unsigned i = 0; i < 400; i++) {
		size_t data = random_u64() % 1400, size;

		size = i & 1 ? make_tcp(frame, &a, &b, i & 2, data) : make_udp(frame, &a, &b, i & 2, data);
		CHECK(frame_parse(frame, size, false, &layout) && layout.transport && layout.end == size);
		CHECK(checksum_is_right(frame, &layout));
		frame[layout.transport + random_u64() % 4] ^= 0x10; /* a port */
		CHECK(!checksum_is_right(frame, &layout));
	}
}

/* --- layers ---------------------------------------------------------------------------------------- */

static void test_layers(void)
{
	struct frame_layout layout;
	size_t size = make_tcp(frame, &a, &b, false, 100);

	CHECK(!frame_parse(frame, 13, false, &layout));
	CHECK(frame_parse(frame, 14, false, &layout) && !layout.network);
	for (size_t cut = 14; cut < size; cut++) /* the IP packet says it is longer */
		CHECK(frame_parse(frame, cut, false, &layout) && !layout.network && !layout.transport);
	CHECK(frame_parse(frame, size + 6, false, &layout) && layout.end == size); /* padding behind it */
	frame[14] = 0x44;							   /* header of 16 bytes */
	CHECK(frame_parse(frame, size, false, &layout) && !layout.network);
	frame[14] = 0x4F; /* of 60: TCP stands elsewhere then */
	CHECK(frame_parse(frame, size, false, &layout) && layout.network);
	frame[14] = 0x45;
	frame[14 + 20 + 12] = 0x40; /* a TCP header of 16 bytes */
	CHECK(frame_parse(frame, size, false, &layout) && layout.network && !layout.transport);
	frame[14 + 20 + 12] = 0xF0;
	CHECK(frame_parse(frame, size, false, &layout) && layout.payload == 14 + 20 + 60);
	frame_put16(frame + 14 + 6, 0x2000); /* the first fragment of several */
	CHECK(frame_parse(frame, size, false, &layout) && layout.is_fragment && !layout.transport);
	/* a length of 0, as large segments have it */
	size = make_tcp(frame, &a, &b, true, 100);
	frame_put16(frame + 14 + 4, 0);
	CHECK(frame_parse(frame, size, true, &layout) && layout.transport == 54 && layout.end == size);
	CHECK(frame_parse(frame, size, false, &layout) && !layout.transport);
}

/* Extension headers in a circle or beyond the end lead nowhere. */
static void test_extensions(void)
{
	struct frame_layout layout;
	size_t size = make_tcp(frame, &a, &b, true, 200);

	frame[14 + 6] = 0; /* hop-by-hop, of 8 bytes, then TCP in what was the TCP header */
	frame[54] = FRAME_TCP;
	frame[55] = 0;
	frame[54 + 8 + 12] = 0x50;
	CHECK(frame_parse(frame, size, false, &layout) && layout.transport == 62);
	frame[54] = 0;
	memset(frame + 54, 0, 180);
	CHECK(frame_parse(frame, size, false, &layout) && !layout.transport);
	frame[54] = 43;
	frame[55] = 255;
	CHECK(frame_parse(frame, size, false, &layout) && !layout.transport);
	frame[14 + 6] = 44;
	CHECK(frame_parse(frame, size, false, &layout) && layout.is_fragment);
}

/* Whatever stands there, offsets stay inside. */
static void test_random_layers(void)
{
	struct frame_layout layout;

	for (unsigned i = 0; i < 200000; i++) {
		size_t size = 14 + random_u64() % 120;
		uint64_t word;

		for (size_t j = 0; j < size; j += 8) {
			word = random_u64();
			memcpy(frame + j, &word, 8);
		}
		frame_put16(frame + 12, i & 1 ? FRAME_IPV4 : FRAME_IPV6);
		frame[14] = i & 1 ? (uint8_t)(0x40 | (frame[14] & 15)) : 0x60;
		frame_put16(frame + (i & 1 ? 16 : 18), (uint16_t)(random_u64() % size));
		frame[i & 1 ? 23 : 20] = i & 2 ? FRAME_TCP : FRAME_UDP;
		if (!CHECK(frame_parse(frame, size, i & 4, &layout)) ||
		    !CHECK(layout.end <= size && layout.network <= layout.end &&
			   layout.transport <= layout.payload && layout.payload <= layout.end)) {
			printf("round %u\n", i);
			return;
		}
		if (layout.transport)
			checksum_fill_transport(frame, &layout);
	}
}

/* --- cutting --------------------------------------------------------------------------------------- */

static void test_cut_tcp(bool is_ipv6, size_t data, unsigned segment, unsigned mtu)
{
	size_t size = make_tcp(frame, &a, &b, is_ipv6, data), at = 0;
	struct frame_layout layout;
	struct cut_piece piece;
	struct cut cut;
	unsigned count = 0;

	frame[(is_ipv6 ? 54 : 34) + 13] |= 0x80; /* CWR */
	CHECK(cut_begin(&cut, frame, size, segment, mtu) == 0);
	for (; cut_next(&cut, &piece); count++) {
		uint8_t flags;

		memcpy(other, piece.headers, piece.header_size);
		memcpy(other + piece.header_size, piece.payload, piece.payload_size);
		CHECK(frame_parse(other, piece.header_size + piece.payload_size, false, &layout) &&
		      layout.transport);
		CHECK(layout.end == piece.header_size + piece.payload_size &&
		      checksum_is_right(other, &layout));
		CHECK(is_ipv6 || checksum_finish(checksum_add(0, other + 14, 20)) == 0);
		CHECK(is_ipv6 || frame_get16(other + 18) == 77 + count);
		CHECK(frame_get32(other + layout.transport + 4) == (uint32_t)(0xFFFFF000 + at));
		CHECK(piece.payload_size <= (segment ? segment : mtu - (layout.payload - layout.network)));
		flags = other[layout.transport + 13];
		at += piece.payload_size;
		CHECK((flags & 9) == (at == data ? 9 : 0) && !!(flags & 0x80) == (count == 0));
	}
	if (!CHECK(at == data && count == (data ? (data + cut.step - 1) / cut.step : 1)))
		printf("ipv6 %d, %zu bytes in %u of %u\n", is_ipv6, data, count, segment);
}

static void test_cut_udp(bool is_ipv6, size_t data)
{
	size_t size = make_udp(frame, &a, &b, is_ipv6, data), at = 0, header = is_ipv6 ? 40 + 8 : 20;
	struct cut_piece piece;
	struct cut cut;

	CHECK(cut_begin(&cut, frame, size, 0, 1500) == 0);
	while (cut_next(&cut, &piece)) {
		const uint8_t *ip = piece.headers + 14;
		uint16_t offset =
		    is_ipv6 ? frame_get16(ip + 42) & 0xFFF8 : (uint16_t)(frame_get16(ip + 6) << 3);
		bool is_more = is_ipv6 ? frame_get16(ip + 42) & 1 : frame_get16(ip + 6) & 0x2000;

		CHECK(piece.header_size == 14 + header && piece.header_size + piece.payload_size <= 1514);
		CHECK(offset == at && frame_get16(ip + (is_ipv6 ? 4 : 2)) ==
					  header + piece.payload_size - (is_ipv6 ? 40 : 0));
		CHECK(is_ipv6 ? ip[6] == 44 && ip[40] == 17 : checksum_finish(checksum_add(0, ip, 20)) == 0);
		CHECK(memcmp(piece.payload, frame + size - data - 8 + at, piece.payload_size) == 0);
		at += piece.payload_size;
		CHECK(is_more == (at < data + 8));
	}
	CHECK(at == data + 8);
}

/* A middle fragment stays one; the last piece of the last one ends it all. */
static void test_cut_fragment(void)
{
	size_t size = make_udp(frame, &a, &b, false, 3000);
	struct cut_piece piece;
	struct cut cut;

	for (unsigned is_middle = 0; is_middle < 2; is_middle++) {
		unsigned expected = 1000, flags = 0;

		frame_put16(frame + 20, (uint16_t)(1000 | (is_middle ? 0x2000 : 0)));
		CHECK(cut_begin(&cut, frame, size, 0, 1500) == 0);
		while (cut_next(&cut, &piece)) {
			flags = frame_get16(piece.headers + 20);
			CHECK((flags & 0x1FFF) == expected);
			expected += (unsigned)piece.payload_size / 8;
		}
		CHECK((flags >> 13) == is_middle);
	}
}

static void test_cut_refused(void)
{
	struct cut cut;
	size_t size = make_udp(frame, &a, &b, false, 3000);

	frame_put16(frame + 12, 0x1234);
	CHECK(cut_begin(&cut, frame, size, 0, 1500) == -EMSGSIZE);
	CHECK(cut_begin(&cut, frame, 10, 0, 1500) == -EINVAL);
	size = make_udp(frame, &a, &b, true, 3000);
	frame[20] = 44; /* IPv6: a fragment already */
	CHECK(cut_begin(&cut, frame, size, 0, 1500) == -EMSGSIZE);
	size = make_tcp(frame, &a, &b, false, 60000); /* not a thousand pieces and more */
	CHECK(cut_begin(&cut, frame, size, 1, 1500) == 0 && cut.step >= CUT_SEGMENT_MIN);
}

/* --- the port -------------------------------------------------------------------------------------- */

static void test_port(void)
{
	struct port_header header = { .kind = PORT_FRAME, .flags = PORT_GOOD_CHECKSUM, .segment = 1460 }, got;
	size_t size = make_tcp(frame, &a, &b, false, 60000);
	struct iovec parts[] = { { frame, 100 }, { frame + 100, size - 100 } };
	int pair[2], pipes[2], r, sent = 0, received = 0;

	CHECK(port_pair(pair) == 0);
	CHECK(port_receive(pair[0], &got, other, sizeof(other)) == -EAGAIN);
	CHECK(port_send(pair[1], &header, parts, 2) == 0);
	CHECK(port_receive(pair[0], &got, other, FRAME_MAX) == (int)size && memcmp(other, frame, size) == 0);
	CHECK(memcmp(&got, &header, sizeof(got)) == 0);
	while ((r = port_send(pair[1], &header, parts, 2)) == 0)
		sent++;
	CHECK(r == -EAGAIN && sent > 0);
	while (port_receive(pair[0], &got, other, FRAME_MAX) == (int)size)
		received++;
	CHECK(received == sent);
	CHECK(port_send_notice(pair[1], PORT_UP) == 0);
	CHECK(port_receive(pair[0], &got, other, FRAME_MAX) == 0 && got.kind == PORT_NOTICE &&
	      got.flags == PORT_UP);
	close(pair[1]);
	CHECK(port_receive(pair[0], &got, other, FRAME_MAX) == -EPIPE);
	CHECK(port_send(pair[0], &header, parts, 1) == -EPIPE);
	close(pair[0]);
	CHECK(pipe(pipes) == 0 && port_prepare(pipes[0]) == -ENOTSOCK);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_bad_port_messages(void)
{
	static const struct {
		struct port_header header;
		size_t size;
	} bad[] = { { { .kind = 2 }, 100 },
		    { { .kind = PORT_FRAME, .flags = 4 }, 100 },
		    { { .kind = PORT_FRAME, .reserved = 1 }, 100 },
		    { { .kind = PORT_FRAME }, 13 },
		    { { .kind = PORT_FRAME }, 0 },
		    { { .kind = PORT_FRAME, .segment = 3 }, 100 },
		    { { .kind = PORT_NOTICE }, 1 },
		    { { .kind = PORT_NOTICE, .segment = 1000 }, 0 } };
	struct port_header got;
	int pair[2];

	CHECK(port_pair(pair) == 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct iovec part = { frame, bad[i].size };

		CHECK(port_send(pair[1], &bad[i].header, &part, 1) == 0);
		if (!CHECK(port_receive(pair[0], &got, other, FRAME_MAX) == -EBADMSG))
			printf("message %u was taken\n", i);
	}
	CHECK(send(pair[1], frame, 7, 0) == 7);
	CHECK(port_receive(pair[0], &got, other, FRAME_MAX) == -EBADMSG);
	CHECK(send(pair[1], frame, FRAME_MAX + 4, 0) > 0); /* longer than any frame: cut off and noticed */
	CHECK(port_receive(pair[0], &got, other, FRAME_MAX - 100) == -EBADMSG);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	test_addresses();
	test_checksum();
	test_transport_checksum();
	test_layers();
	test_extensions();
	test_random_layers();
	for (unsigned is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		test_cut_tcp(is_ipv6, 60000, 1460, 1500);
		test_cut_tcp(is_ipv6, 60000, 0, 1500);
		test_cut_tcp(is_ipv6, 2920, 1460, 1500);
		test_cut_tcp(is_ipv6, 2921, 1460, 1500);
		test_cut_tcp(is_ipv6, 1, 1460, 1500);
		test_cut_tcp(is_ipv6, 0, 1460, 1500);
		test_cut_udp(is_ipv6, 60000);
		test_cut_udp(is_ipv6, 1480);
	}
	test_cut_fragment();
	test_cut_refused();
	test_port();
	test_bad_port_messages();
	return check_result();
}
