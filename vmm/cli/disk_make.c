/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead disk create, convert; and merge into a new disk, which is a conversion of a chain. */
#include "cli/disk_options.h"
#include "cli/disk_task.h"
#include "cli/disk_verbs.h"
#include "cli/message.h"
#include "client/wording.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHAPE_OPTIONS                                                                                        \
	{ "format", "FORMAT", "vhdx, vhd or raw (default: by the name, else vhdx)", FALSE },                 \
	    { "type", "TYPE", "dynamic (default), fixed", FALSE },                                           \
	    { "block-size", "SIZE",                                                                          \
	      "of dynamic disks, 1M to 256M (default: VHDX 32M, VHD and differencing 2M)", FALSE },          \
	{                                                                                                    \
		"sector-size", "SIZE", "logical sectors: 512 or 4096 (default: 512, or as before)", FALSE    \
	}

const struct option disk_create_options[] = {
	{ "size", "SIZE", "10G, 64T, or bytes; a differencing disk has its parent's when left out", FALSE },
	{ "parent", "FILE", "makes a differencing disk of this parent", FALSE },
	SHAPE_OPTIONS,
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};
const struct option disk_convert_options[] = {
	SHAPE_OPTIONS,
	{ "from-format", "FORMAT",
	  "how FROM is read: vhdx, vhd, raw, iso (default: a physical disk and *.raw, *.img, "
	  "*.iso by what they are called, others by content)",
	  FALSE },
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};

/* --- the request ----------------------------------------------------------------------------------- */

static void add_shape(struct disk_task *task, const struct disk_shape *shape)
{
	link_add(task->request, "format", shape->format);
	link_add(task->request, "type", shape->type);
	link_add_number(task->request, "size", shape->size);
	link_add_number(task->request, "block-size", shape->block_size);
	link_add_number(task->request, "sector-size", shape->sector_size);
}

static int finish(struct disk_task *task, struct new_file *to)
{
	if (!disk_task_run(task))
		return disk_task_report(task, to->path, "no file was left behind");
	return new_file_keep(to) ? STATUS_DONE : STATUS_FAILED;
}

/* --- plans ----------------------------------------------------------------------------------------- */

static void add_shape_arguments(GPtrArray *arguments, const struct disk_shape *shape)
{
	char *size = shape->size ? disk_size_argument(shape->size) : NULL;
	char *block = shape->block_size ? disk_size_argument(shape->block_size) : NULL;
	char *sector = shape->sector_size ? g_strdup_printf("%" G_GUINT64_FORMAT, shape->sector_size) : NULL;

	disk_plan_add_option(arguments, "format", strcmp(shape->format, "auto") != 0 ? shape->format : NULL);
	disk_plan_add_option(arguments, "type", shape->type);
	disk_plan_add_option(arguments, "size", size);
	disk_plan_add_option(arguments, "block-size", block);
	disk_plan_add_option(arguments, "sector-size", sector);
	g_free(size);
	g_free(block);
	g_free(sector);
}

static int plan_create(const char *path, const struct disk_shape *shape, const char *parent)
{
	GPtrArray *arguments = g_ptr_array_new();
	char *size = shape->size ? vmc_bytes_text(shape->size) : NULL;

	if (!new_file_check(path))
		return STATUS_FAILED;
	disk_plan_step("create %s, a %s disk%s%s%s%s%s%s", path, shape->type,
		       strcmp(shape->format, "auto") != 0 ? " in the format " : "",
		       strcmp(shape->format, "auto") != 0 ? shape->format : "", size ? " of " : "",
		       size ? size : "", parent ? " with the parent " : "", parent ? parent : "");
	if (strcmp(shape->type, "fixed") == 0)
		disk_plan_step("take all of its space on the storage at once");
	disk_plan_add(arguments, path);
	disk_plan_add_option(arguments, "parent", parent);
	add_shape_arguments(arguments, shape);
	g_free(size);
	return disk_plan_command("create", arguments);
}

/* --- create ---------------------------------------------------------------------------------------- */

static gboolean check_create(const struct disk_shape *shape, const char *parent)
{
	static const struct {
		const char *format;
		guint64 size;
	} limits[] = { { "vhdx", (guint64)64 << 40 }, { "vhd", (guint64)2040 << 30 } };
	gboolean is_child = strcmp(shape->type, "differencing") == 0;

	if (is_child && !parent) {
		say("--type differencing: the parent is missing; give --parent FILE");
		return FALSE;
	}
	if (!is_child && !shape->size) {
		say("disk create: the size is missing; give --size, such as --size 10G");
		return FALSE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
		if (strcmp(shape->format, limits[i].format) == 0 && shape->size > limits[i].size) {
			char *most = disk_size_argument(limits[i].size);

			say("--size: a %s disk has at most %s; choose less%s", shape->format, most,
			    i ? ", or --format vhdx" : "");
			g_free(most);
			return FALSE;
		}
	if (shape->size % (shape->sector_size ? shape->sector_size : 512) != 0) {
		say("--size: the size must be a multiple of the sector size; choose such as 10G");
		return FALSE;
	}
	return TRUE;
}

static gboolean add_parent(struct disk_task *task, const char *path, const char *parent, int fd)
{
	char *relative, *absolute;

	if (!disk_parent_paths(path, parent, &relative, &absolute))
		return FALSE;
	disk_task_add_parent(task, 1, parent, fd);
	link_add(task->request, "relative", relative);
	link_add(task->request, "absolute", absolute);
	g_free(relative);
	g_free(absolute);
	return TRUE;
}

/* The new file goes again. */
static int look(struct disk_task *task, const char *path)
{
	return disk_task_run(task) ? STATUS_DONE : disk_task_report(task, path, "nothing was changed");
}

static int create(const char *path, const struct disk_shape *shape, const char *parent, int parent_fd,
		  gboolean is_plan)
{
	struct disk_task task;
	struct new_file to = { .fd = -1 };
	int status = STATUS_FAILED;

	if (!disk_task_init(&task, "create"))
		return STATUS_FAILED;
	add_shape(&task, shape);
	if (new_file_create(&to, path)) {
		disk_task_add_file(&task, "to", path, to.fd);
		link_add_number(task.request, "plan", is_plan != 0);
		if (!parent || add_parent(&task, path, parent, parent_fd))
			status = is_plan ? look(&task, path) : finish(&task, &to);
		if (task.error == EINVAL)
			status = STATUS_USAGE; /* sizes that this format cannot have */
	}
	new_file_close(&to);
	disk_task_deinit(&task);
	return status;
}

int disk_verb_create(struct invocation *invocation)
{
	const char *path = invocation->operands[0], *parent = invocation_option(invocation, "parent");
	struct disk_shape shape;
	int parent_fd = -1, status;

	if (disk_needs_service(invocation))
		return disk_by_service(invocation);
	if (!disk_option_shape(invocation, path, &shape))
		return STATUS_USAGE;
	if (parent && !invocation_has(invocation, "format"))
		shape.format = "auto"; /* the parent's */
	if (!check_create(&shape, parent))
		return STATUS_USAGE;
	if (parent) {
		parent_fd = disk_file_open(parent, FALSE);
		if (parent_fd < 0)
			return STATUS_FAILED;
	}
	status = create(path, &shape, parent, parent_fd, invocation->wants_plan);
	if (status == STATUS_DONE && invocation->wants_plan)
		status = plan_create(path, &shape, parent);
	if (parent_fd >= 0)
		close(parent_fd);
	return status;
}

/* --- convert --------------------------------------------------------------------------------------- */

struct source {
	const char *path, *format;
	gboolean is_guess;
	int fd;
};

static int plan_convert(struct invocation *invocation, const struct source *from, const char *to,
			const struct disk_shape *shape)
{
	GPtrArray *arguments = g_ptr_array_new();
	gboolean is_merge = strcmp(invocation->verb->name, "merge") == 0;

	disk_plan_step("create %s, a %s disk in the format %s", to, shape->type, shape->format);
	disk_plan_step("copy the content of %s with that of its parents into it; these stay as they are",
		       from->path);
	disk_plan_add(arguments, from->path);
	if (is_merge)
		disk_plan_add_option(arguments, "into", to);
	else
		disk_plan_add(arguments, to);
	add_shape_arguments(arguments, shape);
	disk_plan_add_option(arguments, "from-format",
			     strcmp(from->format, "auto") != 0 ? from->format : NULL);
	return disk_plan_command(invocation->verb->name, arguments);
}

static int convert(const struct source *from, const char *to_path, const struct disk_shape *shape,
		   gboolean is_plan)
{
	struct disk_task task;
	struct new_file to = { .fd = -1 };
	int status = STATUS_FAILED;

	if (!disk_task_init(&task, "convert"))
		return STATUS_FAILED;
	add_shape(&task, shape);
	disk_task_add_file(&task, "file", from->path, from->fd);
	task.format_option = "from-format";
	link_add(task.request, "file-format", from->format);
	link_add_number(task.request, "file-guess", from->is_guess != 0);
	link_add_number(task.request, "plan", is_plan != 0);
	if (new_file_create(&to, to_path)) {
		disk_task_add_file(&task, "to", to_path, to.fd);
		status = is_plan ? look(&task, to_path) : finish(&task, &to);
	}
	new_file_close(&to);
	disk_task_deinit(&task);
	return status;
}

static int convert_to(struct invocation *invocation, const char *to)
{
	struct source from = { .path = invocation->operands[0] };
	struct disk_shape shape;
	int status;

	if (disk_needs_service(invocation))
		return disk_by_service(invocation);
	if (!disk_option_shape(invocation, to, &shape) ||
	    !disk_option_format(invocation, "from-format", from.path, &from.format, &from.is_guess))
		return STATUS_USAGE;
	if (strcmp(shape.type, "differencing") == 0) {
		say("--type differencing: converting makes whole disks; use `bulkhead disk create --parent "
		    "%s`",
		    from.path);
		return STATUS_USAGE;
	}
	from.fd = disk_file_open(from.path, FALSE);
	if (from.fd < 0)
		return STATUS_FAILED;
	status = convert(&from, to, &shape, invocation->wants_plan);
	if (status == STATUS_DONE && invocation->wants_plan)
		status = plan_convert(invocation, &from, to, &shape);
	close(from.fd);
	return status;
}

int disk_verb_convert(struct invocation *invocation)
{
	return convert_to(invocation, invocation->operands[1]);
}

int disk_merge_into(struct invocation *invocation, const char *to)
{
	return convert_to(invocation, to);
}
