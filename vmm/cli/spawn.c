/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/spawn.h"

#include "link/spawn.h"
#include "link/worker_identity.h"

#include <errno.h>
#include <unistd.h>

int spawn_worker(struct spawned_worker *ret_worker)
{
	char path[PATH_MAX];
	struct spawn spawn;
	struct spawned spawned;
	int r;

	if (!spawn_find("bulkhead-vmwp", "worker", path))
		return -ENOENT;
	spawn_init(&spawn, path);
	spawn.is_isolated = true;
	if (geteuid() == 0)
		spawn.uid = spawn.gid = WORKER_UID_RUN + (uid_t)getpid() % WORKER_UID_RUN_COUNT;
	r = spawn_process(&spawn, &spawned);
	if (r < 0)
		return r;
	*ret_worker = (struct spawned_worker){ .pid = spawned.pid, .link = spawned.link };
	return 0;
}
