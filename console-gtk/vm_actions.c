/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_actions.h"

#include "named.h"
#include "vm_action_run.h"

#include <string.h>

/* What only this console adds to client/action.h. */
static const struct gui_look {
	const char *name, *label, *icon, *key;
} looks[] = {
	{ "connect", "_Connect…", "computer-symbolic", "<Ctrl>Return" },
	{ "settings", "Se_ttings…", "emblem-system-symbolic", "<Alt>Return" },
	{ "start", "_Start", "media-playback-start-symbolic", "<Ctrl>s" },
	{ "shut-down", "Shut _Down", "system-shutdown-symbolic", "<Ctrl>d" },
	{ "turn-off", "Turn _Off…", "media-playback-stop-symbolic", "<Ctrl><Shift>d" },
	{ "save", "Sa_ve", "document-save-symbolic", "<Ctrl><Shift>s" },
	{ "delete-saved", "Delete Saved State…", "edit-clear-symbolic", NULL },
	{ "pause", "_Pause", "media-playback-pause-symbolic", "<Ctrl>p" },
	{ "resume", "Resu_me", "media-seek-forward-symbolic", "<Ctrl><Shift>p" },
	{ "reset", "_Reset…", "view-refresh-symbolic", "<Ctrl>r" },
	{ "checkpoint", "C_heckpoint", "camera-photo-symbolic", "<Ctrl>k" },
	{ "revert", "Revert…", "edit-undo-symbolic", NULL },
	{ "move", "Move…", "go-next-symbolic", NULL },
	{ "export", "_Export…", "document-send-symbolic", NULL },
	{ "rename", "Re_name…", "document-edit-symbolic", "F2" },
	{ "clone", "C_lone…", "edit-copy-symbolic", NULL },
	{ "delete", "Delete…", "user-trash-symbolic", "Delete" },
	{ "delegate", "Dele_gate…", "system-users-symbolic", NULL },
	{ "why", "_Why?", "dialog-question-symbolic", "<Ctrl>w" },
};

struct gui_vm_actions {
	struct gui_app *app;
	GtkWidget *window;
	char *prefix;
	gui_targets_fn targets;
	gpointer opaque;
	GSimpleActionGroup *group;
	GPtrArray *buttons; /* weak: of the window */
};

static const struct gui_look *look_of(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(looks); i++)
		if (strcmp(looks[i].name, name) == 0)
			return &looks[i];
	return &looks[0];
}

/* --- whether ------------------------------------------------------------------------------------------- */

static char *refusal_of(const GPtrArray *targets, const struct vmc_action *action)
{
	char *why = targets->len == 0 ? g_strdup("no virtual machine is selected") : NULL;

	for (guint i = 0; i < targets->len && !why; i++) {
		const struct gui_machine *machine = targets->pdata[i];
		VmcObject *object = gui_machine_object(machine);

		why = object ? vmc_machine_action_refusal(action, object,
							  gui_rights_of(machine->host, machine->path))
			     : g_strdup("its host is not connected");
	}
	if (!why && targets->len > 1 && !gui_vm_action_takes_many(action))
		why = g_strdup("this can be done with one virtual machine at a time");
	return why;
}

char *gui_vm_actions_refusal(struct gui_vm_actions *actions, const char *name)
{
	GPtrArray *targets = actions->targets(actions->opaque);
	char *why = refusal_of(targets, vmc_action_find(name));

	g_ptr_array_unref(targets);
	return why;
}

static void update_button(GtkWidget *button, const struct vmc_action *action, const char *why)
{
	const char *key = look_of(action->name)->key;
	guint value = 0;
	GdkModifierType modifiers = 0;
	char *label, *text;

	if (key)
		gtk_accelerator_parse(key, &value, &modifiers);
	label = value && g_object_get_data(G_OBJECT(button), "has-keys")
		    ? gtk_accelerator_get_label(value, modifiers)
		    : NULL;
	text = why ? g_strdup_printf("%s\n%s", action->text, why)
		   : g_strdup_printf("%s%s%s%s", action->text, label ? " (" : "", label ? label : "",
				     label ? ")" : "");
	if (g_strcmp0(gtk_widget_get_tooltip_text(button), text) != 0)
		gtk_widget_set_tooltip_text(button, text);
	g_free(label);
	g_free(text);
}

void gui_vm_actions_update(struct gui_vm_actions *actions)
{
	GPtrArray *targets = actions->targets(actions->opaque);

	for (gsize i = 0; i < vmc_actions_count; i++) {
		const struct vmc_action *action = &vmc_actions[i];
		GAction *simple = g_action_map_lookup_action(G_ACTION_MAP(actions->group), action->name);
		char *why = refusal_of(targets, action);

		g_simple_action_set_enabled(G_SIMPLE_ACTION(simple), why == NULL);
		for (guint j = 0; j < actions->buttons->len; j++)
			if (g_object_get_data(actions->buttons->pdata[j], "action") == action)
				update_button(actions->buttons->pdata[j], action, why);
		g_free(why);
	}
	g_ptr_array_unref(targets);
}

/* --- doing --------------------------------------------------------------------------------------------- */

static void on_activate(GSimpleAction *simple, GVariant *parameter, gpointer opaque)
{
	struct gui_vm_actions *actions = opaque;
	const struct vmc_action *action = vmc_action_find(g_action_get_name(G_ACTION(simple)));
	GPtrArray *targets = actions->targets(actions->opaque);

	if (targets->len > 0)
		gui_vm_action_run(actions->app, actions->window, action, targets);
	g_ptr_array_unref(targets);
}

struct gui_vm_actions *gui_vm_actions_new(struct gui_app *app, GtkWidget *window, const char *prefix,
					  gui_targets_fn targets, gpointer opaque)
{
	struct gui_vm_actions *actions = g_new0(struct gui_vm_actions, 1);

	actions->app = app;
	actions->window = window;
	actions->prefix = g_strdup(prefix);
	actions->targets = targets;
	actions->opaque = opaque;
	actions->group = g_simple_action_group_new();
	actions->buttons = g_ptr_array_new();
	for (gsize i = 0; i < vmc_actions_count; i++) {
		GSimpleAction *simple = g_simple_action_new(vmc_actions[i].name, NULL);

		g_simple_action_set_enabled(simple, FALSE);
		g_signal_connect(simple, "activate", G_CALLBACK(on_activate), actions);
		g_action_map_add_action(G_ACTION_MAP(actions->group), G_ACTION(simple));
		g_object_unref(simple);
	}
	gtk_widget_insert_action_group(window, prefix, G_ACTION_GROUP(actions->group));
	return actions;
}

struct gui_vm_actions *gui_vm_actions_free(struct gui_vm_actions *actions)
{
	if (!actions)
		return NULL;
	g_object_unref(actions->group);
	g_ptr_array_unref(actions->buttons);
	g_free(actions->prefix);
	g_free(actions);
	return NULL;
}

GtkWidget *gui_vm_actions_button(struct gui_vm_actions *actions, const char *name, gboolean has_label)
{
	const struct vmc_action *action = vmc_action_find(name);
	const struct gui_look *look = look_of(name);
	GtkWidget *button = gtk_button_new();
	char *full = g_strdup_printf("%s.%s", actions->prefix, name);

	if (has_label) {
		GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
		GtkWidget *label = gui_plain_label_new(look->label);

		gtk_box_append(GTK_BOX(box), gtk_image_new_from_icon_name(look->icon));
		gtk_box_append(GTK_BOX(box), label);
		gtk_button_set_child(GTK_BUTTON(button), box);
	} else {
		gtk_button_set_icon_name(GTK_BUTTON(button), look->icon);
	}
	gui_set_name(button, look->label);
	gtk_button_set_has_frame(GTK_BUTTON(button), FALSE);
	gtk_actionable_set_action_name(GTK_ACTIONABLE(button), full);
	g_object_set_data(G_OBJECT(button), "action", (gpointer)action);
	if (strcmp(actions->prefix, "vm") == 0)
		g_object_set_data(G_OBJECT(button), "has-keys", button);
	g_ptr_array_add(actions->buttons, button);
	g_free(full);
	return button;
}

GMenu *gui_vm_actions_menu(const char *prefix, const char *const *names)
{
	GMenu *menu = g_menu_new(), *section = g_menu_new();

	for (; *names; names++) {
		char *full = g_strdup_printf("%s.%s", prefix, *names);

		if (strcmp(*names, "-") == 0) {
			g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
			g_object_unref(section);
			section = g_menu_new();
		} else {
			g_menu_append(section, look_of(*names)->label, full);
		}
		g_free(full);
	}
	g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
	g_object_unref(section);
	return menu;
}

void gui_vm_actions_set_keys(GtkApplication *gtk, const char *prefix)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(looks); i++) {
		char *full = g_strdup_printf("%s.%s", prefix, looks[i].name);
		const char *const keys[] = { looks[i].key, NULL };

		gtk_application_set_accels_for_action(gtk, full, keys);
		g_free(full);
	}
}
