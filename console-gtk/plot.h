/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plot of a value over the last two minutes: a smooth line with its area, its name, and its value now. */
#ifndef GUI_PLOT_H
#define GUI_PLOT_H

#include "samples.h"
#include "theme.h"

/* `role`: its colour. `format`: makes a text of a value; free it. `floor_max`: the scale is never smaller. */
GtkWidget *gui_plot_new(struct gui_theme *theme, const char *title, enum theme_role role, double floor_max,
			char *(*format)(double value));
/* Newest last; negative ones are gaps. */
void gui_plot_set(GtkWidget *plot, const double *values, unsigned count);

#endif
