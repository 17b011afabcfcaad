/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Move: the files of a machine to another folder, or the machine to another host; on the client's draft. */
#include "app/call.h"
#include "client/host.h"
#include "client/move_draft.h"
#include "views/actions.h"
#include "views/form.h"
#include "views/wizards.h"

#include <string.h>

struct subject {
	char *path, *name, *state;
};

static const char *const fields[] = { "to", "host", "folder" };

static void subject_free(gpointer opaque)
{
	struct subject *subject = opaque;

	g_free(subject->path);
	g_free(subject->name);
	g_free(subject->state);
	g_free(subject);
}

static struct vmc_move_draft *draft_of(struct form *form)
{
	const struct subject *subject = form_data(form);
	struct vmc_move_draft *draft =
	    vmc_move_draft_new(vmc_host_place(form_host(form)), subject->name, subject->state);

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		vmc_move_draft_set(draft, fields[i], form_value(form, fields[i]));
	return draft;
}

static void update(struct form *form)
{
	struct vmc_move_draft *draft = draft_of(form);

	for (gsize i = 0; i < vmc_move_targets_count; i++)
		if (strcmp(vmc_move_targets[i].name, form_value(form, "to")) == 0)
			form_set_note(form, "text", vmc_move_targets[i].text);
	for (guint i = 1; i < G_N_ELEMENTS(fields); i++)
		form_hide(form, fields[i], !vmc_move_draft_has(draft, fields[i]));
	vmc_move_draft_free(draft);
}

static char *check(struct form *form, const char *name, const char *text)
{
	struct vmc_move_draft *draft = draft_of(form);
	char *problem = vmc_move_draft_problem(draft, name);

	vmc_move_draft_free(draft);
	return problem;
}

static char *command(struct form *form)
{
	struct vmc_move_draft *draft = draft_of(form);
	char *line = vmc_move_draft_check(draft, NULL, NULL) ? vmc_move_draft_command(draft) : NULL;

	vmc_move_draft_free(draft);
	return line;
}

/* --- plan and deed ----------------------------------------------------------------------------------- */

struct question {
	struct tui_view *view; /* held */
	char *summary;	       /* of a plan */
	gboolean is_plan;
};

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct question *question = opaque;
	struct form *form = (struct form *)question->view;
	char *steps, *text;

	if (question->view->is_closed) {
		/* Nobody waits for it any more. */
	} else if (question->is_plan) {
		steps = result ? actions_steps(result) : g_strdup(error->message);
		text = result ? g_strconcat(question->summary, "\n", steps, NULL) : g_strdup(steps);
		form_set_plan(form, text, error != NULL);
		g_free(steps);
		g_free(text);
	} else if (error) {
		form_fail(form, error);
	} else {
		form_done(form, "the move is under way; J shows the jobs");
	}
	tui_release(question->view);
	g_free(question->summary);
	g_free(question);
}

static void run(struct form *form, gboolean is_plan)
{
	const struct subject *subject = form_data(form);
	struct vmc_connection *connection = vmc_host_connection(form_host(form));
	struct vmc_move_draft *draft = draft_of(form);
	struct question *question = g_new0(struct question, 1);
	GError *error = NULL;

	*question = (struct question){ tui_hold(form_view(form)), vmc_move_draft_summary(draft), is_plan };
	if (!connection)
		g_set_error(&error, API_ERROR, API_ERROR_FAILED, "%s", tui_not_connected(form_host(form)));
	if (!error && vmc_move_draft_check(draft, NULL, &error))
		vmc_move_draft_run(draft, connection, subject->path, is_plan, on_answer, question);
	else
		on_answer(NULL, error, question);
	g_clear_error(&error);
	vmc_move_draft_free(draft);
}

static void plan(struct form *form)
{
	run(form, TRUE);
}

static void finish(struct form *form)
{
	run(form, FALSE);
}

static const struct form_kind kind = {
	.update = update,
	.check = check,
	.command = command,
	.button = "Move",
	.plan = plan,
	.finish = finish,
};

/* --- the form ---------------------------------------------------------------------------------------- */

/* Other hosts that are known here. */
static void offer_hosts(struct form *form, struct tui_app *app)
{
	GPtrArray *places = g_ptr_array_new();

	for (guint i = 0; i < tui_hosts(app)->len; i++) {
		const char *place = vmc_host_place(tui_hosts(app)->pdata[i]);

		if (!*place || tui_hosts(app)->pdata[i] == form_host(form))
			continue;
		g_ptr_array_add(places, (gpointer)place);
		g_ptr_array_add(places, (gpointer)place);
	}
	g_ptr_array_add(places, NULL);
	if (places->len > 1)
		form_offer(form, "host", (const char *const *)places->pdata,
			   "USER@HOST; F8 lists the hosts that are known");
	g_ptr_array_unref(places);
}

void wizard_move_open(struct tui_view *owner, VmcObject *machine)
{
	struct subject *subject = g_new0(struct subject, 1);
	char *title = g_strdup_printf("Move: %s", vmc_object_text(machine, "Name"));
	GString *choices = g_string_new(NULL);
	struct form *form;

	*subject =
	    (struct subject){ g_strdup(vmc_object_path(machine)), g_strdup(vmc_object_text(machine, "Name")),
			      g_strdup(vmc_object_text(machine, "State")) };
	for (gsize i = 0; i < vmc_move_targets_count; i++)
		g_string_append_printf(choices, "%s%s=%s", i ? "|" : "", vmc_move_targets[i].name,
				       vmc_move_targets[i].label);
	form = form_new(owner->app, tui_host(owner->app), title, &kind, subject, subject_free);
	form_page(form, "Where To");
	form_choice(form, "to", "To", choices->str, vmc_move_targets[0].name, "");
	form_named_note(form, "text", "");
	form_text(form, "host", "Host", "", "USER@HOST, reached by ssh with a key or an agent");
	form_path(form, "folder", "Folder", "",
		  "in which a folder of the machine's name is made; F8 completes");
	offer_hosts(form, owner->app);
	form_open(form);
	g_string_free(choices, TRUE);
	g_free(title);
}
