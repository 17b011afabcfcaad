/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/statistics.h"
#include "service/vm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *read_proc(pid_t pid, const char *name)
{
	char path[64], *text = NULL;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* proc(5), stat: utime and stime are fields 14 and 15, num_threads 20, rss 24. */
static gboolean parse_stat(const char *text, guint64 values[25])
{
	const char *p = strrchr(text, ')');

	for (unsigned field = 3; p && field < 25; field++) {
		p = strchr(p, ' ');
		if (!p)
			return FALSE;
		values[field] = g_ascii_strtoull(++p, NULL, 10);
	}
	return p != NULL;
}

static unsigned status_number(const char *status, const char *key)
{
	const char *line = status ? strstr(status, key) : NULL;

	return line ? (unsigned)g_ascii_strtoull(line + strlen(key), NULL, 10) : 0;
}

/* Whether the process has a namespace of its own. Unreadable counts as "no". */
static gboolean has_own_namespace(pid_t pid, const char *name)
{
	char own[64], path[64], *a, *b;
	gboolean differs;

	snprintf(own, sizeof(own), "/proc/self/ns/%s", name);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	a = g_file_read_link(own, NULL);
	b = g_file_read_link(path, NULL);
	differs = a && b && strcmp(a, b) != 0;
	g_free(a);
	g_free(b);
	return differs;
}

/* Of the live process, not of what was intended. */
static char *confinement(pid_t pid)
{
	char *status = read_proc(pid, "status");
	const struct {
		const char *name;
		gboolean is_on;
	} protections[] = {
		{ "no new privileges", status_number(status, "NoNewPrivs:") == 1 },
		{ "seccomp", status_number(status, "Seccomp:") == 2 },
		{ "network namespace", has_own_namespace(pid, "net") },
		{ "mount namespace", has_own_namespace(pid, "mnt") },
		{ "IPC namespace", has_own_namespace(pid, "ipc") },
		{ "PID namespace", has_own_namespace(pid, "pid") },
		{ "user namespace", has_own_namespace(pid, "user") },
	};
	GString *text = g_string_new(NULL);
	unsigned count = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(protections); i++) {
		if (!protections[i].is_on)
			g_string_append_printf(text, "%s%s", text->len ? ", " : "; without ",
					       protections[i].name);
		count += protections[i].is_on;
	}
	g_free(status);
	status = g_strdup_printf("%u/%u%s", count, (unsigned)G_N_ELEMENTS(protections), text->str);
	g_string_free(text, TRUE);
	return status;
}

GVariant *statistics_of(const struct vm *vm)
{
	guint64 values[25] = { 0 };
	GVariantBuilder builder;
	pid_t pid = vm->worker ? worker_process_pid(vm->worker) : 0;
	char *text = pid ? read_proc(pid, "stat") : NULL;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	if (text && parse_stat(text, values)) {
		guint64 ticks = values[14] + values[15], second = (guint64)sysconf(_SC_CLK_TCK);
		gint64 uptime = g_get_real_time() / G_USEC_PER_SEC - worker_process_started_at(vm->worker);

		g_variant_builder_add(&builder, "{sv}", "cpu-ns",
				      g_variant_new_uint64(ticks * (1000000000 / second)));
		g_variant_builder_add(&builder, "{sv}", "memory-bytes",
				      g_variant_new_uint64(values[24] * (guint64)sysconf(_SC_PAGESIZE)));
		g_variant_builder_add(&builder, "{sv}", "threads", g_variant_new_uint64(values[20]));
		g_variant_builder_add(&builder, "{sv}", "uptime-s",
				      g_variant_new_uint64((guint64)MAX(uptime, 0)));
		g_variant_builder_add(&builder, "{sv}", "confinement",
				      g_variant_new_take_string(confinement(pid)));
	}
	g_free(text);
	return g_variant_builder_end(&builder);
}
