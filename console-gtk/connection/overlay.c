/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/overlay.h"

#include "client/wording.h"
#include "named.h"

#include <string.h>

/* The order in which they stand; the first one that is shown is what most people want. */
static const char *const button_names[] = { "start", "resume", "why", "delete-saved", "turn-off" };

enum {
	START = 1 << 0,
	RESUME = 1 << 1,
	WHY = 1 << 2,
	DELETE_SAVED = 1 << 3,
	TURN_OFF = 1 << 4,
	BUTTONS = G_N_ELEMENTS(button_names),
};

static const struct look {
	const char *state, *text; /* with one %s for the name */
	unsigned buttons;
} looks[] = {
	{ "off", "%s is off: press Start.", START },
	{ "off-critical", "%s lacks something that it needs to start.", START | WHY },
	{ "starting", "%s is starting…", TURN_OFF },
	{ "paused", "%s is paused: press Resume.", RESUME },
	{ "paused-critical", "%s stands still, because something that it needs is gone.",
	  RESUME | WHY | TURN_OFF },
	{ "saving", "%s is being saved…", 0 },
	{ "saved", "%s is saved: press Start.", START | DELETE_SAVED },
	{ "saved-critical", "The saved state of %s cannot be used.", WHY | DELETE_SAVED },
	{ "stopping", "%s is shutting down…", TURN_OFF },
};

struct gui_overlay {
	GtkWidget *widget, *home, *box, *text, *reason, *row, *buttons[BUTTONS], *reconnect;
};

/* --- what it says ------------------------------------------------------------------------------------ */

static gboolean stays(struct gui_overlay *overlay, GtkWidget *button, unsigned buttons,
		      gboolean can_reconnect)
{
	for (unsigned i = 0; i < BUTTONS; i++)
		if (overlay->buttons[i] == button)
			return buttons >> i & 1;
	return can_reconnect;
}

static void say(struct gui_overlay *overlay, const char *text, const char *reason, unsigned buttons,
		gboolean can_reconnect)
{
	GtkWidget *focus = gtk_widget_get_focus_child(overlay->row);

	/* The button that was pressed goes: the keyboard is the guest's. */
	if (focus && (!*text || !stays(overlay, focus, buttons, can_reconnect)))
		gtk_widget_grab_focus(overlay->home);
	gtk_label_set_text(GTK_LABEL(overlay->text), text);
	gtk_label_set_text(GTK_LABEL(overlay->reason), reason);
	gtk_widget_set_visible(overlay->reason, *reason != '\0');
	for (unsigned i = 0; i < BUTTONS; i++)
		gtk_widget_set_visible(overlay->buttons[i], buttons >> i & 1);
	gtk_widget_set_visible(overlay->reconnect, can_reconnect);
	gtk_widget_set_visible(overlay->row, buttons || can_reconnect);
	gtk_widget_set_visible(overlay->box, *text != '\0');
}

static void say_state(struct gui_overlay *overlay, VmcObject *object, const struct look *look)
{
	char *name = vmc_plain_text(vmc_object_text(object, "Name")),
	     *reason = vmc_plain_text(vmc_object_text(object, "Reason"));
	char **parts = g_strsplit(look->text, "%s", 2), *text = g_strconcat(parts[0], name, parts[1], NULL);

	say(overlay, text, reason, look->buttons, FALSE);
	g_strfreev(parts);
	g_free(text);
	g_free(reason);
	g_free(name);
}

static void say_host(struct gui_overlay *overlay, VmcHost *host)
{
	gboolean is_lost = vmc_host_link(host) == VMC_LINK_LOST;
	char *text = g_strdup_printf(is_lost ? "%s is not connected." : "Connecting to %s…",
				     vmc_host_label(host)),
	     *problem = vmc_plain_text(vmc_host_problem(host));

	say(overlay, text, problem, 0, is_lost);
	g_free(problem);
	g_free(text);
}

void gui_overlay_show(struct gui_overlay *overlay, const struct gui_machine *machine, VmcObject *object,
		      gboolean has_screen, const char *problem)
{
	const char *state = object ? vmc_object_text(object, "State") : "";

	if (vmc_host_link(machine->host) != VMC_LINK_CONNECTED) {
		say_host(overlay, machine->host);
		return;
	}
	if (!object) {
		say(overlay, "This virtual machine is there no more.", "", 0, FALSE);
		return;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(looks); i++)
		if (strcmp(looks[i].state, state) == 0) {
			say_state(overlay, object, &looks[i]);
			return;
		}
	if (*problem)
		say(overlay, "There is no screen to see.", problem, 0, TRUE);
	else
		say(overlay, has_screen ? "" : "Connecting…", "", 0, FALSE);
}

/* --- making -------------------------------------------------------------------------------------------- */

gboolean gui_overlay_focus(struct gui_overlay *overlay)
{
	return gtk_widget_get_visible(overlay->box) && gtk_widget_get_visible(overlay->row) &&
	       gtk_widget_child_focus(overlay->row, GTK_DIR_TAB_FORWARD);
}

GtkWidget *gui_overlay_widget(struct gui_overlay *overlay)
{
	return overlay->widget;
}

static GtkWidget *label_new(void)
{
	GtkWidget *label = gtk_label_new(NULL);

	gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
	gtk_label_set_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_max_width_chars(GTK_LABEL(label), 60);
	return label;
}

static void add_buttons(struct gui_overlay *overlay, struct gui_vm_actions *actions)
{
	for (unsigned i = 0; i < BUTTONS; i++) {
		GtkWidget *button = gui_vm_actions_button(actions, button_names[i], TRUE);

		gtk_button_set_has_frame(GTK_BUTTON(button), TRUE);
		if ((1 << i) & (START | RESUME))
			gtk_widget_add_css_class(button, "suggested-action");
		gtk_box_append(GTK_BOX(overlay->row), button);
		gui_tell_hidden(button);
		overlay->buttons[i] = button;
	}
	overlay->reconnect = gui_button_new("Connect _Now");
	gtk_widget_set_tooltip_text(overlay->reconnect, "It is tried again after a while, too.");
	gtk_widget_add_css_class(overlay->reconnect, "suggested-action");
	gtk_actionable_set_action_name(GTK_ACTIONABLE(overlay->reconnect), "view.reconnect");
	gui_tell_hidden(overlay->reconnect);
	gtk_box_append(GTK_BOX(overlay->row), overlay->reconnect);
}

struct gui_overlay *gui_overlay_new(GtkWidget *child, GtkWidget *home, struct gui_vm_actions *actions)
{
	struct gui_overlay *overlay = g_new0(struct gui_overlay, 1);

	overlay->home = home;
	overlay->widget = g_object_ref_sink(gtk_overlay_new());
	gtk_overlay_set_child(GTK_OVERLAY(overlay->widget), child);
	overlay->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
	gtk_widget_add_css_class(overlay->box, "overlay-state");
	gtk_widget_set_halign(overlay->box, GTK_ALIGN_CENTER);
	gtk_widget_set_valign(overlay->box, GTK_ALIGN_CENTER);
	overlay->text = label_new();
	gtk_widget_add_css_class(overlay->text, "overlay-title");
	overlay->reason = label_new();
	overlay->row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
	gtk_widget_set_halign(overlay->row, GTK_ALIGN_CENTER);
	add_buttons(overlay, actions);
	gtk_box_append(GTK_BOX(overlay->box), overlay->text);
	gtk_box_append(GTK_BOX(overlay->box), overlay->reason);
	gtk_box_append(GTK_BOX(overlay->box), overlay->row);
	gui_tell_hidden(overlay->box);
	gtk_overlay_add_overlay(GTK_OVERLAY(overlay->widget), overlay->box);
	return overlay;
}

struct gui_overlay *gui_overlay_free(struct gui_overlay *overlay)
{
	if (!overlay)
		return NULL;
	g_object_unref(overlay->widget);
	g_free(overlay);
	return NULL;
}
