/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/event_line.h"

#include <string.h>

enum { FIELDS = 8 };

static void append_escaped(GString *line, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == '%' || c == 0x7f)
			g_string_append_printf(line, "%%%02X", c);
		else
			g_string_append_c(line, *text);
	}
	g_string_append_c(line, '\t');
}

static char *unescape(const char *text)
{
	GString *plain = g_string_new(NULL);

	for (; *text; text++)
		if (*text == '%' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
			g_string_append_c(plain, (char)(g_ascii_xdigit_value(text[1]) * 16 +
							g_ascii_xdigit_value(text[2])));
			text += 2;
		} else {
			g_string_append_c(plain, *text);
		}
	return g_string_free(plain, FALSE);
}

static void hash_of(const char *body, gsize size, const char *before, char ret_hash[EVENT_HASH_SIZE])
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(sum, (const guchar *)before, (gssize)strlen(before));
	g_checksum_update(sum, (const guchar *)"\n", 1);
	g_checksum_update(sum, (const guchar *)body, (gssize)size);
	g_strlcpy(ret_hash, g_checksum_get_string(sum), EVENT_HASH_SIZE);
	g_checksum_free(sum);
}

char *event_line_format(const struct event *event, const char *hash_before, char ret_hash[EVENT_HASH_SIZE])
{
	GString *line = g_string_new(NULL);

	g_string_append_printf(line, "%" G_GUINT64_FORMAT "\t%" G_GINT64_FORMAT "\t%s\t", event->number,
			       event->time_us, event_kind_name(event->kind));
	append_escaped(line, event->user);
	append_escaped(line, event->vm);
	append_escaped(line, event->name);
	append_escaped(line, event->text);
	hash_of(line->str, line->len - 1, hash_before, ret_hash);
	g_string_append_printf(line, "%s\n", ret_hash);
	return g_string_free(line, FALSE);
}

void event_line_hash(const char *line, const char *hash_before, char ret_hash[EVENT_HASH_SIZE])
{
	const char *tab = strrchr(line, '\t');

	hash_of(line, tab ? (gsize)(tab - line) : strlen(line), hash_before, ret_hash);
}

struct event *event_line_parse(const char *line, char ret_hash[EVENT_HASH_SIZE])
{
	char **fields;
	struct event *event = NULL;
	enum event_kind kind;
	guint64 number;
	gint64 time_us;

	if (!g_utf8_validate(line, -1, NULL))
		return NULL;
	fields = g_strsplit(line, "\t", FIELDS + 1);
	if (g_strv_length(fields) == FIELDS &&
	    g_ascii_string_to_unsigned(fields[0], 10, 0, G_MAXUINT64, &number, NULL) &&
	    g_ascii_string_to_signed(fields[1], 10, 0, G_MAXINT64, &time_us, NULL) &&
	    event_kind_parse(fields[2], &kind) && strlen(fields[7]) == EVENT_HASH_SIZE - 1) {
		event = g_new0(struct event, 1);
		*event = (struct event){ .number = number, .time_us = time_us, .kind = kind };
		event->user = unescape(fields[3]);
		event->vm = unescape(fields[4]);
		event->name = unescape(fields[5]);
		event->text = unescape(fields[6]);
		if (ret_hash)
			g_strlcpy(ret_hash, fields[7], EVENT_HASH_SIZE);
	}
	g_strfreev(fields);
	return event;
}

struct event *event_line_free(struct event *event)
{
	if (!event)
		return NULL;
	g_free(event->user);
	g_free(event->vm);
	g_free(event->name);
	g_free(event->text);
	g_free(event);
	return NULL;
}
