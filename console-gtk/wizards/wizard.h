/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of all wizards: the list of steps, one page after the other, and Previous, Next, Finish, Cancel.
 * A page is left only when it is right; what is wrong stands at its field.
 */
#ifndef GUI_WIZARD_H
#define GUI_WIZARD_H

#include "app.h"

struct gui_wizard;

struct gui_wizard_page {
	const char *title;
	GtkWidget *(*make)(struct gui_wizard *wizard, gpointer data);
	/* Each time that it is shown; NULL: nothing. */
	void (*enter)(struct gui_wizard *wizard, gpointer data);
	/* FALSE: something is wrong, and marked at its field. NULL: always right. */
	gboolean (*check)(struct gui_wizard *wizard, gpointer data);
	/* TRUE: passed over. NULL: never. */
	gboolean (*is_skipped)(gpointer data);
};

struct gui_wizard_config {
	const char *title;
	const struct gui_wizard_page *pages;
	unsigned page_count;
	const char *finish; /* "_Create" */
	/* The wizard stays until gui_wizard_close(), or gui_wizard_fail(). */
	void (*on_finish)(struct gui_wizard *wizard, gpointer data);
	gpointer data;
	GDestroyNotify free_data;
};

struct gui_wizard *gui_wizard_open(struct gui_app *app, GtkWidget *parent,
				   const struct gui_wizard_config *config);
GtkWidget *gui_wizard_window(struct gui_wizard *wizard);
/* "" takes it away. */
void gui_wizard_fail(struct gui_wizard *wizard, const char *sentence);
void gui_wizard_close(struct gui_wizard *wizard);

#endif
