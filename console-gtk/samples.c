/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "samples.h"

#include <string.h>

enum { TICK_S = 1, SAMPLES_A_TICK = 16 };

/* What GetStatistics calls it, and whether it only ever grows: then its rate counts. */
static const struct {
	const char *names[2];
	double scale;
	gboolean is_total;
} series[GUI_SERIES] = {
	[GUI_CPU] = { { "cpu-ns", NULL }, 100.0 / 1e9, TRUE },
	[GUI_MEMORY] = { { "memory-bytes", NULL }, 1, FALSE },
	[GUI_DISK] = { { "disk-read-bytes", "disk-written-bytes" }, 1, TRUE },
	[GUI_NETWORK] = { { "network-received-bytes", "network-sent-bytes" }, 1, TRUE },
	[GUI_EXITS] = { { "exits", NULL }, 1, TRUE },
};

struct track {
	double values[GUI_SERIES][GUI_SAMPLES_MAX]; /* rings */
	unsigned count, next;
	guint64 totals[GUI_SERIES];
	gint64 time_us; /* of the totals; 0: none yet */
	gboolean is_pending;
	char *confinement;
};

struct watcher {
	guint id;
	void (*fn)(gpointer);
	gpointer opaque;
};

struct gui_samples {
	VmcHost *host; /* which has this */
	GHashTable *tracks;
	GArray *watchers;
	guint timer, next_id, turn;
	char *preferred;
};

static void free_track(gpointer track)
{
	g_free(((struct track *)track)->confinement);
	g_free(track);
}

static void free_samples(gpointer opaque)
{
	struct gui_samples *samples = opaque;

	g_clear_handle_id(&samples->timer, g_source_remove);
	g_hash_table_unref(samples->tracks);
	g_array_unref(samples->watchers);
	g_free(samples->preferred);
	g_free(samples);
}

struct gui_samples *gui_samples_start(VmcHost *host)
{
	struct gui_samples *samples = g_object_get_data(G_OBJECT(host), "gui-samples");

	if (samples)
		return samples;
	samples = g_new0(struct gui_samples, 1);
	samples->host = host;
	samples->tracks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_track);
	samples->watchers = g_array_new(FALSE, FALSE, sizeof(struct watcher));
	g_object_set_data_full(G_OBJECT(host), "gui-samples", samples, free_samples);
	return samples;
}

/* --- one sample ------------------------------------------------------------------------------------- */

static gboolean read_total(GVariant *statistics, enum gui_series which, guint64 *ret_total)
{
	guint64 sum = 0, value;
	gboolean has = FALSE;

	for (unsigned i = 0; i < 2 && series[which].names[i]; i++)
		if (g_variant_lookup(statistics, series[which].names[i], "t", &value)) {
			sum += value;
			has = TRUE;
		}
	*ret_total = sum;
	return has;
}

static void add(struct track *track, GVariant *statistics)
{
	gint64 now = g_get_monotonic_time(), before = track->time_us;
	const char *confinement = "";

	for (unsigned i = 0; i < GUI_SERIES; i++) {
		guint64 total, last = track->totals[i];
		double value = -1;

		if (read_total(statistics, (enum gui_series)i, &total)) {
			if (!series[i].is_total)
				value = (double)total * series[i].scale;
			else if (before && total >= last)
				value =
				    (double)(total - last) * series[i].scale * 1e6 / (double)(now - before);
			track->totals[i] = total;
		}
		track->values[i][track->next] = value;
	}
	track->time_us = now;
	if (before) {
		track->next = (track->next + 1) % GUI_SAMPLES_MAX;
		track->count = MIN(track->count + 1, GUI_SAMPLES_MAX);
	}
	g_variant_lookup(statistics, "confinement", "&s", &confinement);
	g_free(track->confinement);
	track->confinement = g_strndup(confinement, strcspn(confinement, ";"));
}

struct asking {
	VmcHost *host;
	char *path;
};

static void on_statistics(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL), *values;
	struct asking *asking = opaque;
	struct gui_samples *samples = gui_samples_start(asking->host);
	struct track *track = g_hash_table_lookup(samples->tracks, asking->path);

	if (track)
		track->is_pending = FALSE;
	if (answer && track) {
		values = g_variant_get_child_value(answer, 0);
		add(track, values);
		g_variant_unref(values);
	}
	g_clear_pointer(&answer, g_variant_unref);
	g_object_unref(asking->host);
	g_free(asking->path);
	g_free(asking);
}

static void ask(struct gui_samples *samples, const char *path)
{
	struct track *track = g_hash_table_lookup(samples->tracks, path);
	struct asking *asking;

	if (!track) {
		track = g_new0(struct track, 1);
		g_hash_table_insert(samples->tracks, g_strdup(path), track);
	}
	if (track->is_pending)
		return;
	track->is_pending = TRUE;
	asking = g_new(struct asking, 1);
	*asking = (struct asking){ g_object_ref(samples->host), g_strdup(path) };
	vmc_call_async(vmc_host_connection(samples->host), path, API_VM_INTERFACE, "GetStatistics", NULL,
		       on_statistics, asking);
}

/* --- in turn --------------------------------------------------------------------------------------- */

static gboolean is_running(VmcObject *machine)
{
	return vmc_object_number(machine, "WorkerPid") != 0;
}

/* Whose worker has ended begins anew. */
static gboolean is_over(gpointer path, gpointer track, gpointer opaque)
{
	VmcObject *machine = vmc_inventory_find(opaque, path);

	return !machine || !is_running(machine);
}

static void ask_some(struct gui_samples *samples, GListModel *machines)
{
	guint count = g_list_model_get_n_items(machines), asked = 0;

	for (guint i = 0; i < count && asked < SAMPLES_A_TICK; i++) {
		VmcObject *machine = g_list_model_get_item(machines, (samples->turn + i) % count);

		if (is_running(machine)) {
			ask(samples, vmc_object_path(machine));
			asked++;
		}
		if (asked == SAMPLES_A_TICK)
			samples->turn = (samples->turn + i + 1) % count;
		g_object_unref(machine);
	}
}

static gboolean on_tick(gpointer opaque)
{
	struct gui_samples *samples = opaque;
	struct vmc_inventory *inventory = vmc_host_inventory(samples->host);
	VmcObject *preferred;

	if (inventory) {
		g_hash_table_foreach_remove(samples->tracks, is_over, inventory);
		preferred = samples->preferred ? vmc_inventory_find(inventory, samples->preferred) : NULL;
		if (preferred && is_running(preferred))
			ask(samples, samples->preferred);
		ask_some(samples, vmc_inventory_machines(inventory));
	}
	for (guint i = 0; i < samples->watchers->len; i++) {
		const struct watcher watcher = g_array_index(samples->watchers, struct watcher, i);

		watcher.fn(watcher.opaque);
	}
	return G_SOURCE_CONTINUE;
}

guint gui_samples_watch(VmcHost *host, void (*fn)(gpointer), gpointer opaque)
{
	struct gui_samples *samples = gui_samples_start(host);
	const struct watcher watcher = { ++samples->next_id, fn, opaque };

	g_array_append_val(samples->watchers, watcher);
	if (!samples->timer)
		samples->timer = g_timeout_add_seconds(TICK_S, on_tick, samples);
	return watcher.id;
}

void gui_samples_unwatch(VmcHost *host, guint id)
{
	struct gui_samples *samples = gui_samples_start(host);

	for (guint i = 0; i < samples->watchers->len; i++)
		if (g_array_index(samples->watchers, struct watcher, i).id == id) {
			g_array_remove_index(samples->watchers, i);
			break;
		}
	if (samples->watchers->len == 0)
		g_clear_handle_id(&samples->timer, g_source_remove);
}

void gui_samples_prefer(VmcHost *host, const char *path)
{
	struct gui_samples *samples = gui_samples_start(host);

	g_free(samples->preferred);
	samples->preferred = g_strdup(path);
}

/* --- looking --------------------------------------------------------------------------------------- */

static struct track *track_of(VmcHost *host, const char *path)
{
	return g_hash_table_lookup(gui_samples_start(host)->tracks, path);
}

unsigned gui_samples_get(VmcHost *host, const char *path, enum gui_series which,
			 double values[GUI_SAMPLES_MAX])
{
	const struct track *track = track_of(host, path);
	unsigned count = track ? track->count : 0;

	for (unsigned i = 0; i < count; i++)
		values[i] =
		    track->values[which][(track->next + GUI_SAMPLES_MAX - count + i) % GUI_SAMPLES_MAX];
	return count;
}

double gui_samples_cpu(VmcHost *host, const char *path)
{
	const struct track *track = track_of(host, path);

	return track && track->count
		   ? track->values[GUI_CPU][(track->next + GUI_SAMPLES_MAX - 1) % GUI_SAMPLES_MAX]
		   : -1;
}

char *gui_samples_confinement(VmcHost *host, const char *path)
{
	const struct track *track = track_of(host, path);

	return g_strdup(track && track->confinement ? track->confinement : "");
}
