/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/room.h"

#include "api/api_error.h"
#include "model/units.h"

#include <sys/statvfs.h>

gboolean room_has(int fd, guint64 bytes, guint64 *ret_room)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) < 0)
		return TRUE; /* it shows when it is full */
	*ret_room = (guint64)fs.f_bavail * fs.f_frsize;
	return bytes <= *ret_room;
}

gboolean room_check(int folder, const char *place, guint64 bytes, GError **error)
{
	char *wants, *has;
	guint64 room;

	if (room_has(folder, bytes, &room))
		return TRUE;
	wants = units_format_bytes(bytes);
	has = units_format_bytes(room);
	api_refuse(error, API_ERROR_FAILED,
		   "%s%sits files need %s, and there are %s; free some, or name another folder",
		   place ? place : "", place ? ": " : "", wants, has);
	g_free(wants);
	g_free(has);
	return FALSE;
}
