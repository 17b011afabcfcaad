/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The New Virtual Machine wizard: what its pages share. One file has the pages of one subject. */
#ifndef GUI_NEW_VM_H
#define GUI_NEW_VM_H

#include "wizards/options.h"
#include "wizards/wizard.h"

struct gui_new_vm {
	struct gui_app *app;
	VmcHost *host;
	/* fields, by page */
	GtkWidget *hide_intro, *name, *elsewhere, *location;
	GtkWidget *generation_2;
	GtkWidget *memory, *is_dynamic, *minimum, *maximum;
	GtkWidget *processors;
	GtkWidget *network;
	GtkStringList *switches;
	GtkWidget *new_disk, *size, *old_disk, *disk_file, *no_disk;
	GtkWidget *later, *iso, *iso_file, *linux_kernel, *kernel_file, *initrd_file, *append, *pxe;
	GtkWidget *who, *role, *grants; /* a list of rows with "subject" and "role" */
	GtkWidget *choices, *steps, *command, *start;
	/* while it is made */
	char *path;
	guint next_grant;
};

/* What was filled in. Free it. */
struct gui_options *gui_new_vm_options(const struct gui_new_vm *vm);
/* All commands, one a line; free it. */
char *gui_new_vm_commands(const struct gui_new_vm *vm);
/* The grant of a row; FALSE: there is none. */
gboolean gui_new_vm_grant(const struct gui_new_vm *vm, guint i, const char **ret_subject,
			  const char **ret_role);

GtkWidget *gui_new_vm_make_intro(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_name(struct gui_wizard *wizard, gpointer data);
gboolean gui_new_vm_check_name(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_generation(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_memory(struct gui_wizard *wizard, gpointer data);
gboolean gui_new_vm_check_memory(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_processors(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_network(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_disk(struct gui_wizard *wizard, gpointer data);
gboolean gui_new_vm_check_disk(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_install(struct gui_wizard *wizard, gpointer data);
gboolean gui_new_vm_check_install(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_people(struct gui_wizard *wizard, gpointer data);
GtkWidget *gui_new_vm_make_summary(struct gui_wizard *wizard, gpointer data);
void gui_new_vm_enter_summary(struct gui_wizard *wizard, gpointer data);
void gui_new_vm_finish(struct gui_wizard *wizard, gpointer data);

#endif
