/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the actions "view.*" can be done now; those that cannot are insensitive, and what shows one tells
 * why. */
#include "connection/window_priv.h"

#include "client/rights.h"

#include <string.h>

enum need {
	NEEDS_KEYS,   /* the guest takes keys from here */
	NEEDS_TYPING, /* or its serial console does, when that is looked at */
	NEEDS_SCREEN, /* there is a picture */
	NEEDS_EDIT,
	NEEDS_WORKER,
	NEEDS_HOST,
};

static const struct {
	const char *action;
	enum need need;
} needs[] = {
	{ "secure", NEEDS_KEYS },    { "send", NEEDS_KEYS },	      { "type", NEEDS_TYPING },
	{ "capture", NEEDS_SCREEN }, { "copy-screen", NEEDS_SCREEN }, { "record", NEEDS_SCREEN },
	{ "insert", NEEDS_EDIT },    { "eject", NEEDS_EDIT },	      { "take-over", NEEDS_WORKER },
	{ "viewers", NEEDS_HOST },
};

static char *refuse_right(struct gui_connection *connection, const char *right)
{
	const char *const *rights = gui_rights_of(connection->machine->host, connection->machine->path);

	if (!rights || g_strv_contains(rights, right))
		return NULL;
	return g_strdup_printf("you may not %s (%s); ask an administrator for that right",
			       vmc_right_text(right), gui_machine_name(connection->machine));
}

static char *refuse_state(VmcObject *object)
{
	const char *state = vmc_object_text(object, "State");
	const char *remedy = strcmp(state, "off") == 0 || strcmp(state, "saved") == 0 ? "start it first"
			     : strcmp(state, "paused") == 0			      ? "resume it first"
										      : "wait until it runs";

	return g_strdup_printf("%s is %s; %s", vmc_object_text(object, "Name"), state, remedy);
}

static char *refuse_keys(struct gui_connection *connection, VmcObject *object)
{
	if (strcmp(vmc_object_text(object, "State"), "running") != 0)
		return refuse_state(object);
	if (gui_display_is_view_only(connection->display))
		return g_strdup("this window only looks; switch that off with Look Only in the menu View");
	if (!gui_display_is_connected(connection->display))
		return g_strdup("its screen is not connected");
	return NULL;
}

/* NULL: it can be done. */
static char *refusal(struct gui_connection *connection, VmcObject *object, enum need need)
{
	gboolean is_serial =
	    strcmp(gtk_stack_get_visible_child_name(GTK_STACK(connection->stack)), "serial") == 0;
	unsigned width, height;

	if (!object)
		return g_strdup("its host is not connected");
	switch (need) {
	case NEEDS_TYPING:
		if (is_serial && gui_connection_has_worker(object))
			return NULL;
		/* fall through */
	case NEEDS_KEYS: return refuse_keys(connection, object);
	case NEEDS_SCREEN:
		gui_screen_get_size(gui_display_screen(connection->display), &width, &height);
		return width ? NULL : g_strdup("there is no screen to see");
	case NEEDS_EDIT: return refuse_right(connection, "edit");
	case NEEDS_WORKER: return gui_connection_has_worker(object) ? NULL : refuse_state(object);
	case NEEDS_HOST: break;
	}
	return NULL;
}

static void show_secure(struct gui_connection *connection, const char *why)
{
	char *text = why ? g_strdup_printf("Ctrl+Alt+Del\n%s", why) : g_strdup("Ctrl+Alt+Del (Ctrl+Alt+End)");

	if (g_strcmp0(gtk_widget_get_tooltip_text(connection->secure), text) != 0)
		gtk_widget_set_tooltip_text(connection->secure, text);
	g_free(text);
}

void gui_connection_allow(struct gui_connection *connection, VmcObject *object)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(needs); i++) {
		GAction *action =
		    g_action_map_lookup_action(G_ACTION_MAP(connection->group), needs[i].action);
		char *why = refusal(connection, object, needs[i].need);
		/* What is recorded can be ended always. */
		gboolean is_on = connection->record && strcmp(needs[i].action, "record") == 0;

		g_simple_action_set_enabled(G_SIMPLE_ACTION(action), why == NULL || is_on);
		if (i == 0)
			show_secure(connection, why);
		g_free(why);
	}
}
