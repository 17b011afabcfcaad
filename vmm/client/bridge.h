/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The far end of a connection through ssh: connects to this computer's service, authenticates with this
 * process's user, and then copies messages between the service and standard input and output.
 */
#ifndef CLIENT_BRIDGE_H
#define CLIENT_BRIDGE_H

#include <glib.h>

/* Until either side is at its end. */
gboolean vmc_bridge_run(GError **error);
/* Copies between two pairs of descriptors until `from_a` or `from_b` ends. */
gboolean vmc_copy_both(int from_a, int to_b, int from_b, int to_a);

#endif
