/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial console of a connection: a terminal on the machine's COM 1, here or through ssh. */
#ifndef GUI_SERIAL_H
#define GUI_SERIAL_H

#include "app.h"
#include "machine.h"

struct gui_serial;

struct gui_serial *gui_serial_new(struct gui_app *app, const struct gui_machine *machine);
struct gui_serial *gui_serial_free(struct gui_serial *serial);
GtkWidget *gui_serial_widget(struct gui_serial *serial);
void gui_serial_set_running(struct gui_serial *serial, gboolean is_running);
/* Types here, even when somebody else did; he is told. */
void gui_serial_take_over(struct gui_serial *serial);
void gui_serial_paste(struct gui_serial *serial);
void gui_serial_copy(struct gui_serial *serial);
/* The palette changed. */
void gui_serial_restyle(struct gui_serial *serial);

#endif
