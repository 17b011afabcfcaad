/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page Security of a machine's settings: who uses it, who sees its screen, how its worker is confined.
 * Its buttons act at once, as those of the desktop manager do. */
#ifndef VIEWS_VM_SECURITY_H
#define VIEWS_VM_SECURITY_H

#include "views/form.h"

void vm_security_add_page(struct form *form);
/* The form is open: what the page tells is asked for. */
void vm_security_ask(struct form *form, const char *path);
/* A button of this page; `name` of the machine. */
void vm_security_press(struct form *form, const char *path, const char *name, const char *button);

#endif
