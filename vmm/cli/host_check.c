/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead host check`: what this host has for virtual machines, and which engine "auto" takes. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/host_check.h"
#include "client/json.h"
#include "link/spawn.h"

#include <stdio.h>
#include <string.h>

/* Only the worker knows the engines: "ENGINE REASON". */
static void add_engine(GPtrArray *findings)
{
	static const char meaning[] = "what executes guests when nothing else is said (--engine auto)";
	char path[PATH_MAX], *output = NULL, *argv[] = { path, (char *)"--engine", NULL }, *space;
	int status = 0;

	if (spawn_find("bulkhead-vmwp", "worker", path) &&
	    g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL, &status,
			 NULL) &&
	    status == 0 && (space = strchr(g_strchomp(output), ' '))) {
		*space = '\0';
		vmc_host_add(findings, "engine", "Engine", meaning,
			     strcmp(output, "kvm") == 0 ? VMC_HOST_GOOD : VMC_HOST_LIMITED,
			     g_strdup_printf("auto takes the %s: %s", output, space + 1), NULL);
	} else {
		vmc_host_add(findings, "engine", "Engine", meaning, VMC_HOST_MISSING,
			     g_strdup("bulkhead-vmwp does not tell"),
			     g_strdup("install all of Bulkhead in the same version"));
	}
	g_free(output);
}

static void print(const struct vmc_host_finding *finding)
{
	printf("%-24s %-8s %s\n    %s\n", finding->name, vmc_host_state_name(finding->state), finding->text,
	       finding->meaning);
	if (finding->remedy)
		printf("    To get it: %s\n", finding->remedy);
}

static void print_json(const GPtrArray *findings)
{
	GVariantBuilder builder;
	GVariant *array;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < findings->len; i++) {
		const struct vmc_host_finding *finding = findings->pdata[i];
		const char *const pairs[][2] = {
			{ "key", finding->key },
			{ "name", finding->name },
			{ "state", vmc_host_state_name(finding->state) },
			{ "text", finding->text },
			{ "meaning", finding->meaning },
			{ "remedy", finding->remedy ? finding->remedy : "" },
		};

		g_variant_builder_open(&builder, G_VARIANT_TYPE_VARDICT);
		for (unsigned k = 0; k < G_N_ELEMENTS(pairs); k++)
			g_variant_builder_add(&builder, "{sv}", pairs[k][0],
					      g_variant_new_string(pairs[k][1]));
		g_variant_builder_close(&builder);
	}
	array = g_variant_ref_sink(g_variant_builder_end(&builder));
	manage_print_json(array);
	g_variant_unref(array);
}

/* Without these no machine runs. */
static gboolean is_needed(const struct vmc_host_finding *finding)
{
	return strcmp(finding->key, "nx") == 0 || strcmp(finding->key, "seccomp") == 0 ||
	       strcmp(finding->key, "engine") == 0;
}

int host_check(struct invocation *invocation)
{
	GPtrArray *findings = vmc_host_check("/");
	int status = STATUS_DONE;

	add_engine(findings);
	for (guint i = 0; i < findings->len; i++) {
		const struct vmc_host_finding *finding = findings->pdata[i];

		if (!invocation->wants_json)
			print(finding);
		if (is_needed(finding) && finding->state == VMC_HOST_MISSING)
			status = STATUS_FAILED;
	}
	if (invocation->wants_json)
		print_json(findings);
	g_ptr_array_unref(findings);
	return status;
}
