/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup for each worker: a transient scope of systemd, with the memory limit, processor weight and limit
 * of the machine's settings, and a limit of threads. The scope is no part of the service's unit, so it
 * outlives a restart of the service, and nobody but systemd writes below its cgroups. Where systemd does not
 * run, the worker stays in the service's cgroup, and `vm show` and `host check` say so.
 */
#ifndef SERVICE_CGROUP_H
#define SERVICE_CGROUP_H

#include <glib.h>
#include <sys/types.h>

/* The scope's name is this, the machine's identity and the process: confinement.c looks for it. */
#define CGROUP_PREFIX "bulkhead-vm-"

struct cgroup_limits {
	guint64 memory_mib; /* of the guest */
	guint64 processors;
	guint64 weight;	       /* 1 to 10000; 100 is usual */
	guint64 limit_percent; /* of its processors; 0 or 100: no limit */
};

/* Asks for it; nobody waits. The root user's systemd is the host's, another user's his own. */
void cgroup_enter(const char *id, pid_t pid, const struct cgroup_limits *limits);

#endif
