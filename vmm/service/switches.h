/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual switches of this host, as they are configured: which there are, and what an adapter may name.
 * network.h has them as processes.
 */
#ifndef SERVICE_SWITCHES_H
#define SERVICE_SWITCHES_H

#include "model/switch_config.h"
#include "model/vm_config.h"

struct call;
struct service;
struct vm;

/* Before the machines, whose adapters get addresses of their switches. */
gboolean switches_load(struct service *service, GError **error);
void switches_close(struct service *service);

/* NULL: there is none; "" is none. */
struct switch_config *switches_find(const struct service *service, const char *name);
struct switch_config *switches_by_id(const struct service *service, const char *id);
gboolean switches_is_builtin(const struct switch_config *config);
/* FALSE: another one has this name. */
gboolean switches_check_name(const struct service *service, const struct switch_config *config,
			     GError **error);
/* Each takes the configuration when it succeeds. */
gboolean switches_add(struct service *service, struct switch_config *config, GError **error);
gboolean switches_replace(struct service *service, struct switch_config *config, GError **error);
gboolean switches_remove(struct service *service, const char *id, GError **error);

/* FALSE: an adapter names one that there is not. */
gboolean switches_check(const struct service *service, const struct vm_config *config, GError **error);
/* struct vm, not owned: those with an adapter on it. */
GPtrArray *switches_machines(const struct service *service, const char *name);
/* Adapters on the switch of this name are on another one, or on none (""), in the machine's settings. */
gboolean switches_move_adapters(struct vm *vm, const char *from, const char *to, GError **error);

/* Whether this service can run the kind; FALSE: a sentence. */
gboolean switches_can(const struct service *service, enum switch_kind kind, GError **error);

/* aa{sv} as Switches1.List() has it; floating. */
GVariant *switches_to_variant(const struct call *call);

#endif
