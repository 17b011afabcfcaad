/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One drive or network adapter of the settings: its fields by the table of the model, and what was changed.
 */
#include "settings/settings_priv.h"

#include "file_picker.h"
#include "focus.h"
#include "form.h"
#include "named.h"

#include <string.h>

struct device_field {
	struct vmc_setting setting;
	GtkWidget *widget;
	char *original;
};

/* How a field looks; those that are not here are not shown. */
static const struct {
	const char *name, *label, *hint;
	gboolean of_drive;
} looks[] = {
	{ "controller", "_Controller:",
	  "Firmware of generation 1 starts from IDE; SCSI drives can come and go while the machine runs.",
	  TRUE },
	{ "controller-number", "_Number of the controller:", NULL, TRUE },
	{ "location", "_Location on it:", "IDE: 0 and 1. SCSI: 0 to 63. Each has one drive at most.", TRUE },
	{ "path", "_File:", NULL, TRUE },
	{ "read-only", "_Read-only", "What the guest writes is refused.", TRUE },
	{ "pass-through", "It is a ph_ysical disk of the host",
	  "The file is a device such as /dev/sdb; the host must not use it meanwhile.", TRUE },
	{ "min-iops", "M_inimum IOPS:",
	  "Operations a second that it is meant to get: an event tells when it does not. 0: none.", TRUE },
	{ "max-iops", "Ma_ximum IOPS:", "Operations a second at most. 0: no limit.", TRUE },
	{ "switch", "_Virtual switch:", NULL, FALSE },
	{ "kind", "_Kind of adapter:",
	  "Firmware boots from a legacy one, and systems without Hyper-V's drivers know it.", FALSE },
	{ "mac", "_MAC address:",
	  "Static, such as 02:15:5d:00:00:01. Empty: dynamic, the service chooses one.", FALSE },
	{ "vlan", "V_LAN identifier:", "0: none.", FALSE },
	{ "max-mbps", "_Bandwidth limit (Mbit/s):", "0: no limit.", FALSE },
	{ "spoofing", "Allow other _source addresses (MAC spoofing)",
	  "For guests that are switches themselves.", FALSE },
	{ "dhcp-guard", "_DHCP guard", "What this guest says as a DHCP server is dropped.", FALSE },
	{ "router-guard", "Ro_uter guard", "What this guest says as a router is dropped.", FALSE },
};

static void free_field(gpointer opaque)
{
	g_free(((struct device_field *)opaque)->original);
	g_free(opaque);
}

static void free_device(gpointer opaque)
{
	struct gui_device *device = opaque;

	g_ptr_array_unref(device->fields);
	g_clear_pointer(&device->values, g_variant_unref);
	g_free(device->place);
	g_free(device);
}

struct gui_device *gui_device_new(struct gui_settings *settings, gboolean is_drive, const char *place,
				  GVariant *values)
{
	struct gui_device *device = g_new0(struct gui_device, 1);

	if (!settings->devices)
		settings->devices = g_ptr_array_new_with_free_func(free_device);
	device->settings = settings;
	device->is_drive = is_drive;
	device->place = g_strdup(place);
	device->values = values ? g_variant_ref(values) : NULL;
	device->fields = g_ptr_array_new_with_free_func(free_field);
	device->page = gui_form_new();
	g_ptr_array_add(settings->devices, device);
	return device;
}

guint gui_devices_count(struct gui_settings *settings, gboolean are_drives)
{
	guint count = 0;

	for (guint i = 0; settings->devices && i < settings->devices->len; i++) {
		const struct gui_device *device = settings->devices->pdata[i];

		count += device->is_drive == are_drives && (device->place || !device->is_gone);
	}
	return count;
}

/* --- fields ------------------------------------------------------------------------------------------ */

/* "Not connected", the switches that there are, and the present one if it is none of them. */
static GtkWidget *make_switch(struct gui_device *device, const char *label, const char *now)
{
	GtkStringList *list = gtk_string_list_new((const char *const[]){ "Not connected", NULL });
	GtkWidget *drop = gtk_drop_down_new(G_LIST_MODEL(list), NULL);
	gboolean is_there = !*now;

	for (char **name = device->settings->switches; name && *name; name++) {
		gtk_string_list_append(list, *name);
		is_there |= strcmp(*name, now) == 0;
	}
	if (!is_there)
		gtk_string_list_append(list, now);
	for (guint i = 1; i < g_list_model_get_n_items(G_LIST_MODEL(list)); i++)
		if (strcmp(gtk_string_list_get_string(list, i), now) == 0)
			gtk_drop_down_set_selected(GTK_DROP_DOWN(drop), i);
	gui_form_widget(device->page, label, drop, NULL);
	return drop;
}

/* "IDE", "SCSI"; "Legacy" */
static GtkWidget *make_choice(struct gui_device *device, const struct device_field *field, const char *label,
			      const char *hint)
{
	GStrvBuilder *words = g_strv_builder_new();
	GtkWidget *drop;
	char **list;

	for (guint i = 0; field->setting.choices[i]; i++) {
		const char *choice = field->setting.choices[i];
		char *word = strlen(choice) > 4 ? g_strdup(choice) : g_ascii_strup(choice, -1);

		word[0] = g_ascii_toupper(word[0]);
		g_strv_builder_add(words, word);
		g_free(word);
	}
	list = g_strv_builder_end(words);
	drop = gui_form_choice(device->page, label, (const char *const *)list, hint);
	for (guint i = 0; field->setting.choices[i]; i++)
		if (strcmp(field->setting.choices[i], field->original) == 0)
			gtk_drop_down_set_selected(GTK_DROP_DOWN(drop), i);
	g_strfreev(list);
	g_strv_builder_unref(words);
	return drop;
}

static GtkWidget *make_field(struct gui_device *device, const struct device_field *field, const char *label,
			     const char *hint)
{
	const struct vmc_setting *setting = &field->setting;
	GtkWidget *entry;

	if (strcmp(setting->name, "switch") == 0)
		return make_switch(device, label, field->original);
	switch (setting->kind) {
	case VMC_SETTING_NUMBER:
		return gui_form_spin(device->page, label, (double)setting->min, (double)setting->max,
				     g_ascii_strtod(field->original, NULL), hint);
	case VMC_SETTING_BOOL:
		return gui_form_check(device->page, label, strcmp(field->original, "true") == 0, hint);
	case VMC_SETTING_CHOICE: return make_choice(device, field, label, hint);
	default:
		entry = gui_form_entry(device->page, label, field->original, hint);
		if (setting->kind == VMC_SETTING_PATH)
			gui_file_field(entry, vmc_host_place(device->settings->machine->host), GUI_PICK_FILE,
				       NULL);
		return entry;
	}
}

static void on_typed(GtkWidget *entry, gpointer name)
{
	char *problem = vmc_device_setting_problem(strcmp(name, "path") == 0, name, gui_form_value(entry));

	gui_form_set_error(entry, problem);
	g_free(problem);
}

/* Of a machine that runs, discs can be changed, and nothing else of a device that stays. */
static gboolean is_changeable(const struct gui_device *device, const struct vmc_setting *setting,
			      GVariant *values)
{
	const char *media = "";

	g_variant_lookup(values, "media", "&s", &media);
	return device->settings->is_off || !device->place ||
	       (strcmp(media, "dvd") == 0 && strcmp(setting->name, "path") == 0);
}

static void add_field(struct gui_device *device, GVariant *values, const struct vmc_setting *setting,
		      const char *label, const char *hint)
{
	struct device_field *field = g_new0(struct device_field, 1);

	field->setting = *setting;
	field->original = vmc_device_setting_text(values, setting);
	field->widget = make_field(device, field, label, hint);
	if (!is_changeable(device, setting, values))
		gui_form_refuse(field->widget, gui_settings_when_off);
	if (setting->kind == VMC_SETTING_TEXT || setting->kind == VMC_SETTING_PATH)
		if (strcmp(setting->name, "switch") != 0)
			g_signal_connect(field->widget, "changed", G_CALLBACK(on_typed),
					 (gpointer)setting->name);
	gui_form_watch(field->widget, G_CALLBACK(gui_settings_touched), device->settings);
	g_ptr_array_add(device->fields, field);
}

void gui_device_add_fields(struct gui_device *device, GVariant *values, const char *except)
{
	for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
		struct vmc_setting setting;

		if (looks[i].of_drive != device->is_drive || (except && strstr(except, looks[i].name)))
			continue;
		for (guint k = 0; vmc_device_setting_at(device->is_drive, k, &setting); k++)
			if (strcmp(setting.name, looks[i].name) == 0)
				add_field(device, values, &setting, looks[i].label, looks[i].hint);
	}
}

GtkWidget *gui_device_widget(const struct gui_device *device, const char *name)
{
	for (guint i = 0; i < device->fields->len; i++) {
		const struct device_field *field = device->fields->pdata[i];

		if (strcmp(field->setting.name, name) == 0)
			return field->widget;
	}
	return NULL;
}

/* --- what was changed -------------------------------------------------------------------------------- */

static char *value_of(const struct device_field *field)
{
	GtkDropDown *drop;
	GtkStringObject *item;
	guint chosen;

	switch (field->setting.kind) {
	case VMC_SETTING_NUMBER: return g_strdup_printf("%.0f", gui_form_number(field->widget));
	case VMC_SETTING_BOOL: return g_strdup(gui_form_is_on(field->widget) ? "true" : "false");
	default: break;
	}
	if (!GTK_IS_DROP_DOWN(field->widget))
		return g_strdup(gui_form_value(field->widget));
	drop = GTK_DROP_DOWN(field->widget);
	chosen = gtk_drop_down_get_selected(drop);
	item = gtk_drop_down_get_selected_item(drop);
	if (field->setting.kind == VMC_SETTING_CHOICE)
		return g_strdup(item ? field->setting.choices[chosen] : field->original);
	if (chosen == 0)
		return g_strdup("");
	return g_strdup(item ? gtk_string_object_get_string(item) : field->original);
}

/* "ide:0:1,max-iops=200": path takes all that follows, so that it comes last. NULL: nothing was changed. */
static char *changes_of(const struct gui_device *device, const char *place, const char *except)
{
	GString *text = g_string_new(place);
	char *path = NULL;

	for (guint i = 0; i < device->fields->len; i++) {
		const struct device_field *field = device->fields->pdata[i];
		char *value = value_of(field);

		if (strcmp(value, field->original) == 0 ||
		    (except && strcmp(except, field->setting.name) == 0))
			;
		else if (strcmp(field->setting.name, "path") == 0)
			path = g_strdup(value);
		else
			g_string_append_printf(text, ",%s=%s", field->setting.name, value);
		g_free(value);
	}
	if (path)
		g_string_append_printf(text, ",path=%s", path);
	g_free(path);
	if (strcmp(text->str, place) != 0)
		return g_string_free(text, FALSE);
	g_string_free(text, TRUE);
	return NULL;
}

static void collect_there(const struct gui_device *device, struct gui_options *options)
{
	char *text = device->is_gone ? NULL : changes_of(device, device->place, NULL);

	if (device->is_gone && device->is_drive)
		gui_options_add(options, "detach", device->place);
	else if (device->is_gone)
		text = g_strdup_printf("%s,remove", device->place);
	if (text)
		gui_options_add(options, device->is_drive ? "drive" : "adapter", text);
	g_free(text);
}

/* A new adapter is the one after all that there are: its other fields follow as changes of that one. */
static void collect_new(const struct gui_device *device, guint number, struct gui_options *options)
{
	char *value = device->value(device), place[16], *text;

	if (value)
		gui_options_add(options, device->option, value);
	g_free(value);
	if (device->is_drive)
		return;
	g_snprintf(place, sizeof(place), "%u", number);
	text = changes_of(device, place, "switch");
	if (text)
		gui_options_add(options, "adapter", text);
	g_free(text);
}

void gui_devices_collect(struct gui_settings *settings, struct gui_options *options)
{
	guint adapters = 0;

	for (guint i = 0; settings->devices && i < settings->devices->len; i++) {
		const struct gui_device *device = settings->devices->pdata[i];

		if (device->place)
			collect_there(device, options);
		else if (!device->is_gone)
			collect_new(device, adapters, options);
		adapters += !device->is_drive && (device->place || !device->is_gone);
	}
}

/* --- taking it off ----------------------------------------------------------------------------------- */

static void on_remove(GtkButton *button, gpointer opaque)
{
	struct gui_device *device = opaque;
	const char *label = g_object_get_data(G_OBJECT(button), "label");

	device->is_gone = !device->is_gone;
	if (!device->place) {
		struct gui_settings *settings = device->settings;

		gui_settings_remove_pane(settings, device->row);
		gui_settings_touched(settings);
		return;
	}
	gui_settings_mark_pane(device->row, device->is_gone);
	gui_button_set_label(GTK_WIDGET(button), device->is_gone ? "_Keep It" : label);
	for (guint i = 0; i < device->fields->len; i++)
		gtk_widget_set_opacity(((struct device_field *)device->fields->pdata[i])->widget,
				       device->is_gone ? 0.5 : 1);
	gui_settings_touched(device->settings);
}

void gui_device_add_remove(struct gui_device *device, const char *label, const char *why)
{
	device->remove = gui_button_new(label);
	g_object_set_data(G_OBJECT(device->remove), "label", (gpointer)label);
	g_signal_connect(device->remove, "clicked", G_CALLBACK(on_remove), device);
	gtk_widget_set_halign(device->remove, GTK_ALIGN_START);
	gtk_widget_set_margin_top(device->remove, 8);
	gui_form_widget(device->page, NULL, device->remove, NULL);
	if (why)
		gui_set_refused(device->remove, why);
}
