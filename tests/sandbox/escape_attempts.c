/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "escape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <liburing.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

#define TRY(name) static int name(const struct escape_target *target)
#define CALL(name, ...)                                                                                      \
	TRY(name)                                                                                            \
	{                                                                                                    \
		return result(syscall(__VA_ARGS__));                                                         \
	}

/* --- files ------------------------------------------------------------------------------------------- */

CALL(open_passwd, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)
CALL(open_old, SYS_open, "/etc/passwd", O_RDONLY)
CALL(open_root, SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY)
CALL(open_path, SYS_openat, AT_FDCWD, "/etc", O_PATH)
CALL(open_own_memory, SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR)
CALL(open_init, SYS_openat, AT_FDCWD, "/proc/1/status", O_RDONLY)
CALL(open_null, SYS_openat, AT_FDCWD, "/dev/null", O_RDWR)
CALL(open_kvm, SYS_openat, AT_FDCWD, "/dev/kvm", O_RDWR)
CALL(open_disk, SYS_openat, AT_FDCWD, target->disk, O_RDWR)
CALL(create_file, SYS_openat, AT_FDCWD, "/tmp/escaped", O_WRONLY | O_CREAT, 0600)
CALL(temporary_file, SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600)
CALL(make_folder, SYS_mkdir, "/tmp/escaped-folder", 0700)
CALL(make_node, SYS_mknod, "/tmp/escaped-node", S_IFIFO | 0600, 0)
CALL(make_link, SYS_symlink, "/etc/passwd", "/tmp/escaped-link")
CALL(remove_disk, SYS_unlink, target->disk)
CALL(rename_disk, SYS_rename, target->disk, "/tmp/escaped-disk")
CALL(truncate_disk, SYS_truncate, target->disk, 0L)
CALL(change_mode, SYS_chmod, target->disk, 0777)
CALL(look_at_disk, SYS_access, target->disk, R_OK)
CALL(read_link, SYS_readlink, "/proc/self/exe", (char[256]){ 0 }, 255)
CALL(change_folder, SYS_chdir, "/etc")
CALL(change_root, SYS_chroot, "/etc")
CALL(watch_files, SYS_inotify_init1, 0)

TRY(open_how)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_RDONLY, 0, 0 };

	return result(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how)));
}

TRY(open_by_handle)
{
	struct {
		struct file_handle handle;
		unsigned char bytes[64];
	} h = { .handle.handle_bytes = sizeof(h.bytes) };
	int mount_id,
	    r = result(syscall(SYS_name_to_handle_at, AT_FDCWD, "/etc/passwd", &h.handle, &mount_id, 0));

	return r < 0 ? r : result(syscall(SYS_open_by_handle_at, STDIN_FILENO, &h.handle, O_RDONLY));
}

/* Nothing but standard input, output and error, and the link (and the ring of a test). */
TRY(find_descriptor)
{
	char byte;

	for (int fd = 4; fd < 1024; fd++)
		if (fd != target->uring && (read(fd, &byte, 0) == 0 || errno != EBADF))
			return 0;
	return -EBADF;
}

/* --- sockets ----------------------------------------------------------------------------------------- */

CALL(socket_unix, SYS_socket, AF_UNIX, SOCK_STREAM, 0)
CALL(socket_inet, SYS_socket, AF_INET, SOCK_STREAM, 0)
CALL(socket_inet6, SYS_socket, AF_INET6, SOCK_DGRAM, 0)
CALL(socket_netlink, SYS_socket, AF_NETLINK, SOCK_RAW, 0)
CALL(socket_packet, SYS_socket, AF_PACKET, SOCK_RAW, 0)
CALL(socket_vsock, SYS_socket, AF_VSOCK, SOCK_STREAM, 0)
CALL(pair_inet, SYS_socketpair, AF_INET, SOCK_STREAM, 0, (int[2]){ 0 })

/* Through a socket that it was given: a name of its own, and a peer. */
TRY(bind_link)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0escaped" };

	return result(syscall(SYS_bind, 3, &address, offsetof(struct sockaddr_un, sun_path) + 8));
}

TRY(connect_abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "escape-%d", (int)target->pid);
	return fd < 0 ? -errno : result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

TRY(connect_inet)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? -errno : result(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

/* --- processes --------------------------------------------------------------------------------------- */

TRY(run_program)
{
	char *const argv[] = { (char *)"true", NULL }, *const environment[] = { NULL };

	return result(execve("/bin/true", argv, environment));
}

TRY(run_memory)
{
	char *const argv[] = { (char *)"x", NULL }, *const environment[] = { NULL };
	int fd = memfd_create("x", 0);

	if (fd < 0 || write(fd, "#!/bin/true\n", 12) != 12)
		return -errno;
	return result(syscall(SYS_execveat, fd, "", argv, environment, AT_EMPTY_PATH));
}

static int end_child(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, __WALL);
	return result(pid);
}

TRY(fork_process)
{
	return end_child(syscall(SYS_fork));
}

TRY(clone_process)
{
	return end_child(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

TRY(clone_namespaces)
{
	return end_child(syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER | CLONE_NEWNS, 0, 0, 0, 0));
}

/* The kernel reads its flags from memory, where no filter can look. */
TRY(clone_three)
{
	uint64_t arguments[11] = { [4] = SIGCHLD };

	return end_child(syscall(SYS_clone3, arguments, sizeof(arguments)));
}

CALL(trace_parent, SYS_ptrace, PTRACE_SEIZE, target->pid, 0, 0)
CALL(trace_me, SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)
CALL(signal_parent, SYS_kill, target->pid, 0)
CALL(signal_all, SYS_kill, -1, SIGCONT)
CALL(signal_thread, SYS_tgkill, target->pid, target->pid, 0)
CALL(signal_tkill, SYS_tkill, target->pid, 0)
CALL(process_descriptor, SYS_pidfd_open, target->pid, 0)
CALL(set_deadline, SYS_prlimit64, target->pid, RLIMIT_CPU, NULL, (struct rlimit[1]){ { 0, 0 } })
CALL(get_affinity, SYS_sched_setaffinity, target->pid, sizeof(long), (long[1]){ 1 })

TRY(read_parent)
{
	char here[8], *there = here;
	struct iovec local = { here, sizeof(here) }, remote = { there, sizeof(here) };

	return result(syscall(SYS_process_vm_readv, target->pid, &local, 1UL, &remote, 1UL, 0UL));
}

TRY(write_parent)
{
	char here[8] = "";
	struct iovec local = { here, 1 }, remote = { &errno, 1 };

	return result(syscall(SYS_process_vm_writev, target->pid, &local, 1UL, &remote, 1UL, 0UL));
}

/* The kernel sends SIGIO to whom a descriptor belongs. */
TRY(signal_by_descriptor)
{
	if (fcntl(3, F_SETOWN, target->pid) < 0)
		return -errno;
	return result(fcntl(3, F_SETSIG, SIGTERM));
}

/* --- rights ------------------------------------------------------------------------------------------ */

CALL(become_root, SYS_setuid, 0)
CALL(become_other, SYS_setresuid, 1, 1, 1)
CALL(become_group, SYS_setresgid, 1, 1, 1)
CALL(set_groups, SYS_setgroups, 1, (gid_t[1]){ 0 })
CALL(unshare_user, SYS_unshare, CLONE_NEWUSER)
CALL(unshare_files, SYS_unshare, CLONE_NEWNS)
CALL(enter_namespace, SYS_setns, 3, 0)
CALL(mount_proc, SYS_mount, "none", "/", "proc", 0, NULL)
CALL(mount_again, SYS_mount, NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL)
CALL(unmount, SYS_umount2, "/", MNT_DETACH)
CALL(copy_tree, 428 /* open_tree */, AT_FDCWD, "/", 1)
CALL(new_filesystem, 430 /* fsopen */, "tmpfs", 0)
CALL(allow_privileges, SYS_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)
CALL(be_dumpable, SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)
CALL(set_secure_bits, SYS_prctl, PR_SET_SECUREBITS, 0, 0, 0, 0)
CALL(ambient, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0)
CALL(replace_handler, SYS_rt_sigaction, SIGSYS, (char[64]){ 0 }, NULL, 8)
CALL(filter_listener, SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL)

TRY(take_capabilities)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2] = { { ~0u, ~0u, 0 }, { 0x1ff, 0x1ff, 0 } };

	return result(syscall(SYS_capset, &header, all));
}

static int raise_limit(int resource, rlim_t to)
{
	struct rlimit limit = { to, to };

	return result(syscall(SYS_prlimit64, 0, resource, &limit, NULL));
}

TRY(raise_core)
{
	return raise_limit(RLIMIT_CORE, 1 << 20);
}

TRY(raise_descriptors)
{
	return raise_limit(RLIMIT_NOFILE, 2048);
}

/* --- the kernel's larger doors ----------------------------------------------------------------------- */

CALL(keyring, SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1, 0, 0)
CALL(add_key, SYS_add_key, "user", "escaped", "x", 1L, KEY_SPEC_PROCESS_KEYRING)
CALL(load_bpf, SYS_bpf, 0, (uint64_t[16]){ 2, 4 | 4ull << 32, 1 }, 128)
CALL(fault_handler, SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */)
CALL(new_ring, SYS_io_uring_setup, 8, (char[120]){ 0 })
CALL(shared_memory, SYS_shmget, IPC_PRIVATE, 4096L, IPC_CREAT | 0600)
CALL(message_queue, SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600)
CALL(posix_queue, SYS_mq_open, "escaped", O_CREAT | O_RDWR, 0600, NULL)
CALL(change_layout, SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */)
CALL(port_access, SYS_iopl, 3)
CALL(segment_table, SYS_modify_ldt, 0, (char[64]){ 0 }, 64L)
CALL(kernel_log, SYS_syslog, 3, (char[64]){ 0 }, 64)
CALL(load_module, SYS_init_module, "", 0L, "")
CALL(load_kernel, SYS_kexec_load, 0L, 0L, NULL, 0L)
CALL(host_name, SYS_sethostname, "escaped", 7L)
CALL(real_time, SYS_sched_setscheduler, 0, SCHED_FIFO, (int[1]){ 1 })
CALL(compare_kernel, SYS_kcmp, target->pid, target->pid, 0, 0L, 0L)
CALL(secret_memory, 447 /* memfd_secret */, 0)
CALL(type_at_terminal, SYS_ioctl, STDERR_FILENO, TIOCSTI, "x")
CALL(terminal_of_kernel, SYS_ioctl, STDERR_FILENO, TIOCLINUX, "\3")

/* To what it is. */
TRY(set_time)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return result(syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
}

TRY(count_events)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.exclude_kernel = 1 };

	return result(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0UL));
}

/* --- code -------------------------------------------------------------------------------------------- */

TRY(run_data)
{
	static char data[8192] __attribute__((aligned(4096)));

	return result(syscall(SYS_mprotect, data, 4096L, PROT_READ | PROT_EXEC));
}

TRY(change_code)
{
	void *page = (void *)((uintptr_t)change_code & ~(uintptr_t)4095);

	return result(syscall(SYS_mprotect, page, 4096L, PROT_READ | PROT_WRITE | PROT_EXEC));
}

CALL(write_and_run, SYS_mmap, NULL, 4096L, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
     -1, 0L)
CALL(run_pages, SYS_mmap, NULL, 4096L, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L)
CALL(run_pages_by_key, SYS_pkey_mprotect, NULL, 0L, PROT_EXEC, -1)

/* A call by the 32-bit ABI has other numbers: 5 is open there. */
TRY(other_abi)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L /* getpid */) : "memory");
	return r > 0 ? 0 : -EPERM;
}

CALL(x32_abi, SYS_getppid | 0x40000000)

/* --- a ring that was made before ----------------------------------------------------------------------- */

static void prepare_open(struct io_uring_sqe *sqe, const void *path)
{
	io_uring_prep_openat(sqe, AT_FDCWD, path, O_RDONLY, 0);
}

static void prepare_socket(struct io_uring_sqe *sqe, const void *unused)
{
	io_uring_prep_rw(45 /* IORING_OP_SOCKET */, sqe, AF_INET, NULL, 0, SOCK_STREAM);
}

struct io_uring escape_ring;

/* Its operations pass by the filter of system calls. */
static int through_ring(const struct escape_target *target,
			void (*prepare)(struct io_uring_sqe *, const void *), const void *argument)
{
	struct io_uring_sqe *sqe = target->uring < 0 ? NULL : io_uring_get_sqe(&escape_ring);
	struct io_uring_cqe *cqe;
	int r;

	if (!sqe)
		return -ENOSYS;
	prepare(sqe, argument);
	r = io_uring_submit_and_wait(&escape_ring, 1);
	if (r >= 0)
		r = io_uring_peek_cqe(&escape_ring, &cqe);
	return r < 0 ? r : cqe->res < 0 ? cqe->res : 0;
}

TRY(ring_open)
{
	return through_ring(target, prepare_open, "/etc/passwd");
}

TRY(ring_open_disk)
{
	return through_ring(target, prepare_open, target->disk);
}

/* A socket alone is nothing: the network namespace has no interface. */
TRY(ring_connect)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };
	int r = through_ring(target, prepare_socket, NULL);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return r < 0 ? r : result(connect(r, (struct sockaddr *)&address, sizeof(address)));
}

#define F(name)                                                                                              \
	{                                                                                                    \
#name, name, WORKS_FREE                                                                      \
	}
#define N(name)                                                                                              \
	{                                                                                                    \
#name, name, 0                                                                               \
	}

const struct attempt attempts[] = {
	F(open_passwd),
	F(open_old),
	F(open_root),
	F(open_path),
	F(open_own_memory),
	F(open_init),
	F(open_null),
	N(open_kvm),
	F(open_disk),
	N(create_file),
	N(temporary_file),
	N(make_folder),
	N(make_node),
	N(make_link),
	N(remove_disk),
	N(rename_disk),
	N(truncate_disk),
	N(change_mode),
	F(look_at_disk),
	F(read_link),
	F(change_folder),
	N(change_root),
	F(watch_files),
	F(open_how),
	N(open_by_handle),
	N(find_descriptor),
	F(socket_unix),
	F(socket_inet),
	F(socket_inet6),
	F(socket_netlink),
	N(socket_packet),
	N(socket_vsock),
	N(pair_inet),
	F(bind_link),
	F(connect_abstract),
	F(connect_inet),
	F(run_program),
	F(run_memory),
	F(fork_process),
	F(clone_process),
	N(clone_namespaces),
	F(clone_three),
	N(trace_parent),
	F(trace_me),
	F(signal_parent),
	N(signal_all),
	F(signal_thread),
	F(signal_tkill),
	F(process_descriptor),
	N(set_deadline),
	F(get_affinity),
	N(read_parent),
	N(write_parent),
	F(signal_by_descriptor),
	N(become_root),
	N(become_other),
	N(become_group),
	N(set_groups),
	N(unshare_user),
	N(unshare_files),
	N(enter_namespace),
	N(mount_proc),
	N(mount_again),
	N(unmount),
	N(copy_tree),
	N(new_filesystem),
	N(allow_privileges),
	F(be_dumpable),
	N(set_secure_bits),
	N(ambient),
	F(replace_handler),
	N(filter_listener),
	N(take_capabilities),
	N(raise_core),
	N(raise_descriptors),
	N(keyring),
	N(add_key),
	N(load_bpf),
	N(fault_handler),
	{ "new_ring", new_ring, NEEDS_BUILT },
	F(shared_memory),
	N(message_queue),
	N(posix_queue),
	F(change_layout),
	N(port_access),
	N(segment_table),
	N(kernel_log),
	N(load_module),
	N(load_kernel),
	N(host_name),
	N(set_time),
	N(real_time),
	N(compare_kernel),
	N(secret_memory),
	N(type_at_terminal),
	N(terminal_of_kernel),
	N(count_events),
	F(run_data),
	F(change_code),
	F(write_and_run),
	{ "run_pages", run_pages, WORKS_FREE | NEEDS_BUILT },
	F(run_pages_by_key),
	N(other_abi),
	N(x32_abi),
	F(ring_open),
	F(ring_open_disk),
	N(ring_connect),
};

const unsigned attempts_count = sizeof(attempts) / sizeof(attempts[0]);
