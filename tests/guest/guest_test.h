/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of guest_test share: results with a reason, and faults that a test expects. Each test runs
 * in a process of its own, so that the state here is that test's alone.
 */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

enum { PASS, FAIL, SKIP };

struct guest_test {
	const char *name;
	int (*run)(void);
};

/* Each ends with an empty entry. */
extern const struct guest_test integer_tests[], vector_tests[], fault_tests[], code_tests[], smp_tests[],
    process_tests[];

/* Both note the reason and return FAIL or SKIP. */
__attribute__((format(printf, 1, 2))) int fail(const char *format, ...);
int skip(const char *reason);

/* `count` fresh pages with PROT_* protection; ends the test when there is no memory. */
void *pages(unsigned count, int protection);

/* What the last fault was; fault_signal is 0 when there was none. */
extern sigjmp_buf fault_return;
extern volatile sig_atomic_t fault_signal;
extern volatile uintptr_t fault_address;
extern volatile int fault_code;
void catch_faults(void);

/* Runs `statement` and leaves the signal that it raised in fault_signal. */
#define EXPECT_FAULT(statement)                                                                              \
	do {                                                                                                 \
		catch_faults();                                                                              \
		fault_signal = 0;                                                                            \
		if (!sigsetjmp(fault_return, 1)) {                                                           \
			statement;                                                                           \
		}                                                                                            \
	} while (0)

#endif
