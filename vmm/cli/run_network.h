/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `bulkhead run`'s network: a virtual switch of this run's own, with NAT, or a port that somebody else made.
 */
#ifndef CLI_RUN_NETWORK_H
#define CLI_RUN_NETWORK_H

#include "cli/run_options.h"

#include "link/switch_link.h"
#include "link/worker_link.h"

struct run_network {
	struct switch_process process; /* pid -1: none of ours */
};

/* Options; false after a sentence on stderr. */
bool run_set_switch(struct run_options *options, const char *value);
bool run_set_mac(struct run_options *options, const char *value);
bool run_add_forward(struct run_options *options, const char *value);
bool run_set_tftp(struct run_options *options, const char *value);
bool run_set_boot_file(struct run_options *options, const char *value);
bool run_check_network(struct run_options *options);

/* Starts the switch and gives the machine an adapter on it. False after a sentence on stderr. */
bool run_network_open(const struct run_options *options, struct worker_config *config,
		      struct run_network *ret_network);
void run_network_close(struct run_network *network);

#endif
