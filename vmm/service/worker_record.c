/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/worker_record.h"

#include "model/durable.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *boot_id(void)
{
	char *text = NULL;

	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
		return g_strdup("unknown");
	return g_strstrip(text);
}

/* proc(5): field 3 is the state, field 22 the start time; the name in field 2 may have anything in it. */
static gboolean read_stat(pid_t pid, char *ret_state, guint64 *ret_ticks)
{
	char path[64], *text = NULL;
	const char *p;
	gboolean is_good = FALSE;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	p = strrchr(text, ')');
	if (p && p[1] == ' ') {
		*ret_state = p[2];
		p += 2;
		for (unsigned field = 3; p && field < 22; field++) {
			p = strchr(p, ' ');
			p = p ? p + 1 : NULL;
		}
		is_good = p != NULL;
		if (p)
			*ret_ticks = g_ascii_strtoull(p, NULL, 10);
	}
	g_free(text);
	return is_good;
}

gboolean worker_record_of(pid_t pid, struct worker_record *ret_record)
{
	char state;

	ret_record->pid = pid;
	ret_record->started_at = g_get_real_time() / G_USEC_PER_SEC;
	return read_stat(pid, &state, &ret_record->start_ticks);
}

static char *file_name(const char *id, const char *suffix)
{
	return g_strconcat(id, suffix, NULL);
}

int worker_record_write(int folder, const char *id, const struct worker_record *record)
{
	char *boot = boot_id(), *name = file_name(id, ".run");
	char *text = g_strdup_printf("%d %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %s\n", (int)record->pid,
				     record->start_ticks, record->started_at, boot);
	int r = durable_write(folder, name, text, strlen(text));

	g_free(text);
	g_free(name);
	g_free(boot);
	return r;
}

gboolean worker_record_read(int folder, const char *id, struct worker_record *ret_record)
{
	char *boot = boot_id(), *name = file_name(id, ".run"), *text = NULL, then[64] = "";
	gsize size;
	int pid = 0;
	unsigned long long ticks = 0;
	long long started = 0;
	gboolean is_good = durable_read(folder, name, 512, &text, &size) == 0 &&
			   sscanf(text, "%d %llu %lld %63s", &pid, &ticks, &started, then) == 4 && pid > 0;

	if (is_good)
		*ret_record =
		    (struct worker_record){ .pid =
						strcmp(then, boot) == 0 ? pid : 0, /* of another boot: dead */
					    .start_ticks = ticks,
					    .started_at = started };
	g_free(text);
	g_free(name);
	g_free(boot);
	return is_good;
}

gboolean worker_record_is_alive(const struct worker_record *record)
{
	guint64 ticks;
	char state;

	return record->pid > 0 && read_stat(record->pid, &state, &ticks) && ticks == record->start_ticks &&
	       state != 'Z' && state != 'X';
}

void worker_record_remove(int folder, const char *id)
{
	static const char *const suffixes[] = { ".sock", ".end", ".counters", ".run" };

	for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		char *name = file_name(id, suffixes[i]);

		unlinkat(folder, name, 0);
		g_free(name);
	}
}
