/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead disk compact, resize, merge, reconnect: images changed in place. */
#include "cli/disk_options.h"
#include "cli/disk_task.h"
#include "cli/disk_verbs.h"
#include "cli/message.h"
#include "client/wording.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct option disk_compact_options[] = {
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};
const struct option disk_resize_options[] = {
	{ "force", NULL, "make it smaller even when data is cut off: that data is lost", FALSE },
	{ "format", "FORMAT", "vhdx, vhd or raw (default: by name and content)", FALSE },
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};
const struct option disk_merge_options[] = {
	{ "into", "FILE", "a new disk with the content of the whole chain; without it: into the parent",
	  FALSE },
	{ "delete", NULL, "remove FILE when its content is in the parent", FALSE },
	{ "format", "FORMAT", "of the new disk: vhdx, vhd or raw (default: by the name, else vhdx)", FALSE },
	{ "type", "TYPE", "of the new disk: dynamic (default), fixed", FALSE },
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};
const struct option disk_reconnect_options[] = {
	{ "force", NULL, "even when PARENT is not the disk it was made from: the content may be nonsense",
	  FALSE },
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};

static const char unchanged_content[] = "its content is as before; the same command goes on";

/* Runs the verb on its first operand, open for writing as `fd`. */
static int change(struct invocation *invocation, struct disk_task *task, int fd)
{
	const char *path = invocation->operands[0], *format;
	gboolean is_guess;

	if (!disk_option_format(invocation, "format", path, &format, &is_guess))
		return STATUS_USAGE;
	if (strcmp(invocation->verb->name, "resize") == 0)
		task->format_option = "format";
	disk_task_add_file(task, "file", path, fd);
	link_add(task->request, "file-format", format);
	link_add_number(task->request, "file-guess", is_guess != 0);
	link_add_number(task->request, "force", invocation_has(invocation, "force"));
	link_add_number(task->request, "plan", invocation->wants_plan != 0);
	return disk_task_run(task) ? STATUS_DONE : disk_task_report(task, path, unchanged_content);
}

static int change_simply(struct invocation *invocation, guint64 size)
{
	int status = STATUS_FAILED, fd = disk_file_open(invocation->operands[0], TRUE);
	struct disk_task task;

	if (fd < 0)
		return STATUS_FAILED;
	if (disk_task_init(&task, invocation->verb->name)) {
		link_add_number(task.request, "size", size);
		status = change(invocation, &task, fd);
		disk_task_deinit(&task);
	}
	close(fd);
	return status;
}

/* --- compact, resize ------------------------------------------------------------------------------- */

static int plan_compact(struct invocation *invocation)
{
	GPtrArray *arguments = g_ptr_array_new();

	disk_plan_step("drop the blocks of %s that hold only zeros, close the gaps and cut the file",
		       invocation->operands[0]);
	disk_plan_add(arguments, invocation->operands[0]);
	return disk_plan_command("compact", arguments);
}

int disk_verb_compact(struct invocation *invocation)
{
	int status;

	if (disk_needs_service(invocation))
		return disk_by_service(invocation);
	status = change_simply(invocation, 0);
	return status == STATUS_DONE && invocation->wants_plan ? plan_compact(invocation) : status;
}

static int plan_resize(struct invocation *invocation, guint64 size)
{
	GPtrArray *arguments = g_ptr_array_new();
	char *text = vmc_bytes_text(size), *argument = disk_size_argument(size);

	disk_plan_step("give %s the size %s%s", invocation->operands[0], text,
		       invocation_has(invocation, "force") ? ", cutting off any data behind it"
							   : "; if data lies behind it, nothing");
	disk_plan_add(arguments, invocation->operands[0]);
	disk_plan_add(arguments, argument);
	disk_plan_add_option(arguments, "force", invocation_has(invocation, "force") ? "" : NULL);
	disk_plan_add_option(arguments, "format", invocation_option(invocation, "format"));
	g_free(text);
	g_free(argument);
	return disk_plan_command("resize", arguments);
}

int disk_verb_resize(struct invocation *invocation)
{
	guint64 size;
	int status;

	if (disk_needs_service(invocation))
		return disk_by_service(invocation);
	if (!disk_parse_size("disk resize", invocation->operands[1], &size))
		return STATUS_USAGE;
	status = change_simply(invocation, size);
	return status == STATUS_DONE && invocation->wants_plan ? plan_resize(invocation, size) : status;
}

/* --- merge ----------------------------------------------------------------------------------------- */

/* What inspecting tells about a merge. */
struct merge_look {
	guint images;
	gboolean has_parent;
	char *parent, *problem;
};

static void on_merge_image(void *userdata, struct link_message *image)
{
	struct merge_look *look = userdata;
	const char *name = link_get(image, "name"), *problem = link_get(image, "chain-error");

	if (look->images == 0) {
		look->has_parent = link_get(image, "parent-relative") != NULL;
		look->problem = g_strdup(problem);
	} else if (look->images == 1) {
		look->parent = g_strdup(name);
	}
	look->images++;
}

static gboolean may_write(const char *path)
{
	int fd = disk_file_open(path, TRUE);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* FALSE: said why there is nothing to merge. */
static gboolean look_at_merge(struct invocation *invocation, struct merge_look *look)
{
	const char *path = invocation->operands[0];
	int fd = disk_file_open(path, TRUE);
	struct disk_task task;
	gboolean is_good = FALSE;

	if (fd < 0)
		return FALSE;
	if (disk_task_init(&task, "inspect")) {
		task.on_image = on_merge_image;
		task.userdata = look;
		disk_task_add_file(&task, "file", path, fd);
		if (!disk_task_run(&task))
			disk_task_report(&task, path, "nothing was changed");
		else if (!look->has_parent)
			say("%s is not a differencing disk", path);
		else if (look->problem)
			say("%s", look->problem);
		else
			is_good = look->parent && may_write(look->parent);
		disk_task_deinit(&task);
	}
	close(fd);
	return is_good;
}

static int plan_merge(struct invocation *invocation)
{
	const char *path = invocation->operands[0];
	gboolean has_delete = invocation_has(invocation, "delete");
	struct merge_look look = { 0 };
	int status = STATUS_FAILED;

	if (look_at_merge(invocation, &look)) {
		GPtrArray *arguments = g_ptr_array_new();

		disk_plan_step(
		    "write what %s has into its parent %s; other children of that cannot be used afterwards",
		    path, look.parent);
		if (has_delete)
			disk_plan_step("remove %s", path);
		disk_plan_add(arguments, path);
		disk_plan_add_option(arguments, "delete", has_delete ? "" : NULL);
		status = disk_plan_command("merge", arguments);
	}
	g_free(look.parent);
	g_free(look.problem);
	return status;
}

static int merge_into_parent(struct invocation *invocation)
{
	const char *path = invocation->operands[0];
	int status = change_simply(invocation, 0);

	if (status != STATUS_DONE || !invocation_has(invocation, "delete"))
		return status;
	if (unlink(path) == 0)
		return STATUS_DONE;
	say("%s: its content is in the parent, but it cannot be removed (%s); remove it", path,
	    g_strerror(errno));
	return STATUS_FAILED;
}

int disk_verb_merge(struct invocation *invocation)
{
	const char *into = invocation_option(invocation, "into");

	if (disk_needs_service(invocation))
		return disk_by_service(invocation);
	if (into && invocation_has(invocation, "delete")) {
		say("--delete: merging into a new disk keeps the chain; leave out --delete or --into");
		return STATUS_USAGE;
	}
	if (!into && (invocation_has(invocation, "format") || invocation_has(invocation, "type"))) {
		say("--format, --type: these are for a new disk; give --into FILE too, or leave them out");
		return STATUS_USAGE;
	}
	if (into)
		return disk_merge_into(invocation, into);
	return invocation->wants_plan ? plan_merge(invocation) : merge_into_parent(invocation);
}

/* --- reconnect ------------------------------------------------------------------------------------- */

static int plan_reconnect(struct invocation *invocation)
{
	GPtrArray *arguments = g_ptr_array_new();

	disk_plan_step(
	    "write into %s that its parent is %s%s", invocation->operands[0], invocation->operands[1],
	    invocation_has(invocation, "force") ? ", whatever that is" : ", if it was made from that");
	disk_plan_add(arguments, invocation->operands[0]);
	disk_plan_add(arguments, invocation->operands[1]);
	disk_plan_add_option(arguments, "force", invocation_has(invocation, "force") ? "" : NULL);
	return disk_plan_command("reconnect", arguments);
}

static gboolean is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static int reconnect(struct invocation *invocation, int child_fd, int parent_fd)
{
	const char *child = invocation->operands[0], *parent = invocation->operands[1];
	char *relative, *absolute;
	struct disk_task task;
	int status;

	if (!disk_parent_paths(child, parent, &relative, &absolute))
		return STATUS_FAILED;
	status = STATUS_FAILED;
	if (disk_task_init(&task, "reconnect")) {
		disk_chain_set(&task.chain, 0, child, child_fd);
		disk_task_add_parent(&task, 1, parent, parent_fd);
		link_add(task.request, "relative", relative);
		link_add(task.request, "absolute", absolute);
		status = change(invocation, &task, child_fd);
		disk_task_deinit(&task);
	}
	g_free(relative);
	g_free(absolute);
	return status;
}

int disk_verb_reconnect(struct invocation *invocation)
{
	int child, parent, status = STATUS_FAILED;

	if (disk_needs_service(invocation))
		return disk_by_service(invocation);
	child = disk_file_open(invocation->operands[0], TRUE);
	parent = child < 0 ? -1 : disk_file_open(invocation->operands[1], FALSE);
	if (parent >= 0 && is_same_file(child, parent))
		say("%s: a disk cannot be its own parent; name another one", invocation->operands[1]);
	else if (parent >= 0)
		status = reconnect(invocation, child, parent);
	if (status == STATUS_DONE && invocation->wants_plan)
		status = plan_reconnect(invocation);
	if (child >= 0)
		close(child);
	if (parent >= 0)
		close(parent);
	return status;
}
