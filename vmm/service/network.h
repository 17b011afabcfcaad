/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's virtual switches as processes, and the machines' ports on them.
 *
 * Life       A switch starts with its first port; one that this host has an adapter on runs always. One that
 *            dies, or died with an earlier service, is started anew, and running machines get new ports: for
 *            their guests the cable was pulled for a moment.
 *
 * Following  A change of an adapter's settings reaches its port at once (network_follow()), a change of a
 *            switch all machines on it.
 */
#ifndef SERVICE_NETWORK_H
#define SERVICE_NETWORK_H

#include "service/vm.h"

struct network;
struct switch_config;

struct network *network_new(struct service *service);
struct network *network_free(struct network *network);
/* Starts the switches that run without a machine; when all are loaded. */
void network_start(struct network *network);

/* Gives a MAC address of its switch's range to each adapter that has none. */
void network_choose_macs(const struct service *service, struct vm_config *config);
/* The ports of a machine that is about to start. FALSE: a sentence. */
gboolean network_add_ports(struct vm *vm, struct worker_config *config, GError **error);
/* What network_add_ports() would refuse, as far as it is known without making any. */
gboolean network_check_ports(const struct vm *vm, GError **error);
/* New ports for one that runs: it was found by a new service, or its switch is a new one. */
void network_reconnect(struct vm *vm);
/* A running machine's adapters may have other settings now. */
void network_follow(struct vm *vm);

/*
 * The switch has another configuration than `before` now. What does not work gets a sentence in `problems`.
 */
void network_switch_changed(struct network *network, const struct switch_config *before,
			    const struct switch_config *now, GPtrArray *problems);
/* It is gone; its machines were unplugged. */
void network_switch_removed(struct network *network, const struct switch_config *config);
gboolean network_is_running(const struct network *network, const struct switch_config *config);
/* What this host has of it; "". */
const char *network_host_adapter(const struct network *network, const struct switch_config *config);

#endif
