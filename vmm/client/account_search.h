/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and groups of the managed host while their name is typed: for the Administrators wizards. One
 * question at a time; of what is typed meanwhile only the last is asked for.
 *
 * Threads    The main context's; results come from its loop.
 */
#ifndef CLIENT_ACCOUNT_SEARCH_H
#define CLIENT_ACCOUNT_SEARCH_H

#include "client/connection.h"

struct vmc_account_search;

/* `found`: a(ss): "user:alice" or "group:lab", and the full name or ""; best first, not the callee's; NULL:
 * the service cannot tell, and `error` says why. `text`: what it was asked for. */
typedef void (*vmc_accounts_fn)(const char *text, GVariant *found, const GError *error, gpointer opaque);

struct vmc_account_search *vmc_account_search_new(struct vmc_connection *connection, vmc_accounts_fn fn,
						  gpointer opaque);
/* Nothing comes any more; before the connection goes. */
struct vmc_account_search *vmc_account_search_free(struct vmc_account_search *search);
/* "" is answered with nothing found, at once. */
void vmc_account_search_set_text(struct vmc_account_search *search, const char *text);

#endif
