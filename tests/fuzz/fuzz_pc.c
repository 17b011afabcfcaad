/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz_pc.h"

#include <errno.h>

uint8_t *fuzz_memory;
struct fake_clock fuzz_clock;

static int memory_read(void *opaque, uint64_t gpa, void *buffer, size_t size)
{
	if (gpa > FUZZ_MEMORY_SIZE || size > FUZZ_MEMORY_SIZE - gpa)
		return -EFAULT;
	memcpy(buffer, fuzz_memory + gpa, size);
	return 0;
}

static int memory_write(void *opaque, uint64_t gpa, const void *buffer, size_t size)
{
	if (gpa > FUZZ_MEMORY_SIZE || size > FUZZ_MEMORY_SIZE - gpa)
		return -EFAULT;
	memcpy(fuzz_memory + gpa, buffer, size);
	return 0;
}

const struct dma fuzz_dma = { memory_read, memory_write, NULL };

static void ignore_level(void *opaque, bool level)
{
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	CHECK((address & ~0xff00cull) == 0xfee00000 && (data & ~0xc7ffu) == 0);
}

struct pc *fuzz_pc_new(bool has_dma)
{
	static const struct pc_ops ops = { ignore_level, on_interrupt, fuzz_ignore, fuzz_ignore };
	static const struct ide_ops ide_ops = { 0 };
	struct pc_config config = { .ops = &ops, .clock = &fuzz_clock.base, .has_pci = true };
	struct pc *pc;

	fake_clock_init(&fuzz_clock);
	fuzz_memory = calloc(1, FUZZ_MEMORY_SIZE);
	CHECK(fuzz_memory);
	if (has_dma) {
		config.dma = &fuzz_dma;
		config.ide_ops = &ide_ops;
	}
	CHECK(pc_new(&config, &pc) == 0);
	return pc;
}

void fuzz_pc_free(struct pc *pc)
{
	pc_free(pc);
	free(fuzz_memory);
}

void fuzz_config_write(struct pc *pc, unsigned devfn, unsigned offset, unsigned size, uint32_t value)
{
	pc_port_write(pc, 0xcf8, 4, 1u << 31 | devfn << 8 | (offset & 0xfc));
	pc_port_write(pc, (uint16_t)(0xcfc + (offset & 3)), size, value);
}

void fuzz_config_access(struct pc *pc, struct fuzz_input *input, const uint8_t *devfns, size_t count)
{
	uint8_t how = fuzz_u8(input), devfn = fuzz_u8(input), offset = fuzz_u8(input);
	unsigned size = 1u << (how >> 1 & 3) % 3;

	pc_port_write(pc, 0xcf8, 4,
		      1u << 31 | (uint32_t)(devfn & 0x80 ? devfn & 0x7f : devfns[devfn % count]) << 8 |
			  (offset & 0xfc));
	if (how & 1)
		pc_port_write(pc, (uint16_t)(0xcfc + (offset & 3)), size, (uint32_t)fuzz_bytes(input, size));
	else
		pc_port_read(pc, (uint16_t)(0xcfc + (offset & 3)), size);
}
