/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/samples.h"

#include <string.h>

/* The dictionary of GetStatistics: what grows is measured by its difference. */
static const struct {
	const char *key;
	gboolean is_rate;
} measures[VMC_MEASURES] = {
	[VMC_CPU] = { "cpu-ns", TRUE },
	[VMC_MEMORY] = { "memory-bytes", FALSE },
	[VMC_DISK] = { "disk-bytes", TRUE },
	[VMC_NETWORK] = { "network-bytes", TRUE },
};

struct machine {
	gboolean is_asked, has[VMC_MEASURES];
	gint64 time, asked; /* microseconds */
	guint64 last[VMC_MEASURES];
	guint64 processors;
	guint count, next;
	float values[VMC_MEASURES][VMC_SAMPLES_MAX];
};

struct vmc_samples {
	int references;
	gboolean is_freed;
	GHashTable *machines; /* "place path" → struct machine */
	void (*on_changed)(gpointer opaque);
	gpointer opaque;
};

struct question {
	struct vmc_samples *samples;
	char *key;
};

struct vmc_samples *vmc_samples_new(void (*on_changed)(gpointer opaque), gpointer opaque)
{
	struct vmc_samples *samples = g_new0(struct vmc_samples, 1);

	samples->references = 1;
	samples->machines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	samples->on_changed = on_changed;
	samples->opaque = opaque;
	return samples;
}

static void release(struct vmc_samples *samples)
{
	if (--samples->references > 0)
		return;
	g_hash_table_unref(samples->machines);
	g_free(samples);
}

struct vmc_samples *vmc_samples_free(struct vmc_samples *samples)
{
	if (samples) {
		samples->is_freed = TRUE;
		release(samples);
	}
	return NULL;
}

static char *key_of(VmcHost *host, VmcObject *machine)
{
	return g_strdup_printf("%s %s", vmc_host_place(host), vmc_object_path(machine));
}

static struct machine *find(struct vmc_samples *samples, VmcHost *host, VmcObject *object)
{
	char *key = key_of(host, object);
	struct machine *machine = g_hash_table_lookup(samples->machines, key);

	g_free(key);
	return machine;
}

static void forget_oldest(struct vmc_samples *samples)
{
	GHashTableIter iter;
	gpointer key, value, oldest = NULL;
	gint64 time = G_MAXINT64;

	g_hash_table_iter_init(&iter, samples->machines);
	while (g_hash_table_iter_next(&iter, &key, &value))
		if (!((struct machine *)value)->is_asked && ((struct machine *)value)->asked < time) {
			time = ((struct machine *)value)->asked;
			oldest = key;
		}
	if (oldest)
		g_hash_table_remove(samples->machines, oldest);
}

/* A machine that was started anew counts from 0 again: then there is no difference yet. */
static void take(struct machine *machine, GVariant *dict, gint64 now)
{
	gint64 passed = now - machine->time;
	gboolean has_before = machine->time && passed > 0;
	guint64 values[VMC_MEASURES];

	for (guint i = 0; i < VMC_MEASURES; i++) {
		values[i] = 0;
		machine->has[i] = g_variant_lookup(dict, measures[i].key, "t", &values[i]);
		if (measures[i].is_rate && values[i] < machine->last[i])
			has_before = FALSE;
	}
	for (guint i = 0; i < VMC_MEASURES && has_before; i++) {
		double value = (double)values[i];

		if (measures[i].is_rate)
			value = (double)(values[i] - machine->last[i]) * G_USEC_PER_SEC / (double)passed;
		if (i == VMC_CPU)
			value = MIN(value / 1e9 / (double)MAX(machine->processors, 1), 1);
		machine->values[i][machine->next] = (float)value;
	}
	if (has_before) {
		machine->next = (machine->next + 1) % VMC_SAMPLES_MAX;
		machine->count = MIN(machine->count + 1, VMC_SAMPLES_MAX);
	}
	memcpy(machine->last, values, sizeof(values));
	machine->time = now;
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct question *question = opaque;
	struct vmc_samples *samples = question->samples;
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL), *dict;
	struct machine *machine = g_hash_table_lookup(samples->machines, question->key);

	if (machine)
		machine->is_asked = FALSE;
	if (answer && machine && g_variant_is_of_type(answer, G_VARIANT_TYPE("(a{sv})"))) {
		dict = g_variant_get_child_value(answer, 0);
		take(machine, dict, g_get_monotonic_time());
		g_variant_unref(dict);
		if (samples->on_changed && !samples->is_freed)
			samples->on_changed(samples->opaque);
	}
	g_clear_pointer(&answer, g_variant_unref);
	g_free(question->key);
	g_free(question);
	release(samples);
}

void vmc_samples_ask(struct vmc_samples *samples, VmcHost *host, VmcObject *object)
{
	struct vmc_connection *connection = vmc_host_connection(host);
	char *key = key_of(host, object);
	struct machine *machine = g_hash_table_lookup(samples->machines, key);
	struct question *question;

	if (!connection || (machine && machine->is_asked)) {
		g_free(key);
		return;
	}
	if (!machine) {
		if (g_hash_table_size(samples->machines) >= VMC_SAMPLED_MACHINES_MAX)
			forget_oldest(samples);
		machine = g_new0(struct machine, 1);
		g_hash_table_insert(samples->machines, g_strdup(key), machine);
	}
	machine->is_asked = TRUE;
	machine->asked = g_get_monotonic_time();
	machine->processors = vmc_object_number(object, "Processors");
	samples->references++;
	question = g_new0(struct question, 1);
	*question = (struct question){ samples, key };
	vmc_call_async(connection, vmc_object_path(object), API_VM_INTERFACE, "GetStatistics", NULL,
		       on_answer, question);
}

guint vmc_samples_get(struct vmc_samples *samples, VmcHost *host, VmcObject *object, enum vmc_measure measure,
		      double *values, guint count)
{
	struct machine *machine = find(samples, host, object);

	count = machine ? MIN(count, machine->count) : 0;
	for (guint i = 0; i < count; i++)
		values[i] =
		    (double)machine
			->values[measure][(machine->next + VMC_SAMPLES_MAX - count + i) % VMC_SAMPLES_MAX];
	return count;
}

double vmc_samples_last(struct vmc_samples *samples, VmcHost *host, VmcObject *object,
			enum vmc_measure measure)
{
	double value;

	return vmc_samples_get(samples, host, object, measure, &value, 1) ? value : -1;
}

gboolean vmc_samples_has(struct vmc_samples *samples, VmcHost *host, VmcObject *object,
			 enum vmc_measure measure)
{
	struct machine *machine = find(samples, host, object);

	return machine && machine->has[measure];
}
