/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drives of a generation 1 machine: virtual disks behind the IDE controller.
 *
 * Threads    The loop's; gen1_drives_on_*() come from the controller on any thread, under the bus lock.
 * Ownership  A medium lives until the controller has let go of it: by ejection, by change, or by ide_free().
 */
#ifndef WORKER_GEN1_DRIVES_H
#define WORKER_GEN1_DRIVES_H

#include "worker/machine.h"

struct disk;
struct disk_io;
struct gen1_drives;
struct ide;
struct io_bus;

/*
 * A disk that synthetic storage opened and offers to the guest as well, for the time after the firmware. Both
 * hand their requests to one thread, that of `loop`, so the image sees one stream of them. Stays
 * synthetic storage's.
 */
struct gen1_shared_disk {
	struct loop *loop;
	struct disk_io *io;
	struct disk *disk; /* NULL: not shared */
};

/* On the loop's thread; all optional. */
struct gen1_drives_ops {
	void (*on_warning)(void *opaque, const char *text);
	/* The guest opened the drive; its image is closed. */
	void (*on_eject)(void *opaque, unsigned unit);
	/* "disk-critical"; the message is the callee's. */
	void (*on_critical)(void *opaque, struct link_message *message);
};

int gen1_drives_new(struct loop *loop, struct io_bus *bus, struct ide *ide, const struct gen1_drives_ops *ops,
		    void *opaque, struct gen1_drives **ret_drives);
/* Opens the images that are not shared, takes their locks, connects all. Takes the descriptors, also when it
 * fails. */
int gen1_drives_connect(struct gen1_drives *drives, struct worker_drive config[static WORKER_DRIVES],
			const struct gen1_shared_disk shared[static WORKER_DRIVES],
			struct machine_error *error);
/*
 * What the disks keep because the host cannot write it (critical_disk.h). On the loop's thread; shared disks are
 * synthetic storage's business.
 */
void gen1_drives_watch(struct gen1_drives *drives, const struct worker_config *config); /* a guest begins */
void gen1_drives_retry(struct gen1_drives *drives);
void gen1_drives_give_up(struct gen1_drives *drives);
void gen1_drives_report(struct gen1_drives *drives); /* on_critical again for each */
/*
 * Puts another disc into a DVD drive, or with config->fd < 0 takes it out, while the machine runs. The guest
 * sees a changed medium. The old image is closed at once, or when the read of it that is under way ends.
 * -EBUSY when the guest has locked the drive and !is_forced, -EINVAL when it is no DVD drive. Takes the
 * descriptor.
 */
int gen1_drives_set_medium(struct gen1_drives *drives, unsigned unit, struct worker_drive *config,
			   bool is_forced, struct machine_error *error);
/* Of a hard disk; false: it is none of its own (it is shared, or there is none). */
bool gen1_drives_set_limits(struct gen1_drives *drives, unsigned unit, const struct worker_qos *qos);
/*
 * Of hard disks that are not shared, while the VPs stand still and the drives are idle: their images may be read by others
 * (disk_lend()); a child takes the place of the one of its unit (`lun`), whose descriptors are taken (-ENOENT: there is none);
 * then those before are closed, or have their places again.
 */
int gen1_drives_lend(struct gen1_drives *drives);
int gen1_drives_exchange(struct gen1_drives *drives, struct worker_disk *child, struct machine_error *error);
void gen1_drives_end_exchange(struct gen1_drives *drives, bool keeps);
struct disk *gen1_drives_find(struct gen1_drives *drives, bool (*matches)(struct disk *disk, void *opaque),
			      void *opaque);
void gen1_drives_put(struct gen1_drives *drives, struct disk *before, struct disk *next);
/* A shared one has another disk now. */
void gen1_drives_follow(struct gen1_drives *drives, unsigned unit, struct disk *disk);
/* ide_ops of the controller */
void gen1_drives_on_eject(struct gen1_drives *drives, unsigned unit);
void gen1_drives_on_change(struct gen1_drives *drives, unsigned unit);

/* Waits for what is under way. The VPs stopped before. False: an image's storage does not answer; then
 * nothing of the drives or their controller may be freed, for the answer may come at any time. */
bool gen1_drives_drain(struct gen1_drives *drives);
bool gen1_drives_is_idle(struct gen1_drives *drives);
/* After ide_free(). */
struct gen1_drives *gen1_drives_free(struct gen1_drives *drives);

#endif
