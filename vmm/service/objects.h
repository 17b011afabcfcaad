/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects that a client sees: which there are, what they have, who may call what; and the signals.
 *
 * A machine or a job that a client may not view does not exist for it: no object, no signal, no name.
 */
#ifndef SERVICE_OBJECTS_H
#define SERVICE_OBJECTS_H

#include <gio/gio.h>

struct event;
struct job;
struct peer;
struct service;
struct vm;

gboolean objects_register(struct peer *peer, GError **error);
void objects_unregister(struct peer *peer);

void objects_vm_added(struct vm *vm);
void objects_vm_changed(struct vm *vm); /* all its properties, as one signal */
void objects_vm_removed(struct vm *vm); /* while it can still be told who may view it */
/* Virtual switches came, went or changed. */
void objects_switches_changed(struct service *service);
/* Their list. */
void objects_checkpoints_changed(struct vm *vm);
void objects_job_added(struct job *job);
void objects_job_changed(struct job *job);
void objects_job_removed(struct job *job);
void objects_event_added(struct service *service, const struct event *event);

#endif
