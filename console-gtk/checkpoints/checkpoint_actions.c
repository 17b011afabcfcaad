/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checkpoints/checkpoint_actions.h"

#include "dialog.h"

struct run {
	GtkWidget *window; /* weak */
	struct gui_machine *machine;
	const struct vmc_checkpoint_action *action;
	VmcCheckpoint *row;
};

static struct run *run_new(GtkWidget *window, const struct gui_machine *machine,
			   const struct vmc_checkpoint_action *action, VmcCheckpoint *row)
{
	struct run *run = g_new0(struct run, 1);

	run->window = window;
	run->machine = gui_machine_copy(machine);
	run->action = action;
	run->row = g_object_ref(row);
	g_object_add_weak_pointer(G_OBJECT(window), (gpointer *)&run->window);
	return run;
}

static void run_free(gpointer opaque)
{
	struct run *run = opaque;

	if (run->window)
		g_object_remove_weak_pointer(G_OBJECT(run->window), (gpointer *)&run->window);
	gui_machine_free(run->machine);
	g_object_unref(run->row);
	g_free(run);
}

/* What was done is seen in the tree, and in the list of jobs. */
static void on_done(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GError *error = NULL, *local = NULL;
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &local);
	struct run *run = opaque;

	if (!answer)
		vmc_propagate(&error, local);
	if (error && run->window)
		gui_show_error(run->window, error->message);
	g_clear_error(&error);
	g_clear_pointer(&answer, g_variant_unref);
	run_free(run);
}

static void begin(GtkWidget *window, const struct run *run, const char *text, gboolean keeps_now)
{
	struct vmc_connection *connection = vmc_host_connection(run->machine->host);

	if (!connection) {
		gui_show_error(window, "This host is not connected; wait until it is, and try again.");
		return;
	}
	vmc_checkpoint_do(connection, run->machine->path, run->action, run->row, text, keeps_now, on_done,
			  run_new(window, run->machine, run->action, run->row));
}

static void on_answer(GtkWidget *window, const char *answer, gpointer run)
{
	begin(window, run, answer, FALSE);
}

static void on_keep(GtkWidget *window, const char *answer, gpointer run)
{
	begin(window, run, "", TRUE);
}

void gui_checkpoint_run(GtkWidget *window, const struct gui_machine *machine,
			const struct vmc_checkpoint_action *action, VmcCheckpoint *row)
{
	const char *name = gui_machine_name(machine), *place = vmc_host_place(machine->host);
	char *question = vmc_checkpoint_question(action, row, name),
	     **words = g_strsplit(action->label, "...", 2), *label = g_strconcat("_", words[0], NULL),
	     *command = vmc_checkpoint_command(action, place, name, row, action->need ? "…" : NULL);
	gboolean applies = g_str_equal(action->name, "apply");
	struct gui_question dialog = {
		.title = words[0],
		.text = question ? question : action->text,
		.command = action->need == VMC_NEEDS_NOTHING ? command : NULL,
		.label = label,
		.is_destructive = question != NULL,
		.entry = action->need == VMC_NEEDS_NAME	    ? vmc_checkpoint_name(row)
			 : action->need == VMC_NEEDS_FOLDER ? g_get_home_dir()
							    : NULL,
		.entry_label = action->need == VMC_NEEDS_FOLDER ? "_Folder:" : "New _name:",
		.picks_folder = action->need == VMC_NEEDS_FOLDER && !*place,
		.other = applies ? "_Checkpoint, Then Apply" : NULL,
		.on_other = applies ? on_keep : NULL,
	};

	gui_ask(window, &dialog, on_answer, run_new(window, machine, action, row), run_free);
	g_free(question);
	g_strfreev(words);
	g_free(label);
	g_free(command);
}
