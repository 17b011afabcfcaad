/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/rights.h"

#include "model/rights.h"

#include <string.h>

const char *const *vmc_rights(gboolean of_host)
{
	static const char *lists[2][RIGHT_COUNT + 1];
	const char **list = lists[of_host ? 1 : 0];
	unsigned count = 0;

	for (unsigned i = 0; i < RIGHT_COUNT; i++)
		if (right_is_of_vm((enum right)i) == !of_host)
			list[count++] = right_name((enum right)i);
	return list;
}

gboolean vmc_role_has(const char *role, const char *right, gboolean on_host)
{
	enum role parsed;
	enum right wanted;

	if (!right_parse(right, &wanted) || right_is_of_vm(wanted) != !on_host)
		return FALSE;
	if (role_parse(role, &parsed))
		return role_has(parsed, wanted);
	return strcmp(role, right) == 0; /* a privilege */
}

const char *vmc_right_text(const char *right)
{
	enum right parsed;

	return right_parse(right, &parsed) ? right_label(parsed) : "";
}
