/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Summary: what it is, how it does, and a thumbnail of its screen. */
#include "client/wording.h"
#include "details/facts.h"
#include "details/tabs.h"
#include "details/thumbnail.h"

#include "machine_columns.h"

static GtkWidget *make(struct gui_app *app)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 18);
	GtkWidget *thumbnail = gui_thumbnail_new(app), *facts = gui_facts_new("Summary");

	gtk_widget_set_valign(thumbnail, GTK_ALIGN_START);
	gtk_box_append(GTK_BOX(box), thumbnail);
	gtk_box_append(GTK_BOX(box), facts);
	g_object_set_data(G_OBJECT(box), "thumbnail", thumbnail);
	g_object_set_data(G_OBJECT(box), "facts", facts);
	return box;
}

static char *setting(GVariant *settings, const char *name)
{
	const char *text = "";

	if (settings)
		g_variant_lookup(settings, name, "&s", &text);
	return vmc_plain_text(text);
}

/* Free it; "" while it is not known. */
static char *created_text(GVariant *settings)
{
	char *text = setting(settings, "vm.created");
	GDateTime *time = g_date_time_new_from_iso8601(text, NULL);

	if (time) {
		g_free(text);
		text = vmc_time_text(g_date_time_to_unix(time));
		g_date_time_unref(time);
	}
	return text;
}

static void show_guest(GtkWidget *facts, VmcObject *object)
{
	static const struct {
		const char *property, *name;
	} rows[] = {
		{ "GuestOs", "Guest system" },
		{ "GuestKernel", "Guest kernel" },
		{ "GuestHostName", "Guest name" },
		{ "GuestIpv4", "IP addresses" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		gui_facts_take(facts, rows[i].name,
			       vmc_plain_text(vmc_object_text(object, rows[i].property)));
}

static void show_facts(GtkWidget *facts, VmcHost *host, VmcObject *object, GVariant *settings)
{
	const char *engine = vmc_object_text(object, "Engine");

	gui_facts_take(facts, "Name", vmc_plain_text(vmc_object_text(object, "Name")));
	gui_facts_take(facts, "State", vmc_state_text(vmc_object_text(object, "State")));
	gui_facts_take(facts, "Reason", vmc_plain_text(vmc_object_text(object, "Reason")));
	gui_facts_take(facts, "Since", vmc_time_text((gint64)vmc_object_number(object, "Since")));
	gui_facts_take(facts, "Uptime", vmc_uptime_text((gint64)vmc_object_number(object, "StartedAt")));
	gui_facts_take(facts, "Generation",
		       g_strdup_printf("%u", (guint)vmc_object_number(object, "Generation")));
	gui_facts_take(facts, "Processors",
		       g_strdup_printf("%u", (guint)vmc_object_number(object, "Processors")));
	gui_facts_take(facts, "Memory", vmc_memory_text(vmc_object_number(object, "MemoryMib")));
	gui_facts_take(facts, "Engine",
		       *engine ? g_strdup_printf("%s: %s", engine, vmc_object_text(object, "EngineReason"))
			       : g_strdup(""));
	show_guest(facts, object);
	gui_facts_take(facts, "Created", created_text(settings));
	gui_facts_take(facts, "Creator", setting(settings, "vm.creator"));
	gui_facts_set(facts, "Notes", vmc_object_text(object, "Notes"));
	gui_facts_set(facts, "Identity", vmc_object_text(object, "Id"));
}

static void show(GtkWidget *page, const struct gui_machine *machine, GVariant *settings)
{
	GtkWidget *facts = g_object_get_data(G_OBJECT(page), "facts");
	VmcObject *object = machine ? gui_machine_object(machine) : NULL;

	gui_thumbnail_show(g_object_get_data(G_OBJECT(page), "thumbnail"), machine);
	if (object)
		show_facts(facts, machine->host, object, settings);
	else /* not hidden: what GTK 4.8 finds out of an empty grid that is hidden (its size depends on
		nothing), it keeps */
		gui_facts_clear(facts);
}

const struct gui_tab gui_tab_summary = { "Summar_y", make, show };
