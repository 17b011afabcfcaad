/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of virtual machines: rows of the chosen host, filtered, sorted, grouped, marked; and its columns.
 * It follows the inventory by itself. Threads: one.
 */
#ifndef VIEWS_MACHINES_H
#define VIEWS_MACHINES_H

#include "app/app.h"
#include "client/samples.h"
#include "widgets/list.h"

struct machines;

struct machines *machines_new(struct tui_app *app, struct vmc_samples *samples);
struct machines *machines_free(struct machines *machines);

/* Reads the host's list when it has changed since. */
void machines_update(struct machines *machines);
void machines_draw(struct machines *machines, const struct tui_area *area, gboolean has_focus);
gboolean machines_event(struct machines *machines, const struct tui_event *event);
gboolean machines_command(struct machines *machines, const char *command);

VmcObject *machines_selected(struct machines *machines); /* NULL: none */
/* Those marked, or else the selected one; VmcObject, owned by the array. */
GPtrArray *machines_chosen(struct machines *machines);
guint machines_marked(struct machines *machines);
void machines_unmark(struct machines *machines);
void machines_select(struct machines *machines, const char *path);
void machines_set_filter(struct machines *machines, const char *text);
void machines_stale(struct machines *machines); /* its groups are others */
const char *machines_filter(const struct machines *machines);
/* Those in sight: for samples. */
void machines_each_shown(struct machines *machines, void (*fn)(VmcObject *machine, gpointer opaque),
			 gpointer opaque);
/* The job of a machine that is under way; NULL. */
VmcObject *machines_job(VmcHost *host, VmcObject *machine);

/* --- columns (machine_columns.c) --------------------------------------------------------------------- */

struct machine_column {
	const char *name, *title;
	int width; /* 0: what is left */
	gboolean is_right, is_shown_first;
	int rank;	      /* the higher, the earlier it goes when there is no room */
	gboolean is_sentence; /* has use for more room */
};

extern const struct machine_column machine_columns[];
extern const guint machine_columns_count;

gboolean machine_column_is_shown(struct tui_app *app, guint column);
/* Free it. */
char *machine_column_text(struct tui_app *app, struct vmc_samples *samples, VmcHost *host, VmcObject *machine,
			  guint column);
int machine_column_compare(struct vmc_samples *samples, VmcHost *host, VmcObject *a, VmcObject *b,
			   guint column);
enum theme_role machine_state_role(const char *state);
guint32 machine_state_symbol(const char *state);
/* The console's own group of a machine; "" for none. Free it. */
char *machine_group(struct tui_app *app, VmcObject *machine);
void machine_set_group(struct tui_app *app, VmcObject *machine, const char *group);

#endif
