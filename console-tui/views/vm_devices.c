/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields are named "drive.ide:0:1.max-iops", "adapter.0.vlan": kind, place, field of the API. */
#include "views/vm_devices.h"

#include "client/settings.h"

#include <string.h>

enum { DEVICES_MAX = 32 };

/* --- devices ----------------------------------------------------------------------------------------- */

static const char *kind_name(gboolean are_drives)
{
	return are_drives ? "drive" : "adapter";
}

static GVariant *list_of(GVariant *settings, gboolean are_drives)
{
	return g_variant_lookup_value(settings, are_drives ? "disks" : "adapters", G_VARIANT_TYPE("aa{sv}"));
}

/* As the draft names it: "ide:0:1", or the adapter's number. */
static char *place_of(GVariant *device, gboolean is_drive, gsize number)
{
	const char *controller = "ide";
	guint64 bus = 0, location = 0;

	if (!is_drive)
		return g_strdup_printf("%" G_GSIZE_FORMAT, number);
	g_variant_lookup(device, "controller", "&s", &controller);
	g_variant_lookup(device, "controller-number", "t", &bus);
	g_variant_lookup(device, "location", "t", &location);
	return g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, controller, bus, location);
}

/* For people: "ide:0:1 hard disk: /srv/a.vhdx". */
static char *title_of(GVariant *device, gboolean is_drive, const char *place)
{
	const char *media = "", *path = "", *name = "";

	g_variant_lookup(device, "media", "&s", &media);
	g_variant_lookup(device, "path", "&s", &path);
	g_variant_lookup(device, "switch", "&s", &name);
	if (is_drive)
		return g_strdup_printf("%s %s: %s", place,
				       strcmp(media, "dvd") == 0 ? "DVD drive" : "hard disk",
				       *path ? path : "empty");
	return g_strdup_printf("Adapter %s: %s", place, *name ? name : "not connected");
}

typedef void (*device_fn)(struct form *form, GVariant *device, gboolean is_drive, const char *place,
			  gpointer opaque);

static void each_device(struct form *form, GVariant *settings, gboolean are_drives, device_fn fn,
			gpointer opaque)
{
	GVariant *list = list_of(settings, are_drives);
	gsize count = list ? MIN(g_variant_n_children(list), DEVICES_MAX) : 0;

	for (gsize i = 0; i < count; i++) {
		GVariant *device = g_variant_get_child_value(list, i);
		char *place = place_of(device, are_drives, i);

		fn(form, device, are_drives, place, opaque);
		g_free(place);
		g_variant_unref(device);
	}
	g_clear_pointer(&list, g_variant_unref);
}

static char *field_name(gboolean is_drive, const char *place, const char *field)
{
	return g_strdup_printf("%s.%s.%s", kind_name(is_drive), place, field);
}

/* --- pages ------------------------------------------------------------------------------------------- */

struct pages {
	GVariant *settings;
	char **switches;
	gboolean is_off;
	GString *choices;
};

/* `none`: what no switch at all means, for people. */
static char *switch_choices(char **switches, const char *now, const char *none)
{
	GString *choices = g_string_new("=");
	gboolean is_there = !*now;

	g_string_append(choices, none);
	for (char **name = switches; name && *name; name++) {
		if (strpbrk(*name, "|="))
			continue;
		is_there |= strcmp(*name, now) == 0;
		g_string_append_printf(choices, "|%s", *name);
	}
	if (!is_there && !strpbrk(now, "|="))
		g_string_append_printf(choices, "|%s", now);
	return g_string_free(choices, FALSE);
}

/* What people read beside a field that its label does not tell. */
static const char *help_of(const char *field)
{
	static const char *const helps[][2] = {
		{ "path", "the image; empty: no disc; F8 completes" },
		{ "controller", "ide: drives that firmware starts from; scsi: comes and goes while it runs" },
		{ "location", "on the controller: ide 0 and 1, scsi 0 to 63" },
		{ "pass-through", "the file is a whole disk of the host; needs the privilege pass-through" },
		{ "kind", "legacy: firmware boots from it, and systems without Hyper-V's drivers know it" },
		{ "mac", "empty: the service chooses one" },
		{ "vlan", "0: none" },
		{ "max-mbps", "0: as fast as it can" },
		{ "min-iops", "operations a second that it is to get; 0: none" },
		{ "max-iops", "operations a second at most; 0: as many as it can" },
		{ "spoofing", "for guests that are switches themselves" },
		{ "dhcp-guard", "what this guest says as a DHCP server is dropped" },
		{ "router-guard", "what this guest says as a router is dropped" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(helps); i++)
		if (strcmp(helps[i][0], field) == 0)
			return helps[i][1];
	return "";
}

static char *label_of(const struct vmc_setting *setting)
{
	/* Those whose label in messages is too long for a form. */
	static const char *const labels[][2] = { { "controller-number", "Controller number" },
						 { "location", "Location" },
						 { "spoofing", "MAC spoofing" },
						 { "kind", "Kind" },
						 { "max-mbps", "Limit (Mbit/s)" } };
	const char *from = g_str_has_prefix(setting->label, "the ") ? setting->label + 4 : setting->label;
	char *label;

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
		if (strcmp(labels[i][0], setting->name) == 0)
			return g_strdup(labels[i][1]);
	label = setting->unit ? g_strdup_printf("%s (%s)", from, setting->unit) : g_strdup(from);

	label[0] = g_ascii_toupper(label[0]);
	return label;
}

static void add_field(struct form *form, const char *name, const struct vmc_setting *setting,
		      const char *text, char **switches)
{
	const char *help = help_of(setting->name);
	char *label = label_of(setting), *choices;

	if (strcmp(setting->name, "switch") == 0) {
		choices = switch_choices(switches, text, "Not connected");
		form_choice(form, name, label, choices, text, help);
		g_free(choices);
	} else if (setting->kind == VMC_SETTING_CHOICE) {
		choices = g_strjoinv("|", (char **)setting->choices);
		form_choice(form, name, label, choices, text, help);
		g_free(choices);
	} else if (setting->kind == VMC_SETTING_BOOL) {
		form_tick(form, name, label, strcmp(text, "true") == 0, help);
	} else {
		(setting->kind == VMC_SETTING_PATH ? form_path : form_text)(form, name, label, text, help);
	}
	g_free(label);
}

static void add_device(struct form *form, GVariant *device, gboolean is_drive, const char *place,
		       gpointer opaque)
{
	struct pages *pages = opaque;
	const char *media = "disk";
	struct vmc_setting setting;
	char *name, *text;

	g_variant_lookup(device, "media", "&s", &media);
	for (guint i = 0; vmc_device_setting_at(is_drive, i, &setting); i++) {
		/* What kind of drive it is cannot be changed. */
		if (strcmp(setting.name, "media") == 0)
			continue;
		name = field_name(is_drive, place, setting.name);
		text = vmc_device_setting_text(device, &setting);
		add_field(form, name, &setting, text, pages->switches);
		if (!pages->is_off && !(strcmp(media, "dvd") == 0 && strcmp(setting.name, "path") == 0))
			form_lock(form, name, vm_settings_when_off);
		g_free(name);
		g_free(text);
	}
	name = field_name(is_drive, place, "remove");
	form_tick(form, name, is_drive ? "Detach it" : "Take it away", FALSE,
		  is_drive ? "the file stays" : "");
	if (!pages->is_off && !g_str_has_prefix(place, "scsi"))
		form_lock(form, name, vm_settings_when_off);
	g_free(name);
}

static void add_choice(struct form *form, GVariant *device, gboolean is_drive, const char *place,
		       gpointer opaque)
{
	struct pages *pages = opaque;
	char *title = title_of(device, is_drive, place);

	g_strdelimit(title, "|", '/');
	g_string_append_printf(pages->choices, "%s=%s|", place, title);
	g_free(title);
}

static void add_page(struct form *form, struct pages *pages, gboolean are_drives)
{
	GVariant *list = list_of(pages->settings, are_drives);
	gboolean is_empty = !list || g_variant_n_children(list) == 0;
	GString *choices = pages->choices = g_string_new(NULL);
	char *first;

	form_page(form, are_drives ? "Controllers" : "Network Adapters");
	each_device(form, pages->settings, are_drives, add_choice, pages);
	g_string_append(choices, "new=Add one");
	first = g_strndup(choices->str, strcspn(choices->str, "="));
	if (is_empty)
		form_note(form, are_drives ? "There are no drives." : "There are no network adapters.");
	else
		form_choice(form, kind_name(are_drives), are_drives ? "Drive" : "Adapter", choices->str,
			    first, "which one the fields below are about");
	each_device(form, pages->settings, are_drives, add_device, pages);
	g_free(first);
	g_string_free(choices, TRUE);
	g_clear_pointer(&list, g_variant_unref);
}

void vm_devices_add_drives(struct form *form, GVariant *settings, gboolean is_off)
{
	struct pages pages = { settings, NULL, is_off, NULL };

	add_page(form, &pages, TRUE);
	form_path(form, "disk", "Attach hard disk", "",
		  "a file, or new:40G for a new one; ,controller=ide|scsi ,readonly ,physical may follow");
	form_path(form, "cdrom", "Insert disc", "",
		  "an ISO image into the DVD drive, or none to eject; a drive is added where there is none");
}

void vm_devices_add_adapters(struct form *form, GVariant *settings, char **switches, gboolean is_off)
{
	struct pages pages = { settings, switches, is_off, NULL };
	char *names;

	add_page(form, &pages, FALSE);
	names = switch_choices(switches, "", "No");
	form_choice(form, "switch", "Add an adapter", names, "", "on this virtual switch");
	if (!is_off)
		form_lock(form, "switch", vm_settings_when_off);
	g_free(names);
}

/* --- what is shown ----------------------------------------------------------------------------------- */

static void hide_device(struct form *form, GVariant *device, gboolean is_drive, const char *place,
			gpointer shown)
{
	struct vmc_setting setting;
	gboolean is_hidden = strcmp(place, shown) != 0;
	char *name;

	for (guint i = 0; vmc_device_setting_at(is_drive, i, &setting); i++) {
		name = field_name(is_drive, place, setting.name);
		form_hide(form, name, is_hidden);
		g_free(name);
	}
	name = field_name(is_drive, place, "remove");
	form_hide(form, name, is_hidden);
	g_free(name);
}

void vm_devices_update(struct form *form, GVariant *settings)
{
	for (int are_drives = 0; are_drives < 2; are_drives++) {
		const char *shown = form_value(form, kind_name(are_drives));
		gboolean is_new = !*shown || strcmp(shown, "new") == 0;

		each_device(form, settings, are_drives, hide_device, (gpointer)shown);
		if (are_drives) {
			form_hide(form, "disk", !is_new);
			form_hide(form, "cdrom", !is_new);
		} else {
			form_hide(form, "switch", !is_new);
		}
	}
}

gboolean vm_devices_check(struct form *form, const char *name, const char *text, char **ret_problem)
{
	gboolean is_drive = g_str_has_prefix(name, "drive.");
	const char *field = strrchr(name, '.');

	*ret_problem = NULL;
	if (!is_drive && !g_str_has_prefix(name, "adapter."))
		return FALSE;
	if (form_differs(form, name) && strcmp(field, ".remove") != 0 && strcmp(text, "yes") != 0 &&
	    strcmp(text, "no") != 0)
		*ret_problem = vmc_device_setting_problem(is_drive, field + 1, text);
	return TRUE;
}

/* --- options ----------------------------------------------------------------------------------------- */

struct collect {
	vm_option_fn fn;
	gpointer opaque;
};

static void add_change(struct form *form, GString *change, gboolean is_drive, const char *place,
		       const char *field, gboolean is_tick)
{
	char *name = field_name(is_drive, place, field);

	if (form_differs(form, name))
		g_string_append_printf(change, ",%s=%s", field,
				       !is_tick			? form_value(form, name)
				       : form_is_on(form, name) ? "true"
								: "false");
	g_free(name);
}

/* The path comes last: it takes what follows. */
static void device_option(struct form *form, GVariant *device, gboolean is_drive, const char *place,
			  gpointer opaque)
{
	struct collect *collect = opaque;
	GString *change = g_string_new(place);
	struct vmc_setting setting;
	char *remove = field_name(is_drive, place, "remove");

	if (form_is_on(form, remove)) {
		if (!is_drive)
			g_string_append(change, ",remove");
		collect->fn(collect->opaque, is_drive ? "detach" : "adapter", change->str);
	} else {
		for (guint i = 0; vmc_device_setting_at(is_drive, i, &setting); i++)
			if (strcmp(setting.name, "path") != 0)
				add_change(form, change, is_drive, place, setting.name,
					   setting.kind == VMC_SETTING_BOOL);
		if (is_drive)
			add_change(form, change, is_drive, place, "path", FALSE);
		if (strchr(change->str, ','))
			collect->fn(collect->opaque, kind_name(is_drive), change->str);
	}
	g_string_free(change, TRUE);
	g_free(remove);
}

void vm_devices_each_option(struct form *form, GVariant *settings, vm_option_fn fn, gpointer opaque)
{
	static const char *const added[] = { "disk", "cdrom", "switch" };
	struct collect collect = { fn, opaque };

	each_device(form, settings, TRUE, device_option, &collect);
	each_device(form, settings, FALSE, device_option, &collect);
	for (guint i = 0; i < G_N_ELEMENTS(added); i++)
		if (form_differs(form, added[i]))
			fn(opaque, added[i], form_value(form, added[i]));
}
