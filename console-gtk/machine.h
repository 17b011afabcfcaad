/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that a window is about: by its host and path, so that it is found again after the connection to
 * its host was lost; and what the user may do with it.
 */
#ifndef GUI_MACHINE_H
#define GUI_MACHINE_H

#include "client/action.h"
#include "client/host.h"

/* Free it. */
struct gui_machine {
	VmcHost *host;
	char *path;
};

struct gui_machine *gui_machine_new(VmcHost *host, const char *path);
struct gui_machine *gui_machine_copy(const struct gui_machine *machine);
void gui_machine_free(struct gui_machine *machine);
/* As it is now; not owned. NULL: it is gone, or its host is not connected. */
VmcObject *gui_machine_object(const struct gui_machine *machine);
const char *gui_machine_name(const struct gui_machine *machine); /* "" */
const char *gui_machine_state(const struct gui_machine *machine);

/*
 * What GetRights answered at last; NULL: not known yet. Asked for again each time that gui_rights_ask() is
 * called; `fn` comes when they are there, unless `owner` is gone.
 */
const char *const *gui_rights_of(VmcHost *host, const char *path);
void gui_rights_ask(GObject *owner, VmcHost *host, const char *path, void (*fn)(gpointer), gpointer opaque);

#endif
