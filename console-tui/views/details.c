/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/details.h"

#include "app/call.h"
#include "client/wording.h"
#include "screen/text.h"

#include <string.h>

enum { LABEL = 18, EVENTS_SHOWN = 50 };

static const char *const tab_names[DETAILS_TABS] = { "Summary",	    "Memory",	   "Networking",
						     "Performance", "Checkpoints", "Events" };

void details_init(struct details *details, struct tui_view *view, struct vmc_samples *samples)
{
	memset(details, 0, sizeof(*details));
	details->view = view;
	details->samples = samples;
	details->thumbnail = thumbnail_new(view);
	details->tree = checkpoints_new(view);
}

static void forget(struct details *details)
{
	g_clear_pointer(&details->settings, g_variant_unref);
	g_clear_pointer(&details->events, g_variant_unref);
	details->asked = 0;
	details->scroll = 0;
}

void details_deinit(struct details *details)
{
	forget(details);
	details->thumbnail = thumbnail_free(details->thumbnail);
	details->tree = checkpoints_free(details->tree);
	g_clear_pointer(&details->path, g_free);
}

void details_tick(struct details *details)
{
	thumbnail_tick(details->thumbnail);
}

void details_stale(struct details *details)
{
	details->asked = 0;
}

/* --- answers ----------------------------------------------------------------------------------------- */

struct question {
	struct details *details;
	char *path;
	GVariant **to;
	const char *type;
};

static void on_answer(struct tui_view *view, GVariant *result, const GError *error, gpointer opaque)
{
	struct question *question = opaque;
	struct details *details = question->details;

	if (result && g_strcmp0(question->path, details->path) == 0 &&
	    g_variant_is_of_type(result, G_VARIANT_TYPE(question->type))) {
		g_clear_pointer(question->to, g_variant_unref);
		*question->to = g_variant_get_child_value(result, 0);
	}
	g_free(question->path);
	g_free(question);
}

static struct question *question_new(struct details *details, GVariant **to, const char *type)
{
	struct question *question = g_new0(struct question, 1);

	*question = (struct question){ details, g_strdup(details->path), to, type };
	return question;
}

static void ask(struct details *details, VmcObject *machine)
{
	VmcHost *host = tui_host(details->view->app);
	const char *path = vmc_object_path(machine);
	GVariantBuilder filter;

	if (g_strcmp0(details->path, path) != 0) {
		forget(details);
		g_free(details->path);
		details->path = g_strdup(path);
	}
	if (details->asked)
		return;
	details->asked = g_get_monotonic_time();
	tui_call_vm(details->view, host, path, "GetSettings", NULL, on_answer,
		    question_new(details, &details->settings, "(a{sv})"));
	if (details->tab != DETAILS_EVENTS)
		return;
	g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&filter, "{sv}", "vm", g_variant_new_string(vmc_object_text(machine, "Id")));
	g_variant_builder_add(&filter, "{sv}", "limit", g_variant_new_uint32(EVENTS_SHOWN));
	tui_call(details->view, host, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Query",
		 g_variant_new("(a{sv})", &filter), on_answer,
		 question_new(details, &details->events, "(aa{sv})"));
}

/* --- lines ------------------------------------------------------------------------------------------- */

static int line(const struct tui_area *area, int y, const char *label, const char *text)
{
	if (!*text)
		return y;
	tui_text(area, 1, y, LABEL - 1, THEME_DIM, label);
	tui_text(area, 1 + LABEL, y, -1, THEME_TEXT, text);
	return y + 1;
}

static int property(const struct tui_area *area, int y, VmcObject *machine, const char *label,
		    const char *name)
{
	return line(area, y, label, vmc_object_text(machine, name));
}

/* Takes the text. */
static int line_take(const struct tui_area *area, int y, const char *label, char *text)
{
	y = line(area, y, label, text);
	g_free(text);
	return y;
}

static void draw_summary(struct details *details, const struct tui_area *whole, VmcObject *machine)
{
	gboolean is_live = tui_option(details->view->app, "live", TRUE);
	int left = thumbnail_draw(details->thumbnail, whole, is_live ? machine : NULL);
	struct tui_area part = tui_area_part(whole, 0, 0, left, whole->height), *area = &part;
	const char *state = vmc_object_text(machine, "State"), *reason = vmc_object_text(machine, "Reason");
	char *state_text = vmc_state_text(state), *all;
	guint64 since = vmc_object_number(machine, "Since");
	int y = -details->scroll;

	all = g_strdup_printf("%s%s%s", state_text, *reason ? ": " : "", reason);
	y = line_take(area, y, "State", all);
	if (since)
		y = line_take(area, y, "Since", vmc_time_text((gint64)since));
	y = line_take(area, y, "Generation",
		      g_strdup_printf("%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " virtual processor%s",
				      vmc_object_number(machine, "Generation"),
				      vmc_object_number(machine, "Processors"),
				      vmc_object_number(machine, "Processors") == 1 ? "" : "s"));
	y = property(area, y, machine, "Heartbeat", "Heartbeat");
	y = property(area, y, machine, "Guest", "GuestOs");
	y = property(area, y, machine, "Guest's kernel", "GuestKernel");
	y = property(area, y, machine, "Guest's name", "GuestHostName");
	if (*vmc_object_text(machine, "Engine"))
		y = line_take(area, y, "Engine",
			      g_strdup_printf("%s: %s", vmc_object_text(machine, "Engine"),
					      vmc_object_text(machine, "EngineReason")));
	y = property(area, y, machine, "Notes", "Notes");
	y = property(area, y, machine, "Identity", "Id");
	g_free(state_text);
}

static char *mib_text(guint64 mib)
{
	return mib ? vmc_memory_text(mib) : g_strdup("");
}

static void draw_memory(struct details *details, const struct tui_area *area, VmcObject *machine)
{
	double host = vmc_samples_last(details->samples, tui_host(details->view->app), machine, VMC_MEMORY);
	gboolean is_dynamic = FALSE;
	int y = -details->scroll;

	y = line_take(area, y, "Startup memory", mib_text(vmc_object_number(machine, "MemoryMib")));
	y = line_take(area, y, "Assigned memory", mib_text(vmc_object_number(machine, "MemoryAssignedMib")));
	y = line_take(area, y, "Memory demand", mib_text(vmc_object_number(machine, "MemoryDemandMib")));
	if (details->settings)
		g_variant_lookup(details->settings, "memory.dynamic", "b", &is_dynamic);
	y = line(area, y, "Dynamic memory", details->settings ? is_dynamic ? "on" : "off" : "");
	if (host >= 0)
		line_take(area, y, "Used of the host", vmc_bytes_text((guint64)host));
}

static void draw_network(struct details *details, const struct tui_area *area, VmcObject *machine)
{
	GVariant *adapters = details->settings ? g_variant_lookup_value(details->settings, "adapters",
									G_VARIANT_TYPE("aa{sv}"))
					       : NULL;
	int y = -details->scroll;

	y = property(area, y, machine, "IPv4 addresses", "GuestIpv4");
	y = property(area, y, machine, "IPv6 addresses", "GuestIpv6");
	for (gsize i = 0; adapters && i < g_variant_n_children(adapters); i++) {
		GVariant *adapter = g_variant_get_child_value(adapters, i);
		const char *name = "", *mac = "";
		char *label = g_strdup_printf("Adapter %" G_GSIZE_FORMAT, i);

		g_variant_lookup(adapter, "switch", "&s", &name);
		g_variant_lookup(adapter, "mac", "&s", &mac);
		y = line_take(
		    area, y, label,
		    g_strdup_printf("%s%s%s", *name ? name : "not connected", *mac ? ", " : "", mac));
		g_free(label);
		g_variant_unref(adapter);
	}
	if (adapters && g_variant_n_children(adapters) == 0)
		tui_text(area, 1, y, -1, THEME_DIM, "It has no network adapter; e opens its settings.");
	g_clear_pointer(&adapters, g_variant_unref);
}

static enum theme_role event_role(const char *kind)
{
	return strcmp(kind, "refusal") == 0 || strcmp(kind, "warning") == 0 ? THEME_WARNING : THEME_TEXT;
}

/* The latest first. */
static void draw_events(struct details *details, const struct tui_area *area)
{
	gsize count = details->events ? g_variant_n_children(details->events) : 0;

	if (details->events && count == 0)
		tui_text(area, 1, 0, -1, THEME_DIM, "No events.");
	for (gsize i = 0; i < count; i++) {
		GVariant *event = g_variant_get_child_value(details->events, count - 1 - i);
		const char *kind = "", *text = "", *user = "";
		gint64 time = 0;
		char *when;

		g_variant_lookup(event, "kind", "&s", &kind);
		g_variant_lookup(event, "text", "&s", &text);
		g_variant_lookup(event, "user", "&s", &user);
		g_variant_lookup(event, "time", "x", &time);
		when = vmc_time_text(time / G_USEC_PER_SEC);
		tui_text(area, 1, (int)i - details->scroll, 19, THEME_DIM, when);
		tui_text(area, 21, (int)i - details->scroll, 8, THEME_DIM, user);
		tui_text(area, 30, (int)i - details->scroll, -1, event_role(kind), text);
		g_free(when);
		g_variant_unref(event);
	}
}

/* --- tabs -------------------------------------------------------------------------------------------- */

static gboolean has_tab(const struct details *details, guint tab)
{
	return tab < DETAILS_TABS && (tab != DETAILS_CHECKPOINTS || !details->has_pane);
}

static void draw_tabs(struct details *details, gboolean has_focus)
{
	int x = 1;

	tui_row(&details->tabs, 0, 0, details->tabs.width, has_focus ? THEME_BORDER_FOCUS : THEME_BORDER,
		0x2500);
	for (guint i = 0; i < DETAILS_TABS; i++) {
		if (!has_tab(details, i))
			continue;
		struct tui_area tab =
		    tui_area_part(&details->tabs, x, 0, tui_text_width(tab_names[i]) + 2, 1);

		tui_fill(&tab, THEME_TEXT);
		tui_text(&tab, 1, 0, -1, THEME_DIM, tab_names[i]);
		if (i == details->tab)
			tui_restyle(&tab, has_focus ? THEME_SELECTED : THEME_SELECTED_IDLE);
		x += tab.width + 1;
	}
}

void details_draw(struct details *details, const struct tui_area *area, VmcObject *machine,
		  const char *const *rights, gboolean has_focus)
{
	const struct tui_area *body = &details->body;

	if (!has_tab(details, details->tab))
		details->tab = DETAILS_SUMMARY;

	details->tabs = tui_area_part(area, 0, 0, area->width, 1);
	details->body = tui_area_part(area, 0, 1, area->width, area->height - 1);
	draw_tabs(details, has_focus);
	if (!machine || details->tab != DETAILS_SUMMARY)
		thumbnail_draw(details->thumbnail, body, NULL);
	if (!machine)
		return;
	ask(details, machine);
	switch (details->tab) {
	case DETAILS_SUMMARY: draw_summary(details, body, machine); break;
	case DETAILS_MEMORY: draw_memory(details, body, machine); break;
	case DETAILS_NETWORK: draw_network(details, body, machine); break;
	case DETAILS_PERFORMANCE: details_draw_performance(details, body, machine); break;
	case DETAILS_CHECKPOINTS: checkpoints_draw(details->tree, body, machine, rights, has_focus); break;
	default: draw_events(details, body); break;
	}
}

static void set_tab(struct details *details, guint tab)
{
	details->tab = tab % DETAILS_TABS;
	details->scroll = 0;
	details->asked = 0;
}

gboolean details_choose(struct details *details, guint tab)
{
	if (!has_tab(details, tab))
		return FALSE;
	set_tab(details, tab);
	return TRUE;
}

static void step_tab(struct details *details, guint step)
{
	do
		set_tab(details, details->tab + step);
	while (!has_tab(details, details->tab));
}

gboolean details_command(struct details *details, const char *command)
{
	if (strcmp(command, "tab.next") == 0)
		step_tab(details, 1);
	else if (strcmp(command, "tab.previous") == 0)
		step_tab(details, DETAILS_TABS - 1);
	else if (details->tab == DETAILS_CHECKPOINTS && checkpoints_command(details->tree, command))
		return TRUE;
	else if (strcmp(command, "down") == 0 || strcmp(command, "page.down") == 0)
		details->scroll = MIN(details->scroll + 1, EVENTS_SHOWN);
	else if (strcmp(command, "up") == 0 || strcmp(command, "page.up") == 0)
		details->scroll = MAX(details->scroll - 1, 0);
	else
		return FALSE;
	return TRUE;
}

gboolean details_event(struct details *details, const struct tui_event *event)
{
	int x = 1;

	if (event->kind != TUI_MOUSE)
		return FALSE;
	if (details->tab == DETAILS_CHECKPOINTS && checkpoints_event(details->tree, event))
		return TRUE;
	if (tui_area_has(&details->body, event->x, event->y) &&
	    (event->mouse == TUI_MOUSE_UP || event->mouse == TUI_MOUSE_DOWN))
		return details_command(details, event->mouse == TUI_MOUSE_UP ? "up" : "down");
	if (event->mouse != TUI_MOUSE_PRESS || !tui_area_has(&details->tabs, event->x, event->y))
		return FALSE;
	for (guint i = 0; i < DETAILS_TABS; i++) {
		int width = tui_text_width(tab_names[i]) + 2;

		if (!has_tab(details, i))
			continue;
		if (event->x - details->tabs.x >= x && event->x - details->tabs.x < x + width)
			set_tab(details, i);
		x += width + 1;
	}
	return TRUE;
}
