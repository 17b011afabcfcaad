/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a D-Bus message to its handler: the one place where a caller is authorized. */
#ifndef SERVICE_DISPATCH_H
#define SERVICE_DISPATCH_H

#include "service/call.h"

void dispatch_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
		   const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
		   gpointer peer);

/* NULL: no such method. For tests too: each method of the API must have its entry. */
const struct api_method *dispatch_find(const char *interface, const char *name);

/* objects.c */
struct vm *objects_find_vm(const struct service *service, const char *path);
struct job *objects_find_job(const struct service *service, const char *path);

#endif
