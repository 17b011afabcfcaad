/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a setting of a machine is, from the model's one table: for forms that edit it. */
#ifndef CLIENT_VM_SETTING_H
#define CLIENT_VM_SETTING_H

#include <glib.h>

enum vmc_setting_kind {
	VMC_SETTING_TEXT,
	VMC_SETTING_LINES,
	VMC_SETTING_FILE,
	VMC_SETTING_NUMBER,
	VMC_SETTING_BOOL,
	VMC_SETTING_CHOICE
};

struct vmc_setting {
	const char *name;  /* "memory.startup-mib" */
	const char *label; /* "startup memory" */
	const char *unit;  /* "MiB"; NULL: none */
	enum vmc_setting_kind kind;
	guint64 min, max;	    /* of a number; of a text: its bytes */
	const char *const *choices; /* NULL-terminated */
	gboolean is_live, is_fixed; /* can be changed while it runs; never after it was made */
};

gboolean vmc_setting_find(const char *name, struct vmc_setting *ret_setting);
/* Its value in a{sv} of GetSettings as `--set` takes it: "true", "1024", "shut-down". Free it. */
char *vmc_setting_text(const struct vmc_setting *setting, GVariant *settings);

#endif
