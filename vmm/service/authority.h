/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides who may do what, by the table of model/rights.h, and says why. The only place that does. */
#ifndef SERVICE_AUTHORITY_H
#define SERVICE_AUTHORITY_H

#include "model/rights.h"
#include "service/identity.h"

struct service;
struct vm;

/* The caller's role on the machine (NULL: on the host), and the sentence that says why; free it. */
enum role authority_role(const struct service *service, const struct identity *who, const struct vm *vm,
			 char **ret_why);
gboolean authority_allows(const struct service *service, const struct identity *who, enum right right,
			  const struct vm *vm, char **ret_why);

/* Privileges beyond the roles: RIGHT_PASS_THROUGH, RIGHT_MOUNT. */
gboolean authority_load(struct service *service, GError **error);
gboolean authority_set_privilege(struct service *service, const char *subject, enum right right, gboolean has,
				 GError **error);

#endif
