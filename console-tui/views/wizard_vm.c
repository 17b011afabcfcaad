/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Machine: pages, fields and defaults of Hyper-V Manager's wizard, on the client's draft. */
#include "views/wizards.h"

#include "client/command.h"
#include "client/disk_draft.h"
#include "client/draft.h"
#include "client/draft_drives.h"
#include "client/host_check.h"
#include "client/settings.h"
#include "client/switch_draft.h"
#include "client/wording.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/form.h"
#include "views/main_view.h"
#include "views/people.h"

#include <string.h>
#include <unistd.h>

static gboolean is_value(struct form *form, const char *name, const char *value)
{
	return strcmp(form_value(form, name), value) == 0;
}

/* --- what the fields mean: options of `bulkhead vm create` --------------------------------------------- */

typedef void (*option_fn)(gpointer opaque, const char *name, const char *value);

static void text_option(struct form *form, const char *name, option_fn fn, gpointer opaque)
{
	if (*form_value(form, name) && !form_is_hidden(form, name))
		fn(opaque, name, form_value(form, name));
}

static void disk_option(struct form *form, option_fn fn, gpointer opaque)
{
	char *value;

	if (is_value(form, "disk-kind", "create")) {
		value = g_strconcat("new:", form_value(form, "disk-size"), NULL);
		fn(opaque, "disk", value);
		g_free(value);
	} else if (is_value(form, "disk-kind", "use")) {
		fn(opaque, "disk", form_value(form, "disk-file"));
	}
}

static void each_option(struct form *form, option_fn fn, gpointer opaque)
{
	text_option(form, "memory", fn, opaque);
	if (!is_value(form, "generation", "1"))
		text_option(form, "generation", fn, opaque);
	text_option(form, "processors", fn, opaque);
	if (form_is_on(form, "dynamic")) {
		text_option(form, "memory-min", fn, opaque);
		text_option(form, "memory-max", fn, opaque);
	}
	if (!is_value(form, "switch", "none"))
		text_option(form, "switch", fn, opaque);
	disk_option(form, fn, opaque);
	if (is_value(form, "install", "iso")) {
		text_option(form, "cdrom", fn, opaque);
		fn(opaque, "boot", "cdrom");
	} else if (is_value(form, "install", "kernel")) {
		text_option(form, "kernel", fn, opaque);
		text_option(form, "initrd", fn, opaque);
		text_option(form, "append", fn, opaque);
	} else if (is_value(form, "install", "network")) {
		fn(opaque, "boot", "network");
	}
	text_option(form, "notes", fn, opaque);
	text_option(form, "location", fn, opaque);
}

struct collect {
	struct vmc_draft *draft;
	GError *error;
};

static void add_to_draft(gpointer opaque, const char *name, const char *value)
{
	struct collect *collect = opaque;

	if (!collect->error)
		vmc_draft_add(collect->draft, name, value, &collect->error);
}

/* Floating; NULL: a sentence. */
static GVariant *settings_of(struct form *form, GError **error)
{
	struct collect collect = { vmc_draft_new(*vmc_host_place(form_host(form)) != '\0'), NULL };
	GVariant *settings = NULL;

	each_option(form, add_to_draft, &collect);
	if (collect.error)
		g_propagate_error(error, collect.error);
	else
		settings = vmc_draft_settings(collect.draft, NULL, error);
	vmc_draft_free(collect.draft);
	return settings;
}

static void add_words(gpointer opaque, const char *name, const char *value)
{
	g_ptr_array_add(opaque, g_strconcat("--", name, NULL));
	g_ptr_array_add(opaque, g_strdup(value));
}

static char *command(struct form *form)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	const char *place = vmc_host_place(form_host(form)), *name = form_value(form, "name");
	char *line, *all;

	g_ptr_array_add(words, g_strdup("vm"));
	g_ptr_array_add(words, g_strdup("create"));
	g_ptr_array_add(words, g_strdup(name));
	each_option(form, add_words, words);
	g_ptr_array_add(words, NULL);
	line = vmc_command(place, (const char *const *)words->pdata);
	if (*form_value(form, "subject")) {
		const char *const grant[] = {
			"admin", "grant", form_value(form, "subject"), form_value(form, "role"), "--vm",
			name,	 NULL
		};
		char *more = vmc_command(place, grant);

		all = g_strconcat(line, " && ", more, NULL);
		g_free(line);
		g_free(more);
		line = all;
	}
	if (form_is_on(form, "start")) {
		const char *const start[] = { "vm", "start", name, NULL };
		char *more = vmc_command(place, start);

		all = g_strconcat(line, " && ", more, NULL);
		g_free(line);
		g_free(more);
		line = all;
	}
	g_ptr_array_unref(words);
	return line;
}

/* --- checks ------------------------------------------------------------------------------------------ */

static char *draft_problem(struct form *form, const char *name, const char *text)
{
	struct vmc_draft *draft = vmc_draft_new(*vmc_host_place(form_host(form)) != '\0');
	GError *error = NULL;
	GVariant *settings;
	char *problem = NULL, *mib;

	if (vmc_draft_add(draft, name, text, &error)) {
		settings = vmc_draft_settings(draft, NULL, &error);
		if (settings && g_str_has_prefix(name, "memory")) {
			g_variant_ref_sink(settings);
			mib = vmc_setting_text(settings, strcmp(name, "memory") == 0 ? "memory.startup-mib"
							 : strcmp(name, "memory-min") == 0
							     ? "memory.minimum-mib"
							     : "memory.maximum-mib");
			problem = vmc_setting_problem("memory.startup-mib", mib);
			g_free(mib);
		}
		if (settings)
			g_variant_unref(settings);
	}
	if (error)
		problem = g_strdup(error->message);
	g_clear_error(&error);
	vmc_draft_free(draft);
	return problem;
}

static char *file_problem(struct form *form, const char *text)
{
	GError *error = NULL;
	char *path = *text ? draft_path(text, *vmc_host_place(form_host(form)) != '\0', &error) : NULL,
	     *problem = NULL;

	if (!*text)
		return g_strdup("give its path; F8 completes");
	if (!path)
		problem = g_strdup(error->message);
	else if (!*vmc_host_place(form_host(form)) && access(path, F_OK) != 0)
		problem = g_strdup_printf("%s: there is no such file", path);
	g_clear_error(&error);
	g_free(path);
	return problem;
}

static char *size_problem(const char *text)
{
	guint64 bytes;

	if (vmc_size_parse(text, &bytes) && bytes >= 1 << 20)
		return NULL;
	return g_strdup("this is no size of a disk; give a number with M, G or T, such as 40G");
}

static char *check(struct form *form, const char *name, const char *text)
{
	if (strcmp(name, "name") == 0)
		return vmc_setting_problem("vm.name", text);
	if (g_str_has_prefix(name, "memory"))
		return draft_problem(form, name, text);
	if (strcmp(name, "processors") == 0)
		return vmc_setting_problem("processor.count", text);
	if (strcmp(name, "disk-size") == 0)
		return size_problem(text);
	if (strcmp(name, "location") == 0 || strcmp(name, "disk-file") == 0 || strcmp(name, "cdrom") == 0 ||
	    strcmp(name, "kernel") == 0)
		return file_problem(form, text);
	if (strcmp(name, "install") == 0 && strcmp(text, "network") == 0 && is_value(form, "switch", "none"))
		return g_strdup(
		    "it starts through its network adapter: choose a connection on the page Networking");
	if (strcmp(name, "initrd") == 0)
		return *text ? file_problem(form, text) : NULL;
	if (strcmp(name, "subject") == 0 && *text && !g_str_has_prefix(text, "user:") &&
	    !g_str_has_prefix(text, "group:"))
		return g_strdup("write it as user:NAME or group:NAME");
	return NULL;
}

static void update(struct form *form)
{
	gboolean is_kernel = is_value(form, "install", "kernel");

	if (!form_is_hidden(form, "hide-begin") && form_differs(form, "hide-begin"))
		tui_set_option(form_view(form)->app, "before-you-begin", !form_is_on(form, "hide-begin"));
	form_hide(form, "location", !form_is_on(form, "elsewhere"));
	form_hide(form, "memory-min", !form_is_on(form, "dynamic"));
	form_hide(form, "memory-max", !form_is_on(form, "dynamic"));
	form_hide(form, "disk-size", !is_value(form, "disk-kind", "create"));
	form_hide(form, "disk-file", !is_value(form, "disk-kind", "use"));
	form_refuse_choice(form, "install", "network",
			   is_value(form, "generation", "2")
			       ? "Only machines of generation 1 have the adapter that firmware starts from."
			       : NULL);
	form_hide(form, "cdrom", !is_value(form, "install", "iso"));
	form_hide(form, "kernel", !is_kernel);
	form_hide(form, "initrd", !is_kernel);
	form_hide(form, "append", !is_kernel);
	form_hide(form, "role", !*form_value(form, "subject"));
	people_follow(form_data(form), form, "subject");
}

/* --- plan and finish --------------------------------------------------------------------------------- */

static void plan(struct form *form)
{
	GError *error = NULL;
	GVariant *settings = settings_of(form, &error);

	if (!settings) {
		form_set_plan(form, error->message, TRUE);
		g_error_free(error);
		return;
	}
	tui_call_host(form_view(form), form_host(form), "CreateVirtualMachine",
		      g_variant_new("(s@a{sv}@a{sv})", form_value(form, "name"), settings, vmc_options(TRUE)),
		      form_take_plan, NULL);
}

static void done(struct form *form)
{
	char *text = g_strdup_printf("%s is made", form_value(form, "name"));

	form_done(form, text);
	g_free(text);
}

static void on_started(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	struct tui_app *app = view->app;

	done((struct form *)view);
	if (error)
		dialog_error(app, error);
}

static void start_it(struct form *form, const char *path)
{
	if (form_is_on(form, "start"))
		tui_call_vm(form_view(form), form_host(form), path, "Start",
			    g_variant_new("(@a{sv})", vmc_options(FALSE)), on_started, NULL);
	else
		done(form);
}

static void on_granted(struct tui_view *view, GVariant *result, const GError *error, gpointer path)
{
	struct form *form = (struct form *)view;

	if (error)
		dialog_error(view->app, error); /* the machine is there: it goes on */
	start_it(form, path);
	g_free(path);
}

static void on_created(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	struct form *form = (struct form *)view;
	const char *path, *subject = form_value(form, "subject");

	if (error) {
		form_fail(form, error);
		return;
	}
	g_variant_get_child(result, 0, "&o", &path);
	main_view_select(view->app, path);
	if (*subject)
		tui_call(view, form_host(form), API_ADMINS_PATH, API_ADMINS_INTERFACE, "Grant",
			 g_variant_new("(sss@a{sv})", subject, form_value(form, "role"),
				       form_value(form, "name"), vmc_options(FALSE)),
			 on_granted, g_strdup(path));
	else
		start_it(form, path);
}

static void finish(struct form *form)
{
	GError *error = NULL;
	GVariant *settings = settings_of(form, &error);

	if (!settings) {
		form_fail(form, error);
		g_error_free(error);
		return;
	}
	tui_call_host(
	    form_view(form), form_host(form), "CreateVirtualMachine",
	    g_variant_new("(s@a{sv}@a{sv})", form_value(form, "name"), settings, vmc_options(FALSE)),
	    on_created, NULL);
}

static const struct form_kind kind = {
	.update = update,
	.check = check,
	.command = command,
	.button = "Create",
	.plan = plan,
	.finish = finish,
};

/* --- pages ------------------------------------------------------------------------------------------- */

static char *first_name(struct tui_app *app)
{
	struct vmc_inventory *inventory = vmc_host_inventory(tui_host(app));
	guint count = inventory ? g_list_model_get_n_items(vmc_inventory_machines(inventory)) : 0;

	return g_strdup_printf("new-machine-%u", count + 1);
}

static void add_begin(struct form *form)
{
	form_page(form, "Before You Begin");
	form_note(form, "This wizard makes a virtual machine: a computer of its own, with memory, "
			"processors, disks and a "
			"network adapter, that runs a system of its own beside others.");
	form_note(
	    form,
	    "Every page has a default that works. What is chosen here can be changed later in the settings "
	    "of the machine, except its generation.");
	form_note(
	    form,
	    "The last page shows what will be done, and the command line that does the same; nothing happens "
	    "before you agree there. F9 goes to it at once.");
	form_tick(form, "hide-begin", "Skip this page", FALSE,
		  "do not show it again; F10, View, Options brings it back");
	form_set_aside(form, "hide-begin");
}

/* What this host has, where that is known: it is asked of this computer only. */
static char *host_text(struct form *form, gboolean is_memory)
{
	guint64 mib = vmc_host_available_mib();
	char *free_text, *text;

	if (*vmc_host_place(form_host(form)) || (is_memory && !mib))
		return g_strdup(is_memory ? "512M, 2G, or a number of MiB; 8M to 512G" : "1 to 64");
	if (!is_memory)
		return g_strdup_printf("1 to 64; this computer has %u", g_get_num_processors());
	free_text = vmc_memory_text(mib);
	text =
	    g_strdup_printf("512M, 2G, or a number of MiB; 8M to 512G; this computer has %s free", free_text);
	g_free(free_text);
	return text;
}

static void add_hardware(struct form *form)
{
	char *processors = host_text(form, FALSE), *memory = host_text(form, TRUE);

	form_page(form, "Generation");
	form_choice(form, "generation", "Generation",
		    "1=1: a PC with BIOS|2=2: UEFI and synthetic devices only", "1",
		    "Generation 1 starts every PC system. It cannot be changed later.");
	form_refuse_choice(form, "generation", "2", vmc_generation_2_refusal);
	form_page(form, "Memory");
	form_text(form, "memory", "Startup memory", "1024M", memory);
	form_tick(form, "dynamic", "Dynamic memory", FALSE, "Memory moves between machines as they need it.");
	form_text(form, "memory-min", "Minimum", "512M", "What it keeps in any case.");
	form_text(form, "memory-max", "Maximum", "4G", "What it may grow to.");
	form_page(form, "Processors");
	form_text(form, "processors", "Virtual processors", "1", processors);
	g_free(processors);
	g_free(memory);
}

static void add_storage(struct form *form)
{
	form_page(form, "Virtual Hard Disk");
	form_choice(form, "disk-kind", "Hard disk",
		    "create=Create a new one|use=Use an existing one|later=Attach one later", "create",
		    "A new one is a dynamically expanding VHDX in the machine's own folder.");
	form_text(form, "disk-size", "Size", "40G", "It takes room only as it fills up.");
	form_path(form, "disk-file", "File", "", "VHDX, VHD or raw; F8 completes");
	form_page(form, "Installation");
	form_choice(
	    form, "install", "Install a system",
	    "later=Later|iso=From an ISO image|kernel=A Linux kernel and initrd|network=From the network",
	    "later", "What it starts from first.");
	form_path(form, "cdrom", "ISO image", "", "F8 completes");
	form_path(form, "kernel", "Kernel", "", "F8 completes");
	form_path(form, "initrd", "Initial RAM disk", "", "may be empty");
	form_text(form, "append", "Command line", "console=ttyS0", "of the kernel");
}

static void open_with(struct tui_app *app, const char *switches)
{
	struct form *form =
	    form_new(app, tui_host(app), "New Virtual Machine", &kind, g_new0(struct people, 1), people_free);
	char *name = first_name(app), *choices = g_strconcat(switches, "none=Not connected", NULL);

	if (tui_option(app, "before-you-begin", TRUE))
		add_begin(form);
	form_page(form, "Name and Location");
	form_suggestion(form, "name", "Name", name, "1 to 100 characters");
	form_text(form, "notes", "Notes", "", "");
	form_tick(form, "elsewhere", "Store it elsewhere", FALSE,
		  "its disks, not in the folder of the service");
	form_path(form, "location", "Folder", "",
		  "a new folder of its name is made in this one; F8 completes");
	add_hardware(form);
	form_page(form, "Networking");
	form_choice(form, "switch", "Connection", choices,
		    g_str_has_prefix(switches, SWITCH_DEFAULT_NAME) ? SWITCH_DEFAULT_NAME : "none",
		    "The virtual switch of its network adapter.");
	add_storage(form);
	form_page(form, "Administrators");
	form_text(form, "subject", "Who else may use it", "", "user:NAME or group:NAME; empty: nobody else");
	form_choice(form, "role", "As",
		    "viewer=Viewer: sees it|operator=Operator: uses, starts and stops it|"
		    "vm-administrator=VM administrator: everything",
		    "operator", "");
	form_tick(form, "start", "Start it after it is created", FALSE, "");
	form_ask_last(form, "start");
	form_open(form);
	g_free(choices);
	g_free(name);
}

static void on_switches(struct tui_view *owner, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *list = result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))
			     ? g_variant_get_child_value(result, 0)
			     : NULL;
	GString *choices = g_string_new(NULL);

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		const char *name = "";

		g_variant_lookup(item, "name", "&s", &name);
		if (!strpbrk(name, "|="))
			g_string_append_printf(choices, "%s|", name);
		g_variant_unref(item);
	}
	if (!list)
		g_string_append(choices, SWITCH_DEFAULT_NAME "|");
	open_with(owner->app, choices->str);
	g_string_free(choices, TRUE);
	g_clear_pointer(&list, g_variant_unref);
}

void wizard_vm_open(struct tui_app *app)
{
	struct tui_view *owner = tui_main(app);

	tui_call_host(owner, tui_host(app), "ListSwitches", NULL, on_switches, NULL);
}

/* --- quick create ------------------------------------------------------------------------------------ */

void wizard_quick_open(struct tui_app *app)
{
	struct form *form =
	    form_new(app, tui_host(app), "Quick Create", &kind, g_new0(struct people, 1), people_free);
	char *name = first_name(app);

	form_page(form, "Machine");
	form_suggestion(form, "name", "Name", name, "1 to 100 characters");
	form_choice(form, "install", "From",
		    "iso=An ISO image|kernel=A Linux kernel and initrd|later=Nothing yet", "iso", "");
	form_path(form, "cdrom", "ISO image", "", "F8 completes");
	form_path(form, "kernel", "Kernel", "", "F8 completes");
	form_path(form, "initrd", "Initial RAM disk", "", "may be empty");
	form_text(form, "append", "Command line", "console=ttyS0", "of the kernel");
	form_text(form, "memory", "Memory", "2G", "512M, 2G, or a number of MiB");
	form_choice(form, "disk-kind", "Hard disk", "create=A new one|later=None", "create", "");
	form_text(form, "disk-size", "Size", "40G", "It takes room only as it fills up.");
	form_choice(form, "switch", "Network", SWITCH_DEFAULT_NAME "|none=Not connected", SWITCH_DEFAULT_NAME,
		    "");
	form_tick(form, "start", "Start it after it is created", TRUE, "");
	form_ask_last(form, "start");
	form_open(form);
	g_free(name);
}
