/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode_coverage.h"

#include "engine/translator/decode/optable.h"

#include <stdint.h>
#include <stdio.h>

enum { SEEN_SIZE = 8192 };
static const struct insn_facts *seen[SEEN_SIZE];

static const struct insn_facts **seen_slot(const struct insn_facts *facts)
{
	unsigned at = (unsigned)((uintptr_t)facts * 0x9e3779b97f4a7c15ull >> 51);

	while (seen[at] && seen[at] != facts)
		at = (at + 1) % SEEN_SIZE;
	return &seen[at];
}

void coverage_note(const struct insn_facts *facts)
{
	*seen_slot(facts) = facts;
}

static unsigned count_unseen(const struct opcode_row *row, const char *map, unsigned opcode)
{
	unsigned count = 0;

	for (; row && row->facts.op != OP_INVALID; row++)
		if (!*seen_slot(&row->facts)) {
			printf("never met: %s of map %s, opcode %02x\n", row->facts.name, map, opcode);
			count++;
		}
	return count;
}

unsigned coverage_report(void)
{
	static const struct {
		const char *name;
		const opcode_map *map;
	} maps[] = {
		{ "one", &optable_one },	   { "0f", &optable_0f },
		{ "0f38", &optable_0f38 },	   { "0f3a", &optable_0f3a },
		{ "vex 0f", &optable_vex_0f },	   { "vex 0f38", &optable_vex_0f38 },
		{ "vex 0f3a", &optable_vex_0f3a },
	};
	unsigned count = 0;

	for (unsigned i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		for (unsigned opcode = 0; opcode < 256; opcode++)
			count += count_unseen((*maps[i].map)[opcode], maps[i].name, opcode);
	for (unsigned i = 0; i < 128; i++)
		count += count_unseen(optable_x87[i / 16][i % 16], "x87", 0xd8 + i / 16);
	return count;
}
