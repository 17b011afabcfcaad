/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces with nothing in them: whoever started us gave us, if the kernel lets that user, a user namespace
 * in which we are root (link/spawn.h). That right is used once, here, and given up.
 */
#include "link/isolate.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An empty file system, read-only, becomes all there is. /proc is a folder on every host. */
static int empty_root(void)
{
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "tmpfs", flags, "size=4k,nr_inodes=1,mode=000") < 0 || chdir("/proc") < 0)
		return -errno;
	/* The old root lies on the new one then, and is taken away (pivot_root(2)). */
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

/* Each for itself: a kernel may lack one. Which we have is seen from outside. */
static int leave_namespaces(void)
{
	static const int others[] = { CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP };

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		(void)unshare(others[i]);
	return unshare(CLONE_NEWNS) < 0 ? -errno : empty_root();
}

/* Also those that exec would give to root: capabilities(7). Without the right to do so there are none. */
static void forbid_capabilities_of_root(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
		;
	(void)prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0, 0);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int isolate_process(int *ret_root_error)
{
	*ret_root_error = leave_namespaces();
	forbid_capabilities_of_root();
	return drop_capabilities();
}
