/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings of machines as the consoles' forms need them: names, labels, ranges, and what is wrong with a
 * text, from the one table of the model.
 */
#ifndef CLIENT_SETTINGS_H
#define CLIENT_SETTINGS_H

#include <glib.h>

enum vmc_setting_kind {
	VMC_SETTING_TEXT,
	VMC_SETTING_LINES,
	VMC_SETTING_PATH,
	VMC_SETTING_NUMBER,
	VMC_SETTING_BOOL,
	VMC_SETTING_CHOICE
};

struct vmc_setting {
	const char *name;  /* "memory.startup-mib" */
	const char *label; /* "startup memory" */
	const char *unit, *fallback;
	enum vmc_setting_kind kind;
	guint64 min, max;
	const char *const *choices;
	gboolean is_fixed; /* never changed */
	gboolean is_live;  /* also while it runs */
	gboolean is_later; /* kept, but nothing goes by it in this version */
};

/* FALSE: there is none. The texts are static. */
gboolean vmc_setting_at(guint place, struct vmc_setting *ret_setting);
gboolean vmc_setting_find(const char *name, struct vmc_setting *ret_setting);
/* The same of a drive ("max-iops") or a network adapter ("vlan"). */
gboolean vmc_device_setting_at(gboolean of_drive, guint place, struct vmc_setting *ret_setting);
/* What is wrong with one of these: a sentence; free it. NULL: it can be the value. */
char *vmc_device_setting_problem(gboolean of_drive, const char *name, const char *text);
/* A sentence of what is wrong; free it. NULL: it can be the value. */
char *vmc_setting_problem(const char *name, const char *text);
/* The value in a{sv} as people write it; its default when it is not there. Free it. */
char *vmc_setting_text(GVariant *settings, const char *name);
/* The same in the a{sv} of one drive or network adapter. */
char *vmc_device_setting_text(GVariant *device, const struct vmc_setting *setting);

#endif
