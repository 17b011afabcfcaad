/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parents of a differencing disk for `bulkhead run`: found by the disk helper, opened with this user's
 * rights. */
#ifndef CLI_RUN_CHAIN_H
#define CLI_RUN_CHAIN_H

#include "link/worker_chain.h"

/*
 * `format` as worker_disk_format() says it; those that have no parents are not looked at, and a build without
 * the helper finds none. False: said.
 */
bool run_find_parents(const char *path, const char *format, int fd, struct worker_chain *chain);

#endif
