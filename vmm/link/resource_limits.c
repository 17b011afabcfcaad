/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/resource_limits.h"

#include <errno.h>

static int lower(int resource, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return -errno;
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limit) < 0 ? -errno : 0;
}

int limits_lower(const struct resource_limit *limits, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = lower(limits[i].resource, limits[i].most);
	return r;
}
