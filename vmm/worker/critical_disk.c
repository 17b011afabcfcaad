/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/critical_disk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void critical_disk_watch(struct disk *disk, const struct worker_config *config,
			 void (*on_critical)(void *userdata, struct disk *disk, int error), void *userdata)
{
	struct disk_hold_policy policy = { .holds_full = config->hold >= WORKER_HOLD_FULL,
					   .holds_errors = config->hold >= WORKER_HOLD_ERRORS,
					   .on_critical = on_critical,
					   .userdata = userdata };

	disk_set_hold_policy(disk, &policy);
}

void critical_disk_give_up(struct disk *disk)
{
	static const struct disk_hold_policy none;

	disk_set_hold_policy(disk, &none);
	disk_fail_kept(disk);
}

struct link_message *critical_disk_message(struct disk *disk, int error)
{
	struct link_message *message;
	char text[WORKER_FILE_NAME_MAX + 200];

	if (link_message_new("disk-critical", &message) < 0)
		return NULL;
	if (disk_is_broken(disk))
		snprintf(
		    text, sizeof(text),
		    "%s: the host could not make durable what the guest had written (%s), and some of that is lost; "
		    "when the machine is resumed its guest gets the error, so put the host right, turn the machine "
		    "off, and check the disk",
		    disk_path(disk), strerror(-error));
	else if (error == -ENOSPC)
		snprintf(
		    text, sizeof(text),
		    "%s: the host has no space left for what the guest writes; make room there, then resume "
		    "the machine",
		    disk_path(disk));
	else
		snprintf(text, sizeof(text),
			 "%s: the host's storage failed: %s; put it right, then resume the machine",
			 disk_path(disk), strerror(-error));
	link_add(message, "disk", disk_path(disk));
	link_add(message, "error", strerrorname_np(-error));
	link_add(message, "text", text);
	return message;
}
