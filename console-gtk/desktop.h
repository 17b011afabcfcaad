/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the desktop prefers: light or dark, by the setting "color-scheme" of its portal (freedesktop.org,
 * "XDG Desktop Portal", org.freedesktop.portal.Settings), else by the name of the GTK theme. Nothing waits:
 * the portal's answer comes later, as a change.
 */
#ifndef GUI_DESKTOP_H
#define GUI_DESKTOP_H

#include <gtk/gtk.h>

struct gui_desktop;

struct gui_desktop *gui_desktop_new(void (*on_changed)(gpointer), gpointer opaque);
struct gui_desktop *gui_desktop_free(struct gui_desktop *desktop);
gboolean gui_desktop_prefers_dark(const struct gui_desktop *desktop);

#endif
