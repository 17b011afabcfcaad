/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes the host's network: asked of bulkhead-net, a process for each question (link/net_link.h). */
#ifndef SERVICE_NET_HELPER_H
#define SERVICE_NET_HELPER_H

#include "model/switch_config.h"

/* Whether this service may change the host's network at all: CAP_NET_ADMIN, and the helper is installed. */
gboolean net_helper_is_possible(void);
/*
 * The wire of an internal or external switch; -1 with a sentence. `ret_adapter`: what this host has of it, or
 * "". Waits for the answer, which takes some milliseconds, for two seconds at most.
 */
int net_helper_open_wire(const struct switch_config *config, char **ret_adapter, GError **error);

#endif
