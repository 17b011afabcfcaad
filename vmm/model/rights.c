/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/rights.h"
#include "model/model_error.h"

#include <string.h>

static const struct {
	const char *name;
	const char *label;
} rights[RIGHT_COUNT] = {
	[RIGHT_VIEW] = { "view", "see it" },
	[RIGHT_CONSOLE] = { "console", "use its console" },
	[RIGHT_POWER] = { "power", "start and stop it" },
	[RIGHT_CHECKPOINT] = { "checkpoint", "make and apply checkpoints of it" },
	[RIGHT_EDIT] = { "edit", "change its settings" },
	[RIGHT_DELETE] = { "delete", "delete it" },
	[RIGHT_DELEGATE] = { "delegate", "grant rights on it" },
	[RIGHT_HOST_VIEW] = { "host-view", "see what this host is and has" },
	[RIGHT_CREATE] = { "create", "make new virtual machines" },
	[RIGHT_HOST_EDIT] = { "host-edit", "change the settings of this host" },
	[RIGHT_AUDIT] = { "audit", "read all events and all rights" },
	[RIGHT_PASS_THROUGH] = { "pass-through", "attach a physical disk" },
	[RIGHT_MOUNT] = { "mount", "mount a virtual disk on the host" },
};

static const struct {
	const char *name;
	const char *label;
} roles[ROLE_COUNT] = {
	[ROLE_NOBODY] = { "nobody", "nobody" },
	[ROLE_VIEWER] = { "viewer", "VM viewer" },
	[ROLE_OPERATOR] = { "operator", "VM operator" },
	[ROLE_VM_ADMINISTRATOR] = { "vm-administrator", "VM administrator" },
	[ROLE_ADMINISTRATOR] = { "administrator", "Bulkhead Administrator" },
	[ROLE_OWNER] = { "owner", "owner" },
};

/* The table. Nothing else in Bulkhead decides what a role may do. */
static const gboolean table[ROLE_COUNT][RIGHT_COUNT] = {
	/* clang-format off */
	/*                          view con  pow  chk  edit del  dlg  | hv  crt  hed  aud  | pt   mnt */
	[ROLE_NOBODY]           = { 0,   0,   0,   0,   0,   0,   0,     0,  0,   0,   0,     0,   0 },
	[ROLE_VIEWER]           = { 1,   0,   0,   0,   0,   0,   0,     1,  0,   0,   0,     0,   0 },
	[ROLE_OPERATOR]         = { 1,   1,   1,   1,   0,   0,   0,     1,  0,   0,   0,     0,   0 },
	[ROLE_VM_ADMINISTRATOR] = { 1,   1,   1,   1,   1,   1,   1,     1,  0,   0,   0,     0,   0 },
	[ROLE_ADMINISTRATOR]    = { 1,   1,   1,   1,   1,   1,   1,     1,  1,   1,   1,     0,   0 },
	[ROLE_OWNER]            = { 1,   1,   1,   1,   1,   1,   1,     1,  1,   1,   1,     1,   1 },
	/* clang-format on */
};

const char *right_name(enum right right)
{
	return rights[right].name;
}

const char *right_label(enum right right)
{
	return rights[right].label;
}

gboolean right_parse(const char *name, enum right *ret_right)
{
	for (unsigned i = 0; i < RIGHT_COUNT; i++)
		if (strcmp(rights[i].name, name) == 0) {
			*ret_right = (enum right)i;
			return TRUE;
		}
	return FALSE;
}

gboolean right_is_of_vm(enum right right)
{
	return right >= RIGHT_VIEW && right <= RIGHT_DELEGATE;
}

const char *role_name(enum role role)
{
	return roles[role].name;
}

const char *role_label(enum role role)
{
	return roles[role].label;
}

gboolean role_parse(const char *name, enum role *ret_role)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		if (strcmp(roles[i].name, name) == 0) {
			*ret_role = (enum role)i;
			return TRUE;
		}
	return FALSE;
}

gboolean role_is_of_vm(enum role role)
{
	return role >= ROLE_VIEWER && role <= ROLE_VM_ADMINISTRATOR;
}

gboolean role_has(enum role role, enum right right)
{
	return right == RIGHT_NONE || table[role][right];
}

gboolean subject_check(const char *subject, GError **error)
{
	const char *name = NULL;

	if (g_str_has_prefix(subject, "user:"))
		name = subject + strlen("user:");
	else if (g_str_has_prefix(subject, "group:"))
		name = subject + strlen("group:");
	if (name && *name && strlen(name) <= 256 && g_utf8_validate(name, -1, NULL) &&
	    !strpbrk(name, " =[]:\t\r\n/"))
		return TRUE;
	g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
		    "\"%s\" is neither a user nor a group; write user:NAME or group:NAME", subject);
	return FALSE;
}
