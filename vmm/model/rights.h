/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what: the one table of roles and rights.
 *
 * Rights     On a named virtual machine (RIGHT_VIEW to RIGHT_DELEGATE), on the host (the others).
 * Roles      viewer, operator and vm-administrator hold for the machines that they are granted on;
 *            administrator (a member of the group bulkhead-admins) holds for all of Bulkhead; owner is
 *            root, and whose per-user service it is.
 * Beyond     Attaching a physical disk and mounting a virtual disk on the host reach outside of
 *            Bulkhead: an administrator does not have them; they are granted one by one.
 */
#ifndef MODEL_RIGHTS_H
#define MODEL_RIGHTS_H

#include <glib.h>

#define ADMINISTRATORS_GROUP "bulkhead-admins"

enum right {
	RIGHT_VIEW,	  /* see that it exists, its state and its settings */
	RIGHT_CONSOLE,	  /* its screen, keyboard and serial port */
	RIGHT_POWER,	  /* start, shut down, turn off, reset, pause, resume, save */
	RIGHT_CHECKPOINT, /* make, apply, delete checkpoints */
	RIGHT_EDIT,	  /* settings, rename */
	RIGHT_DELETE,	  /* to the trash and back */
	RIGHT_DELEGATE,	  /* grant rights on it to others */
	RIGHT_HOST_VIEW,  /* what the host is and has */
	RIGHT_CREATE,	  /* new machines, clones, imports, exports */
	RIGHT_HOST_EDIT,  /* switches, settings of the host, emptying the trash, stopping the service */
	RIGHT_AUDIT,	  /* all events, and who may do what */
	RIGHT_PASS_THROUGH,
	RIGHT_MOUNT,
	RIGHT_COUNT,
	RIGHT_NONE = -1, /* whoever is connected */
};

enum role {
	ROLE_NOBODY,
	ROLE_VIEWER,
	ROLE_OPERATOR,
	ROLE_VM_ADMINISTRATOR,
	ROLE_ADMINISTRATOR,
	ROLE_OWNER,
	ROLE_COUNT,
};

const char *right_name(enum right right);  /* "pass-through" */
const char *right_label(enum right right); /* "attach a physical disk": after "may" */
gboolean right_parse(const char *name, enum right *ret_right);
gboolean right_is_of_vm(enum right right);

const char *role_name(enum role role);	/* "vm-administrator" */
const char *role_label(enum role role); /* "VM administrator" */
gboolean role_parse(const char *name, enum role *ret_role);
/* Whether it can be granted on a machine. */
gboolean role_is_of_vm(enum role role);

gboolean role_has(enum role role, enum right right);

/* "user:alice" or "group:lab": a plain name of 1 to 256 bytes behind it. */
gboolean subject_check(const char *subject, GError **error);

#endif
