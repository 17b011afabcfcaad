/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting processes. The program starts itself: with a link as descriptor 3 it is the child, looks at
 * itself, and tells what it found.
 */
#include "link/link.h"
#include "link/spawn.h"
#include "link/worker_identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
/* Caught before main(). */
#ifdef __SANITIZE_ADDRESS__
enum { SIGNALS = 3 };
#else
enum { SIGNALS = 0 };
#endif

static unsigned failures;

/* --- the child --------------------------------------------------------------------------------------- */

static uint64_t open_descriptors(void)
{
	uint64_t set = 0;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			set |= 1ull << fd;
	return set;
}

static uint64_t blocked_or_ignored(void)
{
	struct sigaction action;
	sigset_t blocked;
	uint64_t count = 0;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int signal = 1; signal < 32; signal++)
		count += sigismember(&blocked, signal) == 1 ||
			 (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL);
	return count;
}

static int tell(char **argv)
{
	struct link_message *message;
	struct stat null, in;
	char **variable = environ;
	uint64_t variables = 0;
	int r;

	while (*variable++)
		variables++;
	if (link_message_new("found", &message) < 0)
		return 1;
	link_add(message, "name", argv[0]);
	link_add_number(message, "descriptors", open_descriptors());
	link_add_number(message, "signals", blocked_or_ignored());
	link_add_number(message, "variables", variables);
	link_add_number(message, "is-leader", getsid(0) == getpid());
	link_add_number(message, "pid", (uint64_t)getpid());
	link_add_number(message, "uid", getuid());
	link_add_number(message, "gid", getegid());
	link_add_number(message, "groups", (uint64_t)getgroups(0, NULL));
	link_add_number(message, "is-null",
			stat("/dev/null", &null) == 0 && fstat(0, &in) == 0 && null.st_rdev == in.st_rdev);
	fprintf(stderr, "hello\n");
	r = link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
	return r == 0 ? 7 : 1;
}

/* --- the parent -------------------------------------------------------------------------------------- */

static void fail(const char *name, const char *what, uint64_t value, uint64_t expected)
{
	printf("FAILED: %s: %s is %llu, not %llu\n", name, what, (unsigned long long)value,
	       (unsigned long long)expected);
	failures++;
}

static void expect(const char *name, const struct link_message *message, const char *key, uint64_t expected)
{
	uint64_t value = 0;

	if (link_get_number(message, key, UINT64_MAX, &value) < 0 || value != expected)
		fail(name, key, value, expected);
}

static int start(const char *name, const struct spawn *spawn, struct spawned *ret_spawned,
		 struct link_message **ret_message)
{
	int r = spawn_process(spawn, ret_spawned);

	if (r == 0)
		r = link_receive(ret_spawned->link, ret_message) == 0 ? 0 : -EPIPE;
	if (r < 0) {
		printf("FAILED: %s: %s\n", name, strerror(-r));
		failures++;
	}
	return r;
}

static void end(const char *name, struct spawned *spawned, struct link_message *message)
{
	int status;

	link_message_free(message);
	close(spawned->link);
	if (waitpid(spawned->pid, &status, 0) != spawned->pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 7)
		fail(name, "the exit status", (uint64_t)status, 7 << 8);
}

/* Whatever this process has ignored, blocked or open stays here. */
static void check_plain(const char *path)
{
	static const char name[] = "a plain process";
	int log = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct link_message *message;
	struct spawned spawned;
	struct spawn spawn;
	char text[16] = "";

	spawn_init(&spawn, path);
	spawn.log = log;
	if (start(name, &spawn, &spawned, &message) < 0)
		return;
	expect(name, message, "descriptors", 0xf);
	expect(name, message, "signals", SIGNALS);
	expect(name, message, "variables", 0);
	expect(name, message, "is-leader", 1);
	expect(name, message, "is-null", 1);
	expect(name, message, "uid", getuid());
	if (strcmp(link_get(message, "name"), "spawn_test") != 0)
		fail(name, "argv[0]", 0, 1);
	end(name, &spawned, message);
	if (pread(log, text, sizeof(text) - 1, 0) != 6 || strcmp(text, "hello\n") != 0)
		fail(name, "what it said on stderr", 0, 1);
	close(log);
}

static void check_isolated(const char *path)
{
	static const char name[] = "an isolated process";
	struct link_message *message;
	struct spawned spawned;
	struct spawn spawn;

	spawn_init(&spawn, path);
	spawn.is_isolated = true;
	if (start(name, &spawn, &spawned, &message) < 0)
		return;
	expect(name, message, "descriptors", 0xf);
	expect(name, message, "signals", SIGNALS);
	if (spawned.isolation_error == 0) { /* root of nothing, alone */
		expect(name, message, "pid", 1);
		expect(name, message, "uid", 0);
	} else {
		printf("%s: the kernel gives no namespaces: %s\n", name, strerror(-spawned.isolation_error));
	}
	end(name, &spawned, message);
}

static void check_identity(const char *path, bool is_isolated)
{
	const char *name = is_isolated ? "another user, isolated" : "another user";
	uid_t uid = WORKER_UID_RUN + (uid_t)getpid();
	struct link_message *message;
	char file[64], text[512] = "";
	struct spawned spawned;
	struct spawn spawn;
	unsigned outside = 0;
	int fd;

	spawn_init(&spawn, path);
	spawn.is_isolated = is_isolated;
	spawn.uid = spawn.gid = uid;
	if (start(name, &spawn, &spawned, &message) < 0)
		return;
	expect(name, message, "groups", 0);
	expect(name, message, "uid", is_isolated && spawned.isolation_error == 0 ? 0 : uid);
	expect(name, message, "gid", is_isolated && spawned.isolation_error == 0 ? 0 : uid);
	snprintf(file, sizeof(file), "/proc/%d/status", (int)spawned.pid);
	fd = open(file, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || !strstr(text, "Uid:") ||
	    sscanf(strstr(text, "Uid:"), "Uid: %u", &outside) != 1 || outside != uid)
		fail(name, "the user seen from outside", outside, uid);
	close(fd);
	end(name, &spawned, message);
}

static void check_errors(void)
{
	const struct {
		const char *path;
		int error;
	} cases[] = { { "/nonexistent/program", -ENOENT },
		      { "/dev/null", -EACCES },
		      { "/etc/passwd", -EACCES } };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned is_isolated = 0; is_isolated < 2; is_isolated++) {
			struct spawned spawned;
			struct spawn spawn;
			int r;

			spawn_init(&spawn, cases[i].path);
			spawn.is_isolated = is_isolated;
			r = spawn_process(&spawn, &spawned);
			if (r != cases[i].error)
				fail(cases[i].path, "the error", (uint64_t)-r, (uint64_t)-cases[i].error);
			if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
				fail(cases[i].path, "processes left over", 1, 0);
		}
}

/* Descriptors that lie where the child's go, and what it must not inherit. */
static void make_it_hard(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t some;

	for (int fd = 4; fd < 40; fd++)
		if (dup2(1, fd) < 0)
			failures++;
	close(3);
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	sigprocmask(SIG_BLOCK, &some, NULL);
	setenv("SECRET", "x", 1);
}

int main(int argc, char **argv)
{
	char path[4096] = "";
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(SPAWN_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
		return tell(argv);
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return 1;
	make_it_hard();
	for (unsigned i = 0; i < 20; i++) {
		check_plain(path);
		check_isolated(path);
	}
	check_errors();
	if (geteuid() == 0) {
		check_identity(path, false);
		check_identity(path, true);
	} else {
		printf("other users were not tried: this takes root\n");
	}
	printf("%u failures\n", failures);
	return failures ? 1 : 0;
}
