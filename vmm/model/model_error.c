/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/model_error.h"

G_DEFINE_QUARK(bulkhead - model - error, model_error)

gboolean model_refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(MODEL_ERROR, MODEL_ERROR_INVALID, format, args);
	va_end(args);
	return FALSE;
}
