/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The benchmark that runs inside a guest, timed by the guest's own clock.
 *
 *   guest_bench [--ms N] [--tries N] [--list] [NAME]...
 *
 * Each kernel does units of fixed work until a try has lasted N ms (default 200), and reports the best of its
 * tries:
 *
 *   BENCH GROUP NAME RATE units/s CHECKSUM
 *
 * The checksum is that of the first unit, so it must be the same on every machine: a wrong result is no
 * speed. Built for generic x86-64 (SSE2), so that every machine runs the same instructions.
 */
#include <emmintrin.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t hash_bytes(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t hash = 14695981039346656037u;

	while (size--)
		hash = (hash ^ *p++) * 1099511628211u;
	return hash;
}

enum { TEXT_SIZE = 256 << 10 };
static uint8_t text[TEXT_SIZE]; /* words of a small vocabulary: compresses like prose */

static void make_text(void)
{
	uint64_t seed = 1;
	size_t at = 0;

	while (at < TEXT_SIZE) {
		uint64_t word = (seed = mix(seed + 1)) % 600, rank = (seed >> 32) % (word + 1);
		uint64_t letters = mix(rank);

		for (unsigned i = 0; i < 2 + rank % 7 && at < TEXT_SIZE; i++, letters >>= 5)
			text[at++] = (uint8_t)('a' + (letters & 31) % 26);
		if (at < TEXT_SIZE)
			text[at++] = ' ';
	}
}

/* ---- integer ---- */

static inline uint32_t rotate_right(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t sha_k[64];

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4). */
static void make_sha_constants(void)
{
	unsigned count = 0;

	for (unsigned n = 2; count < 64; n++) {
		bool prime = true;

		for (unsigned d = 2; d * d <= n; d++)
			prime = prime && n % d;
		if (!prime)
			continue;
		__uint128_t root = 0; /* floor(cbrt(n) * 2^32), by bits: root^3 <= n * 2^96 */

		for (int bit = 34; bit >= 0; bit--) {
			__uint128_t next = root | (__uint128_t)1 << bit;

			if (next * next * next <= (__uint128_t)n << 96)
				root = next;
		}
		sha_k[count++] = (uint32_t)root;
	}
}

static void sha256_block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 |
		       p[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3) + w[i - 7] +
		       (rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10);
	}
	memcpy(s, h, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = s[7] +
			      (rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_k[i] + w[i];
		uint32_t t2 = (rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}

static uint64_t run_sha256(void)
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	for (size_t at = 0; at < 64 << 10; at += 64)
		sha256_block(h, text + at);
	return (uint64_t)h[0] << 32 | h[7];
}

static uint64_t run_hash(void)
{
	return hash_bytes(text, TEXT_SIZE);
}

/* LZ77 with a hash table of last places, then the way back; the checksum is that of both. */
static uint64_t run_compress(void)
{
	static uint32_t last[1 << 14];
	static uint8_t packed[TEXT_SIZE + TEXT_SIZE / 8], unpacked[TEXT_SIZE];
	enum { SIZE = 128 << 10 };
	size_t out = 0, at = 0, in = 0;

	memset(last, 0, sizeof(last));
	while (at + 4 < SIZE) {
		uint32_t word;

		memcpy(&word, text + at, 4);
		uint32_t *slot = &last[word * 2654435761u >> 18];
		size_t from = *slot, length = 0;

		*slot = (uint32_t)at;
		if (from < at && at - from < 65536)
			while (length < 255 && at + length < SIZE && text[from + length] == text[at + length])
				length++;
		if (length < 4) {
			packed[out++] = 0;
			packed[out++] = text[at++];
			continue;
		}
		packed[out++] = (uint8_t)length;
		packed[out++] = (uint8_t)(at - from);
		packed[out++] = (uint8_t)((at - from) >> 8);
		at += length;
	}
	for (size_t i = 0; i < out;) {
		unsigned length = packed[i++];

		if (!length) {
			unpacked[in++] = packed[i++];
			continue;
		}
		size_t distance = packed[i] | (size_t)packed[i + 1] << 8;

		for (i += 2; length--; in++)
			unpacked[in] = unpacked[in - distance];
	}
	if (memcmp(unpacked, text, in))
		give_up("compress: what comes out is not what went in");
	return hash_bytes(packed, out) + in;
}

static void quick_sort(uint32_t *a, long low, long high)
{
	while (low < high) {
		uint32_t pivot = a[(low + high) / 2];
		long i = low, j = high;

		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				uint32_t t = a[i];

				a[i++] = a[j];
				a[j--] = t;
			}
		}
		if (j - low < high - i) {
			quick_sort(a, low, j);
			low = i;
		} else {
			quick_sort(a, i, high);
			high = j;
		}
	}
}

static uint64_t run_sort(void)
{
	enum { COUNT = 50000 };
	static uint32_t a[COUNT];
	uint64_t seed = 42;

	for (int i = 0; i < COUNT; i++)
		a[i] = (uint32_t)(seed = mix(seed + 1));
	quick_sort(a, 0, COUNT - 1);
	return hash_bytes(a, sizeof(a));
}

/* A byte-code interpreter with an indirect jump for each operation; the program sums a sieve. */
enum op {
	OP_PUSH,
	OP_LOAD,
	OP_STORE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_XOR,
	OP_SHR,
	OP_LT,
	OP_JZ,
	OP_JMP,
	OP_AT,
	OP_PUT,
	OP_HALT
};

static uint64_t interpret(const int32_t *code, uint64_t *variables, uint8_t *memory)
{
	static const void *const labels[] = { &&push, &&load, &&store, &&add, &&sub, &&mul, &&xor,
					      &&shr,  &&lt,   &&jz,    &&jmp, &&at,  &&put, &&halt };
	uint64_t stack[32], *sp = stack;
	const int32_t *pc = code;

#define NEXT goto *labels[*pc++]
	NEXT;
push:
	*sp++ = (uint64_t)*pc++;
	NEXT;
load:
	*sp++ = variables[*pc++];
	NEXT;
store:
	variables[*pc++] = *--sp;
	NEXT;
add:
	sp--;
	sp[-1] += sp[0];
	NEXT;
sub:
	sp--;
	sp[-1] -= sp[0];
	NEXT;
mul:
	sp--;
	sp[-1] *= sp[0];
	NEXT;
	xor : sp--;
	sp[-1] ^= sp[0];
	NEXT;
shr:
	sp--;
	sp[-1] >>= sp[0] & 63;
	NEXT;
lt:
	sp--;
	sp[-1] = sp[-1] < sp[0];
	NEXT;
jz:
	pc = *--sp ? pc + 1 : code + *pc;
	NEXT;
jmp:
	pc = code + *pc;
	NEXT;
at:
	sp[-1] = memory[sp[-1] & 4095];
	NEXT;
put:
	sp -= 2;
	memory[sp[0] & 4095] = (uint8_t)sp[1];
	NEXT;
halt:
	return variables[1];
#undef NEXT
}

static uint64_t run_interpreter(void)
{
	/* for (i = 0; i < 20000; i++) { memory[i*7] = memory[i] ^ i; sum = (sum * 31 + memory[i*13]) ^ (sum
	 * >> 17); } */
	static const int32_t code[] = {
		OP_PUSH, 0,	  OP_STORE, 0,	   OP_PUSH, 1,	      OP_STORE, 1, /* 0 */
		OP_LOAD, 0,	  OP_PUSH,  20000, OP_LT,   OP_JZ,    57,	   /* 8 */
		OP_LOAD, 0,	  OP_PUSH,  7,	   OP_MUL,  OP_LOAD,  0,	OP_AT,	 OP_LOAD,
		0,	 OP_XOR,  OP_PUT, /* 15 */
		OP_LOAD, 1,	  OP_PUSH,  31,	   OP_MUL,  OP_LOAD,  0,	OP_PUSH, 13,
		OP_MUL,	 OP_AT,	  OP_ADD,						    /* 27 */
		OP_LOAD, 1,	  OP_PUSH,  17,	   OP_SHR,  OP_XOR,   OP_STORE, 1,	    /* 39 */
		OP_LOAD, 0,	  OP_PUSH,  1,	   OP_ADD,  OP_STORE, 0,	OP_JMP,	 8, /* 47 */
		OP_HALT, OP_HALT,							    /* 57 */
	};
	uint64_t variables[2] = { 0 };
	uint8_t memory[4096] = { 1, 2, 3 };

	return interpret(code, variables, memory);
}

static __attribute__((noinline, noipa)) unsigned fibonacci(unsigned n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t run_recursion(void)
{
	return fibonacci(24);
}

static uint32_t *chase_ring; /* a random cycle over 4 MiB */
enum { CHASE = 1 << 20 };

static void make_chase(void)
{
	uint64_t seed = 7;

	chase_ring = malloc(CHASE * sizeof(*chase_ring));
	if (!chase_ring)
		give_up("memory");
	for (uint32_t i = 0; i < CHASE; i++)
		chase_ring[i] = i;
	for (uint32_t i = CHASE - 1; i; i--) {
		uint32_t j = (uint32_t)((seed = mix(seed + 1)) % i), t = chase_ring[i];

		chase_ring[i] = chase_ring[j];
		chase_ring[j] = t;
	}
}

static uint64_t run_chase(void)
{
	uint32_t at = 0;

	for (int i = 0; i < 100000; i++)
		at = chase_ring[at];
	return at;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* calls through pointers, byte loads, unpredictable branches */
static uint64_t run_words(void)
{
	static char buffer[32 << 10];
	static char *words[16 << 10];
	size_t count = 0;
	uint64_t sum = 0;

	memcpy(buffer, text, sizeof(buffer) - 1);
	for (char *word = strtok(buffer, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	qsort(words, count, sizeof(words[0]), compare_words);
	for (size_t i = 0; i < count; i += 97)
		sum = sum * 31 + hash_bytes(words[i], strlen(words[i]));
	return sum;
}

/* ---- floating point ---- */

static uint64_t bits_of(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static uint64_t run_scalar_double(void)
{
	volatile double start = 1.0;
	double x = start, y = 0.5;

	for (int i = 0; i < 50000; i++) {
		x = x * 1.0000001 + y;
		y = y / 1.0000002 - x * 1e-9;
	}
	return bits_of(x + y);
}

static uint64_t run_matrix(void)
{
	enum { N = 64 };
	static double a[N][N], b[N][N], c[N][N];

	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			a[i][j] = (i * 7 + j) % 11 + 0.25;
			b[i][j] = (i + j * 5) % 13 - 0.5;
			c[i][j] = 0;
		}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			__m128d f = _mm_set1_pd(a[i][k]);

			for (int j = 0; j < N; j += 2)
				_mm_storeu_pd(&c[i][j], _mm_add_pd(_mm_loadu_pd(&c[i][j]),
								   _mm_mul_pd(f, _mm_loadu_pd(&b[k][j]))));
		}
	return hash_bytes(c, sizeof(c));
}

static uint64_t run_mandelbrot(void)
{
	uint64_t sum = 0;

	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 48; x += 4) {
			__m128 cr = _mm_setr_ps(x / 16.f - 2.2f, (x + 1) / 16.f - 2.2f, (x + 2) / 16.f - 2.2f,
						(x + 3) / 16.f - 2.2f);
			__m128 ci = _mm_set1_ps(y / 12.f - 1), zr = _mm_setzero_ps(), zi = zr;
			__m128i count = _mm_setzero_si128();

			for (int i = 0; i < 64; i++) {
				__m128 rr = _mm_mul_ps(zr, zr), ii = _mm_mul_ps(zi, zi),
				       ri = _mm_mul_ps(zr, zi);
				__m128 inside = _mm_cmplt_ps(_mm_add_ps(rr, ii), _mm_set1_ps(4));

				if (!_mm_movemask_ps(inside))
					break;
				count = _mm_sub_epi32(count, _mm_castps_si128(inside));
				zr = _mm_add_ps(_mm_sub_ps(rr, ii), cr);
				zi = _mm_add_ps(_mm_add_ps(ri, ri), ci);
			}
			uint32_t counts[4];

			_mm_storeu_si128((__m128i *)counts, count);
			sum = sum * 31 + counts[0] + counts[1] * 3 + counts[2] * 5 + counts[3] * 7;
		}
	return sum;
}

struct body {
	double position[3], speed[3], mass;
};

static uint64_t run_bodies(void)
{
	struct body bodies[5] = { { { 0, 0, 0 }, { 0, 0, 0 }, 39.5 },
				  { { 4.8, -1.1, -0.1 }, { 0.6, 2.8, -0.02 }, 0.038 },
				  { { 8.3, 4.1, -0.4 }, { -1.0, 1.8, 0.01 }, 0.011 },
				  { { 12.8, -15.1, -0.2 }, { 1.0, 0.8, -0.01 }, 0.0017 },
				  { { 15.3, -25.9, 0.17 }, { 0.9, 0.6, -0.03 }, 0.002 } };

	for (int step = 0; step < 500; step++) {
		for (int i = 0; i < 5; i++)
			for (int j = i + 1; j < 5; j++) {
				double d[3], square = 0, inverse;

				for (int k = 0; k < 3; k++) {
					d[k] = bodies[i].position[k] - bodies[j].position[k];
					square += d[k] * d[k];
				}
				inverse = 0.01 / (square * _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(square))));
				for (int k = 0; k < 3; k++) {
					bodies[i].speed[k] -= d[k] * bodies[j].mass * inverse;
					bodies[j].speed[k] += d[k] * bodies[i].mass * inverse;
				}
			}
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 3; k++)
				bodies[i].position[k] += 0.01 * bodies[i].speed[k];
	}
	return hash_bytes(bodies, sizeof(bodies));
}

/* packed integers: sum of absolute differences, shuffles, saturation, as video and checksums do */
static uint64_t run_packed_integer(void)
{
	__m128i sum = _mm_setzero_si128(), state = _mm_set1_epi16(0x1357);

	for (size_t at = 0; at + 32 <= 64 << 10; at += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(text + at)),
			b = _mm_loadu_si128((const __m128i *)(text + at + 1));

		sum = _mm_add_epi64(sum, _mm_sad_epu8(a, b));
		state = _mm_xor_si128(
		    _mm_shufflelo_epi16(_mm_mullo_epi16(state, _mm_set1_epi16(0x2f35)), 0x39), a);
		sum = _mm_add_epi32(sum, _mm_madd_epi16(state, _mm_unpacklo_epi8(a, b)));
		sum = _mm_add_epi8(sum, _mm_packus_epi16(state, _mm_srli_epi16(state, 3)));
	}
	return hash_bytes(&sum, sizeof(sum)) ^ hash_bytes(&state, sizeof(state));
}

/* ---- memory ---- */

enum { BLOCK = 4 << 20 };
static uint8_t *block_a, *block_b;

static void make_blocks(void)
{
	block_a = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	block_b = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block_a == MAP_FAILED || block_b == MAP_FAILED)
		give_up("memory");
	memset(block_a, 1, BLOCK);
	memset(block_b, 2, BLOCK);
}

static uint64_t run_memcpy(void)
{
	memcpy(block_a, block_b, BLOCK);
	return block_a[12345];
}

static uint64_t run_memset(void)
{
	memset(block_a, 7, BLOCK);
	return block_a[12345];
}

static uint64_t run_rep_movsb(void)
{
	void *to = block_a;
	const void *from = block_b;
	size_t count = BLOCK;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	return block_a[54321];
}

/* ---- kernel ---- */

static uint64_t run_syscall(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < 1000; i++)
		sum += syscall(SYS_getppid) > 0;
	return sum;
}

static int ping[2], pong[2];

static void make_pipes(void)
{
	char byte;

	if (pipe(ping) || pipe(pong))
		give_up("pipe");
	pid_t child = fork();

	if (child < 0)
		give_up("fork");
	if (child) {
		close(ping[0]);
		close(pong[1]);
		return;
	}
	close(ping[1]);
	while (read(ping[0], &byte, 1) == 1)
		if (write(pong[1], &byte, 1) != 1)
			break;
	_exit(0);
}

static uint64_t run_context_switch(void)
{
	char byte = 0;

	for (int i = 0; i < 50; i++)
		if (write(ping[1], &byte, 1) != 1 || read(pong[0], &byte, 1) != 1)
			give_up("pipe");
	return 100;
}

extern char **environ;

static uint64_t run_fork_exec(void)
{
	char *arguments[] = { "guest_bench", "--nothing", NULL };
	int status;
	pid_t child;

	if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ))
		give_up("posix_spawn");
	waitpid(child, &status, 0);
	return (uint64_t)status;
}

static uint64_t run_fork(void)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(5);
	if (child < 0)
		give_up("fork");
	waitpid(child, &status, 0);
	return (uint64_t)status;
}

static uint64_t run_page_fault(void)
{
	enum { PAGES = 512 };
	uint8_t *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t sum = 0;

	if (p == MAP_FAILED)
		give_up("mmap");
	madvise(p, PAGES * 4096, MADV_NOHUGEPAGE);
	for (int i = 0; i < PAGES; i++)
		p[i * 4096] = 1;
	for (int i = 0; i < PAGES; i++)
		sum += p[i * 4096];
	munmap(p, PAGES * 4096);
	return sum;
}

static uint64_t run_file_create(void)
{
	char name[64];
	uint64_t sum = 0;

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/tmp/bench.%d.%d", getpid(), i);
		int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

		if (fd < 0 || write(fd, text, 100) != 100)
			give_up(name);
		sum += 100;
		close(fd);
		unlink(name);
	}
	return sum;
}

static const struct kernel {
	const char *group, *name;
	double units; /* that one call does */
	const char *unit;
	uint64_t (*run)(void);
	void (*prepare)(void);
} kernels[] = {
	{ "integer", "hash", TEXT_SIZE / 1e6, "MB/s", run_hash, NULL },
	{ "integer", "sha256", 65536 / 1e6, "MB/s", run_sha256, make_sha_constants },
	{ "integer", "compress", (128 << 10) / 1e6, "MB/s", run_compress, NULL },
	{ "integer", "sort", 0.05, "Mitem/s", run_sort, NULL },
	{ "integer", "words", 1, "run/s", run_words, NULL },
	{ "integer", "interpreter", 0.02 * 30, "Mop/s", run_interpreter, NULL },
	{ "integer", "recursion", 0.150049, "Mcall/s", run_recursion, NULL },
	{ "integer", "chase", 0.1, "Mload/s", run_chase, make_chase },
	{ "fp", "scalar-double", 0.05, "Mloop/s", run_scalar_double, NULL },
	{ "fp", "matrix", 2 * 64 * 64 * 64 / 1e6, "Mflop/s", run_matrix, NULL },
	{ "fp", "mandelbrot", 1, "run/s", run_mandelbrot, NULL },
	{ "fp", "bodies", 0.5, "kstep/s", run_bodies, NULL },
	{ "fp", "packed-integer", 65536 / 1e6, "MB/s", run_packed_integer, NULL },
	{ "memory", "memcpy", BLOCK / 1e6, "MB/s", run_memcpy, make_blocks },
	{ "memory", "memset", BLOCK / 1e6, "MB/s", run_memset, make_blocks },
	{ "memory", "rep-movsb", BLOCK / 1e6, "MB/s", run_rep_movsb, make_blocks },
	{ "kernel", "syscall", 1, "k/s", run_syscall, NULL },
	{ "kernel", "context-switch", 0.1, "k/s", run_context_switch, make_pipes },
	{ "kernel", "fork-exec", 1, "/s", run_fork_exec, NULL },
	{ "kernel", "fork", 1, "/s", run_fork, NULL },
	{ "kernel", "page-fault", 0.512, "k/s", run_page_fault, NULL },
	{ "kernel", "file-create", 0.02, "k/s", run_file_create, NULL },
};

enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };
static double try_seconds = 0.2;
static int tries = 3;

static double one_try(const struct kernel *kernel)
{
	double start = now(), elapsed, units = 0;

	do {
		kernel->run();
		units += kernel->units;
		elapsed = now() - start;
	} while (elapsed < try_seconds);
	return units / elapsed;
}

static void measure(const struct kernel *kernel)
{
	double best = 0;
	uint64_t sum;

	if (kernel->prepare)
		kernel->prepare();
	sum = kernel->run(); /* also warms up: translations, caches, page tables */
	for (int i = 0; i < tries; i++) {
		double rate = one_try(kernel);

		best = rate > best ? rate : best;
	}
	printf("BENCH %s %s %.6g %s %016llx\n", kernel->group, kernel->name, best, kernel->unit,
	       (unsigned long long)sum);
	fflush(stdout);
}

static bool is_wanted(const struct kernel *kernel, int count, char **names)
{
	if (!count)
		return true;
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], kernel->name) || !strcmp(names[i], kernel->group))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	int at = 1;

	for (; at < argc && !strncmp(argv[at], "--", 2); at++) {
		if (!strcmp(argv[at], "--nothing"))
			return 0;
		if (!strcmp(argv[at], "--list")) {
			for (int i = 0; i < KERNELS; i++)
				printf("%s %s\n", kernels[i].group, kernels[i].name);
			return 0;
		}
		if (!strcmp(argv[at], "--ms") && at + 1 < argc)
			try_seconds = atof(argv[++at]) / 1000;
		else if (!strcmp(argv[at], "--tries") && at + 1 < argc)
			tries = atoi(argv[++at]);
		else
			return fprintf(stderr,
				       "usage: guest_bench [--ms N] [--tries N] [--list] [NAME]...\n"),
			       2;
	}
	make_text();
	for (int i = 0; i < KERNELS; i++)
		if (is_wanted(&kernels[i], argc - at, argv + at))
			measure(&kernels[i]);
	puts("BENCH-END");
	return 0;
}
