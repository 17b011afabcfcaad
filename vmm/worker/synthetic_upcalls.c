/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hypervisor, on VP threads, and the bus ask of the synthetic devices. */
#include "worker/counters.h"
#include "worker/synthetic_priv.h"

#include "vmbus/vmbus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define CRASHES_NS 60000000000u /* so many crashes of a guest's kernel are told within this time */

enum { CRASHES_MAX = 5 };

/* --- from the hypervisor ----------------------------------------------------------------------------- */

static void on_message_room(void *opaque, unsigned vp, unsigned sint)
{
	vmbus_message_room(((struct synthetic *)opaque)->bus);
}

/* Any bytes may be in it: what is no text of one byte per character becomes a question mark. */
static void clean_text(char *text, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (text[i] != '\n' && text[i] != '\t' && (text[i] < ' ' || text[i] > '~'))
			text[i] = '?';
	text[size] = '\0';
}

/* The line that tells most: that of the panic, else the last one; without "<0>" and "[    1.234567] " before
 * it. */
static void summarize(const char *text, char *line, size_t size)
{
	const char *at = strstr(text, "Kernel panic"), *end;

	if (!at) {
		at = strrchr(text, '\n');
		at = at && at[1] ? at + 1 : text;
		if (*at == '<' && strchr(at, '>'))
			at = strchr(at, '>') + 1;
		if (*at == '[' && strchr(at, ']'))
			at = strchr(at, ']') + 1 + (strchr(at, ']')[1] == ' ');
	}
	end = strchrnul(at, '\n');
	snprintf(line, size, "%.*s", (int)(end - at < 400 ? end - at : 400), at);
}

/* A kernel gives up once, and the next one perhaps again; one that plays writes the MSR all the time. */
static bool may_tell_crash(struct synthetic *synthetic)
{
	uint64_t now = loop_now();
	bool may;

	pthread_mutex_lock(&synthetic->lock);
	if (synthetic->crashes_since == 0 || now - synthetic->crashes_since > CRASHES_NS) {
		synthetic->crashes_since = now;
		synthetic->crashes = 0;
	}
	may = synthetic->crashes < CRASHES_MAX;
	synthetic->crashes += may;
	pthread_mutex_unlock(&synthetic->lock);
	return may;
}

/* The kernel gave up: the service keeps its last words. */
static void on_crash(void *opaque, unsigned vp, const struct hv_crash *crash)
{
	struct link_message *message;
	char text[HV_CRASH_TEXT_MAX + 1], line[401], key[8];
	uint32_t size = crash->text_size < HV_CRASH_TEXT_MAX ? crash->text_size : HV_CRASH_TEXT_MAX;

	if (!may_tell_crash(opaque) || link_message_new("guest-crash", &message) < 0)
		return;
	memcpy(text, crash->text, size);
	clean_text(text, size);
	summarize(text, line, sizeof(line));
	link_add(message, "summary", line);
	link_add(message, "text", text);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "p%u", i);
		link_add_number(message, key, crash->parameters[i]);
	}
	synthetic_tell(opaque, message);
}

static void on_reset(void *opaque)
{
	struct synthetic *synthetic = opaque;

	synthetic->ops->on_reset(synthetic->opaque);
}

static void on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	struct synthetic *synthetic = opaque;
	void *host = guest_ram_at(&synthetic->memory->ram, gpa, size);

	if (host)
		madvise(host, size, MADV_DONTNEED);
}

const struct hv_guest_ops synthetic_guest_ops = {
	.message_room = on_message_room,
	.crash = on_crash,
	.reset = on_reset,
	.discard = on_discard,
};

/* --- from the bus ------------------------------------------------------------------------------------ */

static void *map_memory(void *opaque, uint64_t gpa, uint64_t size)
{
	struct synthetic *synthetic = opaque;

	return guest_ram_at(&synthetic->memory->ram, gpa, size);
}

static void memory_written(void *opaque, uint64_t gpa, uint64_t size)
{
	struct synthetic *synthetic = opaque;

	if (synthetic->partition)
		hv_memory_written(synthetic->partition, gpa, size);
}

static void on_bus_log(void *opaque, const char *text)
{
	char sentence[300];

	snprintf(sentence, sizeof(sentence), "VMBus: %s", text);
	synthetic_warn(opaque, sentence);
}

static int on_connect(void *opaque, const struct vmbus_guid *endpoint, const struct vmbus_guid *service)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++)
		if (synthetic->made[i] && synthetic_parts[i]->connect)
			return synthetic_parts[i]->connect(synthetic->made[i], endpoint, service);
	return -ECONNREFUSED;
}

struct vmbus_config synthetic_bus_config(struct synthetic *synthetic)
{
	return (struct vmbus_config){ .loop = synthetic->loop,
				      .memory = { map_memory, memory_written, synthetic },
				      .vp_count = synthetic->config->processors,
				      .log = on_bus_log,
				      .connect = on_connect,
				      .opaque = synthetic,
				      .counters = counters_vmbus() };
}
