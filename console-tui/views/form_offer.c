/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a text field may become, found while it is typed. */
#include "views/form_priv.h"
#include "views/menu.h"

void form_offer(struct form *form, const char *name, const char *const *pairs, const char *help)
{
	struct field *field = form_find(form, name);

	if (!field)
		return;
	g_strfreev(field->offers);
	g_free(field->offer_help);
	field->offers = pairs && pairs[0] ? g_strdupv((char **)pairs) : NULL;
	field->offer_help = g_strdup(help);
	tui_changed(form->view.app);
}

void form_open_offers(struct form *form, struct field *field)
{
	struct menu *menu = menu_new(&form->view, field->label, form_take_choice, FALSE);

	for (guint i = 0; field->offers[i] && field->offers[i + 1]; i += 2) {
		char *label = g_strcmp0(field->offers[i], field->offers[i + 1]) == 0
				  ? g_strdup(field->offers[i])
				  : g_strdup_printf("%s (%s)", field->offers[i], field->offers[i + 1]);

		menu_add(menu, label, field->offers[i], NULL);
		g_free(label);
	}
	menu_open(menu, field->area.x, field->area.y + 1, NULL);
}
