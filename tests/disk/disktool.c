/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives the disk library from a test script. Not installed: people use `bulkhead disk`. */
#include "disk_test.h"

#include <errno.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"

static struct disk_io *io;

static int say(const struct disk_error *error, int code)
{
	if (code)
		fprintf(stderr, "disktool: %s (%s)\n", error->text, strerror(-code));
	return code ? 1 : 0;
}

static struct disk *open_disk(const char *path, bool is_writable)
{
	struct disk_open_options options = { .writable = is_writable, .allow_raw = true };
	struct disk_error error;
	struct disk *disk = NULL;
	if (say(&error, disk_open_path(io, path, &options, &disk, &error)))
		exit(1);
	return disk;
}

/* create FILE FORMAT TYPE SIZE BLOCK SECTOR [PARENT]; 0: default */
static int command_create(char **args)
{
	struct disk_error error = { "" };
	struct disk_create_options options = { .size = strtoull(args[3], NULL, 0),
					       .block_size = (uint32_t)strtoul(args[4], NULL, 0),
					       .logical_sector = (uint32_t)strtoul(args[5], NULL, 0) };
	if (disk_format_parse(args[1], &options.format) || disk_type_parse(args[2], &options.type))
		return 2;
	return say(&error, disk_create_path(io, args[0], &options, args[6], NULL, &error));
}

/* convert FROM TO FORMAT TYPE */
static int command_convert(char **args)
{
	struct disk_error error = { "" };
	struct disk_create_options options = { 0 };
	if (disk_format_parse(args[2], &options.format) || disk_type_parse(args[3], &options.type))
		return 2;
	struct disk *from = open_disk(args[0], false);
	struct disk_info info;
	disk_get_info(from, &info);
	disk_close(from);
	return say(&error, disk_convert_path(io, args[0], info.format, args[1], &options, NULL, &error));
}

static int command_merge(char **args)
{
	struct disk_error error = { "" };
	return say(&error, disk_merge_path(io, args[0], NULL, &error));
}

/* reconnect CHILD PARENT */
static int command_reconnect(char **args)
{
	struct disk_error error = { "" };
	return say(&error, disk_reconnect_path(io, args[0], args[1], false, &error));
}

static int command_compact(char **args)
{
	struct disk_error error = { "" };
	struct disk *disk = open_disk(args[0], true);
	int result = say(&error, disk_compact(disk, NULL, &error));
	return disk_close(disk) || result ? 1 : 0;
}

/* resize FILE SIZE */
static int command_resize(char **args)
{
	struct disk_error error = { "" };
	struct disk *disk = open_disk(args[0], true);
	int result = say(&error, disk_resize(disk, strtoull(args[1], NULL, 0), false, NULL, &error));
	return disk_close(disk) || result ? 1 : 0;
}

/* check FILE [repair] */
static int command_check(char **args)
{
	struct disk_check check;
	int result = disk_check_path(io, args[0], DISK_FORMAT_AUTO, args[1] != NULL, &check);
	if (result || !check.is_openable)
		return say(&check.error, result ? result : -EUCLEAN);
	printf("replay %d leaked %llu\n", check.needs_replay, (unsigned long long)check.leaked_bytes);
	return check.needs_replay ? 3 : 0;
}

/* load FILE CONTENT: writes a raw file's data into a disk, random pieces first to last */
static int command_load(char **args)
{
	struct disk *to = open_disk(args[0], true), *from = open_disk(args[1], false);
	struct disk_info info;
	uint8_t *buffer = malloc(DISK_MIB);
	int error = 0;
	disk_get_info(from, &info);
	for (uint64_t at = 0, length; !error && at < info.size; at += length) {
		length = info.size - at < DISK_MIB ? info.size - at : DISK_MIB;
		error = disk_read(from, at, buffer, length);
		bool has_data = false;
		for (uint64_t i = 0; i < length; i++)
			has_data |= buffer[i] != 0;
		if (!error && has_data)
			error = disk_write(to, at, buffer, length);
	}
	free(buffer);
	disk_close(from);
	int close_error = disk_close(to);
	return error || close_error ? 1 : 0;
}

/* dump FILE: content to stdout */
static int command_dump(char **args)
{
	struct disk *from = open_disk(args[0], false);
	struct disk_info info;
	uint8_t *buffer = malloc(DISK_MIB);
	int error = 0;
	disk_get_info(from, &info);
	for (uint64_t at = 0, length; !error && at < info.size; at += length) {
		length = info.size - at < DISK_MIB ? info.size - at : DISK_MIB;
		error = disk_read(from, at, buffer, length);
		if (!error && fwrite(buffer, 1, length, stdout) != length)
			error = -EIO;
	}
	free(buffer);
	disk_close(from);
	return error ? 1 : 0;
}

/* scribble FILE SEED COUNT [kill]: random writes and flushes; with `kill` never closed */
static int command_scribble(char **args)
{
	struct disk *disk = open_disk(args[0], true);
	struct disk_info info;
	struct test_model model = { 0 };
	char *seed[] = { "", args[1] };
	test_seed_from(2, seed);
	disk_get_info(disk, &info);
	test_model_init(&model, info.size, info.logical_sector);
	disk_read(disk, 0, model.bytes, info.size);
	model.generation = test_random_below(1 << 20);
	for (unsigned long i = strtoul(args[2], NULL, 0); i; i--)
		test_model_step(&model, disk, 2 * DISK_MIB);
	disk_flush(disk);
	if (args[3])
		_exit(0);
	test_model_deinit(&model);
	return disk_close(disk) || test_failures ? 1 : 0;
}

/* hold FILE SECONDS: as a virtual machine would; FILE.held tells that it does */
static int command_hold(char **args)
{
	char path[4200];
	struct disk *disk = open_disk(args[0], true);
	snprintf(path, sizeof(path), "%s.held", args[0]);
	FILE *held = fopen(path, "w");
	if (held)
		fclose(held);
	sleep((unsigned)strtoul(args[1], NULL, 0));
	return disk_close(disk) ? 1 : 0;
}

static const struct {
	const char *name;
	int arg_count;
	int (*run)(char **args);
} commands[] = {
	{ "create", 6, command_create },   { "convert", 4, command_convert },
	{ "merge", 1, command_merge },	   { "reconnect", 2, command_reconnect },
	{ "compact", 1, command_compact }, { "resize", 2, command_resize },
	{ "check", 1, command_check },	   { "load", 2, command_load },
	{ "dump", 1, command_dump },	   { "scribble", 3, command_scribble },
	{ "hold", 2, command_hold },
};

int main(int argc, char **argv)
{
	if (disk_io_new(DISK_IO_AUTO, &io))
		return 1;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].arg_count) {
			int result = commands[i].run(argv + 2);
			disk_io_free(io);
			return result;
		}
	}
	fprintf(
	    stderr,
	    "usage: disktool create|convert|merge|reconnect|compact|resize|check|load|dump|scribble|hold ...\n");
	return 2;
}
