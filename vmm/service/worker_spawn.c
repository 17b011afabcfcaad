/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/worker_spawn.h"
#include "service/worker_uid.h"

#include "link/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool find_worker(char ret_path[PATH_MAX])
{
	const char *given = secure_getenv("BULKHEAD_WORKER");

	if (!given)
		return spawn_find("bulkhead-vmwp", "worker", ret_path);
	snprintf(ret_path, PATH_MAX, "%s", given);
	return access(given, X_OK) == 0;
}

int worker_spawn(const char *id, int log, pid_t *ret_pid, int *ret_link)
{
	char path[PATH_MAX];
	struct spawn spawn;
	struct spawned spawned;
	int r;

	if (!find_worker(path))
		return -ENOENT;
	spawn_init(&spawn, path);
	spawn.is_isolated = true;
	if (geteuid() == 0) {
		r = worker_uid_get(id, &spawn.uid);
		if (r < 0)
			return r;
		spawn.gid = spawn.uid;
	}
	spawn.log = log;
	r = spawn_process(&spawn, &spawned);
	if (r < 0)
		return r;
	*ret_pid = spawned.pid;
	*ret_link = spawned.link;
	return 0;
}
