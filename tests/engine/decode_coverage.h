/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows of the opcode table a test has met: one that was never met was never compared. */
#ifndef TESTS_ENGINE_DECODE_COVERAGE_H
#define TESTS_ENGINE_DECODE_COVERAGE_H

#include "engine/translator/insn.h"

void coverage_note(const struct insn_facts *facts);
unsigned coverage_report(void); /* prints the rows that were never noted; returns how many */

#endif
