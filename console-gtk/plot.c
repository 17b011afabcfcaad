/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plot.h"

#include <string.h>

enum { TITLE_HEIGHT = 20, LINES = 4 };

struct plot {
	struct gui_theme *theme;
	char *title;
	enum theme_role role;
	double floor_max;
	char *(*format)(double value);
	double values[GUI_SAMPLES_MAX];
	unsigned count;
};

static void free_plot(gpointer opaque)
{
	g_free(((struct plot *)opaque)->title);
	g_free(opaque);
}

/* The next of 1, 2, 5, 10, 20... above the highest value. */
static double scale_of(const struct plot *plot)
{
	static const double steps[] = { 2, 2.5, 2 };
	double max = plot->floor_max, scale = plot->floor_max;

	for (unsigned i = 0; i < plot->count; i++)
		max = MAX(max, plot->values[i]);
	for (unsigned i = 0; scale < max; i = (i + 1) % 3)
		scale *= steps[i];
	return scale;
}

static void set_color(cairo_t *cr, const struct plot *plot, enum theme_role role, double alpha)
{
	GdkRGBA color = gui_theme_color(plot->theme, role, FALSE);

	cairo_set_source_rgba(cr, color.red, color.green, color.blue, alpha);
}

static void draw_text(cairo_t *cr, GtkWidget *widget, const struct plot *plot, const char *text,
		      gboolean at_right, int width)
{
	PangoLayout *layout = gtk_widget_create_pango_layout(widget, text);
	int text_width;

	pango_layout_get_pixel_size(layout, &text_width, NULL);
	set_color(cr, plot, THEME_TEXT, 1);
	cairo_move_to(cr, at_right ? width - text_width : 0, 0);
	pango_cairo_show_layout(cr, layout);
	g_object_unref(layout);
}

static void draw_grid(cairo_t *cr, const struct plot *plot, double top, double width, double height)
{
	set_color(cr, plot, THEME_BORDER, 0.35);
	cairo_set_line_width(cr, 1);
	for (int i = 0; i <= LINES; i++) {
		double y = top + (int)(height * i / LINES) - 0.5;

		cairo_move_to(cr, 0, y);
		cairo_line_to(cr, width, y);
	}
	cairo_stroke(cr);
}

/* A run of values without gaps, as a curve with level tangents between them; then the area below it. */
static void draw_run(cairo_t *cr, const struct plot *plot, unsigned first, unsigned end, double top,
		     double width, double height, double scale)
{
	double step = width / (GUI_SAMPLES_MAX - 1), bottom = top + height;
	double x = width - step * (double)(plot->count - 1 - first);
	double left = x, y = bottom - plot->values[first] / scale * height;
	cairo_path_t *line;

	cairo_move_to(cr, x, y);
	for (unsigned i = first + 1; i < end; i++) {
		double next = bottom - plot->values[i] / scale * height;

		cairo_curve_to(cr, x + step / 2, y, x + step / 2, next, x + step, next);
		x += step;
		y = next;
	}
	line = cairo_copy_path(cr);
	cairo_line_to(cr, x, bottom);
	cairo_line_to(cr, left, bottom);
	cairo_close_path(cr);
	set_color(cr, plot, plot->role, 0.18);
	cairo_fill(cr);
	cairo_append_path(cr, line);
	cairo_path_destroy(line);
	set_color(cr, plot, plot->role, 1);
	cairo_set_line_width(cr, 1.8);
	cairo_stroke(cr);
}

static void draw(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer opaque)
{
	const struct plot *plot = opaque;
	double scale = scale_of(plot), last = plot->count ? plot->values[plot->count - 1] : -1;
	char *now = last < 0 ? g_strdup("–") : plot->format(last), *most = plot->format(scale);
	char *text = g_strdup_printf("%s  (of %s)", now, most);

	draw_text(cr, GTK_WIDGET(area), plot, plot->title, FALSE, width);
	draw_text(cr, GTK_WIDGET(area), plot, text, TRUE, width);
	draw_grid(cr, plot, TITLE_HEIGHT, width, height - TITLE_HEIGHT);
	for (unsigned i = 0; i < plot->count;) {
		unsigned end = i;

		while (end < plot->count && plot->values[end] >= 0)
			end++;
		if (end > i)
			draw_run(cr, plot, i, end, TITLE_HEIGHT, width, height - TITLE_HEIGHT - 1, scale);
		i = end + 1;
	}
	g_free(now);
	g_free(most);
	g_free(text);
}

void gui_plot_set(GtkWidget *widget, const double *values, unsigned count)
{
	struct plot *plot = g_object_get_data(G_OBJECT(widget), "plot");
	char *now, *text;

	if (count == 0 && plot->count == 0)
		return;
	memcpy(plot->values, values, count * sizeof(*values));
	plot->count = count;
	now = count && values[count - 1] >= 0 ? plot->format(values[count - 1]) : g_strdup("not known");
	text = g_strdup_printf("%s: %s", plot->title, now);
	gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	gtk_widget_queue_draw(widget);
	g_free(now);
	g_free(text);
}

GtkWidget *gui_plot_new(struct gui_theme *theme, const char *title, enum theme_role role, double floor_max,
			char *(*format)(double value))
{
	GtkWidget *area =
	    g_object_new(GTK_TYPE_DRAWING_AREA, "accessible-role", GTK_ACCESSIBLE_ROLE_IMG, NULL);
	struct plot *plot = g_new0(struct plot, 1);

	plot->theme = theme;
	plot->title = g_strdup(title);
	plot->role = role;
	plot->floor_max = floor_max;
	plot->format = format;
	gtk_drawing_area_set_content_height(GTK_DRAWING_AREA(area), 84);
	gtk_drawing_area_set_content_width(GTK_DRAWING_AREA(area), 160);
	gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(area), draw, plot, free_plot);
	g_object_set_data(G_OBJECT(area), "plot", plot);
	gtk_widget_set_hexpand(area, TRUE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(area), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
	return area;
}
