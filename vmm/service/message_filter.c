/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/message_filter.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_CALL = 1, TYPE_RETURN = 2, TYPE_ERROR = 3, FLAG_NO_ANSWER = 1 };

void message_filter_init(struct message_filter *filter, uid_t client, uid_t service)
{
	*filter = (struct message_filter){ .client = client, .service = service };
}

gboolean message_filter_is_authenticated(const struct message_filter *filter)
{
	return filter->state >= FILTER_HEADER;
}

/* --- authentication ---------------------------------------------------------------------------------- */

static void append_hex_id(uid_t uid, GByteArray *out)
{
	char text[16], hex[40];
	int size = snprintf(text, sizeof(text), "%u", (unsigned)uid), used = 0;

	for (int i = 0; i < size; i++)
		used += snprintf(hex + used, sizeof(hex) - (gsize)used, "%02x", (unsigned char)text[i]);
	g_byte_array_append(out, (const guint8 *)hex, (guint)used);
}

/* Whether the hexadecimal text is the client's own user id in decimal digits. */
static gboolean is_own_id(const struct message_filter *filter, const char *hex)
{
	char text[16], wanted[40];
	int size = snprintf(text, sizeof(text), "%u", (unsigned)filter->client), used = 0;

	for (int i = 0; i < size; i++)
		used += snprintf(wanted + used, sizeof(wanted) - (gsize)used, "%02x", (unsigned char)text[i]);
	return g_ascii_strcasecmp(hex, wanted) == 0;
}

/* "AUTH EXTERNAL" or "DATA", with or without an identity behind it. */
static gboolean pass_identity(const struct message_filter *filter, const char *command, const char *rest,
			      GByteArray *out)
{
	g_byte_array_append(out, (const guint8 *)command, (guint)strlen(command));
	if (*rest) {
		if (*rest != ' ' || !is_own_id(filter, rest + 1))
			return FALSE;
		g_byte_array_append(out, (const guint8 *)" ", 1);
		append_hex_id(filter->service, out);
	}
	g_byte_array_append(out, (const guint8 *)"\r\n", 2);
	return TRUE;
}

/* `line` without its end. What is not known here is not known to GDBus either. */
static gboolean pass_line(struct message_filter *filter, const char *line, GByteArray *out)
{
	static const char *const identities[] = { "AUTH EXTERNAL", "DATA" };
	static const char *const others[] = { "AUTH", "CANCEL", "NEGOTIATE_UNIX_FD", "BEGIN" };

	for (unsigned i = 0; i < G_N_ELEMENTS(identities); i++)
		if (g_str_has_prefix(line, identities[i]))
			return pass_identity(filter, identities[i], line + strlen(identities[i]), out);
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
		if (strcmp(line, others[i]) == 0) {
			g_byte_array_append(out, (const guint8 *)line, (guint)strlen(line));
			g_byte_array_append(out, (const guint8 *)"\r\n", 2);
			if (strcmp(line, "BEGIN") == 0)
				filter->state = FILTER_HEADER;
			return TRUE;
		}
	return g_str_has_prefix(line, "ERROR");
}

static gboolean pass_auth_byte(struct message_filter *filter, guint8 byte, GByteArray *out)
{
	gboolean is_good;

	if (filter->state == FILTER_FIRST_BYTE) {
		filter->state = FILTER_LINES;
		g_byte_array_append(out, &byte, 1);
		return byte == 0;
	}
	if (filter->used == sizeof(filter->text) - 1 || byte == 0)
		return FALSE;
	filter->text[filter->used++] = byte;
	if (byte != '\n')
		return TRUE;
	if (filter->used < 2 || filter->text[filter->used - 2] != '\r' || ++filter->lines > AUTH_LINES_MAX)
		return FALSE;
	filter->text[filter->used - 2] = '\0';
	filter->used = 0;
	is_good = pass_line(filter, (const char *)filter->text, out);
	return is_good;
}

/* --- messages ---------------------------------------------------------------------------------------- */

static guint32 number_at(const guint8 *header, gsize offset)
{
	guint32 value;

	memcpy(&value, header + offset, sizeof(value));
	return header[0] == 'l' ? GUINT32_FROM_LE(value) : GUINT32_FROM_BE(value);
}

/* Byte order, type, flags, version; length of the body, serial, length of the header's fields. */
guint64 message_size(const guint8 *header)
{
	guint64 fields = ((guint64)number_at(header, 12) + 7) & ~(guint64)7;

	return MESSAGE_HEADER + fields + number_at(header, 4);
}

gboolean message_is_answer(const guint8 *header)
{
	return header[1] == TYPE_RETURN || header[1] == TYPE_ERROR;
}

static gboolean read_header(struct message_filter *filter)
{
	guint64 size = message_size(filter->text);

	filter->left = size - MESSAGE_HEADER;
	if (filter->text[1] == TYPE_CALL) {
		filter->text[2] &= (guint8)~FLAG_NO_ANSWER;
		filter->calls++;
	}
	return (filter->text[0] == 'l' || filter->text[0] == 'B') && filter->text[3] == 1 &&
	       size <= MESSAGE_MAX;
}

static gsize pass_header(struct message_filter *filter, const guint8 *data, gsize size, GByteArray *out,
			 gboolean *ret_is_good)
{
	gsize n = MIN(size, MESSAGE_HEADER - filter->used);

	memcpy(filter->text + filter->used, data, n);
	filter->used += n;
	if (filter->used < MESSAGE_HEADER)
		return n;
	*ret_is_good = read_header(filter);
	g_byte_array_append(out, filter->text, MESSAGE_HEADER);
	filter->used = 0;
	filter->state = filter->left ? FILTER_BODY : FILTER_HEADER;
	return n;
}

static gsize pass_body(struct message_filter *filter, const guint8 *data, gsize size, GByteArray *out)
{
	gsize n = (gsize)MIN(size, filter->left);

	g_byte_array_append(out, data, (guint)n);
	filter->left -= n;
	if (filter->left == 0)
		filter->state = FILTER_HEADER;
	return n;
}

gboolean message_filter_pass(struct message_filter *filter, const guint8 *data, gsize size, GByteArray *out)
{
	gboolean is_good = TRUE;

	while (size > 0 && is_good) {
		gsize n = 1;

		if (filter->state < FILTER_HEADER)
			is_good = pass_auth_byte(filter, *data, out);
		else if (filter->state == FILTER_HEADER)
			n = pass_header(filter, data, size, out, &is_good);
		else
			n = pass_body(filter, data, size, out);
		data += n;
		size -= n;
	}
	return is_good;
}
