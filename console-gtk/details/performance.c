/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Performance: plots of what it used in the last two minutes. */
#include "client/wording.h"
#include "details/tabs.h"

#include "plot.h"

static char *percent_text(double value)
{
	return g_strdup_printf("%.0f %%", value);
}

static char *bytes_text(double value)
{
	return vmc_bytes_text((guint64)value);
}

static char *rate_text(double value)
{
	char *bytes = vmc_bytes_text((guint64)value), *text = g_strdup_printf("%s/s", bytes);

	g_free(bytes);
	return text;
}

static char *count_text(double value)
{
	return g_strdup_printf("%.0f /s", value);
}

static const struct {
	enum vmc_measure measure;
	const char *title;
	enum theme_role role;
	double scale; /* of the measure, for people */
	double floor_max;
	char *(*format)(double value);
} plots[] = {
	{ VMC_CPU, "CPU", THEME_PLOT_CPU, 100, 100, percent_text },
	{ VMC_MEMORY, "Memory", THEME_PLOT_MEMORY, 1, 64 << 20, bytes_text },
	{ VMC_DISK, "Disk", THEME_PLOT_DISK, 1, 1 << 20, rate_text },
	{ VMC_NETWORK, "Network", THEME_PLOT_NETWORK, 1, 128 << 10, rate_text },
	{ VMC_EXITS, "Exits", THEME_ACCENT, 1, 1000, count_text },
	{ VMC_INTERRUPTS, "VMBus Interrupts", THEME_GOOD, 1, 100, count_text },
};

static GtkWidget *make(struct gui_app *app)
{
	GtkWidget *grid = gtk_grid_new();

	gtk_grid_set_column_spacing(GTK_GRID(grid), 24);
	gtk_grid_set_row_spacing(GTK_GRID(grid), 12);
	gtk_grid_set_column_homogeneous(GTK_GRID(grid), TRUE);
	for (int i = 0; i < (int)G_N_ELEMENTS(plots); i++) {
		GtkWidget *plot = gui_plot_new(app->theme, plots[i].title, plots[i].role, plots[i].floor_max,
					       plots[i].format);

		gtk_grid_attach(GTK_GRID(grid), plot, i % 3, i / 3, 1, 1);
		g_object_set_data(G_OBJECT(grid), plots[i].title, plot);
	}
	return grid;
}

static void show(GtkWidget *page, const struct gui_machine *machine, GVariant *settings)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(plots); i++) {
		double values[GUI_SAMPLES_MAX];
		unsigned count =
		    machine ? gui_samples_get(machine->host, machine->path, plots[i].measure, values) : 0;

		for (unsigned j = 0; j < count; j++)
			values[j] *= plots[i].scale;
		gui_plot_set(g_object_get_data(G_OBJECT(page), plots[i].title), values, count);
	}
}

const struct gui_tab gui_tab_performance = { "_Performance", make, show };
