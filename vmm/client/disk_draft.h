/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done to a disk image, as people fill it in: behind the disk wizards of the consoles. It knows the
 * rules, the call of org.bulkhead.Disks1 (disks.h) and the command line that does the same.
 *
 * Fields, each a text as people write it:
 *   file         the image; for create: the new one. An absolute path, or with `machine` a plain name in its folder
 *   to           convert: the new image
 *   parent       create: of a differencing disk; reconnect: where it is now
 *   size         create, resize: "10G", "512M", bytes
 *   format, type, block-size, sector-size   create, convert
 *   file-format  how an existing image is read
 *   force, delete, repair                   "yes", or not set
 *   machine      the object path of a machine, whose own folder plain names are in
 */
#ifndef CLIENT_DISK_DRAFT_H
#define CLIENT_DISK_DRAFT_H

#include "model/disk_shape.h"

#include <glib.h>

struct vmc_disk_draft;

/* "10G", "64T", "512MiB"; a bare number is bytes. */
gboolean vmc_size_parse(const char *text, guint64 *ret_bytes);

/* `verb`: create, convert, compact, resize, merge, reconnect, check, inspect. `is_remote`: files are of another
 * computer, so that their names must be whole paths there. */
struct vmc_disk_draft *vmc_disk_draft_new(const char *verb, gboolean is_remote);
struct vmc_disk_draft *vmc_disk_draft_free(struct vmc_disk_draft *draft);

const char *vmc_disk_draft_verb(const struct vmc_disk_draft *draft);
/* Whether the verb has this field. */
gboolean vmc_disk_draft_has(const struct vmc_disk_draft *draft, const char *name);
/* "" or NULL: not set any more. FALSE: this cannot be a value of the field; a sentence. */
gboolean vmc_disk_draft_set(struct vmc_disk_draft *draft, const char *name, const char *value,
			    GError **error);
const char *vmc_disk_draft_get(const struct vmc_disk_draft *draft, const char *name); /* NULL: not set */

/* Whether it is complete and its fields go together; `ret_field` (may be NULL): which one does not, a static text. */
gboolean vmc_disk_draft_check(const struct vmc_disk_draft *draft, const char **ret_field, GError **error);
/* "bulkhead disk create /disks/a.vhdx --size 10G"; free it. `place`: of the connection, "" for this computer. */
char *vmc_disk_draft_command(const struct vmc_disk_draft *draft, const char *place);
/* The call: the method's name (static), and its parameters (floating) with the options at the end. */
const char *vmc_disk_draft_method(const struct vmc_disk_draft *draft);
GVariant *vmc_disk_draft_parameters(const struct vmc_disk_draft *draft, gboolean is_plan);

#endif
