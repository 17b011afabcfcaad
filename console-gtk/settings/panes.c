/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panes that are more than plain settings. */
#include "settings/settings_priv.h"

#include <string.h>

static const struct gui_setting_maker makers[] = {
	{ "Controllers", NULL, gui_drives_add },
	{ "Network Adapters", NULL, gui_adapters_add },
	{ "Security", gui_security_fill, NULL },
};

const struct gui_setting_maker *gui_setting_maker_of(const struct vmc_setting_page *page)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(makers); i++)
		if (strcmp(makers[i].title, page->title) == 0)
			return &makers[i];
	return NULL;
}
