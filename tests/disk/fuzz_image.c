/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: patches on good images. Input: which image and how (2 bytes), then patches: 3 bytes of position, 1 byte
 * of length, the bytes. With FUZZ_MAIN it runs files or a number of random inputs and needs no libFuzzer:
 *   fuzz-image FILE...      fuzz-image -n COUNT [SEED]
 */
#include "disk_test.h"

#include <unistd.h>

#include "disk/disk_limits.h"
#include "fault.h"
#include "hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct disk_io *io;

static void start(void)
{
	struct fault_engine *engine;
	if (io)
		return;
	if (fault_new(&io, &engine)) /* watches nothing: an engine without threads, the same each time */
		abort();
	hostile_init(io);
}

/* Positions count pages that are not zero in the base, so that patches hit something. */
static uint64_t position(const struct base_image *base, uint32_t value)
{
	static uint32_t pages[BASE_COUNT][4096], counts[BASE_COUNT];
	static const uint8_t zeros[512];
	size_t index = (size_t)(base - base_images);
	for (uint64_t at = 0; !counts[index] && at + 512 <= base->size; at += 512) {
		uint32_t count = 0;
		for (uint64_t page = 0; page + 512 <= base->size && count < 4096; page += 512) {
			if (memcmp(base->bytes + page, zeros, 512))
				pages[index][count++] = (uint32_t)(page / 512);
		}
		counts[index] = count;
	}
	return (uint64_t)pages[index][value / 512 % counts[index]] * 512 + value % 512;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reason[512];
	start();
	if (size < 2)
		return 0;
	const struct base_image *base = &base_images[data[0] % BASE_COUNT];
	uint8_t *bytes = malloc(base->size);
	uint64_t length = base->size;
	memcpy(bytes, base->bytes, base->size);
	for (size_t at = 2; at + 4 < size;) {
		uint32_t value =
		    (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 | (uint32_t)data[at + 2] << 16;
		size_t count = data[at + 3] % 64;
		at += 4;
		uint64_t to = position(base, value);
		for (size_t i = 0; i < count && at < size; i++, at++) {
			if (to + i < base->size)
				bytes[to + i] = data[at];
		}
	}
	if (data[1] & 2)
		length -= length / 64 * (data[1] >> 4);
	if (data[1] & 1)
		hostile_seal(bytes, length, base->format);
	hostile_use(io, bytes, length, data[1] & 4, reason);
	free(bytes);
	return 0;
}

#ifdef FUZZ_MAIN
static int run_file(const char *path)
{
	static uint8_t data[65536];
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return 1;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	return 0;
}

static void random_input(uint64_t seed)
{
	static const uint8_t likely[] = { 0x00, 0x01, 0x02, 0x03, 0x06, 0x07, 0x10,
					  0x20, 0x30, 0x40, 0x7f, 0x80, 0xff };
	uint8_t data[512];
	size_t size = 2 + test_random_below(test_random_below(3) ? 24 : sizeof(data) - 2);
	for (size_t i = 0; i < size; i++)
		data[i] =
		    test_random_below(2) ? (uint8_t)test_random() : likely[test_random_below(sizeof(likely))];
	data[1] = (uint8_t)((test_random_below(8) ? 1 : 0) | (test_random_below(8) ? 0 : 2) |
			    test_random_below(2) << 2 | test_random_below(16) << 4);
	test_seed = seed;
	LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	int result = 0;
	if (argc > 2 && !strcmp(argv[1], "-n")) {
		char *seed[] = { "", argc > 3 ? argv[3] : "1" };
		test_seed_from(2, seed);
		for (unsigned long i = strtoul(argv[2], NULL, 0); i && !test_failures; i--)
			random_input(test_random());
	} else {
		for (int i = 1; i < argc; i++)
			result |= run_file(argv[i]);
	}
	if (io) {
		disk_io_free(io);
		hostile_deinit();
	}
	return test_end() || result;
}
#endif
