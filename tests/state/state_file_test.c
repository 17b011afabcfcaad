/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a saved machine: zeros are holes, memory comes back, copies without holes are as good, and damage is refused. */
#include "state/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAM_PAGES = 20000, VGA_PAGES = 16, RAM = RAM_PAGES * STATE_PAGE, VGA = VGA_PAGES * STATE_PAGE };

static const char sections[] = "what the devices say";
static unsigned checks, failures;

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		checks++;                                                                                    \
		if (!(condition)) {                                                                          \
			failures++;                                                                          \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
		}                                                                                            \
	} while (0)

static uint8_t *make_memory(size_t size)
{
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

static int make_file(void)
{
	char name[] = "/tmp/state-file-test.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		abort();
	unlink(name);
	return fd;
}

static void fill(uint8_t *memory)
{
	for (unsigned page = 0; page < RAM_PAGES; page += page % 100 < 10 ? 1 : 45)
		memset(memory + (size_t)page * STATE_PAGE + page % 4000, (int)(page % 255) + 1, 60);
	memory[RAM - 1] = 1;
}

static unsigned write_file(int fd, uint8_t *ram, uint8_t *vga)
{
	struct state_file file;
	unsigned slices = 0;
	int r;

	CHECK(state_file_begin(&file, fd) == 0);
	CHECK(state_file_add(&file, "memory", ram, RAM) == 0);
	CHECK(state_file_add(&file, "vga", vga, VGA) == 0);
	CHECK(state_file_add(&file, "bad", vga, 100) == -EINVAL);
	for (r = 1; r == 1; slices++)
		r = state_file_write_slice(&file);
	CHECK(r == 0 && file.done == file.total && file.total == RAM + VGA);
	CHECK(state_file_finish(&file, sections, sizeof(sections)) == 0);
	return slices;
}

/* 0, or what refuses it. */
static int read_file(int fd, uint8_t *ram, uint8_t *vga, char *reason)
{
	struct state_file file;
	void *bytes = NULL;
	size_t size;
	int r = state_file_open(&file, fd, &bytes, &size, reason);

	if (r == 0 && (size != sizeof(sections) || memcmp(bytes, sections, size) != 0))
		r = -EILSEQ;
	free(bytes);
	madvise(ram, RAM, MADV_DONTNEED);
	madvise(vga, VGA, MADV_DONTNEED);
	if (r == 0)
		r = state_file_read(&file, "memory", ram, RAM, reason);
	if (r == 0)
		r = state_file_read(&file, "vga", vga, VGA, reason);
	return r;
}

static void test_there_and_back(int fd, const uint8_t *ram, uint8_t *back, uint8_t *vga)
{
	char reason[STATE_REASON_MAX] = "";
	struct stat st;

	CHECK(fstat(fd, &st) == 0 && st.st_size > RAM && st.st_blocks * 512 < RAM / 2);
	CHECK(read_file(fd, back, vga, reason) == 0);
	CHECK(memcmp(ram, back, RAM) == 0);
	CHECK(vga[0] == 0 && vga[VGA - 1] == 7);
}

static void test_copy_without_holes(int fd, const uint8_t *ram, uint8_t *back, uint8_t *vga)
{
	char reason[STATE_REASON_MAX] = "", *part = malloc(1 << 20);
	int copy = make_file();
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, part, 1 << 20)) > 0)
		if (write(copy, part, (size_t)n) != n)
			abort();
	CHECK(read_file(copy, back, vga, reason) == 0 && memcmp(ram, back, RAM) == 0);
	close(copy);
	free(part);
}

static void expect(int fd, uint8_t *back, uint8_t *vga, const char *want)
{
	char reason[STATE_REASON_MAX] = "";

	CHECK(read_file(fd, back, vga, reason) < 0);
	checks++;
	if (!strstr(reason, want)) {
		failures++;
		printf("\"%s\" instead of \"%s\"\n", reason, want);
	}
}

/* Changes one byte, looks, and changes it back. */
static void damage(int fd, off_t at, uint8_t *back, uint8_t *vga, const char *want)
{
	uint8_t byte = 0, other;

	if (pread(fd, &byte, 1, at) != 1)
		abort();
	other = byte ^ 0x10;
	if (pwrite(fd, &other, 1, at) != 1)
		abort();
	expect(fd, back, vga, want);
	if (pwrite(fd, &byte, 1, at) != 1)
		abort();
}

static void test_damage(int fd, uint8_t *ram, uint8_t *back, uint8_t *vga)
{
	char reason[STATE_REASON_MAX];
	struct state_file file;
	struct stat st;
	void *bytes;
	size_t size;

	damage(fd, 3, back, vga, "no saved state");
	for (off_t at = 16; at < 360; at++)
		damage(fd, at, back, vga, "its header is damaged");
	damage(fd, STATE_PAGE, back, vga, "its memory is damaged");
	damage(fd, STATE_PAGE + RAM - 1, back, vga, "its memory is damaged");
	damage(fd, STATE_PAGE + RAM / 2 + 17, back, vga, "its memory is damaged"); /* a hole before */
	damage(fd, STATE_PAGE + RAM + VGA - 1, back, vga, "its vga is damaged");
	CHECK(state_file_open(&file, fd, &bytes, &size, reason) == 0);
	free(bytes);
	CHECK(state_file_area_size(&file, "vga") == VGA && state_file_area_size(&file, "none") == 0);
	CHECK(state_file_read(&file, "memory", ram, RAM - STATE_PAGE, reason) < 0 &&
	      strstr(reason, "another size"));
	CHECK(state_file_read(&file, "none", ram, RAM, reason) < 0);
	CHECK(fstat(fd, &st) == 0);
	for (off_t cut = st.st_size - 1; cut > 0; cut = cut / 2) {
		CHECK(ftruncate(fd, cut) == 0);
		expect(fd, back, vga, cut < STATE_PAGE ? "no saved state" : "");
	}
	CHECK(ftruncate(fd, 0) == 0);
	expect(fd, back, vga, "no saved state");
}

/* A file that was not finished is none, however much of it is there. */
static void test_unfinished(uint8_t *ram, uint8_t *back, uint8_t *vga)
{
	struct state_file file;
	int fd = make_file();

	CHECK(state_file_begin(&file, fd) == 0 && state_file_add(&file, "memory", ram, RAM) == 0);
	while (state_file_write_slice(&file) == 1)
		;
	expect(fd, back, vga, "no saved state");
	close(fd);
}

static void test_full(uint8_t *ram)
{
	struct state_file file;
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC), r = 1;

	if (fd < 0)
		return;
	file = (struct state_file){ .fd = fd };
	CHECK(state_file_add(&file, "memory", ram, RAM) == 0);
	while (r == 1)
		r = state_file_write_slice(&file);
	CHECK(r == -ENOSPC);
	close(fd);
}

int main(void)
{
	uint8_t *ram = make_memory(RAM), *back = make_memory(RAM), *vga = make_memory(VGA);
	int fd = make_file();

	fill(ram);
	vga[VGA - 1] = 7;
	CHECK(write_file(fd, ram, vga) > 1);
	test_there_and_back(fd, ram, back, vga);
	test_copy_without_holes(fd, ram, back, vga);
	test_unfinished(ram, back, vga);
	test_full(ram);
	test_damage(fd, ram, back, vga);
	close(fd);
	printf("%u checks, %u failed\n", checks, failures);
	return failures > 0;
}
