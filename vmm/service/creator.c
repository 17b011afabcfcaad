/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/creator.h"

#include <string.h>

/* What files of an earlier configuration a new one has: some that it had, some that it had not. */
struct files {
	gboolean has_old, has_new;
};

/* What is in the machine's own folder is the service's, whoever asks. */
static void note(struct files *files, const char *path, gboolean is_old)
{
	if (!*path || vm_path_is_own(path))
		return;
	files->has_old |= is_old;
	files->has_new |= !is_old;
}

static gboolean writes(const struct vm_disk *disk)
{
	return disk->media == VM_HARD_DISK && !disk->is_read_only;
}

/* The same file, of which no more is wanted. */
static gboolean has_disk(const struct vm_config *config, const struct vm_disk *wanted)
{
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		if (strcmp(disk->path, wanted->path) == 0 && (writes(disk) || !writes(wanted)) &&
		    (disk->is_pass_through || !wanted->is_pass_through))
			return TRUE;
	}
	return FALSE;
}

static struct files files_of(const struct vm_config *before, const struct vm_config *after)
{
	struct files files = { FALSE, FALSE };

	note(&files, after->kernel, strcmp(before->kernel, after->kernel) == 0);
	note(&files, after->initrd, strcmp(before->initrd, after->initrd) == 0);
	note(&files, after->checkpoint_location,
	     strcmp(before->checkpoint_location, after->checkpoint_location) == 0);
	for (unsigned i = 0; i < VM_COMS; i++)
		note(&files, after->coms[i].path,
		     strcmp(before->coms[i].path, after->coms[i].path) == 0 &&
			 before->coms[i].kind == after->coms[i].kind);
	for (guint i = 0; i < after->disks->len; i++) {
		const struct vm_disk *disk = after->disks->pdata[i];

		note(&files, disk->path, has_disk(before, disk));
	}
	return files;
}

void creator_set(struct vm_config *config, const char *user)
{
	if (!config)
		return;
	g_free(config->creator);
	config->creator = g_strdup(user);
}

void creator_follow(const struct vm_config *before, struct vm_config *after, const struct identity *who)
{
	struct files files = files_of(before, after);
	gboolean is_told = before->auto_start != after->auto_start && after->auto_start != VM_START_NOTHING;

	if (strcmp(after->creator, who->user) == 0 || (who->uid == 0 && *after->creator))
		return;
	if (files.has_new && files.has_old && !is_told) {
		creator_set(after, "");
		after->auto_start = VM_START_NOTHING;
	} else if (files.has_new || (is_told && !*after->creator)) {
		creator_set(after, who->user);
	}
}
