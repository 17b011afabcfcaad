/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the vector unit's tests share beyond the guest: the check macro, and the guest's registers as a
 * struct. */
#ifndef TESTS_VECTOR_CHECK_H
#define TESTS_VECTOR_CHECK_H

#include "vector_guest.h"
#include "vector_native.h"

#include "engine/translator/vector/vector_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures;
static struct guest *guest;
static const char *test_name;

#define CHECK(condition, ...)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			printf("FAILED %s (line %d): %s: ", test_name, __LINE__, #condition);                \
			printf(__VA_ARGS__);                                                                 \
			printf("\n");                                                                        \
			failures++;                                                                          \
		}                                                                                            \
	} while (0)
#define RUN(...) guest_run(guest, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static inline struct vector_area *area(void)
{
	return (struct vector_area *)guest->cpu->vector_area;
}

static inline void begin(const char *name)
{
	test_name = name;
	guest_reset(guest);
	for (unsigned i = 0; i < GUEST_BYTES; i++)
		guest->memory[i] = (uint8_t)(i * 7 + (i >> 8));
	memset(area()->xmm, 0x11, sizeof(area()->xmm));
	memset(area()->ymm_high, 0x22, sizeof(area()->ymm_high));
	area()->cw = 0x37f;
	area()->tags = 0;
	area()->xstate_bv = 7;
}

static inline uint8_t *page(unsigned number)
{
	return guest->memory + number * 4096;
}

static inline void point(unsigned reg, const void *at)
{
	guest->cpu->gpr[reg] = (uint64_t)at;
}

static inline void push_x87(long double value)
{
	unsigned top = ((area()->sw >> 11 & 7) + 7u) & 7;
	memmove(area()->st[1], area()->st[0], 7 * 16);
	memset(area()->st[0], 0, 16);
	memcpy(area()->st[0], &value, 10);
	area()->sw = (uint16_t)((area()->sw & ~0x3800) | top << 11);
	area()->tags |= (uint8_t)(1 << top);
}

static inline bool area_equals(const struct vector_area *before)
{
	return memcmp(area(), before, 24) == 0 && area()->mxcsr == before->mxcsr &&
	       memcmp(area()->st, before->st, 128) == 0 && memcmp(area()->xmm, before->xmm, 256) == 0 &&
	       memcmp(area()->ymm_high, before->ymm_high, 256) == 0;
}

static inline void check_begin(void)
{
	if (vector_init() < 0 || native_init() < 0) {
		printf("cannot set up\n");
		exit(1);
	}
	guest = guest_new();
}

static inline int check_end(void)
{
	guest_free(guest);
	printf("%u failures\n", failures);
	return failures != 0;
}

#endif
