/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual switch as people fill it in: behind the Virtual Switch Manager of the consoles and `bulkhead
 * switch create` and `edit`. It knows the rules, the call of org.bulkhead.Switches1 and the command line that
 * does the same.
 *
 * Fields     Each a text as people write it; flags are "on" and "off".
 *
 *            name, kind (nat, private, internal, external), notes, vlan ("0": none), mac-range
 *            ("00:15:5d:00:00:00-00:15:5d:ff:ff:ff"); of nat: network, dhcp, ipv6, host-services, forward
 * (one in each line), tftp-folder, boot-file ("": none); of external: adapter, shared; of internal: address
 */
#ifndef CLIENT_SWITCH_DRAFT_H
#define CLIENT_SWITCH_DRAFT_H

#include "model/switch_config.h"

struct vmc_switch_draft;

/* `existing`: the switch that is edited, as Switches1.List() tells it (a{sv}); NULL: a new one. */
struct vmc_switch_draft *vmc_switch_draft_new(GVariant *existing);
struct vmc_switch_draft *vmc_switch_draft_free(struct vmc_switch_draft *draft);

gboolean vmc_switch_draft_is_new(const struct vmc_switch_draft *draft);
/* Whether the kind that it has now has this field. */
gboolean vmc_switch_draft_has(const struct vmc_switch_draft *draft, const char *field);
/* FALSE: this cannot be a value of the field; a sentence. Fields of another kind go back to their defaults
 * with it. */
gboolean vmc_switch_draft_set(struct vmc_switch_draft *draft, const char *field, const char *value,
			      GError **error);
/* Free it; NULL: there is no such field. */
char *vmc_switch_draft_get(const struct vmc_switch_draft *draft, const char *field);
/* One line of "forward" more. */
gboolean vmc_switch_draft_add_forward(struct vmc_switch_draft *draft, const char *text, GError **error);

/* Whether its fields go together; `ret_field` (may be NULL): which one does not, a static text. */
gboolean vmc_switch_draft_check(const struct vmc_switch_draft *draft, const char **ret_field, GError **error);
/* Whether a call would change anything. */
gboolean vmc_switch_draft_is_changed(const struct vmc_switch_draft *draft);
/* "bulkhead switch create lab --kind private"; free it. `place`: of the connection, "" for this computer. */
char *vmc_switch_draft_command(const struct vmc_switch_draft *draft, const char *place);
/* The call: "Create" or "Edit", and its parameters (floating). */
const char *vmc_switch_draft_method(const struct vmc_switch_draft *draft);
GVariant *vmc_switch_draft_parameters(const struct vmc_switch_draft *draft, gboolean is_plan);

#endif
