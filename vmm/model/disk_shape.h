/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new disk image is to be: the rules that every console and the service apply. */
#ifndef MODEL_DISK_SHAPE_H
#define MODEL_DISK_SHAPE_H

#include <glib.h>

struct disk_shape {
	const char *format;		 /* vhdx, vhd, raw; auto: the parent's. Static texts */
	const char *type;		 /* dynamic, fixed, differencing */
	guint64 size;			 /* 0: the parent's, or the source's */
	guint64 block_size, sector_size; /* 0: the default */
};

/* What an ending of a file name says: vhdx, vhd, iso, raw; NULL: nothing. */
const char *disk_format_of_name(const char *path);
/*
 * How an existing file is to be read: raw and iso are told by the name only, all else by the content ("auto").
 * *ret_is_guess: the name said it, so that the content must not say otherwise.
 */
const char *disk_format_to_read(const char *path, gboolean *ret_is_guess);

/*
 * Fills the shape for a new file: `format` and `type` NULL for what follows from its name and from whether it has a
 * parent. MODEL_ERROR_INVALID: a sentence.
 */
gboolean disk_shape_init(struct disk_shape *shape, const char *new_path, const char *format, const char *type,
			 gboolean has_parent, GError **error);
/* `needs_size`: nothing else says how large it is. */
gboolean disk_shape_check(const struct disk_shape *shape, gboolean needs_size, GError **error);

#endif
