/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The properties of each object, by name. Floating; NULL for a name that there is not. */
#ifndef SERVICE_PROPERTIES_H
#define SERVICE_PROPERTIES_H

#include <gio/gio.h>

struct event;
struct job;
struct service;
struct vm;

/* `service` NULL: for somebody who may not see the host: only what the service is. */
GVariant *host_property(const struct service *service, const char *name);
GVariant *vm_property(const struct vm *vm, const char *name);
GVariant *job_property(const struct job *job, const char *name);
/* a{sv} */
GVariant *vm_properties(const struct vm *vm);
GVariant *job_properties(const struct job *job);
GVariant *host_properties(const struct service *service);
GVariant *event_to_variant(const struct event *event);

#endif
