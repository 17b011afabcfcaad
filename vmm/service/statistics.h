/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine uses, read from its live worker when somebody asks; nothing is sampled in between. */
#ifndef SERVICE_STATISTICS_H
#define SERVICE_STATISTICS_H

#include <gio/gio.h>

struct vm;

/* a{sv}; floating. Empty while it is off. */
GVariant *statistics_of(const struct vm *vm);

#endif
