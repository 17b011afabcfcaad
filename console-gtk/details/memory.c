/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: what it was given, what it asks for, and what the host pays for it. */
#include "client/wording.h"
#include "details/facts.h"
#include "details/tabs.h"

#include "samples.h"

static GtkWidget *make(struct gui_app *app)
{
	return gui_facts_new("Memory");
}

static char *mib(guint64 value)
{
	return value ? vmc_memory_text(value) : g_strdup("");
}

static void show(GtkWidget *page, const struct gui_machine *machine, GVariant *settings)
{
	VmcObject *object = machine ? gui_machine_object(machine) : NULL;
	gboolean is_dynamic = FALSE;
	guint64 value = 0;
	double used;

	gtk_widget_set_visible(page, object != NULL);
	if (!object)
		return;
	used = gui_samples_last(machine->host, machine->path, VMC_MEMORY);
	gui_facts_take(page, "Startup memory", mib(vmc_object_number(object, "MemoryMib")));
	if (settings)
		g_variant_lookup(settings, "memory.dynamic", "b", &is_dynamic);
	gui_facts_set(page, "Dynamic memory", is_dynamic ? "Yes" : "No");
	if (is_dynamic && g_variant_lookup(settings, "memory.minimum-mib", "t", &value))
		gui_facts_take(page, "Minimum", mib(value));
	if (is_dynamic && g_variant_lookup(settings, "memory.maximum-mib", "t", &value))
		gui_facts_take(page, "Maximum", mib(value));
	gui_facts_take(page, "Assigned memory", mib(vmc_object_number(object, "MemoryAssignedMib")));
	gui_facts_take(page, "Memory demand", mib(vmc_object_number(object, "MemoryDemandMib")));
	gui_facts_take(page, "In use on the host", used > 0 ? vmc_bytes_text((guint64)used) : g_strdup(""));
}

const struct gui_tab gui_tab_memory = { "_Memory", make, show };
