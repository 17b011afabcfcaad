/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware configuration device: selector, data, DMA descriptors in guest memory. */
#include "fuzz_pc.h"

#include "chipset/fw_cfg.h"

static const uint16_t ports[] = { 0x510, 0x511, 0x514, 0x518, 0x511, 0x511, 0x515, 0x51b };

static void add_items(struct fw_cfg *fw_cfg)
{
	static const uint8_t blob[5000] = { 1, 2, 3 };

	CHECK(fw_cfg_set_number(fw_cfg, FW_CFG_PROCESSORS, 2, 2) == 0);
	CHECK(fw_cfg_set_file(fw_cfg, "etc/blob", blob, sizeof(blob)) == 0);
	CHECK(fw_cfg_set_file(fw_cfg, "etc/empty", blob, 0) == 0);
}

static void write_big(uint64_t at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		fuzz_memory[at + i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static void run_dma(struct pc *pc, struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);
	uint32_t at = how & 0x80 ? fuzz_u32(input) : 0x1000;

	write_big(0x1000, (uint64_t)fuzz_u8(input) << 16 | (how & 0x1f), 4);
	write_big(0x1004, fuzz_varied(input), 4);
	write_big(0x1008, fuzz_varied(input) * 256ull, 8);
	if (how & 0x40)
		pc_port_write(pc, 0x514, 4, fuzz_u32(input));
	pc_port_write(pc, 0x518, 4, __builtin_bswap32(at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 1024 ? size : 1024) };
	struct pc *pc = fuzz_pc_new(false);
	struct fw_cfg *fw_cfg;

	CHECK(fw_cfg_new(&fuzz_dma, &fw_cfg) == 0);
	add_items(fw_cfg);
	CHECK(fw_cfg_attach(fw_cfg, pc->bus) == 0);
	while (fuzz_more(&input)) {
		uint8_t op = fuzz_u8(&input);

		if (op < 128)
			fuzz_port_access(pc->bus, &input, ports, sizeof(ports) / sizeof(ports[0]));
		else if (op < 250)
			run_dma(pc, &input);
		else
			fw_cfg_reset(fw_cfg);
	}
	fw_cfg_free(fw_cfg);
	fuzz_pc_free(pc);
	return 0;
}
