/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's virtual switches as processes, and the machines' ports on them. A switch starts with its
 * first port. One that dies, or died with an earlier service, is started anew, and running machines get new
 * ports: for their guests the cable was pulled for a moment.
 */
#ifndef SERVICE_NETWORK_H
#define SERVICE_NETWORK_H

#include "service/vm.h"

struct network;

struct network *network_new(struct service *service);
struct network *network_free(struct network *network);

/* Gives a MAC address of Hyper-V's range to each adapter that has none. */
void network_choose_macs(const struct service *service, struct vm_config *config);
/* The ports of a machine that is about to start. FALSE: a sentence. */
gboolean network_add_ports(struct vm *vm, struct worker_config *config, GError **error);
/* New ports for one that runs: it was found by a new service, or its switch is a new one. */
void network_reconnect(struct vm *vm);

#endif
