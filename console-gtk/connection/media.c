/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disc in a machine's DVD drive: inserted and ejected while it runs. */
#include "connection/window_priv.h"

#include "call.h"
#include "client/draft.h"
#include "dialog.h"

struct change {
	struct gui_machine *machine;
	char *disc;
};

static void free_change(gpointer opaque)
{
	struct change *change = opaque;

	gui_machine_free(change->machine);
	g_free(change->disc);
	g_free(change);
}

static void apply(GtkWidget *window, const struct change *change, GVariant *existing)
{
	struct vmc_draft *draft = vmc_draft_new(*vmc_host_place(change->machine->host) != '\0');
	GVariant *settings = NULL;
	GError *error = NULL;

	if (vmc_draft_add(draft, "cdrom", change->disc, &error))
		settings = vmc_draft_settings(draft, existing, &error);
	if (settings)
		gui_call_vm(window, change->machine->host, change->machine->path, "SetSettings",
			    g_variant_new("(@a{sv}@a{sv})", settings, vmc_options(FALSE)), NULL, NULL);
	else
		gui_show_error(window, error->message);
	g_clear_error(&error);
	vmc_draft_free(draft);
}

static void on_settings(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct change *change = opaque;
	GVariant *existing;

	if (error) {
		gui_show_error(window, error->message);
	} else {
		existing = g_variant_get_child_value(result, 0);
		apply(window, change, existing);
		g_variant_unref(existing);
	}
	free_change(change);
}

static void change_disc(struct gui_connection *connection, const char *disc)
{
	struct change *change = g_new0(struct change, 1);

	change->machine = gui_machine_copy(connection->machine);
	change->disc = g_strdup(disc);
	gui_call_vm(connection->window, change->machine->host, change->machine->path, "GetSettings", NULL,
		    on_settings, change);
}

static void on_chosen(GtkWidget *window, const char *path, gpointer opaque)
{
	if (*path)
		change_disc(opaque, path);
}

void gui_connection_insert_disc(struct gui_connection *connection)
{
	gui_ask(connection->window,
		&(struct gui_question){ .title = "Insert Disc",
					.text = "The image of the disc for the DVD drive; an ISO file.",
					.label = "_Insert",
					.entry = "",
					.entry_label = "_File:",
					.picks_file = !*vmc_host_place(connection->machine->host) },
		on_chosen, connection, NULL);
}

void gui_connection_eject_disc(struct gui_connection *connection)
{
	change_disc(connection, "none");
}
