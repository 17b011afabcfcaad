/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest in real mode, as the tests of this folder have it: one processor, its code in the first pages, and
 * what is checked of it. */
#ifndef REAL_MODE_GUEST_H
#define REAL_MODE_GUEST_H

#include "hv/hv.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 4096, CODE = 0x1000, STACK = 0x8000 };

static struct hv_partition *partition;
static struct hv_vp *vp;
static struct hv_exit exit_;
static uint8_t *memory;
static unsigned failures;

static inline void check(bool is_right, const char *what, uint64_t value)
{
	if (is_right)
		return;
	failures++;
	printf("FAILED: %s: %#llx\n", what, (unsigned long long)value);
}

static inline void check_text(bool is_right, const char *what, const char *text)
{
	if (is_right)
		return;
	failures++;
	printf("FAILED: %s: %s\n", what, text);
}

static inline bool guest_new(enum hv_engine_kind engine, size_t memory_size)
{
	struct hv_partition_config config = { .engine = engine, .vp_count = 1 };

	return hv_partition_new(&config, &partition) == 0 &&
	       hv_map(partition, 0, memory, memory_size, HV_MAP_WRITE) == 0 &&
	       hv_vp_new(partition, 0, &vp) == 0;
}

static inline void guest_free(void)
{
	hv_vp_free(vp);
	partition = hv_partition_free(partition);
}

static inline void set(enum hv_reg name, uint64_t value)
{
	union hv_value v = { .u64 = value };

	check(hv_vp_set_regs(vp, &name, 1, &v) == 0, "register", name);
}

static inline void set_segment(enum hv_reg name, uint64_t base, uint16_t attr)
{
	union hv_value v = { .segment = { base, 0xffff, (uint16_t)(base >> 4), attr } };

	check(hv_vp_set_regs(vp, &name, 1, &v) == 0, "segment", name);
}

/* The next code, with its data segment at `data`. */
static inline void begin(const void *code, size_t size, uint64_t data)
{
	memcpy(memory + CODE, code, size);
	hv_memory_written(partition, CODE, size);
	set_segment(HV_REG_CS, 0, 0x9b);
	set_segment(HV_REG_SS, 0, 0x93);
	set_segment(HV_REG_DS, data, 0x93);
	set(HV_REG_RIP, CODE);
	set(HV_REG_RSP, STACK);
	exit_ = (struct hv_exit){ 0 };
}

static inline void run(enum hv_exit_reason reason, const char *what)
{
	int r = hv_vp_run(vp, &exit_);

	check(r == 0 && exit_.reason == reason, what, r < 0 ? (uint64_t)-r : exit_.reason);
	if (exit_.reason == HV_EXIT_FAILURE && reason != HV_EXIT_FAILURE)
		printf("%s\n", exit_.failure);
}

#endif
