/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine_columns.h"

#include "samples.h"

#include "client/wording.h"

#include <string.h>

static const struct {
	const char *state, *class, *icon;
} looks[] = {
	{ "running", "state-running", "media-playback-start-symbolic" },
	{ "off", "state-off", "media-playback-stop-symbolic" },
	{ "paused", "state-paused", "media-playback-pause-symbolic" },
	{ "saved", "state-saved", "document-save-symbolic" },
	{ "starting", "state-busy", "content-loading-symbolic" },
	{ "saving", "state-busy", "content-loading-symbolic" },
	{ "stopping", "state-busy", "content-loading-symbolic" },
};

const char *gui_state_class(const char *state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(looks); i++)
		if (strcmp(looks[i].state, state) == 0)
			return looks[i].class;
	return "state-critical";
}

const char *gui_state_icon(const char *state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(looks); i++)
		if (strcmp(looks[i].state, state) == 0)
			return looks[i].icon;
	return "dialog-warning-symbolic";
}

VmcObject *gui_job_of(VmcHost *host, const char *path)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	GListModel *jobs = inventory ? vmc_inventory_jobs(inventory) : NULL;

	for (guint i = 0; jobs && i < g_list_model_get_n_items(jobs); i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);

		g_object_unref(job); /* the list has it */
		if (strcmp(vmc_object_text(job, "VirtualMachine"), path) == 0 &&
		    strcmp(vmc_object_text(job, "State"), "running") == 0)
			return job;
	}
	return NULL;
}

/* --- texts ----------------------------------------------------------------------------------------- */

static char *name_text(VmcHost *host, VmcObject *machine)
{
	return vmc_plain_text(vmc_object_text(machine, "Name"));
}

static char *state_text(VmcHost *host, VmcObject *machine)
{
	return vmc_state_text(vmc_object_text(machine, "State"));
}

static gboolean has_worker(VmcObject *machine)
{
	return vmc_object_number(machine, "WorkerPid") != 0;
}

static char *cpu_text(VmcHost *host, VmcObject *machine)
{
	double percent = gui_samples_cpu(host, vmc_object_path(machine));

	return has_worker(machine) && percent >= 0 ? g_strdup_printf("%.0f %%", percent) : g_strdup("");
}

static guint64 memory_of(VmcObject *machine)
{
	guint64 assigned = vmc_object_number(machine, "MemoryAssignedMib");

	return !has_worker(machine) ? 0 : assigned ? assigned : vmc_object_number(machine, "MemoryMib");
}

static char *memory_text(VmcHost *host, VmcObject *machine)
{
	guint64 mib = memory_of(machine);

	return mib ? vmc_memory_text(mib) : g_strdup("");
}

static char *uptime_text(VmcHost *host, VmcObject *machine)
{
	return vmc_uptime_text((gint64)vmc_object_number(machine, "StartedAt"));
}

static char *status_text(VmcHost *host, VmcObject *machine)
{
	VmcObject *job = gui_job_of(host, vmc_object_path(machine));
	char *title, *text;

	if (!job)
		return vmc_plain_text(vmc_object_text(machine, "Reason"));
	title = vmc_plain_text(vmc_object_text(job, "Title"));
	text = g_strdup_printf("%s (%.0f %%)", title, vmc_object_fraction(job, "Progress") * 100);
	g_free(title);
	return text;
}

static char *heartbeat_text(VmcHost *host, VmcObject *machine)
{
	static const struct {
		const char *value, *text;
	} texts[] = { { "ok", "OK" }, { "none", "No Contact" }, { "lost", "Lost Communication" } };
	const char *value = vmc_object_text(machine, "Heartbeat");

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strcmp(texts[i].value, value) == 0)
			return g_strdup(texts[i].text);
	return g_strdup("");
}

static char *address_text(VmcHost *host, VmcObject *machine)
{
	return vmc_plain_text(vmc_object_text(machine, "GuestIpv4"));
}

static char *engine_text(VmcHost *host, VmcObject *machine)
{
	return vmc_plain_text(vmc_object_text(machine, "Engine"));
}

static char *confinement_text(VmcHost *host, VmcObject *machine)
{
	return has_worker(machine) ? gui_samples_confinement(host, vmc_object_path(machine)) : g_strdup("");
}

static char *notes_text(VmcHost *host, VmcObject *machine)
{
	return vmc_plain_text(vmc_object_text(machine, "Notes"));
}

/* --- order ----------------------------------------------------------------------------------------- */

static int by_number(guint64 a, guint64 b)
{
	return a < b ? -1 : a > b;
}

static int by_memory(VmcObject *a, VmcObject *b)
{
	return by_number(memory_of(a), memory_of(b));
}

/* What runs longest comes last; what is off comes first. */
static int by_uptime(VmcObject *a, VmcObject *b)
{
	guint64 x = vmc_object_number(a, "StartedAt"), y = vmc_object_number(b, "StartedAt");

	return by_number(x ? G_MAXUINT64 - x : 0, y ? G_MAXUINT64 - y : 0);
}

/* clang-format off */
const struct gui_column gui_columns[] = {
	{ "name", "Name", 20, FALSE, FALSE, name_text, NULL },
	{ "state", "State", 21, FALSE, FALSE, state_text, NULL },
	{ "cpu", "CPU Usage", 15, FALSE, TRUE, cpu_text, NULL },
	{ "memory", "Assigned Memory", 22, FALSE, FALSE, memory_text, by_memory },
	{ "uptime", "Uptime", 13, FALSE, TRUE, uptime_text, by_uptime },
	{ "status", "Status", 0, FALSE, FALSE, status_text, NULL },
	{ "heartbeat", "Heartbeat", 17, TRUE, FALSE, heartbeat_text, NULL },
	{ "address", "IP Address", 16, TRUE, FALSE, address_text, NULL },
	{ "engine", "Engine", 12, TRUE, FALSE, engine_text, NULL },
	{ "confinement", "Confinement", 20, TRUE, TRUE, confinement_text, NULL },
	{ "notes", "Notes", 28, TRUE, FALSE, notes_text, NULL },
};
/* clang-format on */
const unsigned gui_columns_count = G_N_ELEMENTS(gui_columns);

int gui_column_compare(const struct gui_column *column, VmcHost *host, VmcObject *a, VmcObject *b)
{
	char *x, *y;
	int order;

	if (column->compare)
		return column->compare(a, b);
	if (strcmp(column->id, "cpu") == 0) {
		double p = gui_samples_cpu(host, vmc_object_path(a)),
		       q = gui_samples_cpu(host, vmc_object_path(b));

		return p < q ? -1 : p > q;
	}
	x = column->text(host, a);
	y = column->text(host, b);
	order = g_utf8_collate(x, y);
	g_free(x);
	g_free(y);
	return order;
}
