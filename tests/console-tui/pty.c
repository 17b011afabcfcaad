/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program on a terminal of this test's own, where every byte that it writes is looked at:
 *   pty fuzz SEED KEYS PROGRAM...   random keys and sequences; it may end, never crash, and never write a
 * control sequence that is not its own, whatever names and texts the service has pty idle SECONDS PROGRAM...
 * bytes a second that it writes while nothing happens, after PTY_KEYS of the environment: printed pty paint
 * TEXT PROGRAM...       milliseconds from its start until it has written TEXT: printed pty key KEY TEXT
 * PROGRAM...     milliseconds from the key until TEXT: printed The service is whatever BULKHEAD_RUNTIME says.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 100, HEIGHT = 30, KEPT = 1 << 20 };

static struct {
	int fd;
	pid_t pid;
	char kept[KEPT + 1]; /* what it wrote, the latest at the end */
	size_t size;
	unsigned long long written;
	/* the watch over sequences */
	enum { TEXT, ESCAPE, CSI, OSC } state;
	char sequence[4096];
	size_t length;
} pty;

static unsigned seed;
static int failures;

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void fail(const char *what)
{
	if (failures++ < 5) {
		printf("FAILED: %s (seed %u):", what, seed);
		for (size_t i = 0; i < pty.length && i < 60; i++)
			printf(" %02x", (unsigned char)pty.sequence[i]);
		printf("\n");
	}
}

static void start(char **program)
{
	struct winsize size = { .ws_row = HEIGHT, .ws_col = WIDTH };
	/* No echo: what is typed while the program ends would come back as if the program had written it. */
	struct termios modes = {
		.c_iflag = ICRNL, .c_oflag = OPOST | ONLCR, .c_cflag = CS8 | CREAD, .c_lflag = ICANON | ISIG
	};

	memset(&pty, 0, sizeof(pty));
	modes.c_cc[VMIN] = 1;
	pty.pid = forkpty(&pty.fd, NULL, &modes, &size);
	if (pty.pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execv(program[0], program);
		_exit(127);
	}
}

/* --- what it writes ---------------------------------------------------------------------------------- */

/* Its own sequences: colours, places, modes; the title's stack of xterm; the clipboard, when a key asks for
 * it. */
static void check_end(char final)
{
	if (pty.state == CSI && !strchr("mHCJKhltr", final))
		fail("a sequence that is not its own");
	if (pty.state == OSC && strncmp(pty.sequence, "52;c;", 5) != 0)
		fail("an operating system command that is not its own");
	pty.state = TEXT;
}

static void watch(unsigned char c)
{
	if (c == 0x18) { /* CAN ends whatever was begun: the program ends in the middle of its output */
		pty.state = TEXT;
		return;
	}
	if (pty.length < sizeof(pty.sequence))
		pty.sequence[pty.length++] = (char)c;
	switch (pty.state) {
	case TEXT:
		pty.length = 0;
		if (c == 0x1b)
			pty.state = ESCAPE;
		else if ((c < 0x20 && c != '\r' && c != '\n') || c == 0x7f) {
			pty.sequence[pty.length++] = (char)c;
			fail("a control character");
		}
		break;
	case ESCAPE:
		pty.length = 0;
		pty.state = c == '[' ? CSI : c == ']' ? OSC : TEXT;
		if (pty.state == TEXT && !strchr("=>()7B", c))
			fail("an escape that is not its own");
		break;
	case CSI:
		if (c >= 0x40 && c < 0x7f)
			check_end((char)c);
		break;
	case OSC:
		if (c == '\a')
			check_end((char)c);
		else if (c < 0x20)
			fail("a control character in a command");
		break;
	}
}

static void keep(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		watch((unsigned char)bytes[i]);
	if (size > KEPT)
		return;
	if (pty.size + size > KEPT)
		pty.size = 0;
	memcpy(pty.kept + pty.size, bytes, size);
	pty.size += size;
	pty.kept[pty.size] = '\0';
	pty.written += size;
}

/* Reads for so long; false: it is gone. */
static bool drain(int ms)
{
	int64_t end = now_ms() + ms;
	char bytes[65536];

	for (;;) {
		struct pollfd ready = { .fd = pty.fd, .events = POLLIN };
		int64_t left = end - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return true;
		n = read(pty.fd, bytes, sizeof(bytes));
		if (n <= 0)
			return false;
		keep(bytes, (size_t)n);
	}
}

static bool wait_for(const char *text, int ms)
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end) {
		if (pty.size && memmem(pty.kept, pty.size, text, strlen(text)))
			return true;
		if (!drain(1))
			return false;
	}
	return false;
}

/* Its status as a shell has it. */
static int stop(int number)
{
	int status = 0;

	if (number)
		kill(pty.pid, number);
	drain(20000); /* until it is gone */
	if (waitpid(pty.pid, &status, WNOHANG) == 0) {
		usleep(200000);
		if (waitpid(pty.pid, &status, WNOHANG) == 0) {
			fail("it does not end");
			kill(pty.pid, SIGKILL);
			waitpid(pty.pid, &status, 0);
		}
	}
	close(pty.fd);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- noise ------------------------------------------------------------------------------------------- */

static size_t noise(char *bytes)
{
	static const char *const pieces[] = { "\033[A",
					      "\033[B",
					      "\033[C",
					      "\033[D",
					      "\t",
					      "\r",
					      "\033[5~",
					      "\033[6~",
					      "\033OP",
					      "\033[21~",
					      "\033[13~",
					      "\033[12~",
					      "\033[20~",
					      "/",
					      ":",
					      "?",
					      "x",
					      "n",
					      "e",
					      "A",
					      "E",
					      "J",
					      "T",
					      "W",
					      "o",
					      "|",
					      "g",
					      "*",
					      " ",
					      "\033[Z",
					      "v",
					      "O",
					      "y",
					      "d",
					      "K",
					      "w",
					      "s",
					      "c",
					      "\x1dq",
					      "\x1d/",
					      "\033[200~\033]0;x\a\033[201~",
					      "\033[<0;20;5M",
					      "\033[<2;20;6M",
					      "\033[<65;9;9M",
					      "\033[<0;30;1M",
					      "\033h",
					      "\x0c",
					      "\xff\xfe",
					      "\033[1;1;1;1;1;1;1m",
					      "\033]0;x\a",
					      "\xe4\xb8\xad",
					      "\033[M" };
	const char *piece;
	size_t size;

	if (rand() % 12 == 0) { /* anything but what ends it: Ctrl+C, Ctrl+Q, Ctrl+Z, q, Q */
		size = 1 + (size_t)rand() % 8;
		for (size_t i = 0; i < size; i++)
			do
				bytes[i] = (char)rand();
			while (bytes[i] == 3 || bytes[i] == 17 || bytes[i] == 26 || bytes[i] == 'q');
		return size;
	}
	piece = pieces[(size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]))];
	memcpy(bytes, piece, strlen(piece));
	return strlen(piece);
}

static void resize(void)
{
	struct winsize size = { .ws_row = (unsigned short)(1 + rand() % 80),
				.ws_col = (unsigned short)(1 + rand() % 200) };

	ioctl(pty.fd, TIOCSWINSZ, &size);
	kill(pty.pid, SIGWINCH);
}

static int fuzz(int keys, char **program)
{
	int status;

	start(program);
	if (!wait_for("Virtual Machines", 60000))
		fail("it does not start");
	for (int i = 0; i < keys && !failures; i++) {
		char bytes[64];
		size_t size = noise(bytes);

		if (rand() % 50 == 0)
			resize();
		if (write(pty.fd, bytes, size) < 0 || !drain(rand() % 8 == 0 ? 50 : 2)) {
			status = stop(0); /* a menu has Quit, too */
			if (status != 0)
				fail(status > 128 ? "it crashed" : "it ended");
			start(program);
			wait_for("Virtual Machines", 60000);
		}
	}
	status = stop(SIGTERM);
	if (status != 128 + SIGTERM && status != 0) {
		printf("FAILED: status %d at the end (seed %u)\n", status, seed);
		failures++;
	}
	return failures != 0;
}

static int idle(int seconds, char **program)
{
	const char *keys = getenv("PTY_KEYS");
	unsigned long long before;

	start(program);
	if (!wait_for("Virtual Machines", 60000))
		fail("it does not start");
	if (keys && write(pty.fd, keys, strlen(keys)) < 0)
		fail("it takes no keys");
	drain(3000); /* the first samples */
	before = pty.written;
	drain(seconds * 1000);
	printf("%llu\n", (pty.written - before) / (unsigned)seconds);
	stop(SIGTERM);
	return failures != 0;
}

static int paint(const char *text, char **program)
{
	int64_t begin = now_ms();

	start(program);
	if (!wait_for(text, 60000))
		fail("it does not show the text");
	printf("%lld\n", (long long)(now_ms() - begin));
	stop(SIGTERM);
	return failures != 0;
}

/* Of /proc/PID/smaps_rollup. */
static int memory(char **program)
{
	char path[64], line[256];
	long private = 0, part;
	FILE *file;

	start(program);
	if (!wait_for("Virtual Machines", 60000))
		fail("it does not start");
	drain(3000);
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pty.pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Private_Clean: %ld", &part) == 1 ||
		    sscanf(line, "Private_Dirty: %ld", &part) == 1)
	private += part;
	if (file)
		fclose(file);
	printf("%ld\n", private);
	stop(SIGTERM);
	return failures != 0;
}

static int press(const char *key, const char *text, char **program)
{
	int64_t begin;

	start(program);
	if (!wait_for("Virtual Machines", 60000))
		fail("it does not start");
	drain(1500);
	pty.size = 0;
	begin = now_ms();
	if (write(pty.fd, key, strlen(key)) < 0 || !wait_for(text, 60000))
		fail("the key does not show the text");
	printf("%lld\n", (long long)(now_ms() - begin));
	stop(SIGTERM);
	return failures != 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc > 4 && strcmp(argv[1], "fuzz") == 0) {
		seed = (unsigned)atoi(argv[2]);
		srand(seed);
		return fuzz(atoi(argv[3]), argv + 4);
	}
	if (argc > 3 && strcmp(argv[1], "idle") == 0)
		return idle(atoi(argv[2]), argv + 3);
	if (argc > 3 && strcmp(argv[1], "paint") == 0)
		return paint(argv[2], argv + 3);
	if (argc > 2 && strcmp(argv[1], "memory") == 0)
		return memory(argv + 2);
	if (argc > 4 && strcmp(argv[1], "key") == 0)
		return press(argv[2], argv[3], argv + 4);
	fprintf(stderr, "usage: see the head of pty.c\n");
	return 2;
}
