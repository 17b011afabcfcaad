/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run_options.h"

#include "cli/closest.h"
#include "cli/message.h"
#include "cli/run_machine_options.h"
#include "cli/run_network.h"

#include "link/worker_link.h"

#include <stdlib.h>
#include <string.h>

#define TRY_HELP "; see `bulkhead run --help`"

/* Digits only; false for none, or when it does not fit. Moves *text behind them. */
static bool parse_digits(const char **text, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	if (p == *text)
		return false;
	*text = p;
	*ret_value = value;
	return true;
}

bool run_parse_memory(const char *text, uint64_t *ret_mib)
{
	uint64_t value, factor = 1;

	if (!parse_digits(&text, &value))
		return false;
	switch (*text) {
	case '\0': break;
	case 'm':
	case 'M': text++; break;
	case 'g':
	case 'G':
		factor = 1024;
		text++;
		break;
	default: return false;
	}
	if (strcmp(text, "") != 0 && strcmp(text, "iB") != 0 && strcmp(text, "B") != 0)
		return false;
	return !__builtin_mul_overflow(value, factor, ret_mib) && *ret_mib != 0;
}

bool run_parse_seconds(const char *text, uint64_t *ret_ms)
{
	uint64_t seconds, ms = 0, factor = 1;

	if (!parse_digits(&text, &seconds))
		return false;
	if (*text == '.') {
		unsigned weight = 100;

		for (text++; *text >= '0' && *text <= '9'; text++, weight /= 10)
			ms += (uint64_t)(*text - '0') * weight;
	}
	if (*text == 'm' || *text == 'h' || *text == 's')
		factor = *text == 'm' ? 60 : *text == 'h' ? 3600 : 1, text++;
	if (*text || __builtin_mul_overflow(seconds, 1000 * factor, &seconds))
		return false;
	ms = seconds + ms * factor;
	if (ms == 0 || ms > UINT32_MAX)
		return false;
	*ret_ms = ms;
	return true;
}

static bool set_memory(struct run_options *options, const char *value)
{
	if (!run_parse_memory(value, &options->memory_mib)) {
		say("--memory %s: this is no size; give MiB, or a number with M or G, such as 512M or 2G",
		    value);
		return false;
	}
	if (options->memory_mib < WORKER_MEMORY_MIN_MIB || options->memory_mib > WORKER_MEMORY_MAX_MIB) {
		say("--memory %s: a machine has between %d MiB and %d GiB; give a size in this range", value,
		    WORKER_MEMORY_MIN_MIB, WORKER_MEMORY_MAX_MIB >> 10);
		return false;
	}
	return true;
}

static bool set_processors(struct run_options *options, const char *value)
{
	const char *p = value;
	uint64_t number;

	if (!parse_digits(&p, &number) || *p || number < 1 || number > WORKER_PROCESSORS_MAX) {
		say("--processors %s: a machine has 1 to %d processors; give a number in this range", value,
		    WORKER_PROCESSORS_MAX);
		return false;
	}
	options->processors = (unsigned)number;
	return true;
}

static bool set_serial(struct run_options *options, const char *value)
{
	options->serial_path = NULL;
	if (strcmp(value, "stdio") == 0) {
		options->serial = RUN_SERIAL_STDIO;
	} else if (strcmp(value, "none") == 0) {
		options->serial = RUN_SERIAL_NONE;
	} else if (strncmp(value, "unix:", 5) == 0 && value[5]) {
		options->serial = RUN_SERIAL_UNIX;
		options->serial_path = value + 5;
	} else if (strncmp(value, "file:", 5) == 0 && value[5]) {
		options->serial = RUN_SERIAL_FILE;
		options->serial_path = value + 5;
	} else {
		say("--serial %s: there is no such serial port; give stdio, none, unix:PATH or file:PATH",
		    value);
		return false;
	}
	return true;
}

static bool set_timeout(struct run_options *options, const char *value)
{
	if (run_parse_seconds(value, &options->timeout_ms))
		return true;
	say("--timeout %s: this is no time; give seconds, such as 90 or 1.5, or 2m, 1h", value);
	return false;
}

static bool set_on_full(struct run_options *options, const char *value)
{
	options->waits_when_full = strcmp(value, "wait") == 0;
	if (options->waits_when_full || strcmp(value, "error") == 0)
		return true;
	say("--on-full %s: give error (the guest gets one) or wait (the machine stands still until there is "
	    "room)",
	    value);
	return false;
}

static bool set_engine(struct run_options *options, const char *value)
{
	options->engine = value;
	if (strcmp(value, "auto") == 0 || strcmp(value, "translator") == 0 || strcmp(value, "kvm") == 0)
		return true;
	say("--engine %s: there is no such engine; give auto, translator or kvm", value);
	return false;
}

static bool set_cpu(struct run_options *options, const char *value)
{
	options->is_compatible = strcmp(value, "compatible") == 0;
	if (options->is_compatible || strcmp(value, "host") == 0)
		return true;
	say("--cpu %s: there is no such processor; give host (all that this host has) or compatible (the same on "
	    "all hosts and engines)",
	    value);
	return false;
}

static bool set_name(struct run_options *options, const char *value)
{
	options->name = value;
	if (*value && strlen(value) <= WORKER_NAME_MAX)
		return true;
	say("--name: a name has 1 to %d bytes; give another", WORKER_NAME_MAX);
	return false;
}

static bool set_file_name(const char *option, const char **field, const char *value)
{
	*field = value;
	if (*value && strlen(value) <= WORKER_FILE_NAME_MAX)
		return true;
	say("%s: this is no file name; give the path of a file", option);
	return false;
}

static bool set_kernel(struct run_options *options, const char *value)
{
	return set_file_name("--kernel", &options->kernel, value);
}

static bool set_initrd(struct run_options *options, const char *value)
{
	return set_file_name("--initrd", &options->initrd, value);
}

static bool set_append(struct run_options *options, const char *value)
{
	options->append = value;
	if (strlen(value) <= 32768)
		return true;
	say("--append: a kernel command line of %zu bytes is too long for any kernel; shorten it",
	    strlen(value));
	return false;
}

static const struct {
	const char *name;
	bool (*set)(struct run_options *options, const char *value);
} valued[] = {
	{ "--kernel", set_kernel },
	{ "--initrd", set_initrd },
	{ "--append", set_append },
	{ "--memory", set_memory },
	{ "--engine", set_engine },
	{ "--processors", set_processors },
	{ "--cpu", set_cpu },
	{ "--serial", set_serial },
	{ "--timeout", set_timeout },
	{ "--name", set_name },
	{ "--generation", run_set_generation },
	{ "--disk", run_add_disk },
	{ "--cdrom", run_add_cdrom },
	{ "--boot", run_set_boot },
	{ "--on-full", set_on_full },
	{ "--display", run_set_display },
	{ "--hvsock", run_set_hvsock },
	{ "--screenshot-at", run_add_screenshot },
	{ "--firmware-log", run_set_firmware_log },
	{ "--switch", run_set_switch },
	{ "--mac", run_set_mac },
	{ "--forward", run_add_forward },
	{ "--tftp", run_set_tftp },
	{ "--boot-file", run_set_boot_file },
};

static void refuse(const char *argument)
{
	struct closest closest = { .word = strncmp(argument, "--", 2) == 0 ? argument + 2 : argument };

	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++)
		closest_offer(&closest, valued[i].name + 2);
	if (closest.best)
		say("%s: there is no such option; did you mean --%s? See `bulkhead run --help`", argument,
		    closest.best);
	else
		say("%s: there is no such option" TRY_HELP, argument);
}

/* "--option value" or "--option=value"; *index moves on past a value. */
static bool parse_option(int argc, char **argv, int *index, struct run_options *options)
{
	const char *argument = argv[*index];

	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
		options->wants_help = true;
		return true;
	}
	if (strcmp(argument, "--trace-start") == 0) {
		options->trace_start = true;
		return true;
	}
	if (strcmp(argument, "--no-enlightenments") == 0) {
		options->is_enlightened = false;
		return true;
	}
	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
		size_t length = strlen(valued[i].name);

		if (strncmp(argument, valued[i].name, length) != 0)
			continue;
		if (argument[length] == '=')
			return valued[i].set(options, argument + length + 1);
		if (argument[length] != '\0')
			continue;
		if (*index + 1 >= argc) {
			say("%s: the value is missing" TRY_HELP, argument);
			return false;
		}
		return valued[i].set(options, argv[++*index]);
	}
	refuse(argument);
	return false;
}

bool run_options_parse(int argc, char **argv, struct run_options *ret_options)
{
	struct run_options options = { .name = "guest",
				       .append = "",
				       .engine = "auto",
				       .memory_mib = 1024,
				       .processors = 1,
				       .serial = RUN_SERIAL_STDIO,
				       .is_enlightened = true };
	bool is_good = true;

	for (int i = 1; is_good && i < argc; i++)
		is_good = parse_option(argc, argv, &i, &options);
	if (!is_good ||
	    (!options.wants_help && (!run_check_machine(&options) || !run_check_network(&options)))) {
		run_options_deinit(&options);
		return false;
	}
	*ret_options = options;
	return true;
}

void run_options_deinit(struct run_options *options)
{
	for (unsigned i = 0; i < options->disk_count; i++)
		free((char *)options->disks[i].path);
	for (unsigned i = 0; i < options->screenshot_count; i++)
		free(options->screenshots[i].text);
	for (unsigned i = 0; i < options->forward_count; i++)
		free(options->forwards[i].text);
	options->disk_count = options->screenshot_count = options->forward_count = 0;
}
