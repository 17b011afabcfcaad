/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The palettes of themes/ as CSS: each role becomes two named colours, @ROLE_fg and @ROLE_bg, which style.css
 * uses; another theme only defines other colours, so that it is switched live.
 *
 * "auto": dark or light, as the desktop prefers, and with it when it changes.
 */
#ifndef GUI_THEME_H
#define GUI_THEME_H

#include "themes/theme.h"

#include <gtk/gtk.h>

struct gui_state;
struct gui_theme;

struct gui_theme *gui_theme_new(struct gui_state *state);
struct gui_theme *gui_theme_free(struct gui_theme *theme);
/* "auto", or an id of theme_list(). One that cannot be read: a sentence on standard error, and no change. */
void gui_theme_select(struct gui_theme *theme, const char *id);
const char *gui_theme_selected(const struct gui_theme *theme); /* "auto" */
/* The palette in use, for what is drawn by hand. */
const struct theme *gui_theme_palette(const struct gui_theme *theme);
GdkRGBA gui_theme_color(const struct gui_theme *theme, enum theme_role role, gboolean is_background);
/* Those that a window can show: of theme_list() without those that leave colours to a terminal. */
char **gui_theme_choices(void);
/* `fn` after each change, until gui_theme_unwatch() with the same `opaque`. */
void gui_theme_watch(struct gui_theme *theme, void (*fn)(gpointer), gpointer opaque);
void gui_theme_unwatch(struct gui_theme *theme, gpointer opaque);

#endif
