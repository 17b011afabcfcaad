/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts this user's own management service, unless it runs already. */
#ifndef CLIENT_SERVICE_START_H
#define CLIENT_SERVICE_START_H

#include <glib.h>

/* Waits until it answers. It outlives the caller; what it says goes to DATA/vmms.log's place in the runtime
 * folder. */
gboolean vmc_service_start(GError **error);
/* What that would do, as one sentence; g_free(). NULL: a service answers already. */
char *vmc_service_start_plan(void);

#endif
