/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drive WORKER: runs one machine as `bulkhead run` does, and lets a test say anything on the worker's link.
 * With the options of `bulkhead run` that the guest tests use (kernel, initrd, append, memory, processors,
 * engine, timeout), and
 *
 *   --tell FIFO   lines "VERB KEY=VALUE... fd=PATH" go to the worker; %XX stands for a byte
 *   --heard FILE  each message of the worker is a line of it, "VERB KEY=VALUE ...", line ends in it as |
 *   --memory-max MIB
 *                 what dynamic memory may add to --memory
 *   --hold 0|1|2  what becomes of errors of the host's storage (enum worker_hold)
 *   --screen yes, --network yes
 *                 with a synthetic screen that nobody looks at, an adapter whose cable leads nowhere
 *   --disk PATH[,readonly]
 *                 a disk on the synthetic SCSI controller, of the format that the name's ending tells
 *
 * The console is on standard input and output. The exit status is that of `bulkhead run`.
 */
#include "link/link_priv.h"
#include "link/worker_files.h"
#include "link/worker_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct worker_config config;
static int link_fd = -1, console = -1, tell_fd = -1;
static FILE *heard;
static unsigned timeout_s = 120;

static void die(const char *what)
{
	fprintf(stderr, "drive: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void add_disk(const char *value)
{
	struct worker_disk disk = { .kind = WORKER_DRIVE_DISK,
				    .lun = config.disk_count,
				    .name = strdup(value) };
	char *readonly = strstr(disk.name, ",readonly");

	if (readonly)
		*readonly = '\0';
	disk.is_read_only = readonly != NULL;
	disk.format = strdup(worker_disk_format(disk.name));
	disk.fd = open_file(disk.name, readonly ? O_RDONLY : O_RDWR);
	worker_config_add_disk(&config, &disk);
}

/* A cable that leads to nobody who listens. */
static void add_port(void)
{
	struct worker_port port = { .mac = { 0, 0x15, 0x5d, 1, 2, 3 } };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
	port.fd = pair[0];
	worker_config_add_port(&config, &port);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		die(path);
	return fd;
}

static void set_option(const char *name, const char *value)
{
	if (strcmp(name, "--kernel") == 0) {
		config.kernel_fd = open_file(value, O_RDONLY);
		config.kernel_name = strdup(value);
	} else if (strcmp(name, "--initrd") == 0) {
		config.initrd_fd = open_file(value, O_RDONLY);
		config.initrd_name = strdup(value);
	} else if (strcmp(name, "--append") == 0) {
		config.cmdline = strdup(value);
	} else if (strcmp(name, "--memory") == 0) {
		config.memory_mib = strtoull(value, NULL, 10);
	} else if (strcmp(name, "--memory-max") == 0) {
		config.memory_max_mib = strtoull(value, NULL, 10);
	} else if (strcmp(name, "--processors") == 0) {
		config.processors = (unsigned)atoi(value);
	} else if (strcmp(name, "--engine") == 0) {
		config.engine = strdup(value);
	} else if (strcmp(name, "--cpu") == 0) {
		config.is_compatible = strcmp(value, "compatible") == 0;
	} else if (strcmp(name, "--timeout") == 0) {
		timeout_s = (unsigned)atoi(value);
	} else if (strcmp(name, "--tell") == 0) {
		tell_fd = open_file(value, O_RDWR); /* never at its end */
	} else if (strcmp(name, "--heard") == 0) {
		heard = fopen(value, "ae");
	} else if (strcmp(name, "--hold") == 0) {
		config.hold = (enum worker_hold)atoi(value);
	} else if (strcmp(name, "--hvsock") == 0) {
		config.hvsock_fd = listen_at(value);
	} else if (strcmp(name, "--screen") == 0) {
		config.has_screen = true;
	} else if (strcmp(name, "--network") == 0) {
		add_port();
	} else if (strcmp(name, "--disk") == 0) {
		add_disk(value);
	} else {
		fprintf(stderr, "drive: %s?\n", name);
		exit(2);
	}
}

static pid_t spawn(const char *worker)
{
	int pair[2], worker_end;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
	link_fd = fcntl(pair[0], F_DUPFD_CLOEXEC, 10);
	worker_end = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
	close(pair[0]);
	close(pair[1]); /* nobody but the worker has it then, and we hear when that dies */
	pid = fork();
	if (pid != 0) {
		close(worker_end);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(worker_end, WORKER_LINK_FD);
	close_range(WORKER_LINK_FD + 1, ~0u, 0);
	execl(worker, "bulkhead-vmwp", (char *)NULL);
	_exit(127);
}

/* --- messages ---------------------------------------------------------------------------------------- */

/* The status of `bulkhead run`, or -1 while the machine runs. */
static int hear(void)
{
	struct link_message *message;
	enum worker_cause cause;
	int status = -1;

	if (link_receive(link_fd, &message) != 0)
		return 1;
	if (heard) {
		fprintf(heard, "%s", link_verb(message));
		for (unsigned i = 0; i < message->field_count; i++) {
			fprintf(heard, " %s=", message->fields[i].key);
			for (const char *p = message->fields[i].value; *p; p++)
				fputc(*p == '\n' ? '|' : *p, heard);
		}
		fprintf(heard, "\n");
		fflush(heard);
	}
	if (strcmp(link_verb(message), "warning") == 0)
		fprintf(stderr, "warning: %s\n", link_get(message, "text"));
	if (strcmp(link_verb(message), "ended") == 0) {
		status = 1;
		if (worker_cause_parse(link_get(message, "cause"), &cause) == 0 && cause != WORKER_FAILURE)
			status = cause == WORKER_CRASH ? 3 : 0;
		if (status != 0)
			fprintf(stderr, "ended: %s\n", link_get(message, "text"));
	}
	link_message_free(message);
	return status;
}

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text == '%' && text[1] && text[2]) {
			char hex[3] = { text[1], text[2], '\0' };

			*to++ = (char)strtol(hex, NULL, 16);
			text += 2;
		} else {
			*to++ = *text;
		}
	*to = '\0';
}

static void tell_line(char *line)
{
	char *word = strtok(line, " \n");
	struct link_message *message;
	int fd = -1;

	if (!word || link_message_new(word, &message) < 0)
		return;
	while ((word = strtok(NULL, " \n")) != NULL) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		unescape(value);
		if (strcmp(word, "fd") == 0)
			link_add_fd(message, "fd", fd = open_file(value, O_RDWR));
		else
			link_add(message, word, value);
	}
	if (link_send(link_fd, message) != 0)
		fprintf(stderr, "drive: the worker takes no message\n");
	link_message_free(message);
	if (fd >= 0)
		close(fd);
}

static void tell(void)
{
	static char buffer[65536];
	static size_t used;
	ssize_t n = read(tell_fd, buffer + used, sizeof(buffer) - 1 - used);
	char *end;

	if (n <= 0)
		return;
	used += (size_t)n;
	buffer[used] = '\0';
	while ((end = strchr(buffer, '\n')) != NULL) {
		*end = '\0';
		tell_line(buffer);
		used -= (size_t)(end + 1 - buffer);
		memmove(buffer, end + 1, used + 1);
	}
}

/* --- the console ------------------------------------------------------------------------------------- */

static bool copy(int from, int to)
{
	char buffer[65536];
	ssize_t n = read(from, buffer, sizeof(buffer));

	for (ssize_t done = 0, m; done < n; done += m)
		if ((m = write(to, buffer + done, (size_t)(n - done))) <= 0)
			return false;
	return n > 0;
}

static int run(void)
{
	struct pollfd polls[4] = { { .fd = link_fd, .events = POLLIN },
				   { .fd = console, .events = POLLIN },
				   { .fd = STDIN_FILENO, .events = POLLIN },
				   { .fd = tell_fd, .events = POLLIN } };
	int status = -1;

	alarm(timeout_s);
	while (status < 0) {
		if (poll(polls, 4, -1) < 0)
			die("poll");
		if (polls[1].revents && !copy(console, STDOUT_FILENO))
			polls[1].fd = -1;
		if (polls[2].revents && !copy(STDIN_FILENO, console))
			polls[2].fd = -1;
		if (polls[3].revents)
			tell();
		if (polls[0].revents && !(polls[1].revents & POLLIN))
			status = hear();
	}
	while (copy(console, STDOUT_FILENO))
		;
	return status;
}

int main(int argc, char **argv)
{
	int pair[2];

	worker_config_init(&config);
	config.name = strdup("test guest");
	config.memory_mib = 512;
	config.processors = 1;
	config.is_enlightened = true;
	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("drive WORKER [run] [OPTION VALUE]...");
	for (int i = 2; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "run") == 0)
			i++;
		set_option(argv[i], argv[i + 1]);
	}
	config.engine = config.engine ? config.engine : strdup("auto");
	config.cmdline = config.cmdline ? config.cmdline : strdup("");
	config.kernel_name = config.kernel_name ? config.kernel_name : strdup("");
	config.coms[0].kind = WORKER_SERIAL_STREAM;
	config.coms[0].fd = pair[1];
	console = pair[0];
	signal(SIGPIPE, SIG_IGN);
	spawn(argv[1]);
	if (worker_config_send(link_fd, &config) != 0)
		die("the worker takes no configuration");
	worker_config_deinit(&config);
	return run();
}
