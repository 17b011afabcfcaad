/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says which check failed, with what, and counts: `failures` is the test's exit status. */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <stdio.h>

extern unsigned failures; /* the test's own */

#define CHECK(condition, ...)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			failures++;                                                                          \
			fprintf(stderr, "%s:%d: %s: %s: ", __FILE__, __LINE__, __func__, #condition);        \
			fprintf(stderr, __VA_ARGS__);                                                        \
			fputc('\n', stderr);                                                                 \
		}                                                                                            \
	} while (0)

#endif
