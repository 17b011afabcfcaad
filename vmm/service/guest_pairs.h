/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data exchange: the pairs that the guest has, as the worker told them, and those that it is to have (its
 * configuration's guest.pairs), which it is given when its daemon is there.
 *
 * Limits     GUEST_PAIRS_MAX pairs are known of a guest.
 */
#ifndef SERVICE_GUEST_PAIRS_H
#define SERVICE_GUEST_PAIRS_H

#include <gio/gio.h>

struct vm;
struct link_message;

enum { GUEST_PAIRS_MAX = 1024 };

/* a(sss): pool ("host", "guest", "guest-facts", "host-facts"), key, value; floating. */
GVariant *guest_pairs_list(const struct vm *vm);

/* Changes the configuration, and the guest when it runs. `value` NULL: deletes. */
gboolean guest_pairs_change(struct vm *vm, const char *key, const char *value, gboolean is_plan,
			    GError **error);
/* Whether the configuration has it. */
gboolean guest_pairs_has(const struct vm *vm, const char *key);

/* "kvp" and "kvp-gone"; "guest" with "exchange". */
void guest_pairs_take(struct vm *vm, const struct link_message *message);
void guest_pairs_drop(struct vm *vm, const struct link_message *message);
void guest_pairs_exchange(struct vm *vm, const char *state);
void guest_pairs_forget(struct vm *vm);

#endif
