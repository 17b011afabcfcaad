/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the disk tests share: checks that say where they failed, random numbers, temporary files, a reference disk. */
#ifndef DISK_TEST_H
#define DISK_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk/disk.h"
#include "disk/vhdx.h"

extern unsigned test_failures;
extern uint64_t test_seed; /* printed with each failure */

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			test_fail(__FILE__, __LINE__, #condition);                                           \
	} while (0)
#define CHECK_OK(call)                                                                                       \
	do {                                                                                                 \
		int check_result = (call);                                                                   \
		if (check_result)                                                                            \
			test_fail_code(__FILE__, __LINE__, #call, check_result);                             \
	} while (0)

void test_fail(const char *file, int line, const char *text);
void test_fail_code(const char *file, int line, const char *text, int code);
int test_end(void); /* for main's return */

uint64_t test_random(void); /* from test_seed on; the same on every machine */
uint64_t test_random_below(uint64_t limit);
/* Seed from argv[1], or a fixed one. */
void test_seed_from(int argc, char **argv);

/* A new empty file in a directory that is removed at the end. */
int test_file(char path[256]);
const char *test_directory(void);

/* Content that tells where and when it was written: block number, generation. */
void test_fill(uint8_t *bytes, uint64_t offset, size_t length, uint64_t generation);

/* Random requests against a disk and the same on an array in memory. */
struct test_model {
	uint8_t *bytes;
	uint64_t size;
	uint32_t sector;
	uint64_t generation;
};
int test_model_init(struct test_model *model, uint64_t size, uint32_t sector);
void test_model_deinit(struct test_model *model);
/* One random operation; compares what is read. */
void test_model_step(struct test_model *model, struct disk *disk, uint64_t max_length);
/* Compares all. False and a message at the first difference. */
bool test_model_compare(const struct test_model *model, struct disk *disk);

#endif
