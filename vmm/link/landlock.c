/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The ruleset of newer kernels; an older kernel reads as much of it as it knows. */
struct ruleset {
	uint64_t files;
	uint64_t network; /* since ABI 4 */
	uint64_t scoped;  /* since ABI 6 */
};

/* Rights by ABI, as Documentation/userspace-api/landlock.rst counts them up. */
static size_t fill(long abi, struct ruleset *ret_ruleset)
{
	static const unsigned file_rights[] = { 0, 13, 14, 15, 15, 16 };

	*ret_ruleset = (struct ruleset){
		.files = ((uint64_t)1 << file_rights[abi > 5 ? 5 : abi]) - 1,
		.network = abi >= 4 ? 3 : 0, /* bind, connect */
		.scoped = abi >= 6 ? 3 : 0,  /* abstract sockets, signals */
	};
	if (abi >= 6)
		return sizeof(*ret_ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped) : sizeof(uint64_t);
}

/* A ruleset without any rule: all that it handles is forbidden. */
int landlock_forbid_all(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset ruleset;
	size_t size;
	long fd;
	int r = 0;

	if (abi <= 0)
		return 0;
	size = fill(abi, &ruleset);
	fd = syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_landlock_restrict_self, (int)fd, 0) < 0)
		r = -errno;
	close((int)fd);
	return r < 0 ? r : (int)abi;
}
