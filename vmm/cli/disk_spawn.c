/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk_spawn.h"

#include "link/spawn.h"

#include <errno.h>

int disk_spawn(pid_t *ret_pid, int *ret_link)
{
	char path[PATH_MAX];
	struct spawn spawn;
	struct spawned spawned;
	int r;

	if (!spawn_find("bulkhead-disk", "helpers", path))
		return -ENOENT;
	spawn_init(&spawn, path);
	r = spawn_process(&spawn, &spawned);
	if (r < 0)
		return r;
	*ret_pid = spawned.pid;
	*ret_link = spawned.link;
	return 0;
}
