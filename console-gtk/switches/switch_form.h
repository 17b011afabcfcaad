/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of one virtual switch, new or there already, on the draft of the client library: those that its
 * kind has are shown, and what is wrong stands at its field.
 */
#ifndef GUI_SWITCH_FORM_H
#define GUI_SWITCH_FORM_H

#include "client/switch_draft.h"

#include <gtk/gtk.h>

struct gui_switch_form;

struct gui_switch_form_texts {
	GVariant *kinds;    /* a(ssbs) of ListKinds */
	GVariant *adapters; /* aa{sv} of ListHostAdapters */
	const char *place;  /* vmc_host_place() */
};

/*
 * `existing`: a{sv} of List; NULL: a new one. `on_changed` after each change. It lives as long as its widget.
 */
struct gui_switch_form *gui_switch_form_new(GVariant *existing, const struct gui_switch_form_texts *texts,
					    void (*on_changed)(gpointer opaque), gpointer opaque);
GtkWidget *gui_switch_form_widget(struct gui_switch_form *form);
struct vmc_switch_draft *gui_switch_form_draft(struct gui_switch_form *form);
/* All fields can be what they are; what cannot is marked. */
gboolean gui_switch_form_check(struct gui_switch_form *form);
gboolean gui_switch_form_is_external(struct gui_switch_form *form);

#endif
