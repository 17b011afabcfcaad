/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/switches.h"

#include "api/api_error.h"

#include <string.h>

static const struct {
	const char *name, *kind, *notes;
	gboolean is_available; /* whether a machine can be connected to it already */
} switches[] = {
	{ "nat", "nat", "the Default Switch: the guest reaches the network through this host's address",
	  TRUE },
};

GVariant *switches_to_variant(void)
{
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (unsigned i = 0; i < G_N_ELEMENTS(switches); i++) {
		g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&list, "{sv}", "name", g_variant_new_string(switches[i].name));
		g_variant_builder_add(&list, "{sv}", "kind", g_variant_new_string(switches[i].kind));
		g_variant_builder_add(&list, "{sv}", "notes", g_variant_new_string(switches[i].notes));
		g_variant_builder_add(&list, "{sv}", "available",
				      g_variant_new_boolean(switches[i].is_available));
		g_variant_builder_close(&list);
	}
	return g_variant_builder_end(&list);
}

static gboolean is_known(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(switches); i++)
		if (strcmp(switches[i].name, name) == 0)
			return TRUE;
	return !*name; /* an adapter that is connected to none */
}

gboolean switches_check(const struct vm_config *config, GError **error)
{
	for (guint i = 0; i < config->adapters->len; i++) {
		const struct vm_adapter *adapter = config->adapters->pdata[i];

		if (is_known(adapter->switch_name))
			continue;
		g_set_error(
		    error, API_ERROR, API_ERROR_NOT_FOUND,
		    "%s: there is no such virtual switch; `bulkhead switch list` shows those there are",
		    adapter->switch_name);
		return FALSE;
	}
	return TRUE;
}
