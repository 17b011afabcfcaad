/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded before the C library: a /dev/kvm that is as FAKE_KVM or the file /fake_kvm (for workers, which get no variables) says, for what people are told of hosts that this one is not.
 *   absent, denied, busy   it cannot be opened so
 *   version, capability    an old kernel
 *   held                   another hypervisor has the processor's virtualization: no machine can be made
 *   locked                 the firmware has switched it off behind the module's back: no machine runs
 *   full                   no memory for a machine
 *   slots, processors      memory slots run out (as with an old kernel), or processors cannot be made
 *   broken                 the processor refuses to go on in the middle
 *   emulated               a guest's kernel is emulated, and what is missing ends it
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int open64(const char *path, int flags, ...);

static char wanted[16];

__attribute__((constructor)) static void find_wanted(void)
{
	const char *variable = getenv("FAKE_KVM");
	FILE *file = variable ? NULL : fopen("/fake_kvm", "re");

	if (variable)
		snprintf(wanted, sizeof(wanted), "%s", variable);
	if (file && fscanf(file, "%15s", wanted) != 1)
		*wanted = '\0';
	if (file)
		fclose(file);
}

static bool is(const char *kind)
{
	return strcmp(wanted, kind) == 0;
}

static int open_fake(const char *path, int flags, mode_t mode)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");

	errno = is("absent") ? ENOENT : is("denied") ? EACCES : is("busy") ? EBUSY : 0;
	return strcmp(path, "/dev/kvm") == 0 && errno ? -1 : real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_fake(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_fake(path, flags, mode);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	static unsigned runs, slots;
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == KVM_GET_API_VERSION && is("version"))
		return 11;
	if (request == KVM_CHECK_EXTENSION && is("capability"))
		return 0;
	if (request == KVM_CREATE_VM && (is("held") || is("full")))
		return fail(is("held") ? EBUSY : ENOMEM);
	if (request == KVM_RUN && is("locked"))
		return fail(EOPNOTSUPP);
	if (request == KVM_RUN && is("emulated") && ++runs > 2)
		return fail(EINVAL);
	if (request == KVM_SET_USER_MEMORY_REGION && is("slots") && ++slots > 4)
		return fail(ENOSPC);
	if (request == KVM_CREATE_VCPU && is("processors") && argument)
		return fail(ENOMEM);
	if (request == KVM_RUN && is("broken") && ++runs > 200)
		return fail(EFAULT);
	return real(fd, request, argument);
}
