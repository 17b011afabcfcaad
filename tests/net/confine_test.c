/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process of a switch may still do, each thing tried by a process of its own. */
#include "../run/check.h"
#include "switch/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each returns whether it worked. */
static bool read_resolver(void)
{
	return open("/etc/resolv.conf", O_RDONLY) >= 0;
}

static bool read_passwords(void)
{
	return geteuid() == 0 && open("/etc/shadow", O_RDONLY) >= 0;
}

static bool read_home(void)
{
	return open("/proc/self/maps", O_RDONLY) >= 0 || open("/usr/bin/env", O_RDONLY) >= 0;
}

/* In the folder that is given, and what leads out of it. */
static bool read_given(void)
{
	return open("given", O_RDONLY) >= 0;
}

static bool leave_given(void)
{
	return open("../outside", O_RDONLY) >= 0 || open("link", O_RDONLY) >= 0;
}

static bool write_given(void)
{
	return open("given", O_RDWR) >= 0 || open("new", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool write_file(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0;
}

static bool connect_out(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0;
}

static bool use_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool use_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static bool run_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool run_program(void)
{
	execl("/bin/true", "true", NULL);
	return true;
}

static bool make_process(void)
{
	return fork() >= 0;
}

static bool kill_parent(void)
{
	return kill(getppid(), 0) == 0;
}

enum result { WORKS, FAILS, DIES };

static char folder[] = "/tmp/bulkhead-confine.XXXXXX/given";

static void touch(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0644);

	if (CHECK(fd >= 0))
		close(fd);
}

/* outside, given/given, given/link -> ../outside */
static void make_folder(void)
{
	char *slash = strrchr(folder, '/');

	*slash = '\0';
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	*slash = '/';
	CHECK(mkdir("given", 0755) == 0 && symlink("../outside", "given/link") == 0);
	touch("outside");
	touch("given/given");
}

static void remove_folder(void)
{
	static const char *const names[] = { "given/given", "given/link", "outside" };

	CHECK(chdir(folder) == 0 && chdir("..") == 0);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(unlink(names[i]) == 0);
	CHECK(rmdir("given") == 0 && chdir("/") == 0);
	*strrchr(folder, '/') = '\0';
	CHECK(rmdir(folder) == 0);
}

static enum result attempt(bool (*fn)(void))
{
	int status, folder_error;
	pid_t pid = fork();

	if (pid == 0)
		_exit(switch_confine(folder, &folder_error) < 0 || folder_error < 0 ? 9 : fn() ? 0 : 1);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		return DIES;
	CHECK(WEXITSTATUS(status) != 9);
	return WEXITSTATUS(status) == 0 ? WORKS : FAILS;
}

int main(void)
{
	static const struct {
		const char *what;
		bool (*fn)(void);
		enum result expected;
	} cases[] = {
		{ "read resolv.conf", read_resolver, WORKS },
		{ "use the network", connect_out, WORKS },
		{ "read passwords", read_passwords, FAILS },
		{ "read other files", read_home, FAILS },
		{ "read in its folder", read_given, WORKS },
		{ "leave its folder", leave_given, FAILS },
		{ "write in its folder", write_given, FAILS },
		{ "write a file", write_file, FAILS },
		{ "use Unix sockets", use_unix, FAILS },
		{ "use netlink", use_netlink, FAILS },
		{ "make code", run_code, FAILS },
		{ "run a program", run_program, DIES },
		{ "make a process", make_process, DIES },
		{ "signal another process", kill_parent, DIES },
	};

#ifdef CONFINE_FOR_SANITIZERS
	printf("skipped: sanitizers do not fit into the confinement\n");
	return 77;
#endif
	make_folder();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum result result;

		if (cases[i].fn == read_resolver && access("/etc/resolv.conf", R_OK) < 0)
			continue;
		result = attempt(cases[i].fn);
		if (!CHECK(result == cases[i].expected))
			printf("%s: %s\n", cases[i].what,
			       result == WORKS	 ? "works"
			       : result == FAILS ? "fails"
						 : "dies");
	}
	remove_folder();
	return check_result();
}
