/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch_run PROGRAM TYPE PORTS CONTROL COMMAND...: runs COMMAND beside a switch (PROGRAM is bulkhead-switch,
 * TYPE nat or private) with so many ports: their other ends are the descriptors 100, 101, ..., the addresses
 * 00:15:5d:00:00:00, ... CONTROL is a FIFO that takes lines, and each is answered on standard error by
 * "switch: LINE: ok" or what is wrong:
 *   up N | down N         pulls the cable of port N, or puts it in
 *   vlan N ID             its VLAN
 *   trunk N 0|1           sees other VLANs with their tags
 *   spoof N 0|1           any source address
 *   forward HOST GUEST    TCP ports
 *   kill                  the switch dies
 * Ends with the command, with its exit status.
 */
#include "link/switch_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORTS_MAX = 16, FIRST_FD = 100 };

static struct switch_port ports[PORTS_MAX];
static char macs[PORTS_MAX][18];
static struct switch_process process;

static int change(const char *verb, unsigned index, unsigned value, char *error)
{
	struct switch_port *port = &ports[index % PORTS_MAX];

	if (strcmp(verb, "up") == 0 || strcmp(verb, "down") == 0)
		port->is_up = verb[0] == 'u';
	else if (strcmp(verb, "vlan") == 0)
		port->vlan = value;
	else if (strcmp(verb, "trunk") == 0)
		port->is_trunk = value;
	else if (strcmp(verb, "spoof") == 0)
		port->may_spoof = value;
	else
		return snprintf(error, SWITCH_ERROR_MAX, "what?"), -EINVAL;
	return switch_change_port(process.link, port, error);
}

static void obey(char *line)
{
	char verb[16] = "", error[SWITCH_ERROR_MAX] = "ok";
	unsigned a = 0, b = 0;

	sscanf(line, "%15s %u %u", verb, &a, &b);
	if (strcmp(verb, "kill") == 0) {
		kill(process.pid, SIGKILL);
	} else if (strcmp(verb, "forward") == 0) {
		const struct switch_forward forward = { .host_port = a, .guest_port = b };

		switch_add_forward(process.link, &forward, error);
	} else {
		change(verb, a, b, error);
	}
	fprintf(stderr, "switch: %s: %s\n", line, error);
}

static void read_control(int fd)
{
	char buffer[512], *at = buffer, *end;
	ssize_t n = read(fd, buffer, sizeof(buffer) - 1);

	if (n <= 0)
		return;
	buffer[n] = '\0';
	for (; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		obey(at);
	}
}

static int make_ports(unsigned count)
{
	char error[SWITCH_ERROR_MAX];

	for (unsigned i = 0; i < count; i++) {
		int fd;

		snprintf(macs[i], sizeof(macs[i]), "00:15:5d:00:00:%02x", i);
		ports[i] = (struct switch_port){ .id = i, .mac = macs[i], .is_up = true };
		if (switch_add_port(process.link, &ports[i], &fd, error) < 0) {
			fprintf(stderr, "switch_run: %s\n", error);
			return -1;
		}
		dup2(fd, FIRST_FD + (int)i);
		close(fd);
	}
	return 0;
}

static pid_t start(char **argv, unsigned count)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execvp(argv[0], argv);
		_exit(127);
	}
	for (unsigned i = 0; i < count; i++)
		close(FIRST_FD + (int)i);
	return pid;
}

static int wait_for(pid_t pid, int control, int signals)
{
	struct pollfd polls[] = { { .fd = control, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		if (poll(polls, 2, -1) < 0)
			continue;
		if (polls[0].revents)
			read_control(control);
		if (polls[1].revents && read(signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGCHLD)
				kill(pid, (int)info.ssi_signo);
			if (waitpid(pid, &status, WNOHANG) == pid)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
}

int main(int argc, char **argv)
{
	struct switch_start config = { .name = "test", .has_ipv6 = true, .has_host = true };
	char error[SWITCH_ERROR_MAX];
	int status, control, signals;
	unsigned count;
	sigset_t set;

	if (argc < 6 || (count = (unsigned)atoi(argv[3])) > PORTS_MAX)
		return 2;
	config.program = argv[1];
	config.is_nat = strcmp(argv[2], "nat") == 0;
	control = open(argv[4], O_RDWR | O_CLOEXEC);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (control < 0 || switch_spawn(&config, -1, &process, error) < 0) {
		fprintf(stderr, "switch_run: %s\n", control < 0 ? strerror(errno) : error);
		return 1;
	}
	if (make_ports(count) < 0)
		return 1;
	status = wait_for(start(argv + 5, count), control, signals);
	kill(process.pid, SIGKILL);
	switch_stop(&process);
	return status;
}
