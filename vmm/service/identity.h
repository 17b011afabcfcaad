/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who somebody is: user, groups; from the socket's peer credentials and the system's databases. Made anew for
 * each call, so that a change of membership holds at once. What groups the caller's process has does not
 * count.
 */
#ifndef SERVICE_IDENTITY_H
#define SERVICE_IDENTITY_H

#include <glib.h>
#include <sys/types.h>

enum { IDENTITY_GROUPS_MAX = 1024 };

struct identity {
	uid_t uid;
	gid_t gid;
	char *user;   /* "#1234" when the system knows no name */
	GArray *gids; /* gid_t, gid among them */
};

struct identity *identity_of_uid(uid_t uid, gid_t fallback_gid);
/* NULL: there is no such user. */
struct identity *identity_of_name(const char *user);
struct identity *identity_copy(const struct identity *identity);
struct identity *identity_free(struct identity *identity);
/* FALSE also when there is no such group. */
gboolean identity_is_member(const struct identity *identity, const char *group);

#endif
