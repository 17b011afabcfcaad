/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals begin with the name of a setting where one is wrong ("boot.first: ..."): programs find it by that. People read the words
 * that stand at its field. All errors of the service, and the client's own checks, go through here.
 */
#ifndef CLIENT_REFUSAL_H
#define CLIENT_REFUSAL_H

#include <glib.h>

/* The sentence as people read it; free it. What begins with no name of a setting stays as it is. */
char *vmc_refusal_text(const char *sentence);
/* The same within an error, which says API_ERROR_INVALID_ARGUMENT as the service would; `error` may be NULL, or have none. */
void vmc_refusal_error(GError **error);
/* What people call a setting of a machine, a drive, a network adapter or a virtual switch: "COM 1, File or socket". Free it.
 * NULL: there is no such setting. */
char *vmc_refusal_label(const char *name);

#endif
