/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines come and go: methods of org.bulkhead.Host1 that have files of their own, and what they share. */
#ifndef SERVICE_API_INVENTORY_H
#define SERVICE_API_INVENTORY_H

#include <glib.h>

struct call;
struct vm_config;

void api_create_vm(struct call *call);
void api_list_trash(struct call *call);
void api_undelete(struct call *call);
void api_empty_trash(struct call *call);

/* Takes a configuration that is in the store already, and answers with the machine's path. */
void api_add_vm(struct call *call, struct vm_config *config);
/* FALSE: answered. */
gboolean api_check_room(struct call *call);

#endif
