/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose rights open a machine's files when nobody asks: at an automatic start, and when images are merged. Those are its creator's, and
 * whoever may change its settings could name any file that the creator may open. So who names all of its files becomes the creator; where
 * files that others named stay, nobody is, and it does not start by itself until somebody switches that on anew, with the own rights.
 * What root names stays with the creator, who may do less.
 */
#ifndef SERVICE_CREATOR_H
#define SERVICE_CREATOR_H

#include "service/identity.h"

#include "model/vm_config.h"

/* A machine that is new here; NULL is fine. */
void creator_set(struct vm_config *config, const char *user);
/* `who` made `after` out of `before`. */
void creator_follow(const struct vm_config *before, struct vm_config *after, const struct identity *who);

#endif
