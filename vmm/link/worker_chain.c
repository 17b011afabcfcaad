/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/worker_chain.h"
#include "link/worker_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int worker_chain_add(struct worker_chain *chain, const char *name, int fd)
{
	struct worker_parent *parents = NULL;
	char *copy = strdup(name);
	int r = chain->count == WORKER_PARENTS_MAX ? -ENOSPC : -ENOMEM;

	if (copy && chain->count < WORKER_PARENTS_MAX)
		parents = realloc(chain->parents, (chain->count + 1) * sizeof(*parents));
	if (!parents) {
		free(copy);
		close(fd);
		return r;
	}
	chain->parents = parents;
	parents[chain->count++] = (struct worker_parent){ copy, fd };
	return 0;
}

void worker_chain_deinit(struct worker_chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++) {
		free(chain->parents[i].name);
		if (chain->parents[i].fd >= 0)
			close(chain->parents[i].fd);
	}
	free(chain->parents);
	*chain = (struct worker_chain){ 0 };
}

static const char *make_key(char key[LINK_KEY_MAX], const char *prefix, unsigned index, const char *what)
{
	snprintf(key, LINK_KEY_MAX, "%sparent-%u-%s", prefix, index, what);
	return key;
}

void worker_chain_encode(const struct worker_chain *chain, const char *prefix, struct link_message *message)
{
	char key[LINK_KEY_MAX];

	if (chain->count == 0)
		return;
	snprintf(key, sizeof(key), "%sparents", prefix);
	link_add_number(message, key, chain->count);
	for (unsigned i = 0; i < chain->count; i++) {
		link_add(message, make_key(key, prefix, i, "name"), chain->parents[i].name);
		link_add_fd(message, make_key(key, prefix, i, "fd"), chain->parents[i].fd);
	}
}

int worker_chain_decode(struct link_message *message, const char *prefix, struct worker_chain *chain)
{
	char key[LINK_KEY_MAX];
	uint64_t count;

	snprintf(key, sizeof(key), "%sparents", prefix);
	if (!link_get(message, key))
		return 0;
	if (link_get_number(message, key, WORKER_PARENTS_MAX, &count) < 0)
		return -EBADMSG;
	for (unsigned i = 0; i < count; i++) {
		const char *name = link_get(message, make_key(key, prefix, i, "name"));
		int fd, r;

		if (!name || strlen(name) > WORKER_FILE_NAME_MAX ||
		    link_take_fd(message, make_key(key, prefix, i, "fd"), &fd) < 0)
			return -EBADMSG;
		r = worker_chain_add(chain, name, fd);
		if (r < 0)
			return r;
	}
	return 0;
}
