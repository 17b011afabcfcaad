/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker of this version can be asked (worker_link.h), as its "hello" tells it. A worker outlives its service, and may be older than
 * the next one: that asks nothing of it which it does not know. A verb that is new comes into the list, too: without that it is refused.
 */
#ifndef LINK_WORKER_VERBS_H
#define LINK_WORKER_VERBS_H

#include <stdbool.h>

/* With a space between. */
extern const char worker_verbs[];

/* Whether `verb` is one of the words of `verbs`; NULL: nothing was told, and all that is older than "hello" is known. */
bool worker_verbs_have(const char *verbs, const char *verb);

#endif
