/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The errors of the API. The message is one sentence for the user: the thing, the cause, what to do. */
#ifndef API_API_ERROR_H
#define API_API_ERROR_H

#include <glib.h>

#define API_ERROR (api_error_quark())

enum api_error {
	API_ERROR_FAILED,	    /* it was tried, and did not work */
	API_ERROR_NOT_AUTHORIZED,   /* the caller may not */
	API_ERROR_NOT_FOUND,	    /* there is no such machine, job, file */
	API_ERROR_EXISTS,	    /* there is one already */
	API_ERROR_INVALID_ARGUMENT, /* against the rules */
	API_ERROR_INVALID_STATE,    /* not now */
	API_ERROR_NOT_SUPPORTED,    /* this version cannot */
	API_ERROR_LIMIT,	    /* too many */
	API_ERROR_CANCELLED,
	API_ERROR_COUNT,
};

GQuark api_error_quark(void);
/* Sets `error`, which may be NULL; always FALSE, for `return`. */
gboolean api_refuse(GError **error, enum api_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);
const char *api_error_name(enum api_error error); /* "org.bulkhead.Error.NotFound" */
gboolean api_error_parse(const char *name, enum api_error *ret_error);

#endif
