/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Palettes: the colours of both consoles by the role that they play. The format's manual is README.md.
 *
 * Sources    The themes of this folder are part of the program; files in the user's folder of
 *            configuration (bulkhead/themes/ID.theme) come beside them, and before one of the same
 *            name.
 * Threads    A theme is made and then only read.
 * Trust      A file is checked; what it lacks or cannot mean is refused with a sentence.
 */
#ifndef THEMES_THEME_H
#define THEMES_THEME_H

#include <gio/gio.h>

#define THEME_ERROR (theme_error_quark())

enum theme_role {
	THEME_TEXT, /* on the window's ground */
	THEME_DIM,
	THEME_HEADING,
	THEME_BORDER,
	THEME_BORDER_FOCUS,
	THEME_ACCENT,
	THEME_BAR, /* the bar of the title and the menus */
	THEME_BAR_KEY,
	THEME_FOOTER,
	THEME_FOOTER_KEY,
	THEME_SELECTED,
	THEME_SELECTED_IDLE, /* the focus is elsewhere */
	THEME_MARKED,
	THEME_FIELD,
	THEME_FIELD_FOCUS,
	THEME_BUTTON,
	THEME_BUTTON_FOCUS,
	THEME_MENU,
	THEME_MENU_KEY,
	THEME_MENU_SELECTED,
	THEME_MENU_DISABLED,
	THEME_DISABLED,
	THEME_MATCH, /* what was searched for */
	THEME_RUNNING,
	THEME_OFF,
	THEME_PAUSED,
	THEME_SAVED,
	THEME_BUSY,
	THEME_CRITICAL,
	THEME_GOOD,
	THEME_WARNING,
	THEME_ERROR_TEXT,
	THEME_PROGRESS,
	THEME_PLOT_CPU,
	THEME_PLOT_MEMORY,
	THEME_PLOT_DISK,
	THEME_PLOT_NETWORK,
	THEME_PLOT_EXITS,
	THEME_ROLES,
};

/* A colour is 0xRRGGBB, or one of the terminal's own. */
enum {
	THEME_COLOR_DEFAULT = 1 << 24,
	THEME_COLOR_NAMED =
	    1 << 25, /* | 0..15: black red green yellow blue magenta cyan white, then bright */
};
enum { THEME_BOLD = 1, THEME_UNDERLINE = 2, THEME_REVERSE = 4 };

struct theme_style {
	guint32 foreground, background;
	guint8 attributes;
};

struct theme {
	char *id;   /* "dark" */
	char *name; /* "Dark" */
	gboolean is_dark;
	struct theme_style styles[THEME_ROLES];
};

GQuark theme_error_quark(void);
const char *theme_role_name(enum theme_role role); /* "selected-idle" */

/* NULL: a sentence. */
struct theme *theme_load(const char *id, GError **error);
struct theme *theme_parse(const char *id, const char *data, gsize size, GError **error);
struct theme *theme_free(struct theme *theme);
/* The ids of all that there are, "dark" first; g_strfreev(). */
char **theme_list(void);

/* 0xRRGGBB of any colour; the terminal's own: white on black, or black on white. */
guint32 theme_rgb(const struct theme *theme, guint32 color, gboolean is_background);
/* WCAG 2.1, "contrast ratio": 1 to 21. */
double theme_contrast(guint32 a, guint32 b);

#endif
