/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/units.h"

#include <string.h>

static const char letters[] = "KMGTP";

gboolean units_parse_bytes(const char *text, guint64 bare_unit, guint64 *ret_bytes)
{
	guint64 value = 0, factor = bare_unit;
	const char *letter;

	if (!g_ascii_isdigit(*text))
		return FALSE;
	for (; g_ascii_isdigit(*text); text++)
		if (!g_uint64_checked_mul(&value, value, 10) ||
		    !g_uint64_checked_add(&value, value, (guint64)(*text - '0')))
			return FALSE;
	if (*text) {
		letter = strchr(letters, g_ascii_toupper(*text));
		if (!letter)
			return FALSE;
		factor = G_GUINT64_CONSTANT(1) << (10 * (unsigned)(letter - letters + 1));
		text++;
		if (strcmp(text, "") != 0 && strcmp(text, "iB") != 0 && strcmp(text, "B") != 0)
			return FALSE;
	}
	if (!g_uint64_checked_mul(&value, value, factor) || value == 0 || value > G_MAXINT64)
		return FALSE;
	*ret_bytes = value;
	return TRUE;
}

char *units_format_bytes(guint64 bytes)
{
	unsigned power = 0;
	guint64 tenths;

	if (bytes < 1024)
		return g_strdup_printf("%" G_GUINT64_FORMAT " B", bytes);
	while (power < strlen(letters) && bytes >> (10 * (power + 1)) != 0)
		power++;
	tenths = (bytes >> (10 * (power - 1))) * 10 / 1024;
	if (tenths % 10 == 0)
		return g_strdup_printf("%" G_GUINT64_FORMAT " %ciB", tenths / 10, letters[power - 1]);
	return g_strdup_printf("%" G_GUINT64_FORMAT ".%u %ciB", tenths / 10, (unsigned)(tenths % 10),
			       letters[power - 1]);
}

char *units_format_uptime(guint64 seconds)
{
	unsigned clock = (unsigned)(seconds % 86400);
	guint64 days = seconds / 86400;
	char text[16];

	g_snprintf(text, sizeof(text), "%02u:%02u:%02u", clock / 3600, clock / 60 % 60, clock % 60);
	return days ? g_strdup_printf("%" G_GUINT64_FORMAT " d %s", days, text) : g_strdup(text);
}
