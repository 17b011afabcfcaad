/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/gen1_drives.h"
#include "worker/counters.h"
#include "worker/critical_disk.h"
#include "worker/disk_limits.h"
#include "worker/gen1.h"
#include "worker/gen1_partitions.h"
#include "worker/image.h"

#include "chipset/block_disk.h"
#include "chipset/ide.h"
#include "chipset/io_bus.h"
#include "disk/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_STEP_MS = 10, DRAIN_STEPS = 1000 };

/* A disk or disc that is in a drive, or was. */
struct medium {
	struct disk *disk;
	struct block_disk *block;
	struct loop *shared_loop; /* of struct gen1_shared_disk; NULL: the disk is ours */
	/* whose child took its place, for a checkpoint that is not certain yet; NULL: none */
	struct disk *before;
	struct medium *next;
};

struct gen1_drives {
	struct loop *loop;
	struct io_bus *bus;
	struct ide *ide;
	struct disk_limits *limits; /* of hard disks that are not shared: */
	unsigned hard_disks;	    /* a bit for each unit */
	struct disk_io *io;
	struct loop_watch *watch;
	const struct gen1_drives_ops *ops;
	void *opaque;
	struct loop_call retire_call;

	/* under the bus lock, once the VPs run */
	struct medium *media[WORKER_DRIVES];   /* NULL: empty, or no drive */
	struct medium *leaving[WORKER_DRIVES]; /* the drive still reads from it: IDE_LATER */
	struct medium *retired;		       /* nobody uses them any more */
	unsigned ejected; /* a bit for each unit: the guest did that, and ops does not know yet */
};

static void on_io(void *opaque, int fd, uint32_t events)
{
	struct gen1_drives *drives = opaque;

	disk_io_poll(drives->io, 0);
}

static int open_child(struct gen1_drives *drives, struct worker_disk *child, struct disk **ret_disk,
		      struct machine_error *error)
{
	struct image_config image = { child->name, child->format, child->fd, true, &child->chain };

	child->fd = -1;
	return image_open(drives->io, &image, ret_disk, error);
}

static int open_disk(struct gen1_drives *drives, struct worker_drive *config, struct disk **ret_disk,
		     struct machine_error *error)
{
	struct image_config image = {
		.name = config->name,
		.format = config->format,
		.fd = config->fd,
		.is_writable = !config->is_read_only && config->kind == WORKER_DRIVE_DISK,
		.chain = &config->chain,
	};

	config->fd = -1;
	return image_open(drives->io, &image, ret_disk, error);
}

static void free_block(void *opaque)
{
	struct medium *medium = opaque;

	medium->block = block_disk_free(medium->block);
}

static struct medium *medium_free(struct medium *medium)
{
	if (!medium)
		return NULL;
	if (medium->shared_loop) {
		loop_call_sync(medium->shared_loop, free_block, medium);
	} else {
		free_block(medium);
		disk_close(medium->disk);
		disk_close(medium->before);
	}
	free(medium);
	return NULL;
}

static int medium_new_shared(struct gen1_drives *drives, const struct gen1_shared_disk *shared,
			     struct medium **ret_medium)
{
	struct medium *medium = calloc(1, sizeof(*medium));
	int r;

	if (!medium)
		return -ENOMEM;
	medium->disk = shared->disk;
	r = block_disk_new(shared->loop, drives->bus, shared->io, shared->disk, &medium->block);
	if (r < 0) {
		free(medium);
		return r;
	}
	medium->shared_loop = shared->loop;
	*ret_medium = medium;
	return 0;
}

static int medium_new(struct gen1_drives *drives, struct worker_drive *config, struct medium **ret_medium,
		      struct machine_error *error)
{
	struct medium *medium = calloc(1, sizeof(*medium));
	int r;

	if (!medium)
		return machine_fail(error, -ENOMEM, "%s: no memory for the drive", config->name);
	r = open_disk(drives, config, &medium->disk, error);
	if (r == 0) {
		r = block_disk_new(drives->loop, drives->bus, drives->io, medium->disk, &medium->block);
		if (r < 0)
			machine_fail(error, r, "%s: no memory for the drive", config->name);
	}
	if (r < 0) {
		medium_free(medium);
		return r;
	}
	*ret_medium = medium;
	return 0;
}

static struct block *medium_block(struct medium *medium)
{
	return medium ? block_disk_block(medium->block) : NULL;
}

/* --- media that leave ------------------------------------------------------------------------------- */

/* Under the bus lock. Disks are closed on the loop's thread only. */
static void retire(struct gen1_drives *drives, struct medium *medium)
{
	if (medium) {
		medium->next = drives->retired;
		drives->retired = medium;
	}
	loop_call(drives->loop, &drives->retire_call);
}

static void on_retire(void *opaque)
{
	struct gen1_drives *drives = opaque;
	struct medium *medium, *next;
	unsigned ejected;

	io_bus_lock(drives->bus);
	medium = drives->retired;
	drives->retired = NULL;
	ejected = drives->ejected;
	drives->ejected = 0;
	io_bus_unlock(drives->bus);
	for (; medium; medium = next) {
		next = medium->next;
		medium_free(medium);
	}
	for (unsigned unit = 0; unit < WORKER_DRIVES; unit++)
		if (ejected & 1u << unit && drives->ops->on_eject)
			drives->ops->on_eject(drives->opaque, unit);
}

void gen1_drives_on_eject(struct gen1_drives *drives, unsigned unit)
{
	drives->ejected |= 1u << unit;
	retire(drives, drives->media[unit]);
	drives->media[unit] = NULL;
}

void gen1_drives_on_change(struct gen1_drives *drives, unsigned unit)
{
	retire(drives, drives->leaving[unit]);
	drives->leaving[unit] = NULL;
}

static int change(struct gen1_drives *drives, unsigned unit, struct medium *medium, bool is_forced)
{
	int r;

	io_bus_lock(drives->bus);
	r = ide_change_medium(drives->ide, unit, medium_block(medium), is_forced);
	if (r == IDE_LATER)
		drives->leaving[unit] = drives->media[unit];
	else if (r == 0)
		retire(drives, drives->media[unit]);
	if (r >= 0)
		drives->media[unit] = medium;
	io_bus_unlock(drives->bus);
	return r;
}

int gen1_drives_set_medium(struct gen1_drives *drives, unsigned unit, struct worker_drive *config,
			   bool is_forced, struct machine_error *error)
{
	struct medium *medium = NULL;
	int r = 0;

	if (config->fd >= 0)
		r = medium_new(drives, config, &medium, error);
	if (r < 0)
		return r;
	r = change(drives, unit, medium, is_forced);
	if (r >= 0)
		return 0;
	medium_free(medium);
	if (r == -EBUSY)
		return machine_fail(error, r,
				    "the guest uses the disc in the DVD drive; eject it there, or force it");
	return machine_fail(error, r, "drive %u is no DVD drive; name one", unit);
}

/* --- images that the host cannot write -------------------------------------------------------------- */

static struct disk *own_disk(const struct gen1_drives *drives, unsigned unit)
{
	const struct medium *medium = drives->media[unit];

	return medium && !medium->shared_loop ? medium->disk : NULL;
}

static void on_critical(void *userdata, struct disk *disk, int error)
{
	struct gen1_drives *drives = userdata;
	struct link_message *message = critical_disk_message(disk, error);

	if (message)
		drives->ops->on_critical(drives->opaque, message);
}

void gen1_drives_watch(struct gen1_drives *drives, const struct worker_config *config)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (own_disk(drives, i))
			critical_disk_watch(own_disk(drives, i), config, on_critical, drives);
	disk_limits_lift(drives->limits, false);
}

void gen1_drives_retry(struct gen1_drives *drives)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (own_disk(drives, i))
			disk_retry_kept(own_disk(drives, i));
	disk_io_kick(drives->io); /* the loop hears of it: nothing is told before the caller said "resumed" */
}

void gen1_drives_give_up(struct gen1_drives *drives)
{
	disk_limits_lift(drives->limits, true);
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (own_disk(drives, i))
			critical_disk_give_up(own_disk(drives, i));
	disk_io_poll(drives->io, 0);
}

void gen1_drives_report(struct gen1_drives *drives)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (own_disk(drives, i) && disk_critical_error(own_disk(drives, i)))
			on_critical(drives, own_disk(drives, i), disk_critical_error(own_disk(drives, i)));
}

/* --- children that take the places of disks, for a checkpoint; the VPs stand still ---------------------- */

static bool is_hard_disk(const struct gen1_drives *drives, unsigned unit)
{
	return drives->hard_disks & 1u << unit && own_disk(drives, unit);
}

int gen1_drives_lend(struct gen1_drives *drives)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < WORKER_DRIVES; i++)
		if (is_hard_disk(drives, i))
			r = disk_lend(own_disk(drives, i));
	return r;
}

static void put(struct gen1_drives *drives, struct medium *medium, struct disk *disk)
{
	disk_limits_exchange(drives->limits, medium->disk, disk);
	medium->disk = disk;
	block_disk_set_disk(medium->block, disk);
}

int gen1_drives_exchange(struct gen1_drives *drives, struct worker_disk *child, struct machine_error *error)
{
	struct medium *medium = is_hard_disk(drives, child->lun) ? drives->media[child->lun] : NULL;
	struct disk *disk, *before;
	int r = !medium				  ? -ENOENT
		: medium->before || child->fd < 0 ? -EINVAL
						  : open_child(drives, child, &disk, error);

	if (r < 0)
		return r;
	before = medium->disk;
	put(drives, medium, disk);
	medium->before = before;
	return 0;
}

void gen1_drives_end_exchange(struct gen1_drives *drives, bool keeps)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++) {
		struct medium *medium = is_hard_disk(drives, i) ? drives->media[i] : NULL;
		struct disk *child;

		if (medium && medium->before && !keeps) {
			child = medium->disk;
			put(drives, medium, medium->before);
			disk_close(child); /* nobody wrote to it */
		} else if (medium) {
			disk_close(medium->before);
		}
		if (medium && !keeps)
			disk_take_back(medium->disk); /* or others still read it */
		if (medium)
			medium->before = NULL;
	}
}

struct disk *gen1_drives_find(struct gen1_drives *drives, bool (*matches)(struct disk *disk, void *opaque),
			      void *opaque)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (is_hard_disk(drives, i) && matches(own_disk(drives, i), opaque))
			return own_disk(drives, i);
	return NULL;
}

void gen1_drives_put(struct gen1_drives *drives, struct disk *before, struct disk *next)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (is_hard_disk(drives, i) && own_disk(drives, i) == before)
			put(drives, drives->media[i], next);
}

static void follow(void *opaque)
{
	struct medium *medium = opaque;

	block_disk_set_disk(medium->block, medium->disk);
}

/* Its block device takes requests on that thread. */
void gen1_drives_follow(struct gen1_drives *drives, unsigned unit, struct disk *disk)
{
	struct medium *medium = drives->media[unit];

	if (!medium || !medium->shared_loop || medium->disk == disk)
		return;
	medium->disk = disk;
	loop_call_sync(medium->shared_loop, follow, medium);
}

/* --- making ----------------------------------------------------------------------------------------- */

static void fill_identity(struct ide_identity *identity, unsigned unit, bool is_cdrom)
{
	/* The names that Hyper-V gives them. */
	snprintf(identity->model, sizeof(identity->model), "%s", is_cdrom ? "Virtual CD/ROM" : "Virtual HD");
	snprintf(identity->serial, sizeof(identity->serial), "BH%05u", unit);
	snprintf(identity->firmware, sizeof(identity->firmware), "1.1.0");
}

struct partition_check {
	struct disk *disk;
	uint64_t wanted, size;
	bool pass_end;
};

static void check_table(void *opaque)
{
	struct partition_check *check = opaque;

	check->pass_end = gen1_partitions_pass_end(check->disk, &check->wanted, &check->size);
}

/* Such an image comes of a copy that did not end. The guest finds its file system damaged; say why. */
static void check_partitions(struct gen1_drives *drives, const struct medium *medium, const char *name)
{
	struct partition_check check = { .disk = medium->disk };
	char text[512];

	if (medium->shared_loop)
		loop_call_sync(medium->shared_loop, check_table, &check);
	else
		check_table(&check);
	if (!check.pass_end || !drives->ops->on_warning)
		return;
	snprintf(text, sizeof(text),
		 "%.300s: its partition table wants %llu MiB, but the disk has %llu MiB; the image is "
		 "incomplete, copy it again",
		 name, (unsigned long long)(check.wanted + (1 << 20) - 1) >> 20,
		 (unsigned long long)check.size >> 20);
	drives->ops->on_warning(drives->opaque, text);
}

static void check_disc(struct gen1_drives *drives, struct disk *disk, const char *name)
{
	char text[512];

	if (!drives->ops->on_warning || !gen1_disc_is_strange(disk))
		return;
	snprintf(text, sizeof(text),
		 "%.300s: this is no ISO image; the guest gets it as a disc that it cannot read", name);
	drives->ops->on_warning(drives->opaque, text);
}

static int connect_unit(struct gen1_drives *drives, unsigned unit, struct worker_drive *config,
			const struct gen1_shared_disk *shared, struct machine_error *error)
{
	bool is_cdrom = config->kind == WORKER_DRIVE_CDROM;
	struct ide_identity identity;
	struct block *block;
	int r = 0;

	if (shared->disk && medium_new_shared(drives, shared, &drives->media[unit]) < 0)
		r = machine_fail(error, -ENOMEM, "%s: no memory for the drive", config->name);
	else if (config->fd >= 0)
		r = medium_new(drives, config, &drives->media[unit], error);
	if (r < 0)
		return r;
	if (drives->media[unit] && !is_cdrom)
		check_partitions(drives, drives->media[unit], config->name);
	if (own_disk(drives, unit) && !is_cdrom) {
		drives->hard_disks |= 1u << unit;
		disk_limits_set(drives->limits, own_disk(drives, unit), &config->qos);
	}
	if (drives->media[unit] && is_cdrom && !shared->disk)
		check_disc(drives, drives->media[unit]->disk, config->name);
	block = medium_block(drives->media[unit]);
	fill_identity(&identity, unit, is_cdrom);
	r = is_cdrom ? ide_connect_cdrom(drives->ide, unit, block, &identity)
		     : ide_connect_disk(drives->ide, unit, block, &identity);
	if (r < 0)
		return machine_fail(error, r,
				    "%s: this is too small for a disk; give an image of at least 512 bytes",
				    config->name);
	return 0;
}

int gen1_drives_connect(struct gen1_drives *drives, struct worker_drive config[static WORKER_DRIVES],
			const struct gen1_shared_disk shared[static WORKER_DRIVES],
			struct machine_error *error)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < WORKER_DRIVES; i++)
		if (config[i].kind != WORKER_DRIVE_NONE)
			r = connect_unit(drives, i, &config[i], &shared[i], error);
	return r;
}

static void on_slow(void *opaque, const char *text)
{
	struct gen1_drives *drives = opaque;

	if (drives->ops->on_warning)
		drives->ops->on_warning(drives->opaque, text);
}

/* Hard disks stay connected as long as the machine runs. */
bool gen1_drives_set_limits(struct gen1_drives *drives, unsigned unit, const struct worker_qos *qos)
{
	if (!(drives->hard_disks & 1u << unit))
		return false;
	disk_limits_set(drives->limits, own_disk(drives, unit), qos);
	return true;
}

int gen1_drives_new(struct loop *loop, struct io_bus *bus, struct ide *ide, const struct gen1_drives_ops *ops,
		    void *opaque, struct gen1_drives **ret_drives)
{
	struct gen1_drives *drives = calloc(1, sizeof(*drives));
	int r;

	if (!drives)
		return -ENOMEM;
	drives->loop = loop;
	drives->bus = bus;
	drives->ide = ide;
	drives->ops = ops;
	drives->opaque = opaque;
	drives->retire_call = (struct loop_call){ .fn = on_retire, .opaque = drives };
	r = disk_io_new(DISK_IO_AUTO, &drives->io);
	if (r == 0)
		disk_io_set_counters(drives->io, counters_disk());
	if (r == 0)
		r = disk_limits_new(loop, on_slow, drives, &drives->limits);
	if (r == 0)
		r = loop_watch_new(loop, disk_io_fd(drives->io), EPOLLIN, on_io, drives, &drives->watch);
	if (r < 0) {
		gen1_drives_free(drives);
		return r;
	}
	*ret_drives = drives;
	return 0;
}

bool gen1_drives_is_idle(struct gen1_drives *drives)
{
	bool is_idle;

	io_bus_lock(drives->bus);
	is_idle = ide_is_idle(drives->ide);
	io_bus_unlock(drives->bus);
	return is_idle;
}

/* Shared disks are answered by their own thread meanwhile. */
bool gen1_drives_drain(struct gen1_drives *drives)
{
	const struct timespec step = { .tv_nsec = DRAIN_STEP_MS * 1000000 };

	for (unsigned i = 0; i < DRAIN_STEPS && !gen1_drives_is_idle(drives); i++) {
		loop_run_pending(drives->loop);
		disk_io_poll(drives->io, 0);
		if (!gen1_drives_is_idle(drives))
			nanosleep(&step, NULL);
	}
	return gen1_drives_is_idle(drives);
}

struct gen1_drives *gen1_drives_free(struct gen1_drives *drives)
{
	struct medium *medium, *next;

	if (!drives)
		return NULL;
	loop_call_cancel(drives->loop, &drives->retire_call);
	for (unsigned i = 0; i < WORKER_DRIVES; i++) {
		medium_free(drives->media[i]);
		medium_free(drives->leaving[i]);
	}
	for (medium = drives->retired; medium; medium = next) {
		next = medium->next;
		medium_free(medium);
	}
	loop_watch_free(drives->watch);
	disk_limits_free(drives->limits);
	disk_io_free(drives->io);
	free(drives);
	return NULL;
}
