/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Machine: what will be done, the command line that does the same, and doing it. */
#include "wizards/new_vm.h"

#include "call.h"
#include "client/command.h"
#include "client/wording.h"
#include "details/facts.h"
#include "dialog.h"
#include "form.h"
#include "main_window.h"

#include <string.h>

static guint64 number(GtkWidget *spin)
{
	return (guint64)gui_form_number(spin);
}

static void add_memory(const struct gui_new_vm *vm, struct gui_options *options)
{
	char text[64];

	gui_options_add_number(options, "memory", number(vm->memory), "M");
	if (!gui_form_is_on(vm->is_dynamic))
		return;
	gui_options_add(options, "set", "memory.dynamic=true");
	g_snprintf(text, sizeof(text), "memory.minimum-mib=%" G_GUINT64_FORMAT, number(vm->minimum));
	gui_options_add(options, "set", text);
	g_snprintf(text, sizeof(text), "memory.maximum-mib=%" G_GUINT64_FORMAT, number(vm->maximum));
	gui_options_add(options, "set", text);
}

static void add_storage(const struct gui_new_vm *vm, struct gui_options *options)
{
	char text[64];

	g_snprintf(text, sizeof(text), "new:%" G_GUINT64_FORMAT "G", number(vm->size));
	if (gui_form_is_on(vm->new_disk))
		gui_options_add(options, "disk", text);
	else if (gui_form_is_on(vm->old_disk))
		gui_options_add(options, "disk", gui_form_value(vm->disk_file));
	if (gui_form_is_on(vm->iso)) {
		gui_options_add(options, "cdrom", gui_form_value(vm->iso_file));
		gui_options_add(options, "boot", "cdrom");
	} else if (gui_form_is_on(vm->linux_kernel)) {
		gui_options_add(options, "kernel", gui_form_value(vm->kernel_file));
		if (*gui_form_value(vm->initrd_file))
			gui_options_add(options, "initrd", gui_form_value(vm->initrd_file));
		if (*gui_form_value(vm->append))
			gui_options_add(options, "append", gui_form_value(vm->append));
	} else if (gui_form_is_on(vm->pxe)) {
		gui_options_add(options, "boot", "network");
	}
}

struct gui_options *gui_new_vm_options(const struct gui_new_vm *vm)
{
	struct gui_options *options = gui_options_new();
	guint chosen = gtk_drop_down_get_selected(GTK_DROP_DOWN(vm->network));

	if (gui_form_is_on(vm->generation_2))
		gui_options_add(options, "generation", "2");
	add_memory(vm, options);
	gui_options_add_number(options, "processors", number(vm->processors), "");
	if (chosen != 0 && chosen != GTK_INVALID_LIST_POSITION)
		gui_options_add(options, "switch", gtk_string_list_get_string(vm->switches, chosen));
	add_storage(vm, options);
	if (gui_form_is_on(vm->elsewhere))
		gui_options_add(options, "location", gui_form_value(vm->location));
	return options;
}

static void add_line(GString *lines, const char *place, const char *const *words)
{
	char *line = vmc_command(place, words);

	g_string_append_printf(lines, "\n%s", line);
	g_free(line);
}

char *gui_new_vm_commands(const struct gui_new_vm *vm)
{
	const char *name = gui_form_value(vm->name), *place = vmc_host_place(vm->host), *subject, *role;
	struct gui_options *options = gui_new_vm_options(vm);
	char *create = gui_options_command(options, place, "vm", "create", name);
	GString *lines = g_string_new(create);

	for (guint i = 0; gui_new_vm_grant(vm, i, &subject, &role); i++)
		add_line(lines, place,
			 (const char *const[]){ "admin", "grant", subject, role, "--vm", name, NULL });
	if (gui_form_is_on(vm->start))
		add_line(lines, place, (const char *const[]){ "vm", "start", name, NULL });
	gui_options_free(options);
	g_free(create);
	return g_string_free(lines, FALSE);
}

static void show_commands(struct gui_new_vm *vm)
{
	char *commands = gui_new_vm_commands(vm);

	gui_command_set(vm->command, commands);
	g_free(commands);
}

/* What was chosen, as people say it. */
static void show_choices(const struct gui_new_vm *vm)
{
	guint chosen = gtk_drop_down_get_selected(GTK_DROP_DOWN(vm->network));
	gboolean is_dynamic = gui_form_is_on(vm->is_dynamic);
	char *most = is_dynamic ? vmc_memory_text(number(vm->maximum)) : NULL,
	     *memory = vmc_memory_text(number(vm->memory));

	gui_facts_set(vm->choices, "Name", gui_form_value(vm->name));
	gui_facts_set(vm->choices, "Generation", gui_form_is_on(vm->generation_2) ? "2" : "1");
	gui_facts_take(vm->choices, "Memory",
		       is_dynamic ? g_strdup_printf("%s, dynamic up to %s", memory, most) : g_strdup(memory));
	gui_facts_take(vm->choices, "Processors",
		       g_strdup_printf("%" G_GUINT64_FORMAT, number(vm->processors)));
	gui_facts_set(vm->choices, "Network",
		      chosen == GTK_INVALID_LIST_POSITION ? ""
							  : gtk_string_list_get_string(vm->switches, chosen));
	if (gui_form_is_on(vm->new_disk))
		gui_facts_take(vm->choices, "Hard disk",
			       g_strdup_printf("new, %" G_GUINT64_FORMAT " GiB, dynamically expanding",
					       number(vm->size)));
	else
		gui_facts_set(vm->choices, "Hard disk",
			      gui_form_is_on(vm->old_disk) ? gui_form_value(vm->disk_file) : "none yet");
	gui_facts_set(vm->choices, "Starts from",
		      gui_form_is_on(vm->iso)		 ? gui_form_value(vm->iso_file)
		      : gui_form_is_on(vm->linux_kernel) ? gui_form_value(vm->kernel_file)
		      : gui_form_is_on(vm->pxe)		 ? "the network"
							 : "its hard disk");
	g_free(memory);
	g_free(most);
}

GtkWidget *gui_new_vm_make_summary(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();

	vm->choices = gui_facts_new("Choices");
	gtk_widget_set_margin_bottom(vm->choices, 12);
	gui_form_widget(form, NULL, vm->choices, NULL);
	vm->steps = gui_form_steps(form, "This will be done:");
	vm->start = gui_form_check(form, "_Start it after it is created", FALSE, NULL);
	vm->command = gui_form_command(form);
	gtk_widget_set_hexpand(vm->command, TRUE);
	gui_form_watch(vm->start, G_CALLBACK(show_commands), vm);
	return form;
}

/* --- the plan ---------------------------------------------------------------------------------------- */

/* NULL: said in the wizard. */
static GVariant *parameters(struct gui_wizard *wizard, struct gui_new_vm *vm, gboolean is_plan)
{
	struct gui_options *options = gui_new_vm_options(vm);
	GError *error = NULL;
	GVariant *settings = gui_options_settings(options, vmc_host_place(vm->host), NULL, &error);

	gui_options_free(options);
	if (settings)
		return g_variant_new("(s@a{sv}@a{sv})", gui_form_value(vm->name), settings,
				     vmc_options(is_plan));
	gui_wizard_fail(wizard, error->message);
	g_error_free(error);
	return NULL;
}

static void on_plan(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	struct gui_new_vm *vm = g_object_get_data(G_OBJECT(window), "new-vm");
	char **steps, *text;

	if (error) {
		gtk_label_set_text(GTK_LABEL(vm->steps), "");
		gui_wizard_fail(wizard, error->message);
		return;
	}
	g_variant_get(result, "(&o^as)", NULL, &steps);
	text = g_strjoinv("\n", steps);
	gtk_label_set_text(GTK_LABEL(vm->steps), text);
	g_free(text);
	g_strfreev(steps);
}

void gui_new_vm_enter_summary(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GVariant *call = parameters(wizard, vm, TRUE);

	show_commands(vm);
	show_choices(vm);
	g_object_set_data(G_OBJECT(gui_wizard_window(wizard)), "new-vm", vm);
	if (call)
		gui_call(gui_wizard_window(wizard), vm->host, API_HOST_PATH, API_HOST_INTERFACE,
			 "CreateVirtualMachine", call, on_plan, wizard);
}

/* --- doing it ---------------------------------------------------------------------------------------- */

static void go_on(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard);

static void end(struct gui_wizard *wizard, struct gui_new_vm *vm)
{
	if (vm->app->main)
		gui_main_select(vm->app->main, vm->path);
	gui_wizard_close(wizard);
}

/* What was made stays; what did not work after that is said in the main window. */
static void end_with(struct gui_wizard *wizard, struct gui_new_vm *vm, const char *problem)
{
	GtkWidget *parent = vm->app->main ? gui_main_window(vm->app->main) : NULL;
	char *text = g_strdup_printf("%s was created, but: %s", gui_form_value(vm->name), problem);

	end(wizard, vm);
	if (parent)
		gui_show_error(parent, text);
	g_free(text);
}

static void on_started(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	struct gui_new_vm *vm = g_object_get_data(G_OBJECT(window), "new-vm");

	if (error)
		end_with(wizard, vm, error->message);
	else
		end(wizard, vm);
}

/* The next grant, then the start. */
static void go_on(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	struct gui_new_vm *vm = g_object_get_data(G_OBJECT(window), "new-vm");
	const char *subject, *role, *id = strrchr(vm->path, '/') + 1;
	char *dashed;

	if (error) {
		end_with(wizard, vm, error->message);
		return;
	}
	if (gui_new_vm_grant(vm, vm->next_grant++, &subject, &role)) {
		dashed = g_strdelimit(g_strdup(id), "_", '-');
		gui_call(window, vm->host, API_ADMINS_PATH, API_ADMINS_INTERFACE, "Grant",
			 g_variant_new("(sss@a{sv})", subject, role, dashed, vmc_options(FALSE)), go_on,
			 wizard);
		g_free(dashed);
	} else if (gui_form_is_on(vm->start)) {
		gui_call_vm(window, vm->host, vm->path, "Start",
			    g_variant_new("(@a{sv})", vmc_options(FALSE)), on_started, wizard);
	} else {
		end(wizard, vm);
	}
}

static void on_created(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	struct gui_new_vm *vm = g_object_get_data(G_OBJECT(window), "new-vm");

	if (error) {
		gui_wizard_fail(wizard, error->message);
		return;
	}
	g_variant_get_child(result, 0, "o", &vm->path);
	go_on(window, result, NULL, wizard);
}

void gui_new_vm_finish(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GVariant *call = parameters(wizard, vm, FALSE);

	if (call)
		gui_call(gui_wizard_window(wizard), vm->host, API_HOST_PATH, API_HOST_INTERFACE,
			 "CreateVirtualMachine", call, on_created, wizard);
}
