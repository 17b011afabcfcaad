/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tab Performance: plots of what the machine uses, and what each was at last. */
#include "views/details.h"

#include "client/wording.h"
#include "screen/text.h"
#include "widgets/plot.h"

enum { PLOT_WIDTH_MIN = 24, COLUMNS_MAX = 3, TITLE_GAP = 2 };

typedef char *(*text_fn)(double value);

static char *percent_text(double value)
{
	return g_strdup_printf("%d%%", (int)(value * 100 + 0.5));
}

static char *bytes_text(double value)
{
	return vmc_bytes_text((guint64)value);
}

static char *rate_text(double value)
{
	char *bytes = vmc_bytes_text((guint64)value), *text = g_strconcat(bytes, "/s", NULL);

	g_free(bytes);
	return text;
}

static char *count_text(double value)
{
	return value < 10000 ? g_strdup_printf("%.0f/s", value) : g_strdup_printf("%.0fk/s", value / 1000);
}

/* `floor`: the top of the plot is never less, so that next to nothing looks like nothing. 0: the machine's
 * memory. `more`: what it is made of, in the title where there is room; VMC_MEASURES: nothing. */
static const struct plot {
	const char *title;
	enum vmc_measure measure;
	enum theme_role role;
	double floor;
	text_fn text;
	const char *names[2];
	enum vmc_measure more[2];
	text_fn more_text;
} plots[] = {
	{ "CPU", VMC_CPU, THEME_PLOT_CPU, 1, percent_text, { NULL, NULL }, { 0, 0 }, NULL },
	{ "Memory", VMC_MEMORY, THEME_PLOT_MEMORY, 0, bytes_text, { NULL, NULL }, { 0, 0 }, NULL },
	{ "Disk",
	  VMC_DISK,
	  THEME_PLOT_DISK,
	  1 << 20,
	  rate_text,
	  { "read", "written" },
	  { VMC_DISK_READ, VMC_DISK_WRITTEN },
	  rate_text },
	{ "Network",
	  VMC_NETWORK,
	  THEME_PLOT_NETWORK,
	  1 << 20,
	  rate_text,
	  { "in", "out" },
	  { VMC_NETWORK_RECEIVED, VMC_NETWORK_SENT },
	  rate_text },
	{ "Exits",
	  VMC_EXITS,
	  THEME_PLOT_EXITS,
	  1000,
	  count_text,
	  { "interrupts", NULL },
	  { VMC_INTERRUPTS, 0 },
	  count_text },
};

struct subject {
	struct vmc_samples *samples;
	VmcHost *host;
	VmcObject *machine;
};

/* "1.2 MiB/s", with what it is made of where that has room. Free it. */
static char *value_text(const struct subject *subject, const struct plot *plot, double value, int room)
{
	GString *text = g_string_new(NULL);
	char *all = plot->text(value);

	for (guint i = 0; i < G_N_ELEMENTS(plot->names) && plot->names[i]; i++) {
		double part =
		    vmc_samples_last(subject->samples, subject->host, subject->machine, plot->more[i]);
		char *part_text = part >= 0 ? plot->more_text(part) : NULL;

		if (part_text)
			g_string_append_printf(text, "%s %s  ", plot->names[i], part_text);
		g_free(part_text);
	}
	g_string_append(text, all);
	if (tui_text_width(text->str) > room)
		g_string_assign(text, all);
	g_free(all);
	return g_string_free(text, FALSE);
}

static void draw_plot(const struct subject *subject, const struct tui_area *area, const struct plot *plot)
{
	struct tui_area body = tui_area_part(area, 1, 1, area->width - 2, area->height - 1);
	double values[VMC_SAMPLES_MAX],
	    top = plot->floor > 0 ? plot->floor
				  : (double)(vmc_object_number(subject->machine, "MemoryMib") << 20);
	guint count = vmc_samples_get(subject->samples, subject->host, subject->machine, plot->measure,
				      values, VMC_SAMPLES_MAX);
	int room = area->width - 2 - tui_text_width(plot->title) - TITLE_GAP;
	char *text;

	tui_text(area, 1, 0, -1, plot->role, plot->title);
	if (!count)
		return;
	if (!vmc_samples_has(subject->samples, subject->host, subject->machine, plot->measure)) {
		tui_text_right(area, area->width - 1 - room, 0, room, THEME_DIM,
			       "not counted by this service");
		return;
	}
	for (guint i = 0; i < count; i++)
		top = MAX(top, values[i]);
	text = value_text(subject, plot, values[count - 1], room);
	tui_text_right(area, area->width - 1 - room, 0, room, THEME_TEXT, text);
	tui_plot(&body, plot->role, values, count, top);
	g_free(text);
}

void details_draw_performance(struct details *details, const struct tui_area *area, VmcObject *machine)
{
	const struct subject subject = { details->samples, tui_host(details->view->app), machine };
	int columns = CLAMP(area->width / PLOT_WIDTH_MIN, 1, COLUMNS_MAX);
	int rows = ((int)G_N_ELEMENTS(plots) + columns - 1) / columns;
	int width = area->width / columns, height = MAX(area->height / rows, 2);

	if (!tui_option(details->view->app, "live", TRUE)) {
		tui_text(area, 1, 0, -1, THEME_DIM, "Plots are off; l turns them on.");
		return;
	}
	for (int i = 0; i < (int)G_N_ELEMENTS(plots); i++) {
		struct tui_area part =
		    tui_area_part(area, i % columns * width, i / columns * height, width, height);

		draw_plot(&subject, &part, &plots[i]);
	}
}
