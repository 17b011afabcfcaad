/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "widgets/plot.h"

void tui_plot(const struct tui_area *area, enum theme_role role, const double *values, guint count,
	      double most)
{
	int start = area->width - (int)MIN(count, (guint)area->width);

	tui_row(area, 0, area->height - 1, area->width, THEME_DIM, area->surface->is_ascii ? '.' : 0xb7);
	for (int x = MAX(start, 0); x < area->width; x++) {
		double value = values[(int)count - (area->width - x)];
		int eighths = most > 0 ? (int)(CLAMP(value / most, 0, 1) * area->height * 8 + 0.5) : 0;

		for (int y = area->height - 1; y >= 0 && eighths > 0; y--, eighths -= 8)
			tui_put(area, x, y, role, 0x2580u + (guint32)MIN(eighths, 8));
	}
}
