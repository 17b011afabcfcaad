/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as a list model that keeps itself up to date: the latest ones, newest first, at most VMC_EVENTS_MAX.
 *
 * Threads    The main context's. Nothing waits.
 */
#ifndef CLIENT_EVENT_LIST_H
#define CLIENT_EVENT_LIST_H

#include "client/connection.h"

enum { VMC_EVENTS_MAX = 1000 };

#define VMC_TYPE_EVENT (vmc_event_get_type())
G_DECLARE_FINAL_TYPE(VmcEvent, vmc_event, VMC, EVENT, GObject)

guint64 vmc_event_number(VmcEvent *event);
gint64 vmc_event_time(VmcEvent *event); /* seconds since 1970 */
/* "kind", "user", "vm", "name", "text"; "" for another. Without control characters. */
const char *vmc_event_text(VmcEvent *event, const char *field);

struct vmc_event_list;

/* Of one machine (its identity), or all (""). */
struct vmc_event_list *vmc_event_list_new(struct vmc_connection *connection, const char *vm);
struct vmc_event_list *vmc_event_list_free(struct vmc_event_list *list);
GListModel *vmc_event_list_model(struct vmc_event_list *list);
const char *vmc_event_list_problem(struct vmc_event_list *list); /* why it is empty: a sentence; "" */

#endif
