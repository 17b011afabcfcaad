/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead host ...` */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "client/service_start.h"

#include <stdio.h>

static void print_me(GVariant *me)
{
	const char *user, *role, *why;
	char **rights, *list;

	g_variant_get(me, "(&s&s^as&s)", &user, &role, &rights, &why);
	list = g_strjoinv(", ", rights);
	printf("You            %s: %s (%s)\nYour rights    %s\n", user, role, why,
	       *list ? list : "none on the host");
	g_free(list);
	g_strfreev(rights);
}

static void print_broken(GVariant *properties)
{
	GVariant *broken = g_variant_lookup_value(properties, "BrokenFiles", G_VARIANT_TYPE("a(ss)"));
	GVariantIter iter;
	const char *file, *reason;

	if (!broken)
		return;
	g_variant_iter_init(&iter, broken);
	while (g_variant_iter_next(&iter, "(&s&s)", &file, &reason)) {
		char *text = g_strdup_printf("%s: %s", file, reason);

		manage_print_plain("Broken file    ", text);
		g_free(text);
	}
	g_variant_unref(broken);
}

int host_show(struct invocation *invocation)
{
	static const char *const names[][2] = {
		{ "HostName", "Host" },
		{ "Version", "Service" },
		{ "Mode", "Mode" },
		{ "DataFolder", "Inventory" },
	};
	GVariant *me = manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "WhoAmI", NULL),
		 *all = NULL, *properties;

	if (me)
		all = manage_call(invocation, API_HOST_PATH, "org.freedesktop.DBus.Properties", "GetAll",
				  g_variant_new("(s)", API_HOST_INTERFACE));
	if (!all) {
		g_clear_pointer(&me, g_variant_unref);
		return STATUS_FAILED;
	}
	properties = g_variant_get_child_value(all, 0);
	if (invocation->wants_json)
		manage_print_json(properties);
	for (unsigned i = 0; i < G_N_ELEMENTS(names) && !invocation->wants_json; i++) {
		const char *text = "";
		char label[24];

		g_snprintf(label, sizeof(label), "%-14s ", names[i][1]);
		g_variant_lookup(properties, names[i][0], "&s", &text);
		manage_print_plain(label, text);
	}
	if (!invocation->wants_json) {
		print_me(me);
		print_broken(properties);
	}
	g_variant_unref(properties);
	g_variant_unref(all);
	g_variant_unref(me);
	return STATUS_DONE;
}

int host_start_service(struct invocation *invocation)
{
	GError *error = NULL;

	if (invocation->wants_plan) {
		char *step = vmc_service_start_plan();

		printf("%s%s\n", step ? "would do: " : "", step ? step : "nothing would be changed");
		g_free(step);
		return STATUS_DONE;
	}
	if (!vmc_service_start(&error))
		return manage_fail(error);
	return STATUS_DONE;
}

static int change(struct invocation *invocation, const char *method)
{
	return manage_print_steps(
	    invocation, manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, method,
				    g_variant_new("(@a{sv})", vmc_options(invocation->wants_plan))));
}

int host_stop_service(struct invocation *invocation)
{
	return change(invocation, "StopService");
}

int host_stop_machines(struct invocation *invocation)
{
	return change(invocation, "StopMachines");
}
