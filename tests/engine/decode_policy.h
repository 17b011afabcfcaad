/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where insn_decode() and Zydis differ on purpose. */
#ifndef TESTS_ENGINE_DECODE_POLICY_H
#define TESTS_ENGINE_DECODE_POLICY_H

#include "engine/translator/insn.h"

#include <Zydis/Zydis.h>

struct comparison { /* one byte string through both decoders */
	enum insn_mode mode;
	uint8_t bytes[24];
	enum insn_result result;
	struct insn ours;
	ZyanStatus status;
	bool zydis_ok;
	ZydisDecodedInstruction zydis;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* Each says whether this difference is wanted (or the question makes no sense for this instruction). */
bool policy_only_ours(const struct comparison *c);
bool policy_only_theirs(const struct comparison *c);
bool policy_name(const struct comparison *c, const char *theirs); /* the names agree */
bool policy_access(const struct comparison *c, const ZydisDecodedOperand *operand, unsigned access);
bool policy_gpr_size(const struct comparison *c, const ZydisDecodedOperand *operand, unsigned size);
bool policy_memory(const struct comparison *c, const ZydisDecodedOperand *operand);
bool policy_operands(const struct comparison *c);
bool policy_implicit(const struct comparison *c);
bool policy_flags(const struct comparison *c);
bool policy_address_size(const struct comparison *c);
unsigned policy_segment(const struct comparison *c); /* what Zydis thinks, as enum insn_segment */

#endif
