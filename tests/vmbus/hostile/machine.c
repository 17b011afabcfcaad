/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

enum {
	COM1 = 0x3f8,
	PM1_CONTROL = 0x604,
	MSR_OS_ID = 0x40000000,
	MSR_HYPERCALL = 0x40000001,
	MSR_TIME = 0x40000020,
	MSR_SCONTROL = 0x40000080,
	MSR_SIMP = 0x40000083,
	MSR_EOM = 0x40000084,
	MSR_SINT2 = 0x40000092,
	CALL_POST_MESSAGE = 0x5c,
	CALL_SIGNAL_EVENT = 0x5d,
};

static uint8_t hypercall_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t message_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t input_page[PAGE] __attribute__((aligned(PAGE)));

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}
static uint8_t in8(uint16_t port)
{
	uint8_t v;
	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static uint64_t rdmsr(uint32_t i)
{
	uint32_t a, d;
	__asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(i));
	return a | (uint64_t)d << 32;
}
static void wrmsr(uint32_t i, uint64_t v)
{
	__asm__ volatile("wrmsr" : : "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "c"(i) : "memory");
}

/* --- text and memory ------------------------------------------------------------------------------- */

void print(const char *text)
{
	for (; *text; text++) {
		while (!(in8(COM1 + 5) & 0x20))
			;
		out8(COM1, (uint8_t)*text);
	}
}

void print_number(uint64_t value)
{
	char text[24], *p = text + sizeof(text) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	print(p);
}

void power_off(void)
{
	out16(PM1_CONTROL, 1 << 13); /* S5, by the ports of this machine's chips */
	for (;;)
		__asm__ volatile("hlt");
}

void *memcpy(void *to, const void *from, size_t size)
{
	void *result = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return result;
}

void *memset(void *to, int byte, size_t size)
{
	void *result = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *p = a, *q = b;

	for (; size > 0; size--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

/* --- random numbers: xorshift64* -------------------------------------------------------------------- */

static uint64_t state;

void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15u + 1;
}

uint64_t random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1du) >> 16;
}

void scribble(void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)random();
}

/* Numbers at which programs break. */
static uint32_t bad_number(void)
{
	static const uint32_t numbers[] = { 0,		1,	    7,		8,	   0x7f,
					    0x80,	0xff,	    0x1000,	0xffff,	   0x10000,
					    0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };

	return one_in(3) ? (uint32_t)random() : numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
}

void mutate(void *bytes, size_t size)
{
	for (unsigned n = 1 + below(3); n > 0 && size >= 4; n--) {
		uint32_t at = below((uint32_t)size - 3), number = bad_number();

		if (one_in(2))
			((uint8_t *)bytes)[at] = (uint8_t)number;
		else
			memcpy((uint8_t *)bytes + (one_in(4) ? at : at & ~3u), &number, 4);
	}
}

uint64_t wild_page(void)
{
	switch (below(8)) {
	case 0: return random();
	case 1: return (uint64_t)0xfee00000 / PAGE;
	case 2: return 64 << 20 >> 12; /* the first behind all memory */
	case 3: return 0xffffffffff;
	default: return (uint32_t)HEAP_START / PAGE + below((HEAP_END - HEAP_START) / PAGE);
	}
}

/* --- Hyper-V ----------------------------------------------------------------------------------------- */

static uint32_t hypercall(uint64_t control, uint64_t input, uint64_t output)
{
	register uint64_t r8 __asm__("r8") = output;
	uint64_t result;

	__asm__ volatile("call *%4"
			 : "=a"(result), "+c"(control), "+d"(input), "+r"(r8)
			 : "r"(hypercall_page)
			 : "r9", "r10", "r11", "memory", "cc");
	return (uint32_t)result & 0xffff;
}

bool machine_init(void)
{
	uint32_t a = 0x40000000, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (b != 0x7263694d)
		return false;
	wrmsr(MSR_OS_ID, 0x8100000000000001);
	wrmsr(MSR_HYPERCALL, (uint64_t)hypercall_page | 1);
	wrmsr(MSR_SIMP, (uint64_t)message_page | 1);
	wrmsr(MSR_SINT2, 0x40); /* not masked; with IF clear it only waits */
	wrmsr(MSR_SCONTROL, 1);
	return true;
}

uint64_t reference_time(void)
{
	return rdmsr(MSR_TIME);
}

uint32_t post_message(uint32_t connection, const void *payload, uint32_t size)
{
	struct {
		uint32_t connection, reserved, type, size;
		uint8_t payload[MESSAGE_MAX];
	} *input = (void *)input_page;

	input->connection = connection;
	input->reserved = 0;
	input->type = 1;
	input->size = size;
	memcpy(input->payload, payload, size < MESSAGE_MAX ? size : MESSAGE_MAX);
	return hypercall(CALL_POST_MESSAGE, (uint64_t)input_page, 0);
}

uint32_t signal_event(uint32_t connection, uint16_t flag)
{
	return hypercall(CALL_SIGNAL_EVENT | 1 << 16, connection | (uint64_t)flag << 32, 0); /* fast */
}

void random_hypercall(void)
{
	scribble(input_page, 256);
	hypercall(random() & (one_in(2) ? 0xffffffffffffffff : 0x8001ffff),
		  one_in(3) ? random() : (uint64_t)input_page,
		  one_in(3) ? random() : (uint64_t)input_page + 2048);
}

/* TLFS 11.11: type, size, flags (bit 0: more wait), payload. */
uint32_t take_message(void *buffer)
{
	struct {
		uint32_t type;
		uint8_t size, flags;
		uint16_t reserved;
		uint64_t sender;
		uint8_t payload[MESSAGE_MAX];
	} *slot = (void *)(message_page + 2 * 256);
	uint32_t size = *(volatile uint8_t *)&slot->size;
	bool has_more;

	if (*(volatile uint32_t *)&slot->type == 0)
		return 0;
	memset(buffer, 0, MESSAGE_MAX);
	memcpy(buffer, slot->payload, size < MESSAGE_MAX ? size : MESSAGE_MAX);
	*(volatile uint32_t *)&slot->type = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	has_more = *(volatile uint8_t *)&slot->flags & 1;
	if (has_more)
		wrmsr(MSR_EOM, 0);
	return size ? size : 1;
}
