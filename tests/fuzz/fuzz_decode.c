/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction decoder. Input: 1 byte with the mode and a limit, then code that is decoded one instruction
 * after the other, each from memory of exactly the bytes that the decoder may read.
 */
#include "fuzz.h"

#include "engine/translator/insn.h"

enum { LENGTH_MAX = 15 };

static enum insn_result decode(struct insn *insn, const uint8_t *code, unsigned avail, enum insn_mode mode)
{
	uint8_t *bytes = malloc(avail ? avail : 1);
	enum insn_result result;

	CHECK(bytes);
	memcpy(bytes, code, avail);
	memset(insn, 0xee, sizeof(*insn));
	result = insn_decode(insn, avail ? bytes : bytes + 1, avail, mode);
	free(bytes);
	return result;
}

static void check_decoded(const struct insn *insn, const uint8_t *code, enum insn_mode mode)
{
	struct insn other;

	CHECK(insn->facts && insn->facts->op < OP_COUNT && insn->facts->op != OP_INVALID &&
	      insn->facts->name);
	CHECK(insn->opcode_at < insn->len && insn->mode == mode && insn->vvvv < 16);
	CHECK(insn->opsize == 1 || insn->opsize == 2 || insn->opsize == 4 || insn->opsize == 8);
	CHECK(insn->addrsize == 2 || insn->addrsize == 4 || (insn->addrsize == 8 && mode == MODE_64));
	CHECK(insn->imm_size + insn->disp_size < insn->len || (insn->imm_size == 0 && insn->disp_size == 0));
	/* With exactly its bytes it is the same; with one less it is cut. */
	CHECK(decode(&other, code, insn->len, mode) == INSN_OK && other.len == insn->len &&
	      other.facts == insn->facts);
	CHECK(decode(&other, code, insn->len - 1u, mode) == INSN_TRUNCATED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 512 ? size : 512) };
	uint8_t how = fuzz_u8(&input);
	enum insn_mode mode = (enum insn_mode)(how % 3);
	unsigned limit = how >> 4;

	while (fuzz_more(&input)) {
		unsigned left = (unsigned)(input.end - input.at),
			 avail = limit && limit < left ? limit : left;
		struct insn insn;
		enum insn_result result = decode(&insn, input.at, avail, mode);

		if (result == INSN_OK) {
			CHECK(insn.len >= 1 && insn.len <= LENGTH_MAX && insn.len <= avail);
			check_decoded(&insn, input.at, mode);
			input.at += insn.len;
			continue;
		}
		CHECK(result == INSN_INVALID || result == INSN_TOO_LONG || result == INSN_TRUNCATED);
		CHECK(result != INSN_INVALID || insn.len <= avail);
		CHECK(result != INSN_TRUNCATED || avail < LENGTH_MAX);
		input.at++;
	}
	return 0;
}
