/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's VNC server over a bochs-display whose guest is this program: its processor is stopped, the
 * pixels are put into the device's memory from outside, and one byte of each page is then written through
 * qtest, as a guest would, so that QEMU knows what changed.
 */
#include "side.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Bochs' display interface (DISPI) in the second bar, registers of 16 bits from 500h on */
enum {
	DISPI_X = 1,
	DISPI_Y = 2,
	DISPI_BITS = 3,
	DISPI_ENABLE = 4,
	DISPI_ENABLED_LINEAR = 0x41,
	MEMORY_SIZE = 32 << 20,
	PAGE = 4096,
};
static const uint32_t memory_bar = 0xe0000000, register_bar = 0xf0000000;

struct qemu {
	struct side side;
	char qtest_path[100], vnc_path[100];
	FILE *in, *out;	  /* qtest */
	uintptr_t memory; /* in QEMU */
};

static void give_up(const char *what)
{
	fprintf(stderr, "bench/display: QEMU: %s\n", what);
	exit(1);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	static const struct timespec pause = { .tv_nsec = 20000000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (unsigned i = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0; i++) {
		if (i > 500)
			give_up("it does not listen");
		nanosleep(&pause, NULL);
	}
	return fd;
}

/* --- qtest ---------------------------------------------------------------------------------------------- */

static void expect_ok(struct qemu *qemu, unsigned count)
{
	char line[200];

	fflush(qemu->out);
	while (count > 0) {
		if (!fgets(line, sizeof(line), qemu->in))
			give_up("qtest went");
		count -= strncmp(line, "OK", 2) == 0;
	}
}

static void set_config(struct qemu *qemu, unsigned offset, uint32_t value)
{
	/* bus 0, slot 2 */
	fprintf(qemu->out, "outl 0xcf8 0x%x\noutl 0xcfc 0x%x\n", 0x80000000u | 2 << 11 | offset, value);
	expect_ok(qemu, 2);
}

static void set_register(struct qemu *qemu, unsigned index, unsigned value)
{
	fprintf(qemu->out, "writew 0x%x 0x%x\n", register_bar + 0x500 + 2 * index, value);
	expect_ok(qemu, 1);
}

static void set_mode(struct qemu *qemu)
{
	set_config(qemu, 0x10, memory_bar);
	set_config(qemu, 0x18, register_bar);
	set_config(qemu, 0x04, 0x02); /* memory space */
	set_register(qemu, DISPI_X, WIDTH);
	set_register(qemu, DISPI_Y, HEIGHT);
	set_register(qemu, DISPI_BITS, 32);
	set_register(qemu, DISPI_ENABLE, DISPI_ENABLED_LINEAR);
}

/* --- its memory -------------------------------------------------------------------------------------- */

static void find_memory(struct qemu *qemu)
{
	char path[64], line[400];
	uint32_t magic = 0x5a17c0de, got;
	FILE *maps;

	fprintf(qemu->out, "writel 0x%x 0x%x\n", memory_bar, magic);
	expect_ok(qemu, 1);
	snprintf(path, sizeof(path), "/proc/%d/maps", qemu->side.pid);
	maps = fopen(path, "re");
	while (maps && !qemu->memory && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		struct iovec local = { &got, sizeof(got) }, remote;

		if (sscanf(line, "%lx-%lx", &from, &to) != 2 || to - from < MEMORY_SIZE)
			continue;
		remote = (struct iovec){ (void *)from, sizeof(got) };
		if (process_vm_readv(qemu->side.pid, &local, 1, &remote, 1, 0) == sizeof(got) && got == magic)
			qemu->memory = from;
	}
	if (!qemu->memory)
		give_up("the display's memory is not found");
	fclose(maps);
}

static void draw(struct side *side, const uint32_t *picture, unsigned top, unsigned lines)
{
	struct qemu *qemu = (struct qemu *)side;
	size_t from = (size_t)top * WIDTH * 4, size = (size_t)lines * WIDTH * 4;
	struct iovec local = { (void *)((const uint8_t *)picture + from), size };
	struct iovec remote = { (void *)(qemu->memory + from), size };
	unsigned count = 0;

	if (process_vm_writev(side->pid, &local, 1, &remote, 1, 0) != (ssize_t)size)
		give_up("its memory cannot be written");
	for (size_t at = from; at < from + size; at = (at / PAGE + 1) * PAGE, count++)
		fprintf(qemu->out, "writeb 0x%zx 0x%x\n", memory_bar + at, ((const uint8_t *)picture)[at]);
	expect_ok(qemu, count);
}

/* --- life -------------------------------------------------------------------------------------------- */

static int connect_viewer(struct side *side)
{
	return connect_to(((struct qemu *)side)->vnc_path);
}

static void disconnected(struct side *side)
{
	static const struct timespec pause = { .tv_nsec = 200000000 };

	(void)side;
	nanosleep(&pause, NULL);
}

static void free_side(struct side *side)
{
	struct qemu *qemu = (struct qemu *)side;

	kill(side->pid, SIGTERM);
	waitpid(side->pid, NULL, 0);
	fclose(qemu->in);
	fclose(qemu->out);
	unlink(qemu->qtest_path);
	unlink(qemu->vnc_path);
	free(qemu);
}

static void start(struct qemu *qemu)
{
	char qtest[200], vnc[200], device[100];

	snprintf(qtest, sizeof(qtest), "unix:%s,server=on,wait=off", qemu->qtest_path);
	snprintf(vnc, sizeof(vnc), "unix:%s", qemu->vnc_path);
	snprintf(device, sizeof(device), "bochs-display,addr=2,vgamem=%dM", MEMORY_SIZE >> 20);
	qemu->side.pid = fork();
	if (qemu->side.pid != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execlp("qemu-system-x86_64", "qemu-system-x86_64", "-accel", "tcg", "-S", "-M", "pc", "-m", "8",
	       "-nodefaults", "-device", device, "-qtest", qtest, "-qtest-log", "none", "-display", "none",
	       "-vnc", vnc, NULL);
	_exit(127);
}

struct side *side_new_qemu(const char *folder)
{
	struct qemu *qemu = calloc(1, sizeof(*qemu));
	int fd;

	if (!qemu)
		exit(1);
	qemu->side = (struct side){ "qemu", -1, draw, connect_viewer, disconnected, free_side };
	snprintf(qemu->qtest_path, sizeof(qemu->qtest_path), "%s/qtest", folder);
	snprintf(qemu->vnc_path, sizeof(qemu->vnc_path), "%s/vnc", folder);
	start(qemu);
	fd = connect_to(qemu->qtest_path);
	qemu->in = fdopen(fd, "r");
	qemu->out = fdopen(dup(fd), "w");
	set_mode(qemu);
	find_memory(qemu);
	return &qemu->side;
}
