/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

static struct identity *make(uid_t uid, gid_t gid, const char *user)
{
	struct identity *identity = g_new0(struct identity, 1);
	int count = IDENTITY_GROUPS_MAX;
	gid_t *gids;

	identity->uid = uid;
	identity->gid = gid;
	identity->gids = g_array_new(FALSE, FALSE, sizeof(gid_t));
	if (!user) {
		identity->user = g_strdup_printf("#%u", (unsigned)uid);
		g_array_append_val(identity->gids, gid);
		return identity;
	}
	identity->user = g_strdup(user);
	gids = g_new(gid_t, IDENTITY_GROUPS_MAX);
	if (getgrouplist(user, gid, gids, &count) < 0)
		count = IDENTITY_GROUPS_MAX; /* more than we take: the first ones count */
	g_array_append_vals(identity->gids, gids, (guint)count);
	g_free(gids);
	return identity;
}

struct identity *identity_of_uid(uid_t uid, gid_t fallback_gid)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return make(uid, fallback_gid, NULL);
	return make(uid, entry.pw_gid, entry.pw_name);
}

struct identity *identity_of_name(const char *user)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwnam_r(user, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return NULL;
	return make(entry.pw_uid, entry.pw_gid, entry.pw_name);
}

struct identity *identity_copy(const struct identity *identity)
{
	struct identity *copy = g_new0(struct identity, 1);

	*copy = *identity;
	copy->user = g_strdup(identity->user);
	copy->gids = g_array_copy(identity->gids);
	return copy;
}

struct identity *identity_free(struct identity *identity)
{
	if (!identity)
		return NULL;
	g_free(identity->user);
	g_array_unref(identity->gids);
	g_free(identity);
	return NULL;
}

gboolean identity_is_member(const struct identity *identity, const char *group)
{
	struct group entry, *found = NULL;
	gsize size = 16384;
	char *buffer = g_malloc(size);
	gboolean is_member = FALSE;

	while (getgrnam_r(group, &entry, buffer, size, &found) == ERANGE && size < (1u << 20)) {
		size *= 4;
		buffer = g_realloc(buffer, size);
	}
	for (guint i = 0; found && i < identity->gids->len; i++)
		is_member |= g_array_index(identity->gids, gid_t, i) == found->gr_gid;
	g_free(buffer);
	return is_member;
}
