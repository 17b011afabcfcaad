/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a machine is in its state: cause, evidence and remedy, for `bulkhead why`. */
#ifndef SERVICE_WHY_H
#define SERVICE_WHY_H

#include <gio/gio.h>

struct vm;

/* (sass); floating. */
GVariant *why_of(const struct vm *vm);

#endif
