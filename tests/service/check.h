/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts and prints failing checks; main() returns check_result(). */
#ifndef TESTS_SERVICE_CHECK_H
#define TESTS_SERVICE_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int check_failures;
static int check_count;

__attribute__((format(printf, 4, 5))) static inline bool check_that(bool is_true, const char *file, int line,
								    const char *format, ...)
{
	va_list args;

	check_count++;
	if (is_true)
		return true;
	check_failures++;
	printf("%s:%d: FAILED: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return false;
}

#define CHECK(condition)	check_that((condition), __FILE__, __LINE__, "%s", #condition)
#define CHECK_F(condition, ...) check_that((condition), __FILE__, __LINE__, __VA_ARGS__)

static inline int check_result(void)
{
	printf("%d checks, %d failed\n", check_count, check_failures);
	return check_failures || check_count == 0 ? 1 : 0;
}

#endif
