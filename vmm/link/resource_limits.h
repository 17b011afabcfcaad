/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resource limits of the processes that open nothing: setrlimit(2), only ever downwards. */
#ifndef LINK_RESOURCE_LIMITS_H
#define LINK_RESOURCE_LIMITS_H

#include <stddef.h>
#include <sys/resource.h>

struct resource_limit {
	int resource; /* RLIMIT_… */
	rlim_t most;
};

/* Soft and hard limit; one that is lower already stays. 0 or negative errno, of the first that failed. */
int limits_lower(const struct resource_limit *limits, size_t count);

#endif
