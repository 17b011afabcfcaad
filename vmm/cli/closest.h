/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody may have meant who wrote a word that there is not: one of ours that differs little, or that others call so. */
#ifndef CLI_CLOSEST_H
#define CLI_CLOSEST_H

struct closest {
	const char *word; /* as it was given */
	const char *best; /* NULL: nothing is near enough */
	unsigned distance;
};

/* Each of ours, one after the other. They must outlive it. */
void closest_offer(struct closest *closest, const char *ours);

#endif
