/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape_test PROGRAM [--user UID] [--not-isolated]: starts the escape program as workers are started, once
 * for each attempt and each step of the confinement, and looks whether it got out. --user: as that user, as a
 * per-user service does (root only; else this is the system service, if root runs it). --not-isolated: as on
 * a kernel that gives no namespaces, where the other protections have to do.
 */
#include "escape.h"

#include "link/link.h"
#include "link/spawn.h"
#include "link/worker_identity.h"
#include "service/confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum outcome { WORKED, REFUSED, KILLED };

static const char *const step_names[STEPS] = { "free", "process", "main", "vp", "disk", "device", "starter" };

static const char *program;
static char disk[64];
static bool is_isolated = true;
static unsigned failures, counts[3];

struct run {
	enum outcome outcome;
	int error, signal;
	char words[256]; /* the last ones */
};

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	unlink(disk);
	exit(1);
}

static void start(const char *verb, enum escape_step step, unsigned attempt, struct spawned *ret_spawned)
{
	struct link_message *message;
	struct spawn spawn;

	spawn_init(&spawn, program);
	spawn.is_isolated = is_isolated && step != STEP_FREE;
	if (geteuid() == 0 && step != STEP_FREE)
		spawn.uid = spawn.gid = WORKER_UID_RUN + (uid_t)getpid();
	errno = -spawn_process(&spawn, ret_spawned);
	if (errno)
		die(program);
	if (link_message_new(verb, &message) < 0)
		die("message");
	link_add_number(message, "step", step);
	link_add_number(message, "attempt", attempt);
	link_add_number(message, "pid", (uint64_t)getpid());
	link_add(message, "disk", disk);
	if (link_send(ret_spawned->link, message) != 0)
		die("link");
	link_message_free(message);
}

/* "tried" or "broken" decides; "ended" are its last words; without any it died, or became another program. */
static void hear(struct spawned *spawned, struct run *run)
{
	struct link_message *message;
	uint64_t error;
	bool has_tried = false;
	int status;

	*run = (struct run){ .outcome = WORKED };
	while (link_receive(spawned->link, &message) == 0) {
		if (strcmp(link_verb(message), "ended") == 0)
			snprintf(run->words, sizeof(run->words), "%s", link_get(message, "text"));
		if (strcmp(link_verb(message), "broken") == 0) {
			link_get_number(message, "error", 4096, &error);
			printf("the program cannot be confined: %s\n", strerror((int)error));
			exit(1);
		}
		if (strcmp(link_verb(message), "tried") == 0 &&
		    link_get_number(message, "error", 4096, &error) == 0) {
			has_tried = true;
			run->error = (int)error;
			run->outcome = error ? REFUSED : WORKED;
		}
		link_message_free(message);
	}
	close(spawned->link);
	if (waitpid(spawned->pid, &status, 0) < 0)
		die("waitpid");
	if (!has_tried && WIFSIGNALED(status)) {
		run->outcome = KILLED;
		run->signal = WTERMSIG(status);
	}
}

static void complain(const struct attempt *attempt, enum escape_step step, const struct run *run,
		     const char *what)
{
	printf("FAILED: %s, step %s: %s (error %d %s, signal %d, words \"%s\")\n", attempt->name,
	       step_names[step], what, run->error, run->error ? strerror(run->error) : "", run->signal,
	       run->words);
	failures++;
}

static void check_attempt(unsigned number, enum escape_step step)
{
	const struct attempt *attempt = &attempts[number];
	struct spawned spawned;
	struct run run;

	start("try", step, number, &spawned);
	hear(&spawned, &run);
	if (step == STEP_FREE) {
		if (run.outcome != WORKED)
			complain(attempt, step, &run, "it must work without confinement");
		return;
	}
	if (step == STEP_PROCESS && (attempt->flags & NEEDS_BUILT))
		return;
	counts[run.outcome]++;
	if (run.outcome == WORKED)
		complain(attempt, step, &run, "IT WORKED");
	if (run.outcome == KILLED && run.signal != SIGSYS && run.signal != SIGSEGV)
		complain(attempt, step, &run, "it died of something else");
	if (run.outcome == KILLED && run.signal == SIGSYS && !strstr(attempt->name, "_abi") &&
	    strncmp(run.words, "worker failed: forbidden system call ", 37) != 0)
		complain(attempt, step, &run, "no last words");
}

/* What the service shows of it, and of this process, which is not confined. */
static void check_view(void)
{
	struct link_message *message;
	struct confinement confinement;
	struct spawned spawned;
	uint64_t landlock = 0;
	char *summary;

	start("stay", STEP_MAIN, 0, &spawned);
	if (link_receive(spawned.link, &message) != 0 || strcmp(link_verb(message), "stays") != 0)
		die("the program does not stay");
	link_get_number(message, "landlock", 1000, &landlock);
	link_message_free(message);
	usleep(50000); /* its second thread gets its filter */
	confinement_read("/proc", spawned.pid, (unsigned)landlock, &confinement);
	summary = confinement_summary(&confinement);
	printf("shown as %s\n", summary);
	for (unsigned i = 0; i < CONFINEMENT_PARTS; i++) {
		bool may_lack = i == CONFINEMENT_CGROUP || i == CONFINEMENT_LANDLOCK ||
				(i == CONFINEMENT_NAMESPACES && !is_isolated);

		if (confinement.parts[i].is_on || may_lack)
			continue;
		printf("FAILED: %s: %s\n", confinement_part_name(i), confinement.parts[i].text);
		failures++;
	}
	confinement_clear(&confinement);
	g_free(summary);
	close(spawned.link);
	waitpid(spawned.pid, NULL, 0);
	confinement_read("/proc", getpid(), 0, &confinement);
	for (unsigned i = 0; i < CONFINEMENT_PARTS; i++)
		if (confinement.parts[i].is_on && i != CONFINEMENT_IDENTITY && i != CONFINEMENT_CGROUP) {
			printf("FAILED: this test counts as confined: %s\n", confinement_part_name(i));
			failures++;
		}
	confinement_clear(&confinement);
}

/*
 * What attempts aim at: a file that all may use, open here without close-on-exec too, and an abstract socket.
 */
static void make_targets(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "escape-%d", (int)getpid());
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || length < 0)
		die("socket");
	snprintf(disk, sizeof(disk), "/tmp/escape-disk-XXXXXX");
	fd = mkstemp(disk);
	if (fd < 0 || fchmod(fd, 0666) < 0 || write(fd, "secret", 6) != 6 || dup2(fd, 20) < 0)
		die(disk);
}

static void become(const char *uid)
{
	uid_t id = (uid_t)strtoul(uid, NULL, 10);

	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		die("--user");
	/* A process that changes its user is closed to that user, which a service is not. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		die("--user");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	program = argv[1];
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], "--not-isolated") == 0)
			is_isolated = false;
		else if (strcmp(argv[i], "--user") == 0 && i + 1 < argc)
			become(argv[++i]);
	make_targets();
	check_view();
	for (unsigned i = 0; i < attempts_count; i++)
		for (enum escape_step step = attempts[i].flags & WORKS_FREE ? STEP_FREE : STEP_PROCESS;
		     step < STEPS; step++)
			check_attempt(i, step);
	printf("%u attempts in %u steps as user %u%s: %u refused, %u killed, %u worked; %u failures\n",
	       attempts_count, STEPS - 1, geteuid(), is_isolated ? "" : ", not isolated", counts[REFUSED],
	       counts[KILLED], counts[WORKED], failures);
	unlink(disk);
	return failures ? 1 : 0;
}
