/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/fit.h"
#include "connection/window_priv.h"

#include "call.h"
#include "client/command.h"
#include "dialog.h"
#include "state.h"

#include <string.h>

#define TITLE "Fit the Guest's Screen"

static const char *key_of(const struct gui_connection *connection)
{
	return strrchr(connection->machine->path, '/') + 1;
}

gboolean gui_fit_is_at_once(struct gui_connection *connection)
{
	return gui_state_number(connection->app->state, "fit-at-once", key_of(connection), 0) != 0;
}

static void keep_at_once(struct gui_connection *connection, gboolean is_on)
{
	GAction *action = g_action_map_lookup_action(G_ACTION_MAP(connection->group), "fit-at-once");

	gui_state_set_number(connection->app->state, "fit-at-once", key_of(connection), is_on);
	g_simple_action_set_state(G_SIMPLE_ACTION(action), g_variant_new_boolean(is_on));
	gui_fit_restore(connection);
}

static void ask_at_once(gpointer opaque, unsigned width, unsigned height);

void gui_fit_restore(struct gui_connection *connection)
{
	gui_follow_set_at_once(connection->follow, gui_fit_is_at_once(connection) ? ask_at_once : NULL,
			       connection);
}

/* --- the call ----------------------------------------------------------------------------------------------- */

/* One at a time: it may wait for the guest's driver, which has just started. */
static void fit(struct gui_connection *connection, unsigned width, unsigned height, gui_done_fn done)
{
	if (connection->is_fitting)
		return;
	connection->is_fitting = TRUE;
	gui_call(connection->window, connection->machine->host, connection->machine->path,
		 API_DISPLAY_INTERFACE, "FitScreen",
		 g_variant_new("(uub@a{sv})", width, height, TRUE, vmc_options(FALSE)), done, connection);
}

/* It goes on after the machine was turned off or paused in the midst of it. */
static void on_followed(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	connection->is_fitting = FALSE;
	gui_follow_set_waiting(connection->follow, FALSE);
	if (!error || strcmp(gui_machine_state(connection->machine), "running") != 0 ||
	    !gui_fit_is_at_once(connection))
		return;
	keep_at_once(connection, FALSE);
	gui_show_error(window, error->message);
}

static void ask_at_once(gpointer opaque, unsigned width, unsigned height)
{
	struct gui_connection *connection = opaque;

	if (gui_display_is_view_only(connection->display) || connection->is_fitting)
		return;
	gui_follow_set_waiting(connection->follow, TRUE);
	fit(connection, width, height, on_followed);
}

/* --- the question ------------------------------------------------------------------------------------------- */

/* NULL: it can be done. */
static char *refusal(struct gui_connection *connection)
{
	VmcObject *object = gui_machine_object(connection->machine);
	struct rd_client *client = gui_display_client(connection->display);

	if (!object)
		return g_strdup("Its host is not connected.");
	if (strcmp(vmc_object_text(object, "State"), "running") != 0)
		return g_strdup_printf("%s does not run; start or resume it first.",
				       gui_machine_name(connection->machine));
	if (gui_display_is_view_only(connection->display))
		return g_strdup("This window only looks; switch that off with Look Only in the menu View.");
	if (!client || !rd_client_can_resize(client))
		return g_strdup(
		    "The guest does not draw on the synthetic screen now; its driver (hyperv_drm) must be there first. A screen "
		    "of text, or one of the emulated adapter, has the size that the guest gives it.");
	return NULL;
}

static char *command_of(struct gui_connection *connection, unsigned width, unsigned height)
{
	char *size = g_strdup_printf("%ux%u", width, height);
	const char *words[] = { "vm", "screen", gui_machine_name(connection->machine), "--fit", size, NULL };
	char *command = vmc_command(vmc_host_place(connection->machine->host), words);

	g_free(size);
	return command;
}

static void ask(struct gui_connection *connection, const char *label, const char *when, gui_answer_fn on_yes)
{
	unsigned width, height;
	char *text, *command;

	if (gui_state_number(connection->app->state, "fit-asked", key_of(connection), 0)) {
		on_yes(connection->window, "", connection);
		return;
	}
	gui_follow_window_size(connection->follow, &width, &height);
	command = command_of(connection, width, height);
	text = g_strdup_printf(
	    "The screen of %s gets the largest size within this window that its driver shows. For that its driver starts "
	    "again%s. A text console comes back with what stood on it. Programs that draw on the screen themselves, such "
	    "as a desktop, lose it until they start again.",
	    gui_machine_name(connection->machine), when);
	gui_ask(
	    connection->window,
	    &(struct gui_question){
		.title = TITLE, .text = text, .command = command, .label = label, .is_destructive = TRUE },
	    on_yes, connection, NULL);
	g_free(text);
	g_free(command);
}

static void keep_answer(struct gui_connection *connection)
{
	gui_state_set_number(connection->app->state, "fit-asked", key_of(connection), 1);
}

static void on_fitted(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	connection->is_fitting = FALSE;
	if (error)
		gui_show_error(window, error->message);
}

static void on_fit(GtkWidget *window, const char *answer, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	unsigned width, height;

	keep_answer(connection);
	gui_follow_window_size(connection->follow, &width, &height);
	fit(connection, width, height, on_fitted);
}

void gui_fit_ask(struct gui_connection *connection)
{
	char *why = refusal(connection);

	if (why)
		gui_show_text(connection->window, TITLE, why);
	else
		ask(connection, "_Fit", "", on_fit);
	g_free(why);
}

static void on_at_once(GtkWidget *window, const char *answer, gpointer opaque)
{
	keep_answer(opaque);
	keep_at_once(opaque, TRUE);
}

void gui_fit_set_at_once(struct gui_connection *connection, gboolean is_on)
{
	if (is_on)
		ask(connection, "_Follow", " each time that this window has another size", on_at_once);
	else
		keep_at_once(connection, FALSE);
}
