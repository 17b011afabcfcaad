/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What roles and privileges allow, for those who show it: from the one table of model/rights.h. */
#ifndef CLIENT_RIGHTS_H
#define CLIENT_RIGHTS_H

#include <glib.h>

/* Of machines, or of the host; NULL-terminated names, static. */
const char *const *vmc_rights(gboolean of_host);
/* `role`: a role or a privilege. On a machine, or on the host. */
gboolean vmc_role_has(const char *role, const char *right, gboolean on_host);
/* "may start and stop it": what stands behind "may"; static. */
const char *vmc_right_text(const char *right);

#endif
