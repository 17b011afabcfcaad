/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program: one main loop, a stack of views of which the top one has the keys, and hosts. Nothing in it
 * waits: every call to a service is answered later (app/call.h), drawing happens once per turn of the loop
 * and only when the terminal has taken what was written before.
 *
 * Threads: the main context's.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/keymap.h"
#include "client/host.h"
#include "screen/cells.h"
#include "screen/output.h"

struct tui_app;
struct tui_view;
struct tui_preferences;

struct tui_view_ops {
	unsigned contexts;
	gboolean is_overlay; /* what is below it stays to be seen */
	void (*draw)(struct tui_view *view, const struct tui_area *area);
	/* TRUE: it was for this view. Comes before the table of keys. */
	gboolean (*on_event)(struct tui_view *view, const struct tui_event *event);
	gboolean (*on_command)(struct tui_view *view, const char *command);
	void (*free)(struct tui_view *view);
	/* What covered it was closed: it may have changed what is shown here. May be NULL. */
	void (*on_uncovered)(struct tui_view *view);
	/* Text for the left end of the footer instead of keys; NULL: none. */
	const char *(*hint)(struct tui_view *view);
	/* FALSE: this command is nothing for it, and its key not for the footer. NULL: all of its contexts are. */
	gboolean (*has)(struct tui_view *view, const char *command);
};

/* The first member of each view's struct. */
struct tui_view {
	const struct tui_view_ops *ops;
	struct tui_app *app;
	int references;
	gboolean is_closed;
};

/* --- views ------------------------------------------------------------------------------------------- */

/* Puts it on top; the stack owns it from now on. */
void tui_push(struct tui_app *app, struct tui_view *view);
/* Takes it off the stack, wherever it is; it is freed when nobody holds it. */
void tui_close(struct tui_view *view);
struct tui_view *tui_hold(struct tui_view *view);
void tui_release(struct tui_view *view);
gboolean tui_is_top(const struct tui_view *view);
struct tui_view *tui_main(struct tui_app *app); /* the first one */
/* Something is to be drawn differently. */
void tui_changed(struct tui_app *app);
/* As if its key was pressed. */
gboolean tui_run_command(struct tui_app *app, const char *command);

/* --- what views ask for ------------------------------------------------------------------------------ */

/* A line at the bottom, until the next key. */
void tui_say(struct tui_app *app, enum theme_role role, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Into the terminal's clipboard (OSC 52). */
void tui_copy(struct tui_app *app, const char *text);
/* Bytes straight to the terminal after the next drawing, for pictures. Takes them. */
void tui_write_after(struct tui_app *app, GString *bytes);
/* The whole screen is written anew. */
void tui_redraw(struct tui_app *app);
void tui_quit(struct tui_app *app, int status);

gboolean tui_is_read_only(const struct tui_app *app);
/* TRUE: nothing may be changed, and it was said. */
gboolean tui_refuses_change(struct tui_app *app);
gboolean tui_is_ascii(const struct tui_app *app);
GKeyFile *tui_preferences(struct tui_app *app);
void tui_preferences_changed(struct tui_app *app); /* written after a while */
gboolean tui_option(struct tui_app *app, const char *name, gboolean fallback);
void tui_set_option(struct tui_app *app, const char *name, gboolean value);
const struct theme *tui_theme(const struct tui_app *app);
gboolean tui_set_theme(struct tui_app *app, const char *id);
/* The same, kept for the next time, and told. */
gboolean tui_choose_theme(struct tui_app *app, const char *id);
void tui_next_theme(struct tui_app *app);
void tui_cell_size(const struct tui_app *app, int *ret_width, int *ret_height);
enum tui_colors tui_colors(const struct tui_app *app);

/* --- hosts ------------------------------------------------------------------------------------------- */

GPtrArray *tui_hosts(struct tui_app *app); /* VmcHost */
VmcHost *tui_host(struct tui_app *app);	   /* the chosen one */
void tui_choose_host(struct tui_app *app, guint place);
gboolean tui_add_host(struct tui_app *app, const char *place);
void tui_remove_host(struct tui_app *app, guint place);

#endif
