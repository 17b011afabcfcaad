/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switches/switch_form.h"

#include "file_picker.h"
#include "focus.h"
#include "form.h"

#include <string.h>

/* In the order of the form. */
static const struct look {
	const char *field, *label, *hint;
	char kind; /* t: text, d: a folder, l: lines, b: on or off, n: number, a: an adapter of the host */
} looks[] = {
	{ "name", "N_ame:", NULL, 't' },
	{ "notes", "N_otes:", NULL, 'l' },
	{ "network", "Ne_twork:",
	  "The addresses of machines on it, such as 10.0.2.0/24; the first one is the gateway.", 't' },
	{ "dhcp", "Give addresses by _DHCP", NULL, 'b' },
	{ "ipv6", "IPv_6, too", NULL, 'b' },
	{ "host-services", "Machines reach _services of this host",
	  "Those that listen on 127.0.0.1, at the gateway's address.", 'b' },
	{ "forward", "_Port forwards:",
	  "One a line: [tcp:|udp:]PORT:ADDRESS:PORT, of this host and of a machine, such as "
	  "tcp:2222:10.0.2.15:22.",
	  'l' },
	{ "tftp-folder", "Network _boot folder:",
	  "Machines that boot from the network get its files, which everybody must be able to read; empty: none.",
	  'd' },
	{ "boot-file", "Boot _file:", "What those start: a file of that folder, or a URL.", 't' },
	{ "adapter", "_Host adapter:", "The adapter of this host whose network machines are to be in.", 'a' },
	{ "shared", "Allow this host to _share the adapter", "Otherwise it belongs to the machines alone.",
	  'b' },
	{ "address", "Add_ress of this host:", "On the switch, such as 192.168.50.1/24; empty: none.", 't' },
	{ "vlan", "V_LAN identifier:", "Of the host's own side of it; 0: none.", 'n' },
	{ "mac-range", "_MAC addresses:",
	  "From which adapters without an address of their own get one: the first and the last.", 't' },
};

enum { FIELDS = G_N_ELEMENTS(looks), KINDS_MAX = 8, VLAN_MAX = 4094 };

static const char *const titles[][2] = {
	{ "nat", "_NAT" }, { "private", "Pri_vate" }, { "internal", "_Internal" }, { "external", "_External" }
};

struct gui_switch_form {
	GtkWidget *form, *fields[FIELDS], *kinds[KINDS_MAX], *warning;
	char *kind_names[KINDS_MAX];
	unsigned kinds_count;
	struct vmc_switch_draft *draft;
	void (*on_changed)(gpointer opaque);
	gpointer opaque;
	gboolean is_filling;
};

GtkWidget *gui_switch_form_widget(struct gui_switch_form *form)
{
	return form->form;
}

struct vmc_switch_draft *gui_switch_form_draft(struct gui_switch_form *form)
{
	return form->draft;
}

gboolean gui_switch_form_is_external(struct gui_switch_form *form)
{
	return vmc_switch_draft_has(form->draft, "adapter");
}

/* --- values -------------------------------------------------------------------------------------------- */

static char *value_of(struct gui_switch_form *form, unsigned i)
{
	GtkWidget *field = form->fields[i];
	const char *name;

	switch (looks[i].kind) {
	case 'l': return gui_form_lines_text(field);
	case 'b': return g_strdup(gui_form_is_on(field) ? "on" : "off");
	case 'n': return g_strdup_printf("%.0f", gui_form_number(field));
	case 'a':
		name = g_object_get_data(gtk_drop_down_get_selected_item(GTK_DROP_DOWN(field)), "name");
		return g_strdup(name ? name : "");
	default: return g_strdup(gui_form_value(field));
	}
}

/* FALSE: marked. */
static gboolean take(struct gui_switch_form *form, unsigned i)
{
	char *value = value_of(form, i);
	GError *error = NULL;
	gboolean is_good = vmc_switch_draft_set(form->draft, looks[i].field, value, &error);

	gui_form_set_error(form->fields[i], error ? error->message : NULL);
	g_clear_error(&error);
	g_free(value);
	return is_good;
}

gboolean gui_switch_form_check(struct gui_switch_form *form)
{
	const char *field = NULL;
	GError *error = NULL;
	gboolean is_good = TRUE;

	for (unsigned i = 0; i < FIELDS; i++)
		if (vmc_switch_draft_has(form->draft, looks[i].field))
			is_good &= take(form, i);
	if (!is_good || vmc_switch_draft_check(form->draft, &field, &error))
		return is_good;
	for (unsigned i = 0; i < FIELDS; i++)
		if (g_strcmp0(looks[i].field, field) == 0)
			gui_form_set_error(form->fields[i], error->message);
	g_error_free(error);
	return FALSE;
}

static void show_fields(struct gui_switch_form *form)
{
	for (unsigned i = 0; i < FIELDS; i++)
		gui_form_show(form->fields[i], vmc_switch_draft_has(form->draft, looks[i].field));
	gtk_widget_set_visible(form->warning, gui_switch_form_is_external(form));
}

/* What was typed counts at once, and what is wrong with it is said; but an empty name is no mistake yet. */
static void on_field(struct gui_switch_form *form)
{
	if (form->is_filling)
		return;
	for (unsigned i = 0; i < FIELDS; i++)
		if (vmc_switch_draft_has(form->draft, looks[i].field))
			take(form, i);
	if (looks[0].kind == 't' && !*gui_form_value(form->fields[0]))
		gui_form_set_error(form->fields[0], NULL);
	form->on_changed(form->opaque);
}

/* --- fields -------------------------------------------------------------------------------------------- */

/* "eth0, 192.168.1.5/24"; the one that it has stays even when the host has it no more. */
static GtkWidget *make_adapters(struct gui_switch_form *form, const struct look *look, GVariant *adapters,
				const char *now)
{
	GtkStringList *list = gtk_string_list_new(NULL);
	GtkWidget *drop = gtk_drop_down_new(G_LIST_MODEL(list), NULL);
	gboolean is_there = !*now;

	gtk_string_list_append(list, "Choose one");
	for (gsize i = 0; adapters && i <= g_variant_n_children(adapters); i++) {
		gboolean is_last = i == g_variant_n_children(adapters);
		GVariant *item = is_last ? NULL : g_variant_get_child_value(adapters, i);
		const char *name = now, *used = "";
		char **addresses = NULL, *joined, *text;
		GObject *entry;

		if (item) {
			g_variant_lookup(item, "name", "&s", &name);
			g_variant_lookup(item, "used-by", "&s", &used);
			g_variant_lookup(item, "addresses", "^as", &addresses);
		}
		is_there |= item && strcmp(name, now) == 0;
		if (!is_last || !is_there) {
			joined = addresses ? g_strjoinv(", ", addresses) : g_strdup("");
			text = g_strdup_printf("%s%s%s%s%s", name, *joined ? ", " : "", joined,
					       *used ? ", used by " : "", used);
			gtk_string_list_append(list, text);
			entry = g_list_model_get_item(G_LIST_MODEL(list),
						      g_list_model_get_n_items(G_LIST_MODEL(list)) - 1);
			g_object_set_data_full(entry, "name", g_strdup(name), g_free);
			if (strcmp(name, now) == 0)
				gtk_drop_down_set_selected(GTK_DROP_DOWN(drop),
							   g_list_model_get_n_items(G_LIST_MODEL(list)) - 1);
			g_object_unref(entry);
			g_free(text);
			g_free(joined);
		}
		g_strfreev(addresses);
		g_clear_pointer(&item, g_variant_unref);
	}
	gui_form_widget(form->form, look->label, drop, look->hint);
	return drop;
}

static GtkWidget *make_field(struct gui_switch_form *form, const struct look *look,
			     const struct gui_switch_form_texts *texts)
{
	char *now = vmc_switch_draft_get(form->draft, look->field);
	const char *text = now ? now : "";
	GtkWidget *field;

	switch (look->kind) {
	case 'l': field = gui_form_lines(form->form, look->label, text, look->hint); break;
	case 'b':
		field = gui_form_check(form->form, look->label,
				       strcmp(text, "on") == 0 || strcmp(text, "true") == 0, look->hint);
		break;
	case 'n':
		field = gui_form_spin(form->form, look->label, 0, VLAN_MAX, g_ascii_strtod(text, NULL),
				      look->hint);
		break;
	case 'a': field = make_adapters(form, look, texts->adapters, text); break;
	default: field = gui_form_entry(form->form, look->label, text, look->hint);
	}
	if (look->kind == 'd')
		gui_file_field(field, texts->place, GUI_PICK_FOLDER, NULL);
	gui_form_watch(field, G_CALLBACK(on_field), form);
	g_free(now);
	return field;
}

/* --- kinds --------------------------------------------------------------------------------------------- */

static void on_kind(GtkCheckButton *button, gpointer opaque)
{
	struct gui_switch_form *form = opaque;

	for (unsigned i = 0; i < form->kinds_count; i++)
		if (gui_form_is_on(form->kinds[i]))
			vmc_switch_draft_set(form->draft, "kind", form->kind_names[i], NULL);
	show_fields(form);
	on_field(form);
}

static const char *title_of(const char *kind)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++)
		if (strcmp(titles[i][0], kind) == 0)
			return titles[i][1];
	return kind;
}

static void add_kinds(struct gui_switch_form *form, GVariant *kinds)
{
	const char *kind, *text, *why;
	GtkWidget *first = NULL;
	gboolean is_possible;
	GVariantIter iter;

	if (!kinds)
		return;
	gui_form_heading(form->form, "What kind of switch");
	g_variant_iter_init(&iter, kinds);
	while (form->kinds_count < KINDS_MAX &&
	       g_variant_iter_next(&iter, "(&s&sb&s)", &kind, &text, &is_possible, &why)) {
		char *hint = g_strdup_printf("%c%s.%s%s", g_ascii_toupper(text[0]), *text ? text + 1 : "",
					     is_possible ? "" : " Not here: ", is_possible ? "" : why);
		GtkWidget *radio = gui_form_radio(form->form, title_of(kind), first, hint);

		first = first ? first : radio;
		gui_form_refuse(radio, is_possible ? NULL : why);
		form->kinds[form->kinds_count] = radio;
		form->kind_names[form->kinds_count++] = g_strdup(kind);
		g_signal_connect(radio, "toggled", G_CALLBACK(on_kind), form);
		g_free(hint);
	}
}

static void free_form(gpointer opaque)
{
	struct gui_switch_form *form = opaque;

	for (unsigned i = 0; i < form->kinds_count; i++)
		g_free(form->kind_names[i]);
	vmc_switch_draft_free(form->draft);
	g_free(form);
}

struct gui_switch_form *gui_switch_form_new(GVariant *existing, const struct gui_switch_form_texts *texts,
					    void (*on_changed)(gpointer opaque), gpointer opaque)
{
	struct gui_switch_form *form = g_new0(struct gui_switch_form, 1);

	form->form = gui_form_new();
	form->draft = vmc_switch_draft_new(existing);
	form->on_changed = on_changed;
	form->opaque = opaque;
	form->is_filling = TRUE;
	g_object_set_data_full(G_OBJECT(form->form), "switch-form", form, free_form);
	if (!existing)
		add_kinds(form, texts->kinds);
	gui_form_heading(form->form,
			 existing ? "Its settings" : "Its settings, all of which can be changed later");
	for (unsigned i = 0; i < FIELDS; i++)
		form->fields[i] = make_field(form, &looks[i], texts);
	form->warning =
	    gtk_label_new("The host's own connection may be interrupted, or lost, when this is applied: "
			  "do it from a place that does not depend on this adapter.");
	gtk_label_set_wrap(GTK_LABEL(form->warning), TRUE);
	gtk_label_set_xalign(GTK_LABEL(form->warning), 0);
	gtk_widget_add_css_class(form->warning, "warning");
	gui_form_widget(form->form, NULL, form->warning, NULL);
	show_fields(form);
	form->is_filling = FALSE;
	return form;
}
