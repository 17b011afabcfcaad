/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/api_error.h"

#include <string.h>

G_DEFINE_QUARK(bulkhead - api - error, api_error)

#define PREFIX "org.bulkhead.Error."

static const char *const names[API_ERROR_COUNT] = {
	[API_ERROR_FAILED] = PREFIX "Failed",
	[API_ERROR_NOT_AUTHORIZED] = PREFIX "NotAuthorized",
	[API_ERROR_NOT_FOUND] = PREFIX "NotFound",
	[API_ERROR_EXISTS] = PREFIX "Exists",
	[API_ERROR_INVALID_ARGUMENT] = PREFIX "InvalidArgument",
	[API_ERROR_INVALID_STATE] = PREFIX "InvalidState",
	[API_ERROR_NOT_SUPPORTED] = PREFIX "NotSupported",
	[API_ERROR_LIMIT] = PREFIX "Limit",
	[API_ERROR_CANCELLED] = PREFIX "Cancelled",
};

gboolean api_refuse(GError **error, enum api_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(API_ERROR, (gint)code, format, args);
	va_end(args);
	return FALSE;
}

const char *api_error_name(enum api_error error)
{
	return names[error];
}

gboolean api_error_parse(const char *name, enum api_error *ret_error)
{
	for (unsigned i = 0; i < API_ERROR_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*ret_error = (enum api_error)i;
			return TRUE;
		}
	return FALSE;
}
