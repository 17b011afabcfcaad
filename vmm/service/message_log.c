/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/message_log.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { LINES_A_MINUTE = 20, LINE_MAX_BYTES = 300 };

/* Any thread. */
static gboolean may_write(guint *ret_hidden)
{
	static GMutex lock;
	static gint64 minute;
	static guint lines, hidden;
	gint64 now = g_get_monotonic_time() / (60 * G_USEC_PER_SEC);
	gboolean may;

	g_mutex_lock(&lock);
	if (now != minute) {
		minute = now;
		lines = 0;
	}
	may = lines++ < LINES_A_MINUTE;
	*ret_hidden = may ? hidden : 0;
	hidden = may ? 0 : hidden + 1;
	g_mutex_unlock(&lock);
	return may;
}

static const char *field(const GLogField *fields, gsize count, const char *key)
{
	for (gsize i = 0; i < count; i++)
		if (strcmp(fields[i].key, key) == 0 && fields[i].length < 0)
			return fields[i].value;
	return "";
}

static GLogWriterOutput on_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer unused)
{
	const char *text = field(fields, count, "MESSAGE"), *domain = field(fields, count, "GLIB_DOMAIN");
	gsize length = strcspn(text, "\n");
	guint hidden;

	if (g_log_writer_default_would_drop(level, domain) || !may_write(&hidden))
		return G_LOG_WRITER_HANDLED;
	if (hidden)
		fprintf(stderr, "bulkhead-vmms: %u more messages were not written\n", hidden);
	fprintf(stderr, "bulkhead-vmms: %s: %.*s\n", domain, (int)MIN(length, LINE_MAX_BYTES), text);
	return G_LOG_WRITER_HANDLED;
}

void message_log_limit(void)
{
	g_log_set_writer_func(on_log, NULL, NULL);
}
