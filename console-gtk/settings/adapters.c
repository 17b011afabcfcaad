/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network adapters: a form for each, with switch, address, VLAN, limit and guards. */
#include "settings/settings_priv.h"

#include "call.h"
#include "form.h"
#include "named.h"

#include <string.h>

enum { ADAPTERS_MAX = 8 };

/* The fields of one adapter, by their names in the API. */
static const struct {
	const char *key, *label, *hint;
	char kind; /* s, t, b */
	double max;
} keys[] = {
	{ "mac", "_MAC address:", "Empty: the service chooses one.", 's', 0 },
	{ "vlan", "_VLAN:", "0: none.", 't', 4094 },
	{ "max-mbps", "_Bandwidth limit (Mbit/s):", "0: none.", 't', 100000 },
	{ "spoofing", "Allow other _source addresses (MAC spoofing)",
	  "For guests that are switches themselves.", 'b', 0 },
	{ "dhcp-guard", "_DHCP guard", "What this guest says as a DHCP server is dropped.", 'b', 0 },
	{ "router-guard", "_Router guard", "What this guest says as a router is dropped.", 'b', 0 },
};

static void on_remove(GtkButton *button, gpointer frame)
{
	struct gui_settings *settings = g_object_get_data(G_OBJECT(button), "settings");

	gtk_box_remove(GTK_BOX(settings->adapters), frame);
	gui_settings_touched(settings);
}

static void fill_switches(GtkStringList *list, GtkWidget *drop, char **names, const char *chosen)
{
	gboolean is_there = !*chosen;

	gtk_string_list_append(list, "Not connected");
	for (char **name = names; name && *name; name++) {
		gtk_string_list_append(list, *name);
		is_there |= strcmp(*name, chosen) == 0;
	}
	if (!is_there)
		gtk_string_list_append(list, chosen);
	for (guint i = 1; i < g_list_model_get_n_items(G_LIST_MODEL(list)); i++)
		if (strcmp(gtk_string_list_get_string(list, i), chosen) == 0)
			gtk_drop_down_set_selected(GTK_DROP_DOWN(drop), i);
}

static GtkWidget *make_field(GtkWidget *form, GVariant *adapter, guint i)
{
	const char *text = "";
	gboolean is_on = FALSE;
	guint64 number = 0;

	if (keys[i].kind == 's') {
		g_variant_lookup(adapter, keys[i].key, "&s", &text);
		return gui_form_entry(form, keys[i].label, text, keys[i].hint);
	}
	if (keys[i].kind == 't') {
		g_variant_lookup(adapter, keys[i].key, "t", &number);
		return gui_form_spin(form, keys[i].label, 0, keys[i].max, (double)number, keys[i].hint);
	}
	g_variant_lookup(adapter, keys[i].key, "b", &is_on);
	return gui_form_check(form, keys[i].label, is_on, keys[i].hint);
}

static void add_adapter(struct gui_settings *settings, GVariant *adapter)
{
	GtkWidget *form = gui_form_new(), *remove = gui_button_new("Remo_ve Adapter");
	GtkStringList *list = gtk_string_list_new(NULL);
	GtkWidget *drop = gtk_drop_down_new(G_LIST_MODEL(list), NULL);
	const char *chosen = "";

	g_variant_lookup(adapter, "switch", "&s", &chosen);
	gui_form_heading(form, "Network adapter");
	fill_switches(list, drop, settings->switches, chosen);
	gui_form_widget(form, "S_witch:", drop, NULL);
	gui_form_watch(drop, G_CALLBACK(gui_settings_touched), settings);
	g_object_set_data(G_OBJECT(form), "switch", drop);
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		GtkWidget *field = make_field(form, adapter, i);

		gui_form_watch(field, G_CALLBACK(gui_settings_touched), settings);
		g_object_set_data(G_OBJECT(form), keys[i].key, field);
		if (strcmp(keys[i].key, "mac") == 0)
			gtk_widget_set_sensitive(field, settings->is_off);
	}
	gtk_widget_set_halign(remove, GTK_ALIGN_START);
	gtk_widget_set_sensitive(remove, settings->is_off);
	g_object_set_data(G_OBJECT(remove), "settings", settings);
	g_signal_connect(remove, "clicked", G_CALLBACK(on_remove), form);
	gui_form_widget(form, NULL, remove, NULL);
	gtk_box_append(GTK_BOX(settings->adapters), form);
}

static GVariant *adapter_of(GtkWidget *form)
{
	GtkWidget *drop = g_object_get_data(G_OBJECT(form), "switch");
	guint chosen = gtk_drop_down_get_selected(GTK_DROP_DOWN(drop));
	GtkStringObject *item = gtk_drop_down_get_selected_item(GTK_DROP_DOWN(drop));
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "switch",
			      g_variant_new_string(chosen && item ? gtk_string_object_get_string(item) : ""));
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		GtkWidget *field = g_object_get_data(G_OBJECT(form), keys[i].key);
		GVariant *value;

		if (keys[i].kind == 's')
			value = g_variant_new_string(gui_form_value(field));
		else if (keys[i].kind == 't')
			value =
			    g_variant_new_uint64((guint64)gtk_spin_button_get_value(GTK_SPIN_BUTTON(field)));
		else
			value = g_variant_new_boolean(gui_form_is_on(field));
		g_variant_builder_add(&builder, "{sv}", keys[i].key, value);
	}
	return g_variant_builder_end(&builder);
}

static gboolean is_same(GVariant *a, GVariant *b)
{
	GVariantIter iter;
	const char *key;
	GVariant *value, *other;
	gboolean same = TRUE;

	g_variant_iter_init(&iter, a);
	while (same && g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		other = g_variant_lookup_value(b, key, NULL);
		same = other && g_variant_equal(value, other);
		g_clear_pointer(&other, g_variant_unref);
		g_variant_unref(value);
	}
	return same;
}

GVariant *gui_adapters_collect(struct gui_settings *settings)
{
	GVariant *before = g_variant_lookup_value(settings->settings, "adapters", G_VARIANT_TYPE("aa{sv}"));
	gsize count = before ? g_variant_n_children(before) : 0, i = 0;
	GVariantBuilder list;
	gboolean same = TRUE;
	GVariant *all;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (GtkWidget *form = gtk_widget_get_first_child(settings->adapters); form;
	     form = gtk_widget_get_next_sibling(form), i++) {
		GVariant *adapter = g_variant_ref_sink(adapter_of(form)),
			 *old = i < count ? g_variant_get_child_value(before, i) : NULL;

		same = same && old && is_same(adapter, old);
		g_variant_builder_add_value(&list, adapter);
		g_clear_pointer(&old, g_variant_unref);
		g_variant_unref(adapter);
	}
	all = g_variant_builder_end(&list);
	g_clear_pointer(&before, g_variant_unref);
	if (!same || i != count)
		return all;
	g_variant_unref(g_variant_ref_sink(all));
	return NULL;
}

static void on_add(GtkButton *button, gpointer opaque)
{
	struct gui_settings *settings = opaque;
	GVariantBuilder empty;
	GVariant *adapter;

	g_variant_builder_init(&empty, G_VARIANT_TYPE_VARDICT);
	if (settings->switches && settings->switches[0])
		g_variant_builder_add(&empty, "{sv}", "switch", g_variant_new_string(settings->switches[0]));
	adapter = g_variant_ref_sink(g_variant_builder_end(&empty));
	add_adapter(settings, adapter);
	g_variant_unref(adapter);
	gui_settings_touched(settings);
}

GtkWidget *gui_adapters_make(struct gui_settings *settings)
{
	GVariant *list = g_variant_lookup_value(settings->settings, "adapters", G_VARIANT_TYPE("aa{sv}"));
	GtkWidget *form = gui_form_new(), *add = gui_button_new("_Add Network Adapter");

	settings->adapters = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
	for (gsize i = 0; list && i < g_variant_n_children(list) && i < ADAPTERS_MAX; i++) {
		GVariant *adapter = g_variant_get_child_value(list, i);

		add_adapter(settings, adapter);
		g_variant_unref(adapter);
	}
	gui_form_text(form, "Synthetic adapters, which the guest's own driver (hv_netvsc) drives.");
	gui_form_widget(form, NULL, settings->adapters, NULL);
	gtk_widget_set_halign(add, GTK_ALIGN_START);
	gtk_widget_set_sensitive(add, settings->is_off);
	g_signal_connect(add, "clicked", G_CALLBACK(on_add), settings);
	gui_form_widget(form, NULL, add, NULL);
	g_clear_pointer(&list, g_variant_unref);
	return form;
}
