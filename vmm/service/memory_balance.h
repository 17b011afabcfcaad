/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dynamic memory: divides what the host has among the running machines, by what their guests need.
 *
 * The host keeps a reserve for itself, and what was promised to machines that have not touched it yet counts
 * as used. Tests say with $BULKHEAD_BALANCE_MIB how much there is for all machines with dynamic memory.
 * Threads    The main thread. No timer runs while no machine has dynamic memory.
 */
#ifndef SERVICE_MEMORY_BALANCE_H
#define SERVICE_MEMORY_BALANCE_H

#include <glib.h>

struct service;
struct vm;
struct vm_config;
struct memory_balance;

struct memory_balance *memory_balance_new(struct service *service);
struct memory_balance *memory_balance_free(struct memory_balance *balance);
/* A machine's demand, size or settings changed. */
void memory_balance_soon(struct memory_balance *balance);

/*
 * What the machine may have at most, for the worker: as its settings say, and never more than the host has.
 */
guint64 memory_balance_maximum(const struct vm_config *config);

#endif
