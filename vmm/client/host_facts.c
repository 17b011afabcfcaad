/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/host_facts.h"

#include <string.h>

static void add(GStrvBuilder *pairs, const char *name, const char *text)
{
	if (!*text)
		return;
	g_strv_builder_add(pairs, name);
	g_strv_builder_add(pairs, text);
}

static char **finish(GStrvBuilder *pairs)
{
	char **list = g_strv_builder_end(pairs);

	g_strv_builder_unref(pairs);
	return list;
}

static void add_broken(GStrvBuilder *pairs, VmcObject *object)
{
	GVariant *broken =
	    g_variant_lookup_value(vmc_object_properties(object), "BrokenFiles", G_VARIANT_TYPE("a(ss)"));
	GString *text = g_string_new(NULL);
	const char *file, *reason;
	GVariantIter iter;

	if (broken) {
		g_variant_iter_init(&iter, broken);
		while (g_variant_iter_next(&iter, "(&s&s)", &file, &reason))
			g_string_append_printf(text, "%s%s: %s", text->len ? "\n" : "", file, reason);
		g_variant_unref(broken);
	}
	add(pairs, "Files that could not be read", text->str);
	g_string_free(text, TRUE);
}

char **vmc_host_facts(VmcHost *host)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	VmcObject *object = inventory ? vmc_inventory_host(inventory) : NULL;
	GStrvBuilder *pairs = g_strv_builder_new();
	char *service;

	add(pairs, "Host", vmc_host_label(host));
	if (!object)
		return finish(pairs);
	service = g_strdup_printf("version %s, %s", vmc_object_text(object, "Version"),
				  strcmp(vmc_object_text(object, "Mode"), "system") == 0
				      ? "for all users of the computer"
				      : "your own");
	add(pairs, "Computer", vmc_object_text(object, "HostName"));
	add(pairs, "Service", service);
	add(pairs, "Machines are kept in", vmc_object_text(object, "DataFolder"));
	add_broken(pairs, object);
	g_free(service);
	return finish(pairs);
}

char **vmc_who_facts(GVariant *answer)
{
	GStrvBuilder *pairs = g_strv_builder_new();
	const char *user, *role, *why;
	char **rights, *you, *may;

	if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(ssass)")))
		return finish(pairs);
	g_variant_get(answer, "(&s&s^as&s)", &user, &role, &rights, &why);
	you = g_strdup_printf("%s: %s", user, role);
	may = g_strjoinv(", ", rights);
	add(pairs, "You", you);
	add(pairs, "Because", why);
	add(pairs, "Your rights on this host", may);
	g_free(you);
	g_free(may);
	g_strfreev(rights);
	return finish(pairs);
}
