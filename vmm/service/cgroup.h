/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup (v2) for each worker, below that of the service where systemd gave it to us to divide
 * (Delegate=yes, or a user's own manager): memory limit, processor weight and limit of the machine's
 * settings, a limit of threads. Where there is none the worker stays in ours, and `vm show` and `host check`
 * say so.
 */
#ifndef SERVICE_CGROUP_H
#define SERVICE_CGROUP_H

#include <glib.h>
#include <sys/types.h>

struct cgroup_limits {
	guint64 memory_mib; /* of the guest */
	guint64 processors;
	guint64 weight;	       /* 1 to 10000; 100 is usual */
	guint64 limit_percent; /* of its processors; 0 or 100: no limit */
};

enum cgroup_state {
	CGROUP_DELEGATED,
	CGROUP_NO_V2,	      /* not mounted, or without controllers */
	CGROUP_NOT_DELEGATED, /* somebody else's */
};

/* Of the process that asks. `ret_path` (may be NULL; free it): its folder, or NULL. */
enum cgroup_state cgroup_state(char **ret_path);
/* Moves a worker into a cgroup of its own. FALSE: there is none for it. */
gboolean cgroup_enter(const char *id, pid_t pid, const struct cgroup_limits *limits);

#endif
