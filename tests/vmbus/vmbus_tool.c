/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs in the guest, a static program:
 *   vmbus_tool connect PORT | listen PORT   hvsock: copies standard input to the socket and the socket to
 * standard output, until both have ended vmbus_tool kexec KERNEL INITRD CMDLINE  starts that kernel at once
 */
#include <fcntl.h>
#include <linux/reboot.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	return 1;
}

static void put(int fd, const char *bytes, ssize_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, (size_t)size);

		if (n <= 0)
			exit(die("write"));
		bytes += n;
		size -= n;
	}
}

static int copy_one_way(int from, int to)
{
	static char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		put(to, buffer, n);
	return n < 0 ? die("read") : 0;
}

/* A process for each direction: neither waits for the other. */
static int copy(int fd)
{
	pid_t pid = fork();
	int status = 0, r;

	if (pid == 0) {
		r = copy_one_way(0, fd);
		shutdown(fd, SHUT_WR);
		_exit(r);
	}
	r = copy_one_way(fd, 1);
	waitpid(pid, &status, 0);
	return r || status;
}

static int start_kernel(const char *kernel, const char *initrd, const char *cmdline)
{
	int kernel_fd = open(kernel, O_RDONLY), initrd_fd = open(initrd, O_RDONLY);

	if (syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, strlen(cmdline) + 1, cmdline, 0ul) < 0)
		return die("kexec_file_load");
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	return die("reboot");
}

static int open_socket(const char *verb, unsigned port)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port };
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (strcmp(verb, "connect") == 0) {
		address.svm_cid = VMADDR_CID_HOST;
		return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
	}
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		return -1;
	return accept(fd, NULL, NULL);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc == 5 && strcmp(argv[1], "kexec") == 0)
		return start_kernel(argv[2], argv[3], argv[4]);
	if (argc != 3)
		return 2;
	fd = open_socket(argv[1], (unsigned)atoi(argv[2]));
	return fd < 0 ? die(argv[1]) : copy(fd);
}
