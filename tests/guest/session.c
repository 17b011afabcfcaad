/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session TTY PROGRAM [ARGUMENT]...: runs PROGRAM in a session of its own with TTY as its controlling
 * terminal. busybox has setsid -c for that, but a shell's background job keeps SIGINT and SIGQUIT ignored
 * through it, and then Ctrl-C never works; here they are reset.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int tty;

	if (argc < 3)
		return fprintf(stderr, "usage: session TTY PROGRAM [ARGUMENT]...\n"), 2;
	setsid();
	tty = open(argv[1], O_RDWR);
	if (tty < 0)
		return perror(argv[1]), 1;
	ioctl(tty, TIOCSCTTY, 1);
	for (int fd = 0; fd < 3; fd++)
		dup2(tty, fd);
	if (tty > 2)
		close(tty);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
