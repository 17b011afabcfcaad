/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and times as people write them: the same in every console. */
#ifndef MODEL_UNITS_H
#define MODEL_UNITS_H

#include <glib.h>

/*
 * "512M", "2G", "40GiB", "1024": a bare number counts `bare_unit` bytes. FALSE: no size, 0, or beyond 2^63.
 */
gboolean units_parse_bytes(const char *text, guint64 bare_unit, guint64 *ret_bytes);
/* "1.5 GiB": free with g_free(). */
char *units_format_bytes(guint64 bytes);
/* "3 d 04:05:06", as Hyper-V Manager shows uptimes ("04:05:06" below a day). */
char *units_format_uptime(guint64 seconds);

#endif
