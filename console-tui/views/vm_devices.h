/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of a machine's settings for drives and network adapters: one device at a time is shown, and what
 * was changed of each becomes options of `bulkhead vm set` (client/draft.h). */
#ifndef VIEWS_VM_DEVICES_H
#define VIEWS_VM_DEVICES_H

#include "views/form.h"

typedef void (*vm_option_fn)(gpointer opaque, const char *name, const char *value);

extern const char vm_settings_when_off[]; /* why a field cannot be changed now: vm_settings.c */

/*
 * `settings` a{sv}, of the machine; they stay the caller's, as long as the form. `switches`: names, or NULL.
 */
void vm_devices_add_drives(struct form *form, GVariant *settings, gboolean is_off);
void vm_devices_add_adapters(struct form *form, GVariant *settings, char **switches, gboolean is_off);
void vm_devices_update(struct form *form, GVariant *settings);
/* TRUE: the name is of these pages, and *ret_problem (free it; NULL: none) is what is wrong with the text. */
gboolean vm_devices_check(struct form *form, const char *name, const char *text, char **ret_problem);
void vm_devices_each_option(struct form *form, GVariant *settings, vm_option_fn fn, gpointer opaque);

#endif
