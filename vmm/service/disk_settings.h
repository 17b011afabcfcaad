/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of the methods of org.bulkhead.Disks1: from the call to a task. */
#ifndef SERVICE_DISK_SETTINGS_H
#define SERVICE_DISK_SETTINGS_H

#include "service/disk_task.h"

/* What they say. Texts live as long as the task. */
struct disk_settings {
	GVariant *dict;
	const char *format, *type, *parent, *file_format, *machine;
	guint64 size, block_size, sector_size;
	gboolean is_forced, deletes, repairs, is_read_only;
};

/* Which of them a method has; "machine" has each. */
enum disk_setting_kind {
	DISK_SHAPE = 1 << 0,
	DISK_PARENT = 1 << 1,
	DISK_READ = 1 << 2,
	DISK_FORCE = 1 << 3,
	DISK_DELETE = 1 << 4,
	DISK_REPAIR = 1 << 5,
	DISK_READ_ONLY = 1 << 6,
	DISK_MACHINE = 1 << 7,
};

/*
 * Reads the settings, which are argument `index` of the call, asks for the caller's right, and makes the task.
 * NULL: answered.
 */
struct disk_task *disk_settings_begin(struct call *call, const char *verb, guint index, unsigned kinds,
				      struct disk_settings *ret_settings);
/* An existing image, as the helper wants it. */
gboolean disk_settings_add_image(struct disk_task *task, const struct disk_settings *settings,
				 const char *path, enum file_need need, GError **error);
/* "Compact web.vhdx" */
void disk_settings_start(struct disk_task *task, const char *verb, const char *path);
/* The end of a task that was not started. */
void disk_settings_drop(struct call *call, struct disk_task *task, GError *error);

#endif
