/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/worker_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const serial_names[WORKER_SERIAL_COUNT] = { "none", "stream", "listen", "file", "hub" };
static const char *const cause_names[WORKER_CAUSE_COUNT] = { "power-off", "stopped", "crash", "failure" };

void worker_config_init(struct worker_config *config)
{
	*config = (struct worker_config){
		.kernel_fd = -1, .initrd_fd = -1, .serial_fd = -1, .control_fd = -1, .result_fd = -1
	};
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void worker_config_deinit(struct worker_config *config)
{
	free(config->name);
	free(config->engine);
	free(config->cmdline);
	free(config->kernel_name);
	free(config->initrd_name);
	close_fd(&config->kernel_fd);
	close_fd(&config->initrd_fd);
	close_fd(&config->serial_fd);
	close_fd(&config->control_fd);
	close_fd(&config->result_fd);
	worker_config_init(config);
}

int worker_config_encode(const struct worker_config *config, struct link_message **ret_message)
{
	struct link_message *message;
	int r = link_message_new("start", &message);

	if (r < 0)
		return r;
	link_add(message, "name", config->name);
	link_add(message, "engine", config->engine);
	link_add_number(message, "memory-mib", config->memory_mib);
	link_add_number(message, "processors", config->processors);
	link_add(message, "cmdline", config->cmdline);
	link_add(message, "kernel-name", config->kernel_name);
	link_add_fd(message, "kernel-fd", config->kernel_fd);
	if (config->initrd_fd >= 0) {
		link_add(message, "initrd-name", config->initrd_name);
		link_add_fd(message, "initrd-fd", config->initrd_fd);
	}
	link_add(message, "serial", serial_names[config->serial]);
	if (config->serial_fd >= 0)
		link_add_fd(message, "serial-fd", config->serial_fd);
	if (config->control_fd >= 0)
		link_add_fd(message, "control-fd", config->control_fd);
	if (config->result_fd >= 0)
		link_add_fd(message, "result-fd", config->result_fd);
	*ret_message = message;
	return 0;
}

static int find_name(const char *const *names, unsigned count, const char *text, unsigned *ret_index)
{
	for (unsigned i = 0; text && i < count; i++)
		if (strcmp(names[i], text) == 0) {
			*ret_index = i;
			return 0;
		}
	return -EINVAL;
}

static int copy_text(const struct link_message *message, const char *key, size_t max, char **ret_text)
{
	const char *text = link_get(message, key);

	if (!text || strlen(text) > max)
		return -EBADMSG;
	*ret_text = strdup(text);
	return *ret_text ? 0 : -ENOMEM;
}

static int decode_number(const struct link_message *message, const char *key, uint64_t min, uint64_t max,
			 uint64_t *ret_value)
{
	uint64_t value;

	if (link_get_number(message, key, max, &value) < 0 || value < min)
		return -EBADMSG;
	*ret_value = value;
	return 0;
}

static int decode_initrd(struct link_message *message, struct worker_config *config)
{
	int r;

	if (!link_get(message, "initrd-fd"))
		return 0;
	r = copy_text(message, "initrd-name", WORKER_FILE_NAME_MAX, &config->initrd_name);
	if (r < 0)
		return r;
	return link_take_fd(message, "initrd-fd", &config->initrd_fd) < 0 ? -EBADMSG : 0;
}

static int decode_serial(struct link_message *message, struct worker_config *config)
{
	unsigned kind;

	if (find_name(serial_names, WORKER_SERIAL_COUNT, link_get(message, "serial"), &kind) < 0)
		return -EBADMSG;
	config->serial = (enum worker_serial)kind;
	if (config->serial == WORKER_SERIAL_NONE || config->serial == WORKER_SERIAL_HUB)
		return 0;
	return link_take_fd(message, "serial-fd", &config->serial_fd) < 0 ? -EBADMSG : 0;
}

static int take_optional_fd(struct link_message *message, const char *key, int *ret_fd)
{
	if (!link_get(message, key))
		return 0;
	return link_take_fd(message, key, ret_fd) < 0 ? -EBADMSG : 0;
}

static int decode(struct link_message *message, struct worker_config *config)
{
	uint64_t processors;
	int r;

	if (strcmp(link_verb(message), "start") != 0)
		return -EBADMSG;
	if ((r = copy_text(message, "name", WORKER_NAME_MAX, &config->name)) < 0 ||
	    (r = copy_text(message, "engine", LINK_KEY_MAX, &config->engine)) < 0 ||
	    (r = copy_text(message, "cmdline", WORKER_CMDLINE_MAX, &config->cmdline)) < 0 ||
	    (r = copy_text(message, "kernel-name", WORKER_FILE_NAME_MAX, &config->kernel_name)) < 0)
		return r;
	if ((r = decode_number(message, "memory-mib", WORKER_MEMORY_MIN_MIB, WORKER_MEMORY_MAX_MIB,
			       &config->memory_mib)) < 0 ||
	    (r = decode_number(message, "processors", 1, WORKER_PROCESSORS_MAX, &processors)) < 0)
		return r;
	config->processors = (unsigned)processors;
	if (link_take_fd(message, "kernel-fd", &config->kernel_fd) < 0)
		return -EBADMSG;
	if ((r = decode_initrd(message, config)) < 0 || (r = decode_serial(message, config)) < 0 ||
	    (r = take_optional_fd(message, "control-fd", &config->control_fd)) < 0)
		return r;
	return take_optional_fd(message, "result-fd", &config->result_fd);
}

int worker_config_decode(struct link_message *message, struct worker_config *ret_config)
{
	struct worker_config config;
	int r;

	worker_config_init(&config);
	r = decode(message, &config);
	if (r < 0) {
		worker_config_deinit(&config);
		return r;
	}
	*ret_config = config;
	return 0;
}

const char *worker_cause_name(enum worker_cause cause)
{
	return cause_names[cause];
}

int worker_cause_parse(const char *text, enum worker_cause *ret_cause)
{
	unsigned index;
	int r = find_name(cause_names, WORKER_CAUSE_COUNT, text, &index);

	if (r < 0)
		return r;
	*ret_cause = (enum worker_cause)index;
	return 0;
}
