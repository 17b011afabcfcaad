/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options of `bulkhead disk` mean. Each function says what is wrong and returns FALSE. */
#ifndef CLI_DISK_OPTIONS_H
#define CLI_DISK_OPTIONS_H

#include "cli/manage.h"
#include "client/disk_draft.h"

/* "10G", "64T", "512MiB"; a bare number is bytes. 0 when the option is not given. */
gboolean disk_option_size(const struct invocation *invocation, const char *name, guint64 *ret_size);
gboolean disk_parse_size(const char *what, const char *text, guint64 *ret_size);
/* "10G" where that is exact, else bytes: what parses back. Free with g_free(). */
char *disk_size_argument(guint64 size);

/*
 * The shape that create and convert ask for; a format that is not given comes from the name of the new file.
 */
gboolean disk_option_shape(const struct invocation *invocation, const char *new_path,
			   struct disk_shape *ret_shape);
/*
 * How an existing file is to be read: the option `name`, else by the file's name (raw, iso) or by what it is
 * (a block device is raw), else auto. *ret_is_guess: from the name.
 */
gboolean disk_option_format(const struct invocation *invocation, const char *name, const char *path,
			    const char **ret_format, gboolean *ret_is_guess);

#endif
