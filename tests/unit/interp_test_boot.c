/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots the little firmware of interp_test_boot.S from the reset vector, interpreted and translated. */
#include "hv/hv.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

extern const uint8_t boot_image[], boot_image_end[];

enum { RAM_BYTES = 2 << 20, ROM_BYTES = 0x10000, LOW_ROM_AT = 0xf0000, MAX_EXITS = 100 };
#define HIGH_ROM_AT 0xffff0000ull

static const char wanted[] = "RiPcLbufUsukcPiR";

static uint8_t *map_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static bool map_guest(struct hv_partition *partition)
{
	uint8_t *ram = map_memory(RAM_BYTES), *rom = map_memory(ROM_BYTES);

	if (!ram || !rom || boot_image_end - boot_image != ROM_BYTES)
		return false;
	memcpy(rom, boot_image, ROM_BYTES);
	return hv_map(partition, 0, ram, LOW_ROM_AT, HV_MAP_WRITE) == 0 &&
	       hv_map(partition, LOW_ROM_AT, rom, ROM_BYTES, 0) == 0 &&
	       hv_map(partition, LOW_ROM_AT + ROM_BYTES, ram + LOW_ROM_AT + ROM_BYTES,
		      RAM_BYTES - LOW_ROM_AT - ROM_BYTES, HV_MAP_WRITE) == 0 &&
	       hv_map(partition, HIGH_ROM_AT, rom, ROM_BYTES, 0) == 0;
}

/* What came out of port 0xe9 until port 0xf4 was written. */
static bool run(struct hv_vp *vp, char *output, size_t size)
{
	struct hv_exit exit = { 0 };
	size_t length = 0;

	for (unsigned i = 0; i < MAX_EXITS; i++) {
		int r = hv_vp_run(vp, &exit);

		output[length] = 0;
		if (r == 0 && exit.reason == HV_EXIT_MMIO && exit.mmio.is_write)
			continue; /* LTR marks the TSS busy, in a GDT in ROM */
		if (r != 0 || exit.reason != HV_EXIT_PORT || !exit.port.is_write) {
			fprintf(stderr, "run: %d, exit reason %d\n", r, (int)exit.reason);
			return false;
		}
		if (exit.port.port == 0xf4)
			return true;
		if (exit.port.port == 0xe9 && length + 1 < size)
			output[length++] = (char)exit.port.data;
	}
	return false;
}

static bool boot(bool interpret_only)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR,
					      .vp_count = 1,
					      .interpret_only = interpret_only };
	struct hv_partition *partition;
	struct hv_vp *vp;
	char output[MAX_EXITS + 1] = "";
	bool good;

	if (hv_partition_new(&config, &partition) != 0 || !map_guest(partition))
		return false;
	if (hv_vp_new(partition, 0, &vp) != 0)
		return false;
	good = run(vp, output, sizeof(output)) && !strcmp(output, wanted);
	if (!good)
		fprintf(stderr, "%s: \"%s\" instead of \"%s\"\n",
			interpret_only ? "interpreted" : "translated", output, wanted);
	hv_vp_free(vp);
	hv_partition_free(partition);
	return good;
}

int main(void)
{
	bool good = boot(true);

	return boot(false) && good ? 0 : 1;
}
