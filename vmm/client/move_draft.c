/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/move_draft.h"
#include "client/command.h"
#include "client/move_host.h"

#include "model/vm_state.h"

#include <string.h>

const struct vmc_move_target vmc_move_targets[] = {
	{ "folder", "Another folder of this host",
	  "All files of the machine go into a new folder of its name: its disks, and those of its checkpoints." },
	{ "inventory", "Its own folder of the inventory",
	  "All files of the machine go back to where new machines have theirs." },
	{ "host", "Another host",
	  "The machine goes to a host that ssh reaches, with its checkpoints and what it has in memory; here it goes to the trash." },
};
const gsize vmc_move_targets_count = G_N_ELEMENTS(vmc_move_targets);

struct vmc_move_draft {
	char *place, *name, *state;
	const struct vmc_move_target *to;
	char *folder, *host;
};

struct vmc_move_draft *vmc_move_draft_new(const char *place, const char *name, const char *state)
{
	struct vmc_move_draft *draft = g_new0(struct vmc_move_draft, 1);

	draft->place = g_strdup(place ? place : "");
	draft->name = g_strdup(name);
	draft->state = g_strdup(state);
	draft->to = &vmc_move_targets[0];
	draft->folder = g_strdup("");
	draft->host = g_strdup("");
	return draft;
}

struct vmc_move_draft *vmc_move_draft_free(struct vmc_move_draft *draft)
{
	if (!draft)
		return NULL;
	g_free(draft->place);
	g_free(draft->name);
	g_free(draft->state);
	g_free(draft->folder);
	g_free(draft->host);
	g_free(draft);
	return NULL;
}

static gboolean is_to(const struct vmc_move_draft *draft, const char *to)
{
	return strcmp(draft->to->name, to) == 0;
}

gboolean vmc_move_draft_has(const struct vmc_move_draft *draft, const char *field)
{
	if (strcmp(field, "folder") == 0)
		return !is_to(draft, "inventory");
	return strcmp(field, "to") == 0 || (strcmp(field, "host") == 0 && is_to(draft, "host"));
}

gboolean vmc_move_draft_set(struct vmc_move_draft *draft, const char *field, const char *value)
{
	char **text = strcmp(field, "folder") == 0 ? &draft->folder
		      : strcmp(field, "host") == 0 ? &draft->host
						   : NULL;

	if (text) {
		g_free(*text);
		*text = g_strstrip(g_strdup(value ? value : ""));
		return TRUE;
	}
	for (gsize i = 0; strcmp(field, "to") == 0 && i < vmc_move_targets_count; i++)
		if (value && strcmp(vmc_move_targets[i].name, value) == 0) {
			draft->to = &vmc_move_targets[i];
			return TRUE;
		}
	return FALSE;
}

const char *vmc_move_draft_get(const struct vmc_move_draft *draft, const char *field)
{
	if (strcmp(field, "to") == 0)
		return draft->to->name;
	return strcmp(field, "folder") == 0 ? draft->folder : strcmp(field, "host") == 0 ? draft->host : "";
}

static char *folder_problem(const struct vmc_move_draft *draft)
{
	if (!*draft->folder && is_to(draft, "host"))
		return NULL;
	if (!*draft->folder)
		return g_strdup("give the folder in which a folder of the machine's name is made");
	return *draft->folder == '/' ? NULL : g_strdup("give the whole path, from / on");
}

static char *host_problem(const struct vmc_move_draft *draft)
{
	if (!*draft->host)
		return g_strdup("give the host as ssh reaches it, such as alice@lab");
	if (*draft->host == '-' || strpbrk(draft->host, " \t\n:/"))
		return g_strdup("this is no name of a host; give it as ssh reaches it, such as alice@lab");
	return strcmp(draft->host, draft->place) == 0 ? g_strdup("the machine is on this host already")
						      : NULL;
}

char *vmc_move_draft_problem(const struct vmc_move_draft *draft, const char *field)
{
	if (!vmc_move_draft_has(draft, field))
		return NULL;
	return strcmp(field, "folder") == 0 ? folder_problem(draft)
	       : strcmp(field, "host") == 0 ? host_problem(draft)
					    : NULL;
}

gboolean vmc_move_draft_check(const struct vmc_move_draft *draft, const char **ret_field, GError **error)
{
	static const char *const fields[] = { "host", "folder" };

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		char *problem = vmc_move_draft_problem(draft, fields[i]);

		if (!problem)
			continue;
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT, "%s: %s", fields[i], problem);
		g_free(problem);
		if (ret_field)
			*ret_field = fields[i];
		return FALSE;
	}
	return TRUE;
}

/* --- what is to be done ------------------------------------------------------------------------------ */

static char *where(const struct vmc_move_draft *draft)
{
	char *folder = g_build_filename(draft->folder, draft->name, NULL), *text;

	if (is_to(draft, "inventory"))
		text = g_strdup("its own folder of the inventory");
	else if (is_to(draft, "host") && !*draft->folder)
		text = g_strdup_printf("the inventory of %s", draft->host);
	else if (is_to(draft, "host"))
		text = g_strdup_printf("%s on %s", folder, draft->host);
	else
		text = g_strdup(folder);
	g_free(folder);
	return text;
}

char *vmc_move_draft_summary(const struct vmc_move_draft *draft)
{
	enum vm_state state;
	gboolean is_up = vm_state_parse(draft->state, &state) && vm_state_is_up(state);
	char *to = where(draft);
	char *text = g_strdup_printf(
	    "%s moves to %s.%s%s", draft->name, to,
	    is_up ? " It is saved for the end of it, and goes on by itself: it stands still for that time."
		  : "",
	    is_to(draft, "host")
		? " Here it goes to the trash when all of it is there."
		: " Until all of it is there, and whenever it fails, the files of now count.");

	g_free(to);
	return text;
}

char *vmc_move_draft_command(const struct vmc_move_draft *draft)
{
	gboolean is_host = is_to(draft, "host");
	char *target =
	    *draft->folder ? g_strconcat(draft->host, ":", draft->folder, NULL) : g_strdup(draft->host);
	const char *const words[] = { "vm",
				      "move",
				      draft->name,
				      is_host			  ? "--to"
				      : is_to(draft, "inventory") ? "--back"
								  : draft->folder,
				      is_host ? target : NULL,
				      NULL };
	char *command = vmc_command(draft->place, words);

	g_free(target);
	return command;
}

void vmc_move_draft_run(const struct vmc_move_draft *draft, struct vmc_connection *connection,
			const char *path, gboolean is_plan, vmc_answer_fn fn, gpointer opaque)
{
	const char *folder = is_to(draft, "inventory") ? "" : draft->folder;

	if (is_to(draft, "host")) {
		vmc_move_to_host(
		    connection, path,
		    &(struct vmc_far_move){
			.host = draft->host, .folder = folder, .is_plan = is_plan, .is_silent = TRUE },
		    fn, opaque);
		return;
	}
	vmc_ask(connection, path, API_VM_INTERFACE, "Move",
		g_variant_new("(s@a{sv})", folder, vmc_options(is_plan)), fn, opaque);
}
