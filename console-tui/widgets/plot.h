/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small plots: eighths of a cell in height, a column for each value, the latest at the right. */
#ifndef WIDGETS_PLOT_H
#define WIDGETS_PLOT_H

#include "screen/cells.h"

/* `most` is the value at the top. */
void tui_plot(const struct tui_area *area, enum theme_role role, const double *values, guint count,
	      double most);

#endif
