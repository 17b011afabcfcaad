/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networking: each adapter with its switch, address and limits, and what the guest says of its addresses. */
#include "client/wording.h"
#include "details/facts.h"
#include "details/tabs.h"

static GtkWidget *make(struct gui_app *app)
{
	return gui_facts_new("Networking");
}

/* "Default Switch, 02:…, VLAN 5, MAC spoofing". Free it. */
static char *adapter_text(GVariant *adapter)
{
	const char *name = "", *mac = "", *kind = "";
	gboolean has_spoofing = FALSE, has_dhcp_guard = FALSE, has_router_guard = FALSE;
	guint64 vlan = 0, mbps = 0;
	GString *text;
	char *plain;

	g_variant_lookup(adapter, "switch", "&s", &name);
	g_variant_lookup(adapter, "mac", "&s", &mac);
	g_variant_lookup(adapter, "kind", "&s", &kind);
	g_variant_lookup(adapter, "vlan", "t", &vlan);
	g_variant_lookup(adapter, "max-mbps", "t", &mbps);
	g_variant_lookup(adapter, "spoofing", "b", &has_spoofing);
	g_variant_lookup(adapter, "dhcp-guard", "b", &has_dhcp_guard);
	g_variant_lookup(adapter, "router-guard", "b", &has_router_guard);
	plain = vmc_plain_text(*name ? name : "not connected");
	text = g_string_new(plain);
	g_free(plain);
	if (strcmp(kind, "legacy") == 0)
		g_string_append(text, ", legacy");
	if (*mac)
		g_string_append_printf(text, ", %s", mac);
	if (vlan)
		g_string_append_printf(text, ", VLAN %u", (guint)vlan);
	if (mbps)
		g_string_append_printf(text, ", at most %u Mbit/s", (guint)mbps);
	g_string_append_printf(text, "%s%s%s", has_spoofing ? ", MAC spoofing" : "",
			       has_dhcp_guard ? ", DHCP guard" : "",
			       has_router_guard ? ", router guard" : "");
	return g_string_free(text, FALSE);
}

static void show(GtkWidget *page, const struct gui_machine *machine, GVariant *settings)
{
	GVariant *adapters =
	    settings ? g_variant_lookup_value(settings, "adapters", G_VARIANT_TYPE("aa{sv}")) : NULL;
	VmcObject *object = machine ? gui_machine_object(machine) : NULL;
	gsize count = adapters ? g_variant_n_children(adapters) : 0;

	gtk_widget_set_visible(page, object != NULL);
	if (settings && g_object_get_data(G_OBJECT(page), "settings") != settings)
		gui_facts_clear(page);
	g_object_set_data(G_OBJECT(page), "settings", settings);
	for (gsize i = 0; i < count; i++) {
		GVariant *adapter = g_variant_get_child_value(adapters, i);
		char *name = g_strdup_printf("Adapter %zu", i + 1);

		gui_facts_take(page, name, adapter_text(adapter));
		g_free(name);
		g_variant_unref(adapter);
	}
	if (adapters && count == 0)
		gui_facts_set(page, "Adapters", "none");
	if (object) {
		gui_facts_take(page, "IPv4", vmc_plain_text(vmc_object_text(object, "GuestIpv4")));
		gui_facts_take(page, "IPv6", vmc_plain_text(vmc_object_text(object, "GuestIpv6")));
	}
	g_clear_pointer(&adapters, g_variant_unref);
}

const struct gui_tab gui_tab_networking = { "_Networking", make, show };
