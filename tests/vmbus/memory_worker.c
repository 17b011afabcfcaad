/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker whose guest is a number: it takes part in dynamic memory, has at once what it is told to have, and
 * its demand is what the script on its command line says: "demand:300,900,100" MiB, the next one whenever "vm
 * kvp set" comes. With "knows:memory,kvp-set" before it that is all it says it knows; "frozen:RESULT" is its answer to "freeze" (none: it
 * says nothing).
 */
#include "link/worker_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t assigned, demand;
static const char *script;

static void send_and_free(struct link_message *message)
{
	link_send(WORKER_LINK_FD, message);
	link_message_free(message);
}

static struct link_message *new_message(const char *verb)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		_exit(1);
	return message;
}

static void tell(const char *key, const char *value)
{
	struct link_message *message = new_message("guest");

	link_add(message, key, value);
	send_and_free(message);
}

static void tell_memory(void)
{
	struct link_message *message = new_message("guest");

	link_add_number(message, "memory-demand-mib", demand);
	link_add_number(message, "memory-assigned-mib", assigned);
	send_and_free(message);
}

static void next_demand(void)
{
	char *end;

	demand = strtoull(script, &end, 10);
	if (*end == ',')
		script = end + 1;
	tell_memory();
}

/* What stands behind `key` on the command line, up to a space; "": nothing. */
static void word_of(const struct worker_config *config, const char *key, char word[100])
{
	const char *at = strstr(config->cmdline, key);

	snprintf(word, 100, "%.*s", at ? (int)strcspn(at + strlen(key), " ") : 0, at ? at + strlen(key) : "");
}

static void say_hello(const struct worker_config *config)
{
	struct link_message *message;
	char verbs[100];

	word_of(config, "knows:", verbs);
	if (!*verbs)
		return;
	for (char *p = verbs; *p; p++)
		if (*p == ',')
			*p = ' ';
	message = new_message("hello");
	link_add(message, "verbs", verbs);
	send_and_free(message);
}

static void answer_freeze(const struct worker_config *config)
{
	struct link_message *message;
	char result[100];

	word_of(config, "frozen:", result);
	if (!*result)
		return;
	message = new_message("frozen");
	link_add(message, "result", result);
	send_and_free(message);
}

static void run(const struct worker_config *config)
{
	struct link_message *message;

	say_hello(config);
	message = new_message("running");

	link_add(message, "engine", "translator");
	link_add(message, "reason", "a test");
	link_add_number(message, "start-ns", 1);
	send_and_free(message);
	assigned = config->memory_mib;
	tell("dynamic-memory", "ready");
	next_demand();
	while (link_receive(WORKER_LINK_FD, &message) == 0) {
		uint64_t mib;

		if (strcmp(link_verb(message), "memory") == 0 &&
		    link_get_number(message, "mib", 1 << 20, &mib) == 0) {
			if (mib > config->memory_max_mib)
				mib = config->memory_max_mib;
			assigned = mib;
			tell_memory();
		} else if (strcmp(link_verb(message), "kvp-set") == 0) {
			next_demand();
		} else if (strcmp(link_verb(message), "freeze") == 0) {
			answer_freeze(config);
		} else if (strcmp(link_verb(message), "stop") == 0) {
			struct link_message *ended = new_message("ended");

			link_add(ended, "cause", worker_cause_name(WORKER_STOPPED));
			link_add(ended, "text", "");
			send_and_free(ended);
			return;
		}
		link_message_free(message);
	}
}

int main(void)
{
	struct worker_config config;

	if (worker_config_receive(WORKER_LINK_FD, &config) < 0)
		return 1;
	script = strstr(config.cmdline, "demand:");
	if (!script)
		return 1;
	script += strlen("demand:");
	run(&config);
	return 0;
}
