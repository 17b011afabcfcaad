/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions and messages over a window. */
#ifndef GUI_DIALOG_H
#define GUI_DIALOG_H

#include <gtk/gtk.h>

/* What failed, why and what to do: as the service said it. `widget`: any in the window. */
void gui_show_error(GtkWidget *widget, const char *text);
void gui_show_text(GtkWidget *widget, const char *title, const char *text);

typedef void (*gui_answer_fn)(GtkWidget *widget, const char *answer, gpointer opaque);

struct gui_question {
	const char *title, *text;
	const char *command; /* NULL: none; else the command line that does the same is shown */
	const char *label;   /* of the button: "_Turn Off" */
	gboolean is_destructive;
	const char *entry;		   /* NULL: nothing is to be entered; else what stands in the entry */
	const char *entry_label;	   /* "New _name:" */
	gboolean picks_folder, picks_file; /* the entry has a button that chooses one */
	gboolean is_secret;		   /* what is entered is not shown */
	const char *other; /* NULL: none; else another button, which is safer: "_Save First" */
	gui_answer_fn on_other;
};

/* `on_yes` comes once, with what was entered (or ""), when it was not cancelled. */
void gui_ask(GtkWidget *widget, const struct gui_question *question, gui_answer_fn on_yes, gpointer opaque,
	     GDestroyNotify free_opaque);

/* A window over that of `widget`, closed by Escape, with a margin around `content`. */
GtkWindow *gui_dialog_new(GtkWidget *widget, const char *title, GtkWidget *content);
/* It takes keys and clicks whatever questions stand over other windows: GTK gives those of all windows of a group to its topmost
 * modal one. Dialogs over it come into its group; call it before they do, and after gui_dialog_new(). */
void gui_window_set_apart(GtkWindow *window);
/* 1 for the usual text, 2 for one of twice the size. */
double gui_text_scale(GtkWidget *widget);
/* The size of a window for text of the usual size: larger for larger text, as far as the monitor goes. */
void gui_window_set_size(GtkWindow *window, int width, int height);
/* As wide as what is in it would like, as high as that needs, from now on. */
void gui_window_fit(GtkWindow *window);
/* A label that wraps, begins at the left, and can be selected. */
GtkWidget *gui_text_new(const char *text);
/* A label in a list: shortened where there is too little room, and then all of it is in its tooltip. */
GtkWidget *gui_cell_label_new(void);
/* The text in a box of its own, with a button that copies it. */
GtkWidget *gui_command_new(const char *command);
void gui_command_set(GtkWidget *box, const char *command);
/* What a list box says when it has no rows. */
void gui_list_say(GtkWidget *list, const char *sentence);
/* The bar of buttons below a window; append them. What is wrong goes into *ret_problem, at its left. */
GtkWidget *gui_button_bar_new(GtkWidget **ret_problem);

#endif
