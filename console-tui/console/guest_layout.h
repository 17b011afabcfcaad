/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a guest's keyboard: the machine's setting display.keyboard, which its viewers' clipboard goes
 * by, too. */
#ifndef CONSOLE_GUEST_LAYOUT_H
#define CONSOLE_GUEST_LAYOUT_H

#include "app/app.h"
#include "keys/keys.h"

/* In the view's own struct, so that it lives as long as answers to the view. */
struct guest_layout {
	const struct rd_layout *layout;
	const char *name;
};

/* "us", until the machine tells another. */
void guest_layout_ask(struct guest_layout *layout, struct tui_view *view, VmcHost *host, const char *path);
/* The one after it; kept with the machine where that is allowed, else for this view. */
void guest_layout_next(struct guest_layout *layout, struct tui_view *view, VmcHost *host, const char *path);

#endif
