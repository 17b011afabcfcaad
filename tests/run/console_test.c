/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `bulkhead run` on a terminal (a pty of ours) and on a socket: keys, raw mode and back, hang-up, clients
 * that come and go. console_test BULKHEAD KERNEL-MAKER: with the scripted hypervisor (fake/fake_hv.c).
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

static const char *bulkhead;
static char folder[] = "/tmp/console-test.XXXXXX";
static char kernel[64], socket_path[64];

struct session {
	pid_t pid;
	int master; /* the user's side of the terminal */
	int slave;  /* kept open, to look at its settings */
	struct termios before;
	char seen[65536];
	size_t seen_size;
};

static void sleep_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 }, NULL);
}

static void start(struct session *s, const char *script, const char *serial)
{
	memset(s, 0, sizeof(*s));
	if (openpty(&s->master, &s->slave, NULL, NULL, NULL) < 0 || tcgetattr(s->slave, &s->before) < 0) {
		perror("pty");
		exit(1);
	}
	fcntl(s->master, F_SETFD, FD_CLOEXEC);
	fcntl(s->slave, F_SETFD, FD_CLOEXEC);
	s->pid = fork();
	if (s->pid == 0) {
		int slave = s->slave;

		setenv("LC_ALL", "C", 1);
		login_tty(slave);
		execl(bulkhead, bulkhead, "run", "--kernel", kernel, "--append", script, "--timeout", "20",
		      "--serial", serial, (char *)NULL);
		_exit(127);
	}
}

/* Reads until `text` was seen. */
static bool see(struct session *s, const char *text)
{
	for (int left = 100; left > 0; left--) {
		struct pollfd p = { .fd = s->master, .events = POLLIN };
		ssize_t n;

		if (memmem(s->seen, s->seen_size, text, strlen(text)))
			return true;
		if (poll(&p, 1, 50) <= 0)
			continue;
		n = read(s->master, s->seen + s->seen_size, sizeof(s->seen) - s->seen_size);
		if (n <= 0)
			break;
		s->seen_size += (size_t)n;
	}
	printf("  not seen: \"%s\" in \"%.*s\"\n", text, (int)s->seen_size, s->seen);
	return false;
}

static void type(struct session *s, const char *text)
{
	if (write(s->master, text, strlen(text)) < 0)
		perror("write");
}

static bool is_raw(struct session *s)
{
	struct termios now;

	return tcgetattr(s->slave, &now) == 0 && !(now.c_lflag & (ICANON | ECHO | ISIG)) &&
	       !(now.c_oflag & OPOST);
}

static bool is_restored(struct session *s)
{
	struct termios now;

	return tcgetattr(s->slave, &now) == 0 && now.c_lflag == s->before.c_lflag &&
	       now.c_oflag == s->before.c_oflag && now.c_iflag == s->before.c_iflag;
}

/* The exit status, 1000 + signal, or -1 when it does not end. */
static int end_of(pid_t pid)
{
	for (int left = 100; left > 0; left--) {
		int status;
		pid_t r = waitpid(pid, &status, WNOHANG);

		if (r == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
		sleep_ms(30);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

static void finish(struct session *s)
{
	if (s->master >= 0)
		close(s->master);
	if (s->slave >= 0)
		close(s->slave);
}

/* The child of bulkhead: its worker. */
static pid_t worker_of(pid_t pid)
{
	char path[64], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "r");
	if (f && fgets(text, sizeof(text), f))
		text[sizeof(text) - 1] = '\0';
	if (f)
		fclose(f);
	return (pid_t)atoi(text);
}

static bool is_gone(pid_t pid)
{
	for (int left = 60; left > 0; left--) {
		char path[64], text[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (!f)
			return true;
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
		if (strstr(text, ") Z")) /* it waits for its new parent: as good as gone */
			return true;
		sleep_ms(50);
	}
	return false;
}

static void test_power_off(void)
{
	struct session s;

	start(&s, "say:up echo:4 off", "stdio");
	CHECK(see(&s, "up\n"));
	CHECK(is_raw(&s));
	CHECK(memmem(s.seen, s.seen_size, "up\r\n", 4) ==
	      NULL);		/* the terminal does not add to the guest's bytes */
	type(&s, "a\003\032d"); /* Ctrl-C and Ctrl-Z are the guest's */
	CHECK(see(&s, "a\003\032d"));
	CHECK(end_of(s.pid) == 0);
	CHECK(is_restored(&s));
	finish(&s);
}

static void test_keys(void)
{
	struct session s;

	start(&s, "say:up echo:3 spin", "stdio");
	CHECK(see(&s, "up"));
	type(&s, "\001h");
	CHECK(see(&s, "Ctrl-A X"));
	type(&s, "b\001ac");
	CHECK(see(&s, "b\001c"));
	type(&s, "\001");
	sleep_ms(50);
	CHECK(is_raw(&s));
	type(&s, "x");
	CHECK(end_of(s.pid) == 130);
	CHECK(is_restored(&s));
	CHECK(see(&s, "guest: stopped"));
	finish(&s);
}

static void test_signals(void)
{
	static const struct {
		int signal, status;
	} cases[] = { { SIGTERM, 143 },
		      { SIGINT, 130 },
		      { SIGHUP, 129 },
		      { SIGSEGV, 1000 + SIGSEGV },
		      { SIGABRT, 1000 + SIGABRT } };
	struct session s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t worker;
		int status;

		start(&s, "say:up spin", "stdio");
		CHECK(see(&s, "up"));
		worker = worker_of(s.pid);
		CHECK(worker > 0);
		kill(s.pid, cases[i].signal);
		status = end_of(s.pid);
		if (!CHECK(status == cases[i].status) || !CHECK(is_restored(&s)) || !CHECK(is_gone(worker)))
			printf("  signal %d: status %d\n", cases[i].signal, status);
		finish(&s);
	}
}

static void test_worker_killed(void)
{
	struct session s;

	start(&s, "say:up spin", "stdio");
	CHECK(see(&s, "up"));
	kill(worker_of(s.pid), SIGKILL);
	CHECK(end_of(s.pid) == 1);
	CHECK(is_restored(&s));
	CHECK(see(&s, "the worker process was killed"));
	finish(&s);
}

static void test_crash(void)
{
	struct session s;

	start(&s, "say:up crash", "stdio");
	CHECK(end_of(s.pid) == 3);
	CHECK(is_restored(&s));
	CHECK(see(&s, "triple fault"));
	finish(&s);
}

static void test_hang_up(void)
{
	struct session s;
	pid_t worker;

	start(&s, "say:up spin", "stdio");
	CHECK(see(&s, "up"));
	worker = worker_of(s.pid);
	close(s.master);
	close(s.slave);
	s.master = s.slave = -1;
	CHECK(end_of(s.pid) == 129);
	CHECK(is_gone(worker));
}

static bool is_stopped(pid_t pid)
{
	for (int left = 60; left > 0; left--) {
		char path[64], text[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (f && !fgets(text, sizeof(text), f))
			text[0] = '\0';
		if (f)
			fclose(f);
		if (strstr(text, ") T"))
			return true;
		sleep_ms(50);
	}
	return false;
}

static void test_suspend(void)
{
	struct session s;

	start(&s, "say:up echo:1 off", "stdio");
	CHECK(see(&s, "up"));
	kill(s.pid, SIGTSTP);
	CHECK(is_stopped(s.pid));
	CHECK(is_restored(&s));
	kill(s.pid, SIGCONT);
	for (int left = 60; left > 0 && !is_raw(&s); left--)
		sleep_ms(50);
	CHECK(is_raw(&s));
	type(&s, "q");
	CHECK(end_of(s.pid) == 0);
	CHECK(is_restored(&s));
	finish(&s);
}

/* A terminal that takes nothing must not stop the rest: the time limit and the keys still work. */
static void test_stuck_terminal(void)
{
	struct session s;

	start(&s, "flood:1000000 spin", "stdio");
	sleep_ms(500); /* nobody reads */
	type(&s, "\001x");
	CHECK(end_of(s.pid) == 130);
	finish(&s);
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, socket_path);
	for (int left = 100; left > 0; left--) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		close(fd);
		sleep_ms(30);
	}
	return -1;
}

static bool exchange(int fd, const char *out, const char *in)
{
	char got[256];
	size_t size = 0, wanted = strlen(in);

	if (write(fd, out, strlen(out)) < 0)
		return false;
	while (size < wanted) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, 3000) <= 0)
			break;
		n = read(fd, got + size, sizeof(got) - size);
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	if (size == wanted && memcmp(got, in, wanted) == 0)
		return true;
	printf("  got \"%.*s\" instead of \"%s\"\n", (int)size, got, in);
	return false;
}

static void test_socket(void)
{
	char serial[80];
	struct session s;
	struct stat st;
	int first, second;

	snprintf(serial, sizeof(serial), "unix:%s", socket_path);
	start(&s, "echo:9 off", serial);
	first = connect_client();
	CHECK(first >= 0);
	CHECK(!is_raw(&s));
	CHECK(stat(socket_path, &st) == 0 && (st.st_mode & 077) == 0);
	CHECK(exchange(first, "abc", "abc"));
	second = connect_client(); /* waits until the first one leaves */
	close(first);
	CHECK(exchange(second, "def", "def"));
	shutdown(second, SHUT_WR); /* has said all, but still listens */
	sleep_ms(100);
	first = connect_client();
	CHECK(exchange(first, "ghi", "ghi"));
	CHECK(end_of(s.pid) == 0);
	CHECK(stat(socket_path, &st) < 0 && errno == ENOENT);
	close(first);
	close(second);
	finish(&s);
}

static void make_kernel(const char *maker)
{
	char command[512];

	if (!mkdtemp(folder)) {
		perror("mkdtemp");
		exit(1);
	}
	snprintf(kernel, sizeof(kernel), "%s/kernel", folder);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	snprintf(command, sizeof(command), "'%s' >'%s'", maker, kernel);
	if (system(command) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	bulkhead = argv[1];
	signal(SIGPIPE, SIG_IGN);
	make_kernel(argv[2]);
	test_power_off();
	test_keys();
	test_signals();
	test_worker_killed();
	test_crash();
	test_hang_up();
	test_suspend();
	test_stuck_terminal();
	test_socket();
	unlink(kernel);
	rmdir(folder);
	return check_result();
}
