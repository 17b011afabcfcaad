/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile viewers of bulkhead-display: as many as there may be and one more, half-open ones, some that read
 * nothing, and many that send anything. One that behaves is served all the time. usage: hostile_viewers
 * PROGRAM [SEED [ROUNDS]]
 */
#include "hand_machine.h"
#include "rfb_client.h"
#include "../run/check.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VIEWERS = 64, HALF_OPEN = 8, SILENT = 8, ROUNDS = 150, RESIDENT_MAX_MIB = 400 };

static struct hand_machine machine;
static struct rfb_client good;
static unsigned last_id, gone;
static uint32_t seed;

static uint32_t next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static int come(void)
{
	return hand_viewer(&machine, ++last_id, false, false);
}

/* Hears what the display has to say now, or waits for it: until so many viewers went. */
static void hear_gone(unsigned count)
{
	while (gone < count) {
		struct link_message *message;

		if (link_receive(machine.service, &message) != 0) {
			printf("FAIL the display went; seed %u\n", seed);
			exit(1);
		}
		gone += strcmp(link_verb(message), "viewer-gone") == 0;
		link_message_free(message);
	}
}

static bool has_colour(uint32_t colour)
{
	bool has = true;

	for (unsigned i = 0; i < HAND_WIDTH * HAND_HEIGHT; i++)
		has &= (good.pixels[i] & 0xffffff) == colour;
	return has;
}

/* The one that behaves gets its picture, whatever the others do. */
static void check_good(void)
{
	uint32_t colour = next_random() & 0xffffff;
	unsigned tries = 0;

	hand_fill(&machine, colour);
	while (!has_colour(colour) && tries++ < 100) {
		rfb_client_request(&good, true);
		if (!rfb_client_receive(&good, HAND_SECONDS * 1000))
			break;
	}
	CHECK(has_colour(colour));
}

static unsigned resident_mib(void)
{
	char path[64];
	unsigned long all = 0, resident = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)machine.pid);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%lu %lu", &all, &resident) != 2)
			resident = 0;
		fclose(file);
	}
	return (unsigned)(resident * (unsigned long)getpagesize() >> 20);
}

/* --- many -------------------------------------------------------------------------------------------- */

static void test_many(void)
{
	static struct rfb_client viewers[VIEWERS - 1];
	unsigned before = gone;
	int one_more;

	for (unsigned i = 0; i < VIEWERS - 1; i++)
		rfb_client_init(&viewers[i], come());
	one_more = come();
	hear_gone(before + 1); /* at once: there is no seat */
	close(one_more);
	for (unsigned i = 0; i < VIEWERS - 1; i++)
		rfb_client_request(&viewers[i], false);
	for (unsigned i = 0; i < VIEWERS - 1; i++)
		while (viewers[i].rects == 0 && rfb_client_receive(&viewers[i], HAND_SECONDS * 1000))
			;
	for (unsigned i = 0; i < VIEWERS - 1; i++)
		CHECK(viewers[i].rects > 0);
	check_good();
	for (unsigned i = 0; i < VIEWERS - 1; i++)
		rfb_client_deinit(&viewers[i]);
	hear_gone(before + VIEWERS);
	rfb_client_init(&viewers[0], come()); /* there is room again */
	rfb_client_deinit(&viewers[0]);
	hear_gone(before + VIEWERS + 1);
}

static void test_half_open(int fds[HALF_OPEN])
{
	for (unsigned i = 0; i < HALF_OPEN; i++) {
		fds[i] = come();
		(void)!write(fds[i], "RFB 003.008\n\1\1", i);
	}
	check_good();
}

static void test_silent(struct rfb_client viewers[SILENT])
{
	for (unsigned i = 0; i < SILENT; i++) {
		rfb_client_init(&viewers[i], come());
		for (unsigned j = 0; j < 100; j++)
			rfb_client_request(&viewers[i], false);
	}
	for (unsigned i = 0; i < 5; i++)
		check_good();
}

/* --- anything ---------------------------------------------------------------------------------------- */

static size_t put_message(uint8_t *at)
{
	static const uint8_t types[] = { 0, 2, 2, 3, 3, 3, 4, 5, 6, 150, 248, 251, 255 };
	static const uint8_t sizes[] = { 20, 20, 36, 10, 10, 10, 8, 6, 24, 10, 20, 24, 12 };
	static const int32_t encodings[] = { 0,	   2,	 4,    5,    6,	   7,	       9,    16,
					     17,   -223, -224, -232, -239, -240,       -256, -258,
					     -260, -261, -308, -312, -313, -1063131698 };
	unsigned which = next_random() % sizeof(types);
	size_t size = sizes[which];

	for (size_t i = 1; i < size; i++)
		at[i] = (uint8_t)(next_random() % 3 ? next_random() % 4 : next_random());
	at[0] = types[which];
	if (types[which] == 2) {
		uint8_t count = (uint8_t)((size - 4) / 4);

		at[2] = 0;
		at[3] = count;
		for (unsigned i = 0; i < count; i++) {
			uint32_t encoding = (uint32_t)encodings[next_random() % (sizeof(encodings) / 4)];

			for (unsigned byte = 0; byte < 4; byte++)
				at[4 + 4 * i + byte] = (uint8_t)(encoding >> (24 - 8 * byte));
		}
	}
	return size;
}

static void test_anything(unsigned rounds)
{
	unsigned before = gone;

	for (unsigned round = 0; round < rounds; round++) {
		uint8_t bytes[1200];
		size_t size = 14;
		int fd = come();

		memcpy(bytes, "RFB 003.008\n\1\1", size);
		while (size < 1000)
			size += put_message(bytes + size);
		if (next_random() % 8 == 0)
			bytes[next_random() % size] ^= (uint8_t)next_random();
		(void)!write(fd, bytes, size);
		if (next_random() % 2)
			shutdown(fd, SHUT_WR);
		else
			(void)!read(fd, bytes, sizeof(bytes));
		close(fd);
		if (round % 10 == 0)
			check_good();
		if (round % 20 == 19) /* or there are no seats left */
			hear_gone(before + round + 1);
	}
	hear_gone(before + rounds);
	check_good();
}

int main(int argc, char **argv)
{
	struct rfb_client silent[SILENT];
	int half_open[HALF_OPEN];

	if (argc < 2)
		return 2;
	seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 1;
	hand_machine_init(&machine, argv[1]);
	rfb_client_init(&good, come());
	rfb_client_request(&good, false);
	check_good();
	test_many();
	test_half_open(half_open);
	test_silent(silent);
	test_anything(argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : ROUNDS);
	if (resident_mib() > RESIDENT_MAX_MIB)
		printf("%u MiB\n", resident_mib());
	CHECK(resident_mib() <= RESIDENT_MAX_MIB);
	hand_machine_deinit(&machine); /* with all that are still there */
	for (unsigned i = 0; i < HALF_OPEN; i++)
		close(half_open[i]);
	for (unsigned i = 0; i < SILENT; i++)
		rfb_client_deinit(&silent[i]);
	rfb_client_deinit(&good);
	return check_result();
}
