/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can still do after it gave up its rights, and what not: in a child each. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers/confine.h"

static int file; /* opened before */

static bool can_read(void)
{
	char byte;
	return pread(file, &byte, 1, 0) == 1 && pwrite(file, &byte, 1, 1) == 1 && fdatasync(file) == 0;
}

static bool can_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1 };
	return fcntl(file, F_OFD_SETLK, &lock) == 0 && ftruncate(file, 4096) == 0;
}

static bool can_allocate(void)
{
	return mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool can_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool can_open_by_descriptor(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return open(path, O_RDWR) >= 0;
}

static bool can_unlink(void)
{
	return unlink("/tmp/there-is-no-such-file") == 0 || errno == ENOENT;
}

static bool can_make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool can_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool can_execute_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool can_make_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool can_execute(void)
{
	char *const argv[] = { (char *)"true", NULL };
	execv("/bin/true", argv);
	return true; /* it should not come back either */
}

static bool can_signal(void)
{
	return kill(getppid(), 0) == 0;
}

static bool can_ring(void)
{
	char params[256] = { 0 };
	return syscall(SYS_io_uring_setup, 8, params) >= 0;
}

static bool can_dump(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 0;
}

static void *try_in_thread(void *data)
{
	static bool result;
	result = can_open();
	return &result;
}

static pthread_t early;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *early_thread(void *data)
{
	pthread_mutex_lock(&gate);
	return try_in_thread(NULL);
}

/* A thread that ran before: seccomp must hold it too. */
static bool can_open_in_thread(void)
{
	void *result = NULL;
	pthread_mutex_unlock(&gate);
	return pthread_join(early, &result) == 0 && *(bool *)result;
}

enum outcome { ALLOWED, REFUSED, KILLED };

static const struct {
	const char *name;
	bool (*attempt)(void);
	enum outcome expected;
} cases[] = {
	{ "read and write an open file", can_read, ALLOWED },
	{ "lock and cut an open file", can_lock, ALLOWED },
	{ "get memory", can_allocate, ALLOWED },
	{ "open a file", can_open, REFUSED },
	{ "open a file in an older thread", can_open_in_thread, REFUSED },
	{ "open a descriptor again", can_open_by_descriptor, REFUSED },
	{ "remove a file", can_unlink, REFUSED },
	{ "make a socket", can_make_socket, REFUSED },
	{ "fork", can_fork, REFUSED },
	{ "map executable memory", can_execute_memory, REFUSED },
	{ "make memory executable", can_make_executable, REFUSED },
	{ "leave a core file", can_dump, REFUSED },
	{ "run a program", can_execute, KILLED },
	{ "send a signal", can_signal, KILLED },
	{ "make an io_uring", can_ring, KILLED },
};

static enum outcome run_case(size_t i)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(&gate);
		if (confine_files() || pthread_create(&early, NULL, early_thread, NULL) || confine_calls())
			_exit(99);
		_exit(cases[i].attempt() ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return ALLOWED;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : ALLOWED;
	if (WEXITSTATUS(status) > 1)
		printf("%s: could not be confined (%d)\n", cases[i].name, WEXITSTATUS(status));
	return WEXITSTATUS(status) == 0 ? ALLOWED : REFUSED;
}

int main(void)
{
	static const char *const words[] = { "allowed", "refused", "killed" };
	char path[] = "/tmp/confine-XXXXXX";
	int failed = 0;
#ifdef CONFINE_FOR_SANITIZERS
	printf("sanitizers and seccomp do not go together\n");
	return 77;
#endif
	file = mkstemp(path);
	unlink(path);
	if (file < 0 || write(file, "content", 7) != 7)
		return 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum outcome outcome = run_case(i);
		if (outcome != cases[i].expected) {
			printf("FAILED: %s: %s, expected %s\n", cases[i].name, words[outcome],
			       words[cases[i].expected]);
			failed = 1;
		}
	}
	return failed;
}
