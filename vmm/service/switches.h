/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual switches of this host: which there are, and what an adapter may name. */
#ifndef SERVICE_SWITCHES_H
#define SERVICE_SWITCHES_H

#include "model/vm_config.h"

/* aa{sv}: "name", "kind", "notes" (s), "available" (b); floating. */
GVariant *switches_to_variant(void);
/* FALSE: an adapter names one that there is not. */
gboolean switches_check(const struct vm_config *config, GError **error);

#endif
