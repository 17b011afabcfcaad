/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/statistics.h"
#include "service/confinement.h"
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

static void add_number(GVariantBuilder *builder, const char *key, guint64 value)
{
	g_variant_builder_add(builder, "{sv}", key, g_variant_new_uint64(value));
}

/* And sums, for who shows one figure. */
static void add_counts(GVariantBuilder *builder, const struct worker_counts *all)
{
	const guint64 *counts = all->counts;
	guint64 exits = 0;

	for (unsigned i = 0; i < WORKER_COUNTERS_NAMED; i++)
		add_number(builder, worker_counter_names[i], counts[i]);
	for (unsigned i = 0; i < WORKER_VP_COUNTERS_NAMED; i++) {
		add_number(builder, worker_vp_counter_names[i], all->vp_counts[i]);
		exits += all->vp_counts[i];
	}
	add_number(builder, "exits", exits);
	add_number(builder, "disk-bytes", counts[WORKER_DISK_READ_BYTES] + counts[WORKER_DISK_WRITTEN_BYTES]);
	add_number(builder, "network-bytes",
		   counts[WORKER_NET_RECEIVED_BYTES] + counts[WORKER_NET_SENT_BYTES]);
}

GVariant *statistics_of(const struct vm *vm)
{
	guint64 values[25] = { 0 };
	struct confinement confinement;
	struct worker_counts counts;
	GVariantBuilder builder;
	pid_t pid = vm->worker ? worker_process_pid(vm->worker) : 0;
	char *text = pid ? read_proc(pid, "stat") : NULL;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	if (text && parse_stat(text, values)) {
		guint64 ticks = values[14] + values[15], second = (guint64)sysconf(_SC_CLK_TCK);
		gint64 uptime = g_get_real_time() / G_USEC_PER_SEC - worker_process_started_at(vm->worker);

		add_number(&builder, "cpu-ns", ticks * (1000000000 / second));
		add_number(&builder, "memory-bytes", values[24] * (guint64)sysconf(_SC_PAGESIZE));
		add_number(&builder, "threads", values[20]);
		add_number(&builder, "uptime-s", (guint64)MAX(uptime, 0));
		if (worker_process_read_counts(vm->worker, &counts))
			add_counts(&builder, &counts);
		confinement_read("/proc", pid, vm->landlock, &confinement);
		g_variant_builder_add(&builder, "{sv}", "confinement",
				      g_variant_new_take_string(confinement_summary(&confinement)));
		g_variant_builder_add(&builder, "{sv}", "protections", confinement_to_variant(&confinement));
		confinement_clear(&confinement);
	}
	g_free(text);
	return g_variant_builder_end(&builder);
}
