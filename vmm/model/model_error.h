/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be wrong with a configuration. The message is one sentence: the thing, the cause, what to do. */
#ifndef MODEL_MODEL_ERROR_H
#define MODEL_MODEL_ERROR_H

#include <glib.h>

#define MODEL_ERROR (model_error_quark())

enum model_error {
	MODEL_ERROR_INVALID,   /* a value against the rules */
	MODEL_ERROR_STATE,     /* not in this state */
	MODEL_ERROR_BROKEN,    /* a file that cannot be understood */
	MODEL_ERROR_NEWER,     /* a file of a newer version of Bulkhead: left alone */
	MODEL_ERROR_NOT_FOUND, /* there is none */
	MODEL_ERROR_EXISTS,    /* there is one already */
	MODEL_ERROR_IO,	       /* the disk says no */
};

GQuark model_error_quark(void);
/* A value against the rules: sets `error`, which may be NULL; always FALSE, for `return`. */
gboolean model_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
