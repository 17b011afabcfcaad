/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The images of one differencing chain, as whoever runs the disk helper opens them: finds a parent by what its
 * child says, first beside it, then by its absolute path (chains are moved together more often than apart), and
 * refuses a file that is in the chain already.
 *
 * Ownership  The paths are the chain's; no descriptor is kept.
 * Trust      What a child says is text of a hostile image: it only chooses a path, which `open` opens with the
 *            rights of whoever asked; the helper checks that its identity is that of the parent.
 */
#ifndef LINK_DISK_CHAIN_H
#define LINK_DISK_CHAIN_H

#include "link/disk_link.h"

#include <sys/types.h>

struct disk_chain {
	/* A descriptor, or negative errno. */
	int (*open)(void *userdata, const char *path, bool is_writable);
	/* Why errno says that it cannot be opened, and what to do: "no such file; check the name". */
	const char *(*reason)(void *userdata, int error, bool is_writable);
	void *userdata;
	struct disk_chain_image {
		char *path;
		dev_t device;
		ino_t inode;
	} images[DISK_LINK_CHAIN_MAX + 1];
	unsigned count;
};

void disk_chain_clear(struct disk_chain *chain);
/* Place `depth` of the chain is this file now; what was behind it is forgotten. */
void disk_chain_set(struct disk_chain *chain, unsigned depth, const char *path, int fd);
/*
 * Answers "open-parent" on the link. 0, LINK_CLOSED or negative errno. `request`: what the helper was asked to do (NULL: to read); only the parent that a
 * merge is into is opened for writing, whatever the question says: an image may have taken over the helper.
 */
int disk_chain_answer(struct disk_chain *chain, const struct link_message *request, int link,
		      const struct link_message *question);

/*
 * The way from a folder to a file, as a child says it: "./base.vhdx", "../base.vhdx". Both are real absolute paths.
 * Free it; NULL: there is no memory left.
 */
char *disk_chain_relative(const char *folder, const char *file);

#endif
