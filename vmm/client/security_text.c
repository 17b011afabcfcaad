/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/security_text.h"

#include <string.h>

const char vmc_security_owners[] = "Who made it, Bulkhead Administrators, and those that it is delegated to.";
const char vmc_security_display[] = "Who may use this machine sees its screen here. Others see it with a VNC "
				    "viewer, if the pane Display gives "
				    "an address for it, and they know the password.";
const char vmc_security_sandbox[] = "Each machine runs in a process that can open nothing by itself. It is "
				    "always confined; this is how, at the "
				    "moment:";
const char vmc_security_password[] =
    "Of VNC viewers that connect over the network. Plain VNC sends its first 8 characters only. Empty: it is "
    "taken away.";

char *vmc_security_access(GVariant *access)
{
	const char *listening = "none", *fingerprint = "";
	gboolean has_password = FALSE, has_view_password = FALSE, is_nowhere;

	g_variant_lookup(access, "listening", "&s", &listening);
	g_variant_lookup(access, "fingerprint", "&s", &fingerprint);
	g_variant_lookup(access, "has-password", "b", &has_password);
	g_variant_lookup(access, "has-view-password", "b", &has_view_password);
	is_nowhere = strcmp(listening, "none") == 0;
	return g_strdup_printf(
	    "%s%s. %s. %s.%s%s",
	    is_nowhere ? "VNC viewers can connect to it nowhere now" : "VNC viewers connect to ",
	    is_nowhere ? "" : listening,
	    has_password ? "A password is set" : "No password is set, so nobody gets keyboard and mouse",
	    has_view_password ? "Another one only to look is set" : "None only to look is set",
	    *fingerprint ? "\nIts certificate (SHA-256): " : "", fingerprint);
}

char **vmc_security_protections(GVariant *statistics)
{
	GVariant *list = g_variant_lookup_value(statistics, "protections", G_VARIANT_TYPE("a(sbss)"));
	GStrvBuilder *lines = g_strv_builder_new();
	const char *name, *what, *remedy;
	GVariantIter iter;
	gboolean is_on;
	char **all;

	if (!list)
		g_strv_builder_add(lines,
				   "It does not run now; its protections are read from its live process.");
	if (list)
		g_variant_iter_init(&iter, list);
	while (list && g_variant_iter_next(&iter, "(&sb&s&s)", &name, &is_on, &what, &remedy)) {
		char *line = g_strdup_printf("%s: %s%s%s%s", name, is_on ? "" : "MISSING: ", what,
					     *remedy ? "; to get it: " : "", remedy);

		g_strv_builder_add(lines, line);
		g_free(line);
	}
	g_clear_pointer(&list, g_variant_unref);
	all = g_strv_builder_end(lines);
	g_strv_builder_unref(lines);
	return all;
}
