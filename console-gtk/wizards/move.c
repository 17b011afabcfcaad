/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Move wizard: where to, in which folder or to which host, summary; on the client's draft. */
#include "wizards/wizard.h"
#include "wizards/wizards.h"

#include "client/move_draft.h"
#include "dialog.h"
#include "file_picker.h"
#include "form.h"

enum { TARGETS_MAX = 4 };

struct move {
	struct gui_machine *machine;
	char *name, *state;
	GtkWidget *targets[TARGETS_MAX + 1], *host, *folder, *summary, *steps, *command;
};

/* An answer that may come when the wizard is gone. */
struct answer {
	GWeakRef window;
	struct gui_wizard *wizard;
	struct move *move;
	gboolean is_plan;
};

static const char *target_of(const struct move *move)
{
	for (gsize i = 0; i < vmc_move_targets_count && move->targets[i]; i++)
		if (gui_form_is_on(move->targets[i]))
			return vmc_move_targets[i].name;
	return vmc_move_targets[0].name;
}

static struct vmc_move_draft *draft_of(const struct move *move)
{
	struct vmc_move_draft *draft =
	    vmc_move_draft_new(vmc_host_place(move->machine->host), move->name, move->state);

	vmc_move_draft_set(draft, "to", target_of(move));
	if (move->folder) {
		vmc_move_draft_set(draft, "host", gui_form_value(move->host));
		vmc_move_draft_set(draft, "folder", gui_form_value(move->folder));
	}
	return draft;
}

/* --- pages ------------------------------------------------------------------------------------------- */

static GtkWidget *make_target(struct gui_wizard *wizard, gpointer data)
{
	struct move *move = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form, "Where the machine is to go.");
	for (gsize i = 0; i < vmc_move_targets_count && i < TARGETS_MAX; i++)
		move->targets[i] = gui_form_radio(form, vmc_move_targets[i].label,
						  i ? move->targets[0] : NULL, vmc_move_targets[i].text);
	return form;
}

static GtkWidget *make_place(struct gui_wizard *wizard, gpointer data)
{
	struct move *move = data;
	GtkWidget *form = gui_form_new();

	move->host = gui_form_entry(form, "_Host:", "", "As ssh reaches it, such as alice@lab.");
	move->folder = gui_form_entry(
	    form, "Fol_der:", "",
	    "A folder of the machine's name is made in it; of another host it may stay empty: then its inventory.");
	gui_file_field(move->folder, vmc_host_place(move->machine->host), GUI_PICK_FOLDER, NULL);
	return form;
}

static void enter_place(struct gui_wizard *wizard, gpointer data)
{
	struct move *move = data;
	struct vmc_move_draft *draft = draft_of(move);

	gui_form_show(move->host, vmc_move_draft_has(draft, "host"));
	gui_form_show(move->folder, vmc_move_draft_has(draft, "folder"));
	gui_file_field_set_place(move->folder, vmc_move_draft_has(draft, "host")
						   ? "the other host"
						   : vmc_host_place(move->machine->host));
	vmc_move_draft_free(draft);
}

static gboolean check_field(const struct vmc_move_draft *draft, GtkWidget *field, const char *name)
{
	char *problem = vmc_move_draft_problem(draft, name);
	gboolean is_good = !problem;

	gui_form_set_error(field, problem);
	g_free(problem);
	return is_good;
}

static gboolean check_place(struct gui_wizard *wizard, gpointer data)
{
	struct move *move = data;
	struct vmc_move_draft *draft = draft_of(move);
	gboolean has_host = check_field(draft, move->host, "host"),
		 has_folder = check_field(draft, move->folder, "folder");

	vmc_move_draft_free(draft);
	return has_host && has_folder;
}

static gboolean needs_no_place(gpointer data)
{
	struct vmc_move_draft *draft = draft_of(data);
	gboolean needs_none = !vmc_move_draft_has(draft, "folder");

	vmc_move_draft_free(draft);
	return needs_none;
}

static GtkWidget *make_summary(struct gui_wizard *wizard, gpointer data)
{
	struct move *move = data;
	GtkWidget *form = gui_form_new();

	move->summary = gui_text_new("");
	gui_form_widget(form, NULL, move->summary, NULL);
	move->steps = gui_form_steps(form, "This will be done, as a job:");
	move->command = gui_form_command(form);
	return form;
}

/* --- the call ---------------------------------------------------------------------------------------- */

static void show_steps(struct move *move, GVariant *result)
{
	char **steps, *text;

	g_variant_get(result, "(&o^as)", NULL, &steps);
	text = g_strjoinv("\n", steps);
	gtk_label_set_text(GTK_LABEL(move->steps), text);
	g_free(text);
	g_strfreev(steps);
}

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct answer *answer = opaque;
	GObject *window = g_weak_ref_get(&answer->window);

	if (window && error)
		gui_wizard_fail(answer->wizard, error->message);
	else if (window && answer->is_plan)
		show_steps(answer->move, result);
	else if (window)
		gui_wizard_close(answer->wizard); /* the list of jobs shows how it goes */
	g_clear_object(&window);
	g_weak_ref_clear(&answer->window);
	g_free(answer);
}

static void call(struct gui_wizard *wizard, struct move *move, gboolean is_plan)
{
	struct vmc_move_draft *draft = draft_of(move);
	struct answer *answer = g_new0(struct answer, 1);

	answer->wizard = wizard;
	answer->move = move;
	answer->is_plan = is_plan;
	g_weak_ref_init(&answer->window, gui_wizard_window(wizard));
	vmc_move_draft_run(draft, vmc_host_connection(move->machine->host), move->machine->path, is_plan,
			   on_answer, answer);
	vmc_move_draft_free(draft);
}

static void enter_summary(struct gui_wizard *wizard, gpointer data)
{
	struct move *move = data;
	struct vmc_move_draft *draft = draft_of(move);
	char *summary = vmc_move_draft_summary(draft), *command = vmc_move_draft_command(draft);

	gtk_label_set_text(GTK_LABEL(move->summary), summary);
	gtk_label_set_text(GTK_LABEL(move->steps), "");
	gui_command_set(move->command, command);
	call(wizard, move, TRUE);
	g_free(summary);
	g_free(command);
	vmc_move_draft_free(draft);
}

static void finish(struct gui_wizard *wizard, gpointer data)
{
	call(wizard, data, FALSE);
}

static void free_move(gpointer data)
{
	struct move *move = data;

	gui_machine_free(move->machine);
	g_free(move->name);
	g_free(move->state);
	g_free(move);
}

void gui_move_open(struct gui_app *app, GtkWidget *window, const struct gui_machine *machine)
{
	static const struct gui_wizard_page pages[] = {
		{ "Where To", make_target, NULL, NULL, NULL },
		{ "Place", make_place, enter_place, check_place, needs_no_place },
		{ "Summary", make_summary, enter_summary, NULL, NULL },
	};
	struct move *move = g_new0(struct move, 1);
	char *title = g_strdup_printf("Move %s", gui_machine_name(machine));

	move->machine = gui_machine_copy(machine);
	move->name = g_strdup(gui_machine_name(machine));
	move->state = g_strdup(gui_machine_state(machine));
	gui_wizard_open(app, window,
			&(struct gui_wizard_config){ .title = title,
						     .pages = pages,
						     .page_count = G_N_ELEMENTS(pages),
						     .finish = "_Move",
						     .on_finish = finish,
						     .data = move,
						     .free_data = free_move });
	g_free(title);
}
