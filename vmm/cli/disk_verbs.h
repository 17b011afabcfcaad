/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of `bulkhead disk`, for the table of verbs; and what they share. */
#ifndef CLI_DISK_VERBS_H
#define CLI_DISK_VERBS_H

#include "cli/manage.h"

extern const struct option disk_create_options[], disk_convert_options[], disk_inspect_options[],
    disk_compact_options[], disk_resize_options[], disk_merge_options[], disk_reconnect_options[],
    disk_check_options[], disk_mount_options[];

int disk_verb_create(struct invocation *invocation);
int disk_verb_convert(struct invocation *invocation);
int disk_verb_inspect(struct invocation *invocation);
int disk_verb_compact(struct invocation *invocation);
int disk_verb_resize(struct invocation *invocation);
int disk_verb_merge(struct invocation *invocation);
int disk_verb_reconnect(struct invocation *invocation);
int disk_verb_check(struct invocation *invocation);
/* By the system's service: disk_mount.c. */
int disk_verb_mount(struct invocation *invocation);
int disk_verb_unmount(struct invocation *invocation);
int disk_verb_mounts(struct invocation *invocation);

/* `merge --into`: a conversion of the chain. */
int disk_merge_into(struct invocation *invocation, const char *to);

/*
 * With --host or --vm: files of another computer, or in a machine's own folder, which its service works on
 * (disk_service.c). The exit status.
 */
gboolean disk_needs_service(const struct invocation *invocation);
int disk_by_service(struct invocation *invocation);
#define DISK_VM_OPTION                                                                                       \
	{                                                                                                    \
		"vm", "NAME", "plain file names are in this machine's own folder", FALSE                     \
	}
/* What inspect and check print of images as the service describes them (aa{sv}). The exit status. */
int disk_print_images(struct invocation *invocation, GVariant *images);

/* The plan: each step is one sentence; the command line with all that was left out. `arguments` is taken. */
void disk_plan_step(const char *format, ...) G_GNUC_PRINTF(1, 2);
int disk_plan_command(const char *verb, GPtrArray *arguments);
/* For it: an argument as it is, and an option when its value is not NULL. */
void disk_plan_add(GPtrArray *arguments, const char *text);
void disk_plan_add_option(GPtrArray *arguments, const char *name, const char *value);

#endif
