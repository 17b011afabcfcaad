/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/command.h"
#include "client/settings.h"
#include "views/actions.h"
#include "views/form.h"
#include "views/wizards.h"

#include <string.h>

static char *command(struct form *form)
{
	const char *name = form_value(form, "name");
	const char *words[] = { "vm",
				"import",
				form_value(form, "folder"),
				"--mode",
				form_value(form, "mode"),
				*name ? "--name" : NULL,
				name,
				NULL };

	return vmc_command(vmc_host_place(form_host(form)), words);
}

static char *check(struct form *form, const char *name, const char *text)
{
	if (strcmp(name, "folder") == 0 && text[0] != '/')
		return g_strdup("the whole path of the folder that an export has made; F8 completes");
	if (strcmp(name, "name") == 0 && *text)
		return vmc_setting_problem("vm.name", text);
	return NULL;
}

static void call(struct form *form, gboolean is_plan, tui_answer_fn fn)
{
	tui_call_host(form_view(form), form_host(form), "Import",
		      g_variant_new("(sss@a{sv})", form_value(form, "folder"), form_value(form, "mode"),
				    form_value(form, "name"), vmc_options(is_plan)),
		      fn, NULL);
}

static const struct form_kind kind = {
	.check = check,
	.command = command,
	.button = "Import",
	.call = call,
	.done = "the import is under way; J shows the jobs",
};

void wizard_import_open(struct tui_app *app)
{
	struct form *form = form_new(app, tui_host(app), "Import Virtual Machine", &kind, NULL, NULL);

	form_page(form, "Locate Folder");
	form_path(form, "folder", "Folder", "/", "what an export has made; F8 completes");
	form_page(form, "Import Type");
	form_choice(form, "mode", "Type",
		    "register=Register in place: its files stay there|restore=Restore: files are copied, the "
		    "identity stays|"
		    "copy=Copy: files are copied, a new identity",
		    "copy", "");
	form_text(form, "name", "New name", "", "empty: as it was");
	form_open(form);
}
