/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Machine: the disk, and from what its system is installed. */
#include "wizards/new_vm.h"

#include "file_look.h"
#include "file_picker.h"
#include "focus.h"
#include "form.h"

#include <string.h>

/* FALSE: marked. */
static gboolean mark_file(GtkWidget *entry, gboolean is_wanted, gboolean may_be_empty)
{
	if (is_wanted && !(may_be_empty && !*gui_form_value(entry)))
		return gui_form_check_file(entry, FALSE);
	gui_form_set_error(entry, NULL);
	return TRUE;
}

/* --- the disk ---------------------------------------------------------------------------------------- */

static gboolean mark_disk(struct gui_new_vm *vm)
{
	gboolean is_old = gui_form_is_on(vm->old_disk);

	gui_set_sensitive(vm->size, gui_form_is_on(vm->new_disk));
	gui_set_sensitive(gtk_widget_get_parent(vm->disk_file), is_old);
	return mark_file(vm->disk_file, is_old, FALSE);
}

gboolean gui_new_vm_check_disk(struct gui_wizard *wizard, gpointer data)
{
	return mark_disk(data);
}

static void on_disk_typed(gpointer vm)
{
	mark_disk(vm);
}

static void on_disk_choice(struct gui_new_vm *vm)
{
	mark_disk(vm);
	gui_form_set_error(vm->disk_file, NULL); /* nothing was typed yet */
}

GtkWidget *gui_new_vm_make_disk(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form, "The disk that its system is installed on.");
	vm->new_disk = gui_form_radio(
	    form, "Create a _virtual hard disk", NULL,
	    "A dynamically expanding VHDX in the machine's own folder: its file grows with what is "
	    "written to it.");
	gui_form_below_check(form, TRUE);
	vm->size = gui_form_spin(form, "_Size (GiB):", 1, 65536, 40, "Up to 64 TiB.");
	vm->old_disk =
	    gui_form_radio(form, "_Use an existing virtual hard disk", vm->new_disk,
			   "VHDX, VHD or a raw image, anywhere. The file is opened with your rights.");
	vm->disk_file = gui_form_entry(form, "Fi_le:", "", NULL);
	gui_file_field(vm->disk_file, vmc_host_place(vm->host), GUI_PICK_FILE,
		       "*.vhdx;*.vhd;*.avhdx;*.img;*.raw");
	vm->no_disk = gui_form_radio(form, "_Attach a virtual hard disk later", vm->new_disk, NULL);
	gui_form_watch(vm->new_disk, G_CALLBACK(on_disk_choice), vm);
	gui_form_watch(vm->old_disk, G_CALLBACK(on_disk_choice), vm);
	gui_look_watch(vm->disk_file, on_disk_typed, vm);
	on_disk_choice(vm);
	return form;
}

/* --- the installation -------------------------------------------------------------------------------- */

static gboolean mark_install(struct gui_new_vm *vm)
{
	gboolean is_iso = gui_form_is_on(vm->iso), is_linux = gui_form_is_on(vm->linux_kernel);
	gboolean is_good = mark_file(vm->iso_file, is_iso, FALSE);

	is_good &= mark_file(vm->kernel_file, is_linux, FALSE);
	is_good &= mark_file(vm->initrd_file, is_linux, TRUE);
	return is_good;
}

gboolean gui_new_vm_check_install(struct gui_wizard *wizard, gpointer data)
{
	return mark_install(data);
}

static void on_install_typed(gpointer vm)
{
	mark_install(vm);
}

static void on_install_choice(struct gui_new_vm *vm)
{
	gboolean is_linux = gui_form_is_on(vm->linux_kernel);

	gui_set_sensitive(gtk_widget_get_parent(vm->iso_file), gui_form_is_on(vm->iso));
	gui_set_sensitive(gtk_widget_get_parent(vm->kernel_file), is_linux);
	gui_set_sensitive(gtk_widget_get_parent(vm->initrd_file), is_linux);
	gui_set_sensitive(vm->append, is_linux);
	gui_form_set_error(vm->iso_file, NULL);
	gui_form_set_error(vm->kernel_file, NULL);
	gui_form_set_error(vm->initrd_file, NULL);
}

GtkWidget *gui_new_vm_make_install(struct gui_wizard *wizard, gpointer data)
{
	struct gui_new_vm *vm = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form, "What the machine starts from at first.");
	gui_form_below_check(form, TRUE);
	vm->later = gui_form_radio(form, "Install an operating system _later", NULL, NULL);
	vm->iso = gui_form_radio(form, "From a disc _image", vm->later,
				 "The image gets into a DVD drive, from which the machine starts first.");
	vm->iso_file = gui_form_entry(form, "Disc ima_ge:", "", NULL);
	gui_file_field(vm->iso_file, vmc_host_place(vm->host), GUI_PICK_FILE, "*.iso");
	vm->linux_kernel = gui_form_radio(form, "Start a Linux _kernel directly", vm->later,
					  "Without firmware: the fastest way to a running Linux.");
	vm->kernel_file = gui_form_entry(form, "K_ernel:", "", NULL);
	gui_file_field(vm->kernel_file, vmc_host_place(vm->host), GUI_PICK_FILE, NULL);
	vm->initrd_file = gui_form_entry(form, "Initial _RAM disk:", "", NULL);
	gui_file_field(vm->initrd_file, vmc_host_place(vm->host), GUI_PICK_FILE, NULL);
	vm->append = gui_form_entry(form, "Co_mmand line:", "console=ttyS0", NULL);
	vm->pxe =
	    gui_form_radio(form, "From the net_work", vm->later,
			   "Its network adapter becomes a legacy one, which the firmware can start from.");
	gui_form_watch(vm->iso, G_CALLBACK(on_install_choice), vm);
	gui_form_watch(vm->linux_kernel, G_CALLBACK(on_install_choice), vm);
	gui_look_watch(vm->iso_file, on_install_typed, vm);
	gui_look_watch(vm->kernel_file, on_install_typed, vm);
	gui_look_watch(vm->initrd_file, on_install_typed, vm);
	on_install_choice(vm);
	return form;
}
