/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copy and fill without vector registers: the guest's are live there (cpu.h). */
#ifndef HV_TRANSLATOR_BYTES_H
#define HV_TRANSLATOR_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void bytes_copy(void *to, const void *from, size_t size)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

/* 16 bytes in two moves: REP MOVSB takes long to start. */
static inline void bytes_copy16(void *to, const void *from)
{
	typedef uint64_t __attribute__((aligned(1), may_alias)) word;
	word low = ((const word *)from)[0], high = ((const word *)from)[1];
	((word *)to)[0] = low;
	((word *)to)[1] = high;
}

static inline void bytes_fill(void *to, uint8_t value, size_t size)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
}

static inline void words_fill(uint64_t *to, uint64_t value, size_t count)
{
	__asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

#endif
