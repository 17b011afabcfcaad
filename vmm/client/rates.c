/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/rates.h"

#include <string.h>

/* What grows is measured by its difference; a sum counts when one of its keys is there. */
static const struct {
	const char *keys[2];
	gboolean is_rate;
} measures[VMC_MEASURES] = {
	[VMC_CPU] = { { "cpu-ns" }, TRUE },
	[VMC_MEMORY] = { { "memory-bytes" }, FALSE },
	[VMC_DISK] = { { "disk-bytes" }, TRUE },
	[VMC_NETWORK] = { { "network-bytes" }, TRUE },
	[VMC_DISK_READ] = { { "disk-read-bytes" }, TRUE },
	[VMC_DISK_WRITTEN] = { { "disk-written-bytes" }, TRUE },
	[VMC_DISK_OPERATIONS] = { { "disk-reads", "disk-writes" }, TRUE },
	[VMC_NETWORK_RECEIVED] = { { "network-received-bytes" }, TRUE },
	[VMC_NETWORK_SENT] = { { "network-sent-bytes" }, TRUE },
	[VMC_NETWORK_PACKETS] = { { "network-received-packets", "network-sent-packets" }, TRUE },
	[VMC_EXITS] = { { "exits" }, TRUE },
	[VMC_INTERRUPTS] = { { "vmbus-interrupts" }, TRUE },
};

struct vmc_rates {
	gboolean has[VMC_MEASURES];
	gint64 time; /* 0: there was nothing yet */
	guint64 last[VMC_MEASURES];
	guint count, next;
	float values[VMC_MEASURES][VMC_SAMPLES_MAX];
};

struct vmc_rates *vmc_rates_new(void)
{
	return g_new0(struct vmc_rates, 1);
}

struct vmc_rates *vmc_rates_free(struct vmc_rates *rates)
{
	g_free(rates);
	return NULL;
}

static gboolean look_up(GVariant *statistics, enum vmc_measure measure, guint64 *ret_sum)
{
	gboolean has = FALSE;

	*ret_sum = 0;
	for (guint i = 0; i < G_N_ELEMENTS(measures[measure].keys) && measures[measure].keys[i]; i++) {
		guint64 value = 0;

		has |= g_variant_lookup(statistics, measures[measure].keys[i], "t", &value);
		*ret_sum += value;
	}
	return has;
}

/* A machine that was started anew counts from 0 again: then there is no difference yet. */
static gboolean has_difference(const struct vmc_rates *rates, const guint64 *values, gint64 now)
{
	if (!rates->time || now <= rates->time)
		return FALSE;
	for (guint i = 0; i < VMC_MEASURES; i++)
		if (measures[i].is_rate && values[i] < rates->last[i])
			return FALSE;
	return TRUE;
}

static void add(struct vmc_rates *rates, const guint64 *values, guint64 processors, double passed)
{
	for (guint i = 0; i < VMC_MEASURES; i++) {
		double value = (double)values[i];

		if (measures[i].is_rate)
			value = (double)(values[i] - rates->last[i]) / passed;
		if (i == VMC_CPU)
			value = MIN(value / 1e9 / (double)MAX(processors, 1), 1);
		rates->values[i][rates->next] = (float)value;
	}
	rates->next = (rates->next + 1) % VMC_SAMPLES_MAX;
	rates->count = MIN(rates->count + 1, VMC_SAMPLES_MAX);
}

void vmc_rates_take(struct vmc_rates *rates, GVariant *statistics, guint64 processors, gint64 now)
{
	guint64 values[VMC_MEASURES];

	for (guint i = 0; i < VMC_MEASURES; i++)
		rates->has[i] = look_up(statistics, (enum vmc_measure)i, &values[i]);
	if (has_difference(rates, values, now))
		add(rates, values, processors, (double)(now - rates->time) / G_USEC_PER_SEC);
	memcpy(rates->last, values, sizeof(values));
	rates->time = now;
}

guint vmc_rates_get(const struct vmc_rates *rates, enum vmc_measure measure, double *values, guint count)
{
	guint first;

	count = MIN(count, rates->count);
	first = rates->next + VMC_SAMPLES_MAX - count;
	for (guint i = 0; i < count; i++)
		values[i] = (double)rates->values[measure][(first + i) % VMC_SAMPLES_MAX];
	return count;
}

gboolean vmc_rates_has(const struct vmc_rates *rates, enum vmc_measure measure)
{
	return rates->has[measure];
}
