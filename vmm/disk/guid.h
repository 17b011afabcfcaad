/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GUIDs: random, as text, compared. The bytes are as a little-endian file holds them. */
#ifndef DISK_GUID_H
#define DISK_GUID_H

#include "disk/disk.h"

enum { DISK_GUID_TEXT = 39 }; /* "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}" and its NUL */

/* Random version 4; never all zeros. */
void guid_make(struct disk_guid *ret_guid);
bool guid_is_zero(const struct disk_guid *guid);
bool guid_equal(const struct disk_guid *a, const struct disk_guid *b);
void guid_format(const struct disk_guid *guid, char text[DISK_GUID_TEXT]);
/* With or without braces, any case; -EINVAL for anything else. */
int guid_parse(const char *text, struct disk_guid *ret_guid);

#endif
