/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead disk mount, unmount, mounts. */
#include "cli/disk_verbs.h"

#include <stdio.h>

const struct option disk_mount_options[] = {
	{ "read-only", NULL, "nothing can be written to it", FALSE },
	{ "format", "FORMAT", "vhdx, vhd, raw or iso (default: by name and content)", FALSE,
	  "vhdx vhd raw iso" },
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};

/* Files of this computer are whole paths in the API; g_free() it. */
static char *whole_path(const struct invocation *invocation, const char *name)
{
	char *path;

	if (invocation->host || invocation_has(invocation, "vm") || g_path_is_absolute(name))
		return g_strdup(name);
	path = g_canonicalize_filename(name, NULL);
	return path;
}

/* a{sv}, floating; NULL: said. */
static GVariant *mount_settings(struct invocation *invocation)
{
	const char *format = invocation_option(invocation, "format"),
		   *vm = invocation_option(invocation, "vm");
	GVariantBuilder builder;
	GError *error = NULL;
	char *machine = NULL;

	if (vm && !(machine = vmc_find_vm(invocation->connection, vm, &error))) {
		invocation->failure = manage_fail(error);
		return NULL;
	}
	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	if (invocation_has(invocation, "read-only"))
		g_variant_builder_add(&builder, "{sv}", "read-only", g_variant_new_boolean(TRUE));
	if (format)
		g_variant_builder_add(&builder, "{sv}", "file-format", g_variant_new_string(format));
	if (machine)
		g_variant_builder_add(&builder, "{sv}", "machine", g_variant_new_object_path(machine));
	g_free(machine);
	return g_variant_builder_end(&builder);
}

/* The device is what a script wants: on stdout, alone. */
int disk_verb_mount(struct invocation *invocation)
{
	GVariant *settings = mount_settings(invocation), *result;
	const char *device;
	char *path;

	if (!settings)
		return invocation->failure;
	path = whole_path(invocation, invocation->operands[0]);
	result = manage_call(
	    invocation, API_DISKS_PATH, API_DISKS_INTERFACE, "Mount",
	    g_variant_new("(s@a{sv}@a{sv})", path, settings, vmc_options(invocation->wants_plan)));
	g_free(path);
	if (!result)
		return invocation->failure;
	if (invocation->wants_plan)
		return manage_print_steps(invocation, result);
	g_variant_get_child(result, 0, "&s", &device);
	printf("%s\n", device);
	g_variant_unref(result);
	return STATUS_DONE;
}

int disk_verb_unmount(struct invocation *invocation)
{
	char *path = whole_path(invocation, invocation->operands[0]);
	GVariant *result = manage_call(invocation, API_DISKS_PATH, API_DISKS_INTERFACE, "Unmount",
				       g_variant_new("(s@a{sv})", path, vmc_options(invocation->wants_plan)));

	g_free(path);
	return manage_print_steps(invocation, result);
}

int disk_verb_mounts(struct invocation *invocation)
{
	static const char *const headings[] = { "Device", "File", "User", "Read-only", "Used by", NULL };
	static const char *const names[] = { "device", "file", "user", "read-only", "used-by", NULL };

	return manage_print_dicts(
	    invocation, manage_call(invocation, API_DISKS_PATH, API_DISKS_INTERFACE, "ListMounts", NULL),
	    headings, names);
}
