/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks against double use. Open file description locks on single bytes far behind any data: they go with the
 * descriptor (so they survive being handed to the worker), and are released when the last copy is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "disk/disk_priv.h"

/* Readers share this byte, a writer has it alone. Behind any byte that QEMU's own image locks use (100..203). */
enum { LOCK_BYTE = 0x42554c4b };

int lock_file_at_once(int fd, bool is_writer)
{
	struct flock lock = { .l_type = is_writer ? F_WRLCK : F_RDLCK,
			      .l_whence = SEEK_SET,
			      .l_start = LOCK_BYTE,
			      .l_len = 1 };
	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return -EBUSY;
	/* File systems without locks: the service's own bookkeeping has to do. */
	return errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL ? 0 : -errno;
}

/*
 * Waits a little for a lock in use: when a process with an io_uring dies, the kernel lets go of its files only
 * some milliseconds later, and whoever restarts a virtual machine is faster than that.
 */
int lock_file(int fd, bool is_writer)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	int error = lock_file_at_once(fd, is_writer);
	for (unsigned tries = 0; error == -EBUSY && tries < 50; tries++) {
		nanosleep(&pause, NULL);
		error = lock_file_at_once(fd, is_writer);
	}
	return error;
}

/* io_uring may hold on to the file a little longer than the descriptor lives: so not by closing alone. */
void unlock_file(int fd)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1 };
	fcntl(fd, F_OFD_SETLK, &lock);
}
