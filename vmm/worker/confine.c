/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/confine_priv.h"

#include "link/isolate.h"
#include "link/landlock.h"
#include "link/resource_limits.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

enum {
	DESCRIPTORS_MAX = 1024,
	ARENAS = 4,	  /* of malloc(): else libc reads a file of /sys to choose */
	SLACK_MIB = 4096, /* address space beside the guest's memory: code cache, tables, stacks, images */
	SLACK_PER_PROCESSOR_MIB = 256,
};

static int set_limits(void)
{
	static const struct resource_limit limits[] = {
		{ RLIMIT_CORE, 0 },	{ RLIMIT_NOFILE, DESCRIPTORS_MAX },
		{ RLIMIT_MSGQUEUE, 0 }, { RLIMIT_LOCKS, 0 },
		{ RLIMIT_RTPRIO, 0 },	{ RLIMIT_NICE, 0 },
	};

	return limits_lower(limits, sizeof(limits) / sizeof(limits[0]));
}

#ifdef CONFINE_FOR_SANITIZERS /* their own system calls, files and address space do not fit into all this */
int confine_process(struct confine_report *ret_report)
{
	*ret_report = (struct confine_report){ .root_error = -ENOTSUP };
	last_words_init();
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : set_limits();
}

int confine_thread(enum confine_kind kind)
{
	return 0;
}

int confine_memory(unsigned long long memory_mib, unsigned processors)
{
	return 0;
}
#else

int confine_process(struct confine_report *ret_report)
{
	struct confine_report report;
	int r;

	mallopt(M_ARENA_MAX, ARENAS);
	r = isolate_process(&report.root_error);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	r = set_limits();
	if (r < 0)
		return r;
	report.landlock = landlock_forbid_all();
	if (report.landlock < 0)
		return report.landlock;
	last_words_init();
	r = confine_filter_load(CONFINE_ALL);
	if (r == 0)
		*ret_report = report;
	return r;
}

int confine_thread(enum confine_kind kind)
{
	last_words_set_kind(kind);
	return confine_filter_load(kind);
}

int confine_memory(unsigned long long memory_mib, unsigned processors)
{
	unsigned long long mib =
	    memory_mib + SLACK_MIB + (unsigned long long)SLACK_PER_PROCESSOR_MIB * processors;

	return limits_lower(&(struct resource_limit){ RLIMIT_AS, (rlim_t)(mib << 20) }, 1);
}
#endif
