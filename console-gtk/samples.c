/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "samples.h"

#include <string.h>

enum { TICK_S = 1, SAMPLES_A_TICK = 16 };

struct watcher {
	guint id;
	void (*fn)(gpointer);
	gpointer opaque;
};

struct gui_samples {
	VmcHost *host; /* which has this */
	struct vmc_samples *values;
	GArray *watchers;
	guint timer, next_id, turn;
	char *preferred;
};

static void free_samples(gpointer opaque)
{
	struct gui_samples *samples = opaque;

	g_clear_handle_id(&samples->timer, g_source_remove);
	vmc_samples_free(samples->values);
	g_array_unref(samples->watchers);
	g_free(samples->preferred);
	g_free(samples);
}

static struct gui_samples *samples_of(VmcHost *host)
{
	struct gui_samples *samples = g_object_get_data(G_OBJECT(host), "gui-samples");

	if (samples)
		return samples;
	samples = g_new0(struct gui_samples, 1);
	samples->host = host;
	samples->values = vmc_samples_new(NULL, NULL);
	samples->watchers = g_array_new(FALSE, FALSE, sizeof(struct watcher));
	g_object_set_data_full(G_OBJECT(host), "gui-samples", samples, free_samples);
	return samples;
}

/* --- in turn --------------------------------------------------------------------------------------- */

static gboolean is_running(VmcObject *machine)
{
	return vmc_object_number(machine, "WorkerPid") != 0;
}

static void ask_some(struct gui_samples *samples, GListModel *machines)
{
	guint count = g_list_model_get_n_items(machines), asked = 0;

	for (guint i = 0; i < count && asked < SAMPLES_A_TICK; i++) {
		VmcObject *machine = g_list_model_get_item(machines, (samples->turn + i) % count);

		if (is_running(machine)) {
			vmc_samples_ask(samples->values, samples->host, machine);
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
		preferred = samples->preferred ? vmc_inventory_find(inventory, samples->preferred) : NULL;
		if (preferred && is_running(preferred))
			vmc_samples_ask(samples->values, samples->host, preferred);
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
	struct gui_samples *samples = samples_of(host);
	const struct watcher watcher = { ++samples->next_id, fn, opaque };

	g_array_append_val(samples->watchers, watcher);
	if (!samples->timer)
		samples->timer = g_timeout_add_seconds(TICK_S, on_tick, samples);
	return watcher.id;
}

void gui_samples_unwatch(VmcHost *host, guint id)
{
	struct gui_samples *samples = samples_of(host);

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
	struct gui_samples *samples = samples_of(host);

	g_free(samples->preferred);
	samples->preferred = g_strdup(path);
}

/* --- looking --------------------------------------------------------------------------------------- */

static VmcObject *machine_of(VmcHost *host, const char *path)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	VmcObject *machine = inventory ? vmc_inventory_find(inventory, path) : NULL;

	return machine && is_running(machine) ? machine : NULL;
}

unsigned gui_samples_get(VmcHost *host, const char *path, enum vmc_measure measure,
			 double values[GUI_SAMPLES_MAX])
{
	struct gui_samples *samples = samples_of(host);
	VmcObject *machine = machine_of(host, path);

	/* One that its service does not tell is no row of zeros. */
	return machine && vmc_samples_has(samples->values, host, machine, measure)
		   ? vmc_samples_get(samples->values, host, machine, measure, values, GUI_SAMPLES_MAX)
		   : 0;
}

double gui_samples_last(VmcHost *host, const char *path, enum vmc_measure measure)
{
	VmcObject *machine = machine_of(host, path);

	return machine ? vmc_samples_last(samples_of(host)->values, host, machine, measure) : -1;
}

double gui_samples_cpu(VmcHost *host, const char *path)
{
	double part = gui_samples_last(host, path, VMC_CPU);

	return part < 0 ? -1 : part * 100;
}

char *gui_samples_confinement(VmcHost *host, const char *path)
{
	VmcObject *machine = machine_of(host, path);

	return machine ? vmc_samples_confinement(samples_of(host)->values, host, machine) : g_strdup("");
}
