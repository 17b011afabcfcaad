/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/samples.h"

#include <string.h>

struct machine {
	gboolean is_asked;
	gint64 asked; /* microseconds */
	guint64 processors;
	struct vmc_rates *rates;
	char *confinement;
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

static void free_machine(gpointer opaque)
{
	struct machine *machine = opaque;

	vmc_rates_free(machine->rates);
	g_free(machine->confinement);
	g_free(machine);
}

struct vmc_samples *vmc_samples_new(void (*on_changed)(gpointer opaque), gpointer opaque)
{
	struct vmc_samples *samples = g_new0(struct vmc_samples, 1);

	samples->references = 1;
	samples->machines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_machine);
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

/* "7/7; ..." */
static void take_confinement(struct machine *machine, GVariant *statistics)
{
	const char *text = "";

	g_variant_lookup(statistics, "confinement", "&s", &text);
	g_free(machine->confinement);
	machine->confinement = g_strndup(text, strcspn(text, ";"));
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
		vmc_rates_take(machine->rates, dict, machine->processors, g_get_monotonic_time());
		take_confinement(machine, dict);
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
		machine->rates = vmc_rates_new();
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

	return machine ? vmc_rates_get(machine->rates, measure, values, count) : 0;
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

	return machine && vmc_rates_has(machine->rates, measure);
}

char *vmc_samples_confinement(struct vmc_samples *samples, VmcHost *host, VmcObject *object)
{
	struct machine *machine = find(samples, host, object);

	return g_strdup(machine && machine->confinement ? machine->confinement : "");
}
