/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network adapters of this host, and whether an external switch may be connected to one. */
#ifndef SERVICE_HOST_ADAPTERS_H
#define SERVICE_HOST_ADAPTERS_H

#include "model/switch_config.h"

struct call;
struct service;

/* aa{sv} as Switches1.ListHostAdapters() has it; floating. */
GVariant *host_adapters_to_variant(const struct service *service);
/* Of an external switch; others are fine. */
gboolean host_adapters_check(const struct service *service, const struct switch_config *config,
			     GError **error);
/* What an external switch on it means for this host: steps of a plan. */
void host_adapters_describe(struct call *call, const char *name);

#endif
