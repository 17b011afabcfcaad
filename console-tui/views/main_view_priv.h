/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For main_*.c only. */
#ifndef VIEWS_MAIN_VIEW_PRIV_H
#define VIEWS_MAIN_VIEW_PRIV_H

#include "views/details.h"
#include "views/main_view.h"

enum main_pane { PANE_HOSTS, PANE_MACHINES, PANE_CHECKPOINTS, PANE_DETAILS, PANE_ACTIONS, PANES };

struct main_view {
	struct tui_view view;
	struct vmc_samples *samples;
	struct machines *machines;
	struct details details;
	enum main_pane focus;
	struct tui_list actions;
	guint timer;
	int menu; /* which one is open */
	char *rights_path;
	char **rights; /* of the selected machine; NULL: not known yet */
	gint64 drawn;
	/* As drawn last; width 0: not there. */
	struct tui_area bar, hosts, list, tree, below, right;
};

/* main_menus.c */
void main_draw_bar(struct main_view *main, const struct tui_area *area);
gboolean main_bar_event(struct main_view *main, const struct tui_event *event);
void main_open_menu(struct main_view *main, int menu);
void main_open_actions(struct main_view *main, int x, int y);
void main_open_columns(struct main_view *main);
void main_open_options(struct main_view *main);

/* main_panes.c */
void main_draw_hosts(struct main_view *main, const struct tui_area *area);
gboolean main_hosts_event(struct main_view *main, const struct tui_event *event);
gboolean main_hosts_command(struct main_view *main, const char *command);
void main_draw_actions(struct main_view *main, const struct tui_area *area);
gboolean main_actions_event(struct main_view *main, const struct tui_event *event);
/* Those that are known of these machines; NULL: they are not. */
const char *const *main_rights(struct main_view *main, GPtrArray *machines);
gboolean main_actions_command(struct main_view *main, const char *command);

/* main_commands.c */
gboolean main_command(struct tui_view *view, const char *command);

#endif
