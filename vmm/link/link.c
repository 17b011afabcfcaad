/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/link.h"
#include "link/link_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct link_message *link_message_alloc(void)
{
	struct link_message *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	for (unsigned i = 0; i < LINK_FDS_MAX; i++)
		message->fds[i] = -1;
	return message;
}

int link_message_new(const char *verb, struct link_message **ret_message)
{
	struct link_message *message;

	if (!link_is_word(verb, strlen(verb)))
		return -EINVAL;
	message = link_message_alloc();
	if (!message)
		return -ENOMEM;
	message->size = (size_t)snprintf(message->text, sizeof(message->text), "%s%s\n", LINK_MAGIC, verb);
	strcpy(message->own_verb, verb); /* a word is no longer */
	message->verb = message->own_verb;
	*ret_message = message;
	return 0;
}

struct link_message *link_message_free(struct link_message *message)
{
	if (!message)
		return NULL;
	for (unsigned i = 0; message->is_received && i < message->fd_count; i++)
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	free(message);
	return NULL;
}

const char *link_verb(const struct link_message *message)
{
	return message->verb;
}

bool link_has_verb(const struct link_message *message, const char *verb)
{
	return strcmp(message->verb, verb) == 0;
}

static void append(struct link_message *message, const char *text, size_t size)
{
	if (size > sizeof(message->text) - message->size) {
		message->error = -E2BIG;
		return;
	}
	memcpy(message->text + message->size, text, size);
	message->size += size;
}

static void append_escaped(struct link_message *message, const char *value)
{
	for (; *value && !message->error; value++) {
		unsigned char c = (unsigned char)*value;
		char escaped[4];

		if (c >= 0x20 && c != '%') {
			append(message, value, 1);
			continue;
		}
		snprintf(escaped, sizeof(escaped), "%%%02X", c);
		append(message, escaped, 3);
	}
}

void link_add(struct link_message *message, const char *key, const char *value)
{
	if (message->error)
		return;
	if (!link_is_word(key, strlen(key))) {
		message->error = -EINVAL;
		return;
	}
	if (++message->field_count > LINK_FIELDS_MAX) {
		message->error = -E2BIG;
		return;
	}
	append(message, key, strlen(key));
	append(message, "=", 1);
	append_escaped(message, value);
	append(message, "\n", 1);
}

void link_add_number(struct link_message *message, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	link_add(message, key, text);
}

void link_add_fd(struct link_message *message, const char *key, int fd)
{
	if (message->fd_count >= LINK_FDS_MAX) {
		message->error = -E2BIG;
		return;
	}
	link_add_number(message, key, message->fd_count);
	message->fds[message->fd_count++] = fd;
}

const char *link_get(const struct link_message *message, const char *key)
{
	for (unsigned i = 0; i < message->field_count; i++)
		if (message->fields[i].key && strcmp(message->fields[i].key, key) == 0)
			return message->fields[i].value;
	return NULL;
}

int link_get_number(const struct link_message *message, const char *key, uint64_t max, uint64_t *ret_value)
{
	const char *text = link_get(message, key);
	uint64_t value = 0;

	if (!text)
		return -ENOENT;
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return -ERANGE;
	}
	if (value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int link_take_fd(struct link_message *message, const char *key, int *ret_fd)
{
	uint64_t place;
	int r = link_get_number(message, key, LINK_FDS_MAX - 1, &place);

	if (r < 0)
		return r;
	if (place >= message->fd_count || message->fds[place] < 0)
		return -EBADF;
	*ret_fd = message->fds[place];
	message->fds[place] = -1;
	return 0;
}
