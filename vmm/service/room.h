/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file system has the room for files that are to come: asked before, as a full disk shows only after a long copy. */
#ifndef SERVICE_ROOM_H
#define SERVICE_ROOM_H

#include <glib.h>

/* Whether the file system of this descriptor can take so many bytes; FALSE: *ret_room is what it can. What cannot be asked has room. */
gboolean room_has(int fd, guint64 bytes, guint64 *ret_room);
/* `folder` (any descriptor of it) can take so many bytes; `place` names it in the sentence (NULL: not). What cannot be asked has room. */
gboolean room_check(int folder, const char *place, guint64 bytes, GError **error);

#endif
