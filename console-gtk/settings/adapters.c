/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network adapters: a pane for each, as it is, or as it is to be added. */
#include "settings/settings_priv.h"

#include "focus.h"
#include "form.h"
#include "named.h"

#include "client/wording.h"

#include <string.h>

enum { ADAPTERS_MAX = 8 };

static void fill_adapter(struct gui_settings *settings, GtkWidget *form, gpointer opaque)
{
	struct gui_device *device = opaque;

	gui_form_title(form, "Network adapter");
	gui_device_add_fields(device, device->values, NULL);
	gui_device_add_remove(device, "_Take It Off", settings->is_off ? NULL : gui_settings_when_off);
}

static void add_adapter(struct gui_settings *settings, GVariant *adapter, guint number)
{
	char *place = g_strdup_printf("%u", number), *text, *title;
	struct gui_device *device = gui_device_new(settings, FALSE, place, adapter);
	const char *name = "";

	g_variant_lookup(adapter, "switch", "&s", &name);
	text = g_strdup_printf("%u: %s", number + 1, *name ? name : "not connected");
	title = vmc_plain_text(text);
	device->row = gui_settings_add_pane(settings, title, 1, device->page);
	gui_settings_fill_later(device->row, fill_adapter, device);
	g_free(place);
	g_free(text);
	g_free(title);
}

/* Of one that is to be added. */
static char *switch_value(const struct gui_device *device)
{
	GtkDropDown *drop = GTK_DROP_DOWN(device->source);
	GtkStringObject *item = gtk_drop_down_get_selected_item(drop);

	return g_strdup(gtk_drop_down_get_selected(drop) && item ? gtk_string_object_get_string(item) : "");
}

static void on_add(GtkButton *button, gpointer opaque)
{
	struct gui_settings *settings = opaque;
	struct gui_device *device;
	GVariantBuilder builder;
	GVariant *values;
	guint count = gui_devices_count(settings, FALSE);

	if (count >= ADAPTERS_MAX) {
		gui_set_refused(GTK_WIDGET(button), "A machine has eight network adapters at most.");
		return;
	}
	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	if (settings->switches && settings->switches[0])
		g_variant_builder_add(&builder, "{sv}", "switch",
				      g_variant_new_string(settings->switches[0]));
	values = g_variant_ref_sink(g_variant_builder_end(&builder));
	device = gui_device_new(settings, FALSE, NULL, NULL);
	device->option = "switch";
	device->value = switch_value;
	gui_form_title(device->page, "New network adapter");
	gui_device_add_fields(device, values, NULL);
	device->source = gui_device_widget(device, "switch");
	gui_device_add_remove(device, "Do Not _Add It", NULL);
	device->row = gui_settings_insert_pane(settings, g_object_get_data(G_OBJECT(button), "row"),
					       "new Network Adapter", 1, device->page);
	gui_settings_show_pane(settings, device->row);
	gui_settings_touched(settings);
	g_variant_unref(values);
}

void gui_adapters_add(struct gui_settings *settings)
{
	GVariant *list = g_variant_lookup_value(settings->settings, "adapters", G_VARIANT_TYPE("aa{sv}"));
	GtkWidget *page = gui_form_new(), *add = gui_button_new("_Add Network Adapter");
	const char *why = NULL;
	gsize count = list ? MIN(g_variant_n_children(list), (gsize)ADAPTERS_MAX) : 0;

	gui_form_title(page, "Network Adapters");
	gui_form_text(page, count ? "Synthetic adapters, which the guest's own driver (hv_netvsc) drives; "
				    "each has a pane below."
				  : "It has no network adapter.");
	gtk_widget_set_halign(add, GTK_ALIGN_START);
	g_signal_connect(add, "clicked", G_CALLBACK(on_add), settings);
	if (!settings->is_off)
		why = gui_settings_when_off;
	else if (count >= ADAPTERS_MAX)
		why = "A machine has eight network adapters at most.";
	gui_form_widget(page, NULL, add, why);
	gui_set_refused(add, why);
	g_object_set_data(G_OBJECT(add), "row", gui_settings_add_pane(settings, "Network Adapters", 0, page));
	for (gsize i = 0; i < count; i++) {
		GVariant *adapter = g_variant_get_child_value(list, i);

		add_adapter(settings, adapter, (guint)i);
		g_variant_unref(adapter);
	}
	g_clear_pointer(&list, g_variant_unref);
}
