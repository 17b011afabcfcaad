/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The New Virtual Machine wizard: its pages in order, and the first ones. */
#include "wizards/new_vm.h"

#include "file_look.h"
#include "file_picker.h"
#include "form.h"
#include "state.h"
#include "wizards/wizards.h"

#include <string.h>

GtkWidget *gui_new_vm_make_intro(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(
	    form,
	    "This wizard makes a virtual machine: a computer of its own, with memory, processors, disks "
	    "and a network adapter, that runs a system of its own beside others.");
	gui_form_text(form,
		      "Every page has a default that works. What is chosen here can be changed later in the "
		      "settings of the machine, except its generation.");
	gui_form_text(form,
		      "The last page shows what will be done, and the command line that does the same.");
	vm->hide_intro = gui_form_check(form, "_Do not show this page again", FALSE, NULL);
	return form;
}

static gboolean is_intro_hidden(gpointer data)
{
	struct gui_new_vm *vm = data;

	return gui_state_number(vm->app->state, "wizards", "hide-intro", 0);
}

static gboolean leave_intro(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;

	if (gui_form_is_on(vm->hide_intro))
		gui_state_set_number(vm->app->state, "wizards", "hide-intro", 1);
	return TRUE;
}

static gboolean is_name_taken(VmcHost *host, const char *name)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;

	for (guint i = 0; machines && i < g_list_model_get_n_items(machines); i++) {
		VmcObject *machine = g_list_model_get_item(machines, i);
		gboolean is_it = strcmp(vmc_object_text(machine, "Name"), name) == 0;

		g_object_unref(machine);
		if (is_it)
			return TRUE;
	}
	return FALSE;
}

static gboolean mark_name(struct gui_new_vm *vm)
{
	const char *name = gui_form_value(vm->name);
	char *problem = NULL;

	if (!*name)
		problem = g_strdup("A name is missing; give the machine one.");
	else if (is_name_taken(vm->host, name))
		problem = g_strdup_printf("%s: this name is taken; give another.", name);
	else if (strchr(name, '/'))
		problem = g_strdup("A name has no \"/\"; leave it out.");
	gui_form_set_error(vm->name, problem);
	g_free(problem);
	return !problem;
}

static gboolean mark_location(struct gui_new_vm *vm)
{
	if (gui_form_is_on(vm->elsewhere))
		return gui_form_check_folder(vm->location);
	gui_form_set_error(vm->location, NULL);
	return TRUE;
}

static void on_location(gpointer vm)
{
	mark_location(vm);
}

static void on_elsewhere(struct gui_new_vm *vm)
{
	gui_form_refuse(vm->location,
			gui_form_is_on(vm->elsewhere) ? NULL : "Only when its disks are stored elsewhere.");
	gui_form_set_error(vm->location, NULL); /* nothing was typed yet */
}

gboolean gui_new_vm_check_name(struct gui_wizard *wizard, gpointer data)
{
	gboolean is_good = mark_name(data);

	return mark_location(data) && is_good;
}

GtkWidget *gui_new_vm_make_name(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(
	    form, "The name under which everybody sees this machine. The system inside does not learn it.");
	vm->name = gui_form_entry(form, "N_ame:", "", "Up to 100 characters; each name once on a host.");
	gui_form_watch(vm->name, G_CALLBACK(mark_name), vm);
	vm->elsewhere = gui_form_check(form, "_Store its disks elsewhere", FALSE,
				       "Otherwise they lie in a folder of its own among the service's data.");
	vm->location =
	    gui_form_entry(form, "_Location:", "",
			   "A folder; a new one of the machine's name is made in it, with your rights.");
	gui_file_field(vm->location, vmc_host_place(vm->host), GUI_PICK_FOLDER, NULL);
	gui_form_watch(vm->elsewhere, G_CALLBACK(on_elsewhere), vm);
	gui_look_watch(vm->location, on_location, vm);
	on_elsewhere(vm);
	return form;
}

static void free_vm(gpointer data)
{
	struct gui_new_vm *vm = data;

	g_object_unref(vm->host);
	g_clear_object(&vm->switches);
	g_free(vm->path);
	g_free(vm);
}

void gui_new_vm_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	static const struct gui_wizard_page pages[] = {
		{ "Before You Begin", gui_new_vm_make_intro, NULL, leave_intro, is_intro_hidden },
		{ "Name and Location", gui_new_vm_make_name, NULL, gui_new_vm_check_name, NULL },
		{ "Generation", gui_new_vm_make_generation, NULL, NULL, NULL },
		{ "Memory", gui_new_vm_make_memory, NULL, gui_new_vm_check_memory, NULL },
		{ "Processors", gui_new_vm_make_processors, NULL, NULL, NULL },
		{ "Networking", gui_new_vm_make_network, NULL, NULL, NULL },
		{ "Virtual Hard Disk", gui_new_vm_make_disk, NULL, gui_new_vm_check_disk, NULL },
		{ "Installation", gui_new_vm_make_install, NULL, gui_new_vm_check_install, NULL },
		{ "Administrators", gui_new_vm_make_people, NULL, NULL, NULL },
		{ "Summary", gui_new_vm_make_summary, gui_new_vm_enter_summary, NULL, NULL },
	};
	struct gui_new_vm *vm = g_new0(struct gui_new_vm, 1);

	vm->app = app;
	vm->host = g_object_ref(host);
	gui_wizard_open(app, window,
			&(struct gui_wizard_config){ .title = "New Virtual Machine",
						     .pages = pages,
						     .page_count = G_N_ELEMENTS(pages),
						     .finish = "_Create",
						     .on_finish = gui_new_vm_finish,
						     .data = vm,
						     .free_data = free_vm });
}
