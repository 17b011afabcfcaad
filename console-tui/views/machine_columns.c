/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/machines.h"

#include "client/job_text.h"
#include "client/wording.h"

#include <string.h>

enum {
	NAME,
	STATE,
	CPU,
	MEMORY,
	UPTIME,
	STATUS,
	HEARTBEAT,
	ADDRESS,
	ENGINE,
	PROCESSORS,
	GENERATION,
	GROUP,
	NOTES
};

/* clang-format off */
const struct machine_column machine_columns[] = {
	[NAME] = { "name", "Name", 0, FALSE, TRUE, 0 },
	[STATE] = { "state", "State", 12, FALSE, TRUE, 1 },
	[CPU] = { "cpu", "CPU", 5, TRUE, TRUE, 4 },
	[MEMORY] = { "memory", "Memory", 8, TRUE, TRUE, 3 },
	[UPTIME] = { "uptime", "Uptime", 11, TRUE, TRUE, 5 },
	[STATUS] = { "status", "Status", 18, FALSE, TRUE, 6, TRUE },
	[HEARTBEAT] = { "heartbeat", "Heartbeat", 9, FALSE, FALSE, 7 },
	[ADDRESS] = { "address", "IP Address", 15, FALSE, FALSE, 7 },
	[ENGINE] = { "engine", "Engine", 10, FALSE, FALSE, 8 },
	[PROCESSORS] = { "processors", "VPs", 3, TRUE, FALSE, 8 },
	[GENERATION] = { "generation", "Gen", 3, TRUE, FALSE, 9 },
	[GROUP] = { "group", "Group", 10, FALSE, FALSE, 9 },
	[NOTES] = { "notes", "Notes", 20, FALSE, FALSE, 10, TRUE },
};
/* clang-format on */
const guint machine_columns_count = G_N_ELEMENTS(machine_columns);

gboolean machine_column_is_shown(struct tui_app *app, guint column)
{
	char *option = g_strconcat("column-", machine_columns[column].name, NULL);
	gboolean is_shown = column == NAME || tui_option(app, option, machine_columns[column].is_shown_first);

	g_free(option);
	return is_shown;
}

enum theme_role machine_state_role(const char *state)
{
	if (strstr(state, "critical"))
		return THEME_CRITICAL;
	if (strcmp(state, "running") == 0)
		return THEME_RUNNING;
	if (strcmp(state, "off") == 0)
		return THEME_OFF;
	if (strcmp(state, "paused") == 0)
		return THEME_PAUSED;
	return strcmp(state, "saved") == 0 ? THEME_SAVED : THEME_BUSY;
}

/* So that colour is never the only sign. */
guint32 machine_state_symbol(const char *state)
{
	switch (machine_state_role(state)) {
	case THEME_CRITICAL: return '!';
	case THEME_RUNNING: return 0x25b6;
	case THEME_OFF: return 0x25cb;
	case THEME_PAUSED: return 0x2016;
	case THEME_SAVED: return 0x25a0;
	default: return 0x25d0;
	}
}

char *machine_group(struct tui_app *app, VmcObject *machine)
{
	char *group =
	    g_key_file_get_string(tui_preferences(app), "groups", vmc_object_text(machine, "Id"), NULL);

	return group ? group : g_strdup("");
}

void machine_set_group(struct tui_app *app, VmcObject *machine, const char *group)
{
	const char *id = vmc_object_text(machine, "Id");

	if (*group)
		g_key_file_set_string(tui_preferences(app), "groups", id, group);
	else
		g_key_file_remove_key(tui_preferences(app), "groups", id, NULL);
	tui_preferences_changed(app);
}

static char *job_text(VmcHost *host, VmcObject *machine)
{
	VmcObject *job = machines_job(host, machine);
	char *left, *text;

	if (!job)
		return g_strdup(vmc_object_text(machine, "Reason"));
	left = vmc_job_left(job);
	text = g_strdup_printf("%d%% %s%s%s", (int)(vmc_object_fraction(job, "Progress") * 100),
			       vmc_object_text(job, "Title"), *left ? ", " : "", left);
	g_free(left);
	return text;
}

/* Seconds only while they are kept up to date. */
static char *uptime_text(struct tui_app *app, VmcObject *machine)
{
	gint64 started = (gint64)vmc_object_number(machine, "StartedAt");
	char *text = vmc_uptime_text(started);

	if (started && !tui_option(app, "live", TRUE) && strlen(text) > 3)
		text[strlen(text) - 3] = '\0';
	return text;
}

static guint64 memory_of(VmcObject *machine)
{
	guint64 assigned = vmc_object_number(machine, "MemoryAssignedMib");

	return assigned ? assigned : vmc_object_number(machine, "MemoryMib");
}

static char *cpu_text(struct vmc_samples *samples, VmcHost *host, VmcObject *machine)
{
	double value =
	    vmc_object_number(machine, "WorkerPid") ? vmc_samples_last(samples, host, machine, VMC_CPU) : -1;

	return value < 0 ? g_strdup("") : g_strdup_printf("%d%%", (int)(value * 100 + 0.5));
}

char *machine_column_text(struct tui_app *app, struct vmc_samples *samples, VmcHost *host, VmcObject *machine,
			  guint column)
{
	switch (column) {
	case NAME: return g_strdup(vmc_object_text(machine, "Name"));
	case STATE: return vmc_state_text(vmc_object_text(machine, "State"));
	case CPU: return cpu_text(samples, host, machine);
	case MEMORY: return vmc_memory_text(memory_of(machine));
	case UPTIME: return uptime_text(app, machine);
	case STATUS: return job_text(host, machine);
	case HEARTBEAT: return g_strdup(vmc_object_text(machine, "Heartbeat"));
	case ADDRESS: return g_strdup(vmc_object_text(machine, "GuestIpv4"));
	case ENGINE: return g_strdup(vmc_object_text(machine, "Engine"));
	case PROCESSORS:
		return g_strdup_printf("%" G_GUINT64_FORMAT, vmc_object_number(machine, "Processors"));
	case GENERATION:
		return g_strdup_printf("%" G_GUINT64_FORMAT, vmc_object_number(machine, "Generation"));
	case GROUP: return machine_group(app, machine);
	default: return g_strdup(vmc_object_text(machine, "Notes"));
	}
}

static int compare_numbers(double a, double b)
{
	return a < b ? -1 : a > b;
}

int machine_column_compare(struct vmc_samples *samples, VmcHost *host, VmcObject *a, VmcObject *b,
			   guint column)
{
	static const char *const properties[] = {
		[STATE] = "State",   [HEARTBEAT] = "Heartbeat", [ADDRESS] = "GuestIpv4",
		[ENGINE] = "Engine", [NOTES] = "Notes",		[STATUS] = "Reason",
	};

	switch (column) {
	case CPU:
		return compare_numbers(vmc_samples_last(samples, host, b, VMC_CPU),
				       vmc_samples_last(samples, host, a, VMC_CPU));
	case MEMORY: return compare_numbers((double)memory_of(b), (double)memory_of(a));
	case UPTIME:
		return compare_numbers((double)vmc_object_number(a, "StartedAt") - 1,
				       (double)vmc_object_number(b, "StartedAt") - 1);
	case PROCESSORS:
	case GENERATION: {
		const char *name = column == PROCESSORS ? "Processors" : "Generation";

		return compare_numbers((double)vmc_object_number(a, name),
				       (double)vmc_object_number(b, name));
	}
	default: break;
	}
	if (column >= G_N_ELEMENTS(properties) || !properties[column])
		return 0; /* by name, as they come */
	return strcmp(vmc_object_text(a, properties[column]), vmc_object_text(b, properties[column]));
}
