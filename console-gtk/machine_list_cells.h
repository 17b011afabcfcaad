/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of the list of machines: a label each, that follows its machine while it is on the screen. */
#ifndef GUI_MACHINE_LIST_CELLS_H
#define GUI_MACHINE_LIST_CELLS_H

#include "machine_columns.h"

#include <gtk/gtk.h>

struct gui_cells;

/* `on_menu`: a right click, the Menu key, or Shift+F10; `item`: the machine under the pointer, or NULL. */
typedef void (*gui_cell_menu_fn)(double x, double y, gpointer item, gpointer opaque);

struct gui_cells *gui_cells_new(gui_cell_menu_fn on_menu, gpointer opaque);
struct gui_cells *gui_cells_free(struct gui_cells *cells);
/* Where clicks are looked for, and to which x and y belong. */
void gui_cells_attach(struct gui_cells *cells, GtkWidget *widget);
void gui_cells_set_host(struct gui_cells *cells, VmcHost *host);
GtkListItemFactory *gui_cells_factory(struct gui_cells *cells, const struct gui_column *column);
/* Time went by: writes anew what changes with it. */
void gui_cells_tick(struct gui_cells *cells);

#endif
