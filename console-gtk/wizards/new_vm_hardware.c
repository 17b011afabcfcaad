/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Machine: generation, memory, processors, networking. */
#include "wizards/new_vm.h"

#include "call.h"
#include "client/host_check.h"
#include "client/wording.h"
#include "focus.h"
#include "form.h"

#include <string.h>
#include <unistd.h>

GtkWidget *gui_new_vm_make_generation(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new(), *first;
	char *hint;

	gui_form_text(form, "What kind of computer the system inside finds. It cannot be changed later.");
	first = gui_form_radio(
	    form, "Generation _1", NULL,
	    "A PC with BIOS, IDE disks, a VGA screen, and Hyper-V's faster devices beside them. Runs nearly "
	    "every system.");
	hint = g_strdup_printf("A newer computer with UEFI, which starts from SCSI disks and has Hyper-V's "
			       "devices only. %s",
			       vmc_generation_2_refusal);
	vm->generation_2 = gui_form_radio(form, "Generation _2", first, hint);
	g_free(hint);
	gui_form_refuse(vm->generation_2, vmc_generation_2_refusal);
	return form;
}

/* --- memory ------------------------------------------------------------------------------------------ */

static char *free_text(VmcHost *host)
{
	guint64 mib = *vmc_host_place(host) ? 0 : vmc_host_available_mib();
	char *size, *text;

	if (!mib)
		return g_strdup("From 8 MiB to 512 GiB.");
	size = vmc_memory_text(mib);
	text = g_strdup_printf("From 8 MiB to 512 GiB; this host has %s free.", size);
	g_free(size);
	return text;
}

static gboolean mark_memory(struct gui_new_vm *vm)
{
	double startup = gui_form_number(vm->memory), minimum = gui_form_number(vm->minimum),
	       maximum = gui_form_number(vm->maximum);
	gboolean is_dynamic = gui_form_is_on(vm->is_dynamic), is_low = is_dynamic && minimum > startup,
		 is_high = is_dynamic && maximum < startup;

	gui_set_sensitive(vm->minimum, is_dynamic);
	gui_set_sensitive(vm->maximum, is_dynamic);
	gui_form_set_error(vm->minimum,
			   is_low ? "The minimum is above the startup memory; give at most that." : NULL);
	gui_form_set_error(vm->maximum,
			   is_high ? "The maximum is below the startup memory; give at least that." : NULL);
	return !is_low && !is_high;
}

gboolean gui_new_vm_check_memory(struct gui_wizard *wizard, gpointer data)
{
	return mark_memory(data);
}

GtkWidget *gui_new_vm_make_memory(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();
	char *hint = free_text(vm->host);

	gui_form_text(form, "The memory that the machine starts with.");
	vm->memory = gui_form_spin(form, "Startup _memory (MiB):", 8, 524288, 1024, hint);
	vm->is_dynamic =
	    gui_form_check(form, "Use _dynamic memory", FALSE,
			   "While it runs, the guest gives back what it does not need, and gets more when it "
			   "does; its system must know that, as Linux and Windows do.");
	gui_form_below_check(form, TRUE);
	vm->minimum = gui_form_spin(form, "M_inimum (MiB):", 8, 524288, 512, NULL);
	vm->maximum = gui_form_spin(form, "Ma_ximum (MiB):", 8, 524288, 524288, NULL);
	gui_form_watch(vm->memory, G_CALLBACK(mark_memory), vm);
	gui_form_watch(vm->is_dynamic, G_CALLBACK(mark_memory), vm);
	gui_form_watch(vm->minimum, G_CALLBACK(mark_memory), vm);
	gui_form_watch(vm->maximum, G_CALLBACK(mark_memory), vm);
	mark_memory(vm);
	g_free(hint);
	return form;
}

/* --- processors -------------------------------------------------------------------------------------- */

GtkWidget *gui_new_vm_make_processors(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	char *hint =
	    *vmc_host_place(vm->host)
		? g_strdup("From 1 to 64; more than the host has makes the machine slower.")
		: g_strdup_printf("From 1 to 64; this host has %ld. More than that makes the machine slower.",
				  count);

	gui_form_text(form, "How many processors the system inside sees.");
	vm->processors = gui_form_spin(form, "P_rocessors:", 1, 64, 1, hint);
	g_free(hint);
	return form;
}

/* --- networking -------------------------------------------------------------------------------------- */

static void on_switches(GtkWidget *widget, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_new_vm *vm = opaque;
	GVariant *list;

	if (error) {
		gui_form_set_error(vm->network, error->message);
		return;
	}
	list = g_variant_get_child_value(result, 0);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		gboolean is_available = TRUE;
		const char *name = "";

		g_variant_lookup(item, "name", "&s", &name);
		g_variant_lookup(item, "available", "b", &is_available);
		if (is_available)
			gtk_string_list_append(vm->switches, name);
		g_variant_unref(item);
	}
	g_variant_unref(list);
	/* The first switch is the default one. */
	if (g_list_model_get_n_items(G_LIST_MODEL(vm->switches)) > 1)
		gtk_drop_down_set_selected(GTK_DROP_DOWN(vm->network), 1);
}

GtkWidget *gui_new_vm_make_network(struct gui_wizard *wizard, gpointer data)
{
	static const char *const none[] = { "Not connected", NULL };
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form,
		      "The virtual switch that its network adapter is connected to. The default switch gives "
		      "addresses by DHCP, and leads into the network of the host by NAT.");
	vm->switches = gtk_string_list_new(none);
	vm->network = gtk_drop_down_new(G_LIST_MODEL(g_object_ref(vm->switches)), NULL);
	gui_form_widget(form, "_Switch:", vm->network, NULL);
	gui_call(vm->network, vm->host, API_HOST_PATH, API_HOST_INTERFACE, "ListSwitches", NULL, on_switches,
		 vm);
	return form;
}
