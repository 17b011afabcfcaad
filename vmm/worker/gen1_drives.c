/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/gen1_drives.h"
#include "worker/gen1.h"

#include "chipset/block_disk.h"
#include "chipset/ide.h"
#include "disk/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { DRAIN_STEP_MS = 10, DRAIN_STEPS = 1000 };

struct gen1_drives {
	struct loop *loop;
	struct ide *ide;
	struct disk_io *io;
	struct loop_watch *watch;
	struct {
		struct disk *disk;
		struct block_disk *block;
	} drives[WORKER_DRIVES];
};

static void on_io(void *opaque, int fd, uint32_t events)
{
	struct gen1_drives *drives = opaque;

	disk_io_poll(drives->io, 0);
}

/* The worker opens nothing by itself, and nobody gave it the parent. */
static int open_parent(void *userdata, const struct disk_parent_link *link, unsigned depth, int *ret_fd)
{
	return -EACCES;
}

/* disk/ ends its sentences with a full stop and does not always name the file; messages here do it the other
 * way. */
static int fail_open(const char *name, int code, const struct disk_error *text, struct machine_error *error)
{
	const char *remedy = code == -EBUSY ? "stop that, or give another image" : "give another image";
	bool has_name = strstr(text->text, name);
	size_t length = strlen(text->text);

	if (length == 0)
		return machine_fail(error, code, "%s: cannot be used as a disk: %s; %s", name,
				    strerror(-code), remedy);
	while (length > 0 && text->text[length - 1] == '.')
		length--;
	return machine_fail(error, code, "%s%s%.*s; %s", has_name ? "" : name, has_name ? "" : ": ",
			    (int)length, text->text, remedy);
}

static int open_disk(struct gen1_drives *drives, unsigned unit, struct worker_drive *config,
		     struct machine_error *error)
{
	struct disk_open_options options = {
		.writable = !config->is_read_only && config->kind == WORKER_DRIVE_DISK,
		.allow_raw = true,
		.path = config->name,
		.open_parent = open_parent,
	};
	struct disk_error disk_error = { "" };
	int fd = config->fd, r;

	if (disk_format_parse(config->format, &options.format) < 0 || options.format == DISK_FORMAT_AUTO)
		return machine_fail(error, -EINVAL, "%s: there is no image format \"%s\"", config->name,
				    config->format);
	config->fd = -1;
	r = disk_open(drives->io, fd, &options, &drives->drives[unit].disk, &disk_error);
	return r < 0 ? fail_open(config->name, r, &disk_error, error) : 0;
}

static void fill_identity(struct ide_identity *identity, unsigned unit, bool is_cdrom)
{
	/* The names that Hyper-V gives them. */
	snprintf(identity->model, sizeof(identity->model), "%s", is_cdrom ? "Virtual CD/ROM" : "Virtual HD");
	snprintf(identity->serial, sizeof(identity->serial), "BH%05u", unit);
	snprintf(identity->firmware, sizeof(identity->firmware), "1.1.0");
}

static int connect_unit(struct gen1_drives *drives, struct io_bus *bus, unsigned unit,
			struct worker_drive *config, struct machine_error *error)
{
	bool is_cdrom = config->kind == WORKER_DRIVE_CDROM;
	struct ide_identity identity;
	struct block *block = NULL;
	int r;

	if (config->fd >= 0) {
		r = open_disk(drives, unit, config, error);
		if (r < 0)
			return r;
		r = block_disk_new(drives->loop, bus, drives->io, drives->drives[unit].disk,
				   &drives->drives[unit].block);
		if (r < 0)
			return machine_fail(error, r, "%s: no memory for the drive", config->name);
		block = block_disk_block(drives->drives[unit].block);
	}
	fill_identity(&identity, unit, is_cdrom);
	r = is_cdrom ? ide_connect_cdrom(drives->ide, unit, block, &identity)
		     : ide_connect_disk(drives->ide, unit, block, &identity);
	if (r < 0)
		return machine_fail(error, r,
				    "%s: this is too small for a disk; give an image of at least 512 bytes",
				    config->name);
	return 0;
}

int gen1_drives_connect(struct gen1_drives *drives, struct io_bus *bus, struct ide *ide,
			struct worker_drive config[static WORKER_DRIVES], struct machine_error *error)
{
	int r = 0;

	drives->ide = ide;
	for (unsigned i = 0; r == 0 && i < WORKER_DRIVES; i++)
		if (config[i].kind != WORKER_DRIVE_NONE)
			r = connect_unit(drives, bus, i, &config[i], error);
	return r;
}

int gen1_drives_new(struct loop *loop, struct gen1_drives **ret_drives)
{
	struct gen1_drives *drives = calloc(1, sizeof(*drives));
	int r;

	if (!drives)
		return -ENOMEM;
	drives->loop = loop;
	r = disk_io_new(DISK_IO_AUTO, &drives->io);
	if (r == 0)
		r = loop_watch_new(loop, disk_io_fd(drives->io), EPOLLIN, on_io, drives, &drives->watch);
	if (r < 0) {
		gen1_drives_free(drives);
		return r;
	}
	*ret_drives = drives;
	return 0;
}

void gen1_drives_drain(struct gen1_drives *drives)
{
	for (unsigned i = 0; drives->ide && i < DRAIN_STEPS && !ide_is_idle(drives->ide); i++) {
		loop_run_pending(drives->loop);
		disk_io_poll(drives->io, DRAIN_STEP_MS);
	}
}

struct gen1_drives *gen1_drives_free(struct gen1_drives *drives)
{
	if (!drives)
		return NULL;
	for (unsigned i = 0; i < WORKER_DRIVES; i++) {
		block_disk_free(drives->drives[i].block);
		disk_close(drives->drives[i].disk);
	}
	loop_watch_free(drives->watch);
	disk_io_free(drives->io);
	free(drives);
	return NULL;
}
