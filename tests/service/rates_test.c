/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates of what statistics count: differences, machines that begin anew, keys that are missing, the ring. */
#include "check.h"

#include "client/rates.h"

enum { SECOND = G_USEC_PER_SEC };

static void take(struct vmc_rates *rates, gint64 seconds, const char *text)
{
	GVariant *dict = g_variant_ref_sink(g_variant_new_parsed(text));

	vmc_rates_take(rates, dict, 2, seconds * SECOND);
	g_variant_unref(dict);
}

static double last(const struct vmc_rates *rates, enum vmc_measure measure)
{
	double value = -1;

	vmc_rates_get(rates, measure, &value, 1);
	return value;
}

static void test_differences(void)
{
	struct vmc_rates *rates = vmc_rates_new();

	take(rates, 1,
	     "{'cpu-ns': <uint64 0>, 'memory-bytes': <uint64 7>, 'disk-reads': <uint64 1>, "
	     "'disk-writes': <uint64 2>, 'disk-read-bytes': <uint64 1000>, 'exits': <uint64 10>}");
	CHECK(last(rates, VMC_CPU) < 0);
	take(rates, 3,
	     "{'cpu-ns': <uint64 2000000000>, 'memory-bytes': <uint64 8>, 'disk-reads': <uint64 5>, "
	     "'disk-writes': <uint64 8>, 'disk-read-bytes': <uint64 5000>, 'exits': <uint64 30>}");
	CHECK(last(rates, VMC_CPU) == 0.5); /* one of two processors */
	CHECK(last(rates, VMC_MEMORY) == 8);
	CHECK(last(rates, VMC_DISK_OPERATIONS) == 5);
	CHECK(last(rates, VMC_DISK_READ) == 2000);
	CHECK(last(rates, VMC_EXITS) == 10);
	CHECK(vmc_rates_has(rates, VMC_EXITS) && !vmc_rates_has(rates, VMC_NETWORK));
	vmc_rates_free(rates);
}

/* It was turned off and on again: nothing negative, nothing huge. */
static void test_anew(void)
{
	struct vmc_rates *rates = vmc_rates_new();
	double values[8];

	take(rates, 1, "{'cpu-ns': <uint64 5000>, 'exits': <uint64 1000>}");
	take(rates, 2, "{'cpu-ns': <uint64 6000>, 'exits': <uint64 1100>}");
	take(rates, 3, "@a{sv} {}");
	take(rates, 4, "{'cpu-ns': <uint64 7000>, 'exits': <uint64 3>}");
	CHECK(vmc_rates_get(rates, VMC_EXITS, values, 8) == 2 && values[0] == 100 && values[1] == 3);
	take(rates, 4, "{'cpu-ns': <uint64 8000>, 'exits': <uint64 4>}"); /* no time passed */
	CHECK(vmc_rates_get(rates, VMC_EXITS, values, 8) == 2);
	vmc_rates_free(rates);
}

static void test_ring(void)
{
	struct vmc_rates *rates = vmc_rates_new();
	double values[VMC_SAMPLES_MAX + 1];

	for (unsigned i = 1; i <= VMC_SAMPLES_MAX + 10; i++) {
		char text[64];

		g_snprintf(text, sizeof(text), "{'memory-bytes': <uint64 %u>}", i);
		take(rates, i, text);
	}
	CHECK(vmc_rates_get(rates, VMC_MEMORY, values, VMC_SAMPLES_MAX + 1) == VMC_SAMPLES_MAX);
	CHECK(values[0] == 11 && values[VMC_SAMPLES_MAX - 1] == VMC_SAMPLES_MAX + 10);
	CHECK(vmc_rates_get(rates, VMC_MEMORY, values, 2) == 2 && values[1] == VMC_SAMPLES_MAX + 10);
	vmc_rates_free(rates);
}

int main(void)
{
	test_differences();
	test_anew();
	test_ring();
	return check_result();
}
