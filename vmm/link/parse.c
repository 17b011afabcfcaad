/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/link_priv.h"

#include <errno.h>
#include <string.h>

bool link_is_word(const char *text, size_t length)
{
	if (length == 0 || length > LINK_KEY_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return false;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* In place; false for a raw control character, a bad escape, or an escaped NUL. */
static bool unescape(char *value)
{
	char *to = value;

	for (const char *from = value; *from; from++) {
		int high, low;

		if ((unsigned char)*from < 0x20)
			return false;
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_digit(from[1]);
		low = high < 0 ? -1 : hex_digit(from[2]);
		if (low < 0 || high * 16 + low == 0)
			return false;
		*to++ = (char)(high * 16 + low);
		from += 2;
	}
	*to = '\0';
	return true;
}

static int parse_field(struct link_message *message, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals || !link_is_word(line, (size_t)(equals - line)) ||
	    message->field_count == LINK_FIELDS_MAX)
		return -EBADMSG;
	*equals = '\0';
	if (link_get(message, line) || !unescape(equals + 1)) /* no key twice */
		return -EBADMSG;
	message->fields[message->field_count++] = (struct link_field){ .key = line, .value = equals + 1 };
	return 0;
}

int link_parse(struct link_message *message)
{
	size_t magic = strlen(LINK_MAGIC);
	char *end = message->text + message->size;
	char *line = message->text;

	if (message->size <= magic || end[-1] != '\n' || memchr(line, '\0', message->size) ||
	    memcmp(line, LINK_MAGIC, magic) != 0)
		return -EBADMSG;
	message->verb = line + magic;
	message->field_count = 0;
	for (bool is_first = true; line < end; is_first = false) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		*newline = '\0';
		if (is_first && !link_is_word(message->verb, strlen(message->verb)))
			return -EBADMSG;
		if (!is_first && parse_field(message, line) < 0)
			return -EBADMSG;
		line = newline + 1;
	}
	return 0;
}
