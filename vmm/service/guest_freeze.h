/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's file systems stand still for a backup, and go on. A machine has at most one call about it. */
#ifndef SERVICE_GUEST_FREEZE_H
#define SERVICE_GUEST_FREEZE_H

#include <glib.h>

struct call;
struct vm;
struct link_message;

enum { GUEST_FREEZE_LIMIT_S = 60, GUEST_FREEZE_LIMIT_MAX_S = 600 };

/* Answers the call later, or at once. */
void guest_freeze(struct call *call, struct vm *vm, guint limit_s);
void guest_thaw(struct call *call, struct vm *vm);

/* For the service's own needs: fn comes later, or at once; `error` NULL: it stands still. */
typedef void (*guest_frozen_fn)(gpointer opaque, const GError *error);
void guest_freeze_for(struct vm *vm, guint limit_s, guest_frozen_fn fn, gpointer opaque);
/* Who waits for that hears at once that it was cancelled. */
void guest_freeze_give_up(struct vm *vm);
/* It goes on, when it stands still. Nobody waits for it. */
void guest_thaw_after(struct vm *vm);

/* "frozen", "thawed". */
void guest_freeze_frozen(struct vm *vm, const struct link_message *message);
void guest_freeze_thawed(struct vm *vm, const struct link_message *message);
/* The machine ended. */
void guest_freeze_abandon(struct vm *vm);

#endif
