/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the architecture leaves open, so that a difference is no failure. Each rule names its reason. */
#ifndef TESTS_ENGINE_DIFF_POLICY_H
#define TESTS_ENGINE_DIFF_POLICY_H

#include "diff.h"

/* Flags that the instruction leaves undefined (SDM 1, appendix A; the instruction pages). */
unsigned policy_undefined_flags(const struct insn *insn);
/*
 * The arithmetic flags that count at the end of the program: the defined ones. Translated code may differ
 * also, in the frame of a fault, in those that are overwritten before anything reads them.
 */
unsigned policy_flags(const struct diff_program *program, const struct diff_result *native,
		      bool is_translated);
/* Two faults in one instruction, delivered in a different order. */
bool policy_fault_order(const struct diff_program *program, const struct diff_result *native,
			const struct diff_result *guest);
/* POPA may have loaded any registers when it faults on a later one; all are loaded again. */
unsigned policy_ignored_gprs(const struct diff_program *program, const struct diff_result *native);
/* A faulting MMX instruction has set TOP to 0 natively; it will be executed again, so nobody sees it but the
 * handler. */
bool policy_ignore_x87(const struct diff_program *program, const struct diff_result *native);
/* A faulting gather may have done any number of elements; the set of vector registers that may differ. */
unsigned policy_ignored_vectors(const struct diff_program *program, const struct diff_result *native);
/* The fault address may be that of any byte of the operand. */
bool policy_fault_address(const struct diff_program *program, const struct diff_result *native,
			  const struct diff_result *guest);
/* A faulting conversion into memory has set sticky flags of MXCSR; it will be executed again and set them
 * then. */
bool policy_ignore_mxcsr(const struct diff_program *program, const struct diff_result *native);
/* The fault came in the middle of a store that a processor does in two pieces. */
bool policy_ignore_memory(const struct diff_program *program, const struct diff_result *native);
/*
 * Nothing can be compared: one side faulted on an operand that the other did not touch, because an unmasked
 * x87 exception came first (that is left pending), or because a mask was 0: "faults may still be signaled
 * (implementation dependent)" (SDM 2, MASKMOVQ); or a single step trapped in the middle of a gather.
 */
bool policy_ignore_all(const struct diff_program *program, const struct diff_result *native,
		       const struct diff_result *guest);

#endif
