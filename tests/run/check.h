/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts and prints failing checks; main() returns check_result(). */
#ifndef TESTS_RUN_CHECK_H
#define TESTS_RUN_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static int check_failures;
static int check_count;

static inline bool check_that(bool is_true, const char *file, int line, const char *what)
{
	check_count++;
	if (!is_true) {
		check_failures++;
		printf("%s:%d: FAILED: %s\n", file, line, what);
	}
	return is_true;
}

#define CHECK(condition) check_that((condition), __FILE__, __LINE__, #condition)

static inline int check_result(void)
{
	printf("%d checks, %d failed\n", check_count, check_failures);
	return check_failures || check_count == 0 ? 1 : 0;
}

#endif
