/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Below the list: what there is to say about the selected machine, in tabs. */
#ifndef VIEWS_DETAILS_H
#define VIEWS_DETAILS_H

#include "views/checkpoints.h"
#include "views/machines.h"
#include "views/thumbnail.h"

enum details_tab {
	DETAILS_SUMMARY,
	DETAILS_MEMORY,
	DETAILS_NETWORK,
	DETAILS_PERFORMANCE,
	DETAILS_CHECKPOINTS,
	DETAILS_EVENTS,
	DETAILS_TABS,
};

struct details {
	struct tui_view *view; /* for calls */
	struct vmc_samples *samples;
	struct thumbnail *thumbnail;
	struct checkpoints *tree;
	gboolean has_pane; /* the checkpoints have a pane of their own, so they are no tab */
	guint tab;
	struct tui_area tabs, body;
	char *path;	    /* of the machine that the answers are about */
	GVariant *settings; /* a{sv}; NULL: not here yet */
	GVariant *events;   /* aa{sv} */
	gint64 asked;
	int scroll;
};

void details_init(struct details *details, struct tui_view *view, struct vmc_samples *samples);
void details_deinit(struct details *details);
/* `rights` of the machine; NULL: not known yet. */
void details_draw(struct details *details, const struct tui_area *area, VmcObject *machine,
		  const char *const *rights, gboolean has_focus);
gboolean details_event(struct details *details, const struct tui_event *event);
gboolean details_command(struct details *details, const char *command);
/* By its number from 0; FALSE: there is none, or it is a pane of its own now. */
gboolean details_choose(struct details *details, guint tab);
/* Once a second, while the plots are on. */
void details_tick(struct details *details);
/* details_performance.c: for details.c only. */
void details_draw_performance(struct details *details, const struct tui_area *area, VmcObject *machine);
/* What was answered may be old: asks again at the next drawing. */
void details_stale(struct details *details);

#endif
