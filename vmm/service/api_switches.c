/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Switches1: virtual switches are made, changed and deleted. */
#include "service/call.h"
#include "service/host_adapters.h"
#include "service/network.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/switches.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

static void fail(struct call *call, GError *error)
{
	call_fail(call, error);
	g_error_free(error);
}

/* NULL: answered. */
static struct switch_config *find(struct call *call)
{
	struct switch_config *config;
	const char *name;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	config = switches_find(call->service, name);
	if (!config)
		call_fail_text(
		    call, API_ERROR_NOT_FOUND,
		    "%s: there is no such virtual switch; `bulkhead switch list` shows those there are",
		    name);
	return config;
}

/* "web, mail and 3 more" */
static char *names_of(const GPtrArray *machines)
{
	enum { NAMED = 5 };
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < machines->len && i < NAMED; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       ((struct vm *)machines->pdata[i])->config->name);
	if (machines->len > NAMED)
		g_string_append_printf(names, " and %u more", machines->len - NAMED);
	return g_string_free(names, FALSE);
}

/* A job that copies a machine's configuration would bring the old one back. */
static gboolean check_idle(struct call *call, const GPtrArray *machines)
{
	for (guint i = 0; i < machines->len; i++) {
		const struct vm *vm = machines->pdata[i];

		if (!vm->busy && !vm->is_opening)
			continue;
		call_fail_text(
		    call, API_ERROR_INVALID_STATE,
		    "%s, which is on this switch, is busy with a job or starts just now; wait for that",
		    vm->config->name);
		return FALSE;
	}
	return TRUE;
}

/* --- looking ----------------------------------------------------------------------------------------- */

static void list(struct call *call)
{
	call_return(call, g_variant_new("(@aa{sv})", switches_to_variant(call)));
}

static void list_kinds(struct call *call)
{
	GVariantBuilder kinds;

	g_variant_builder_init(&kinds, G_VARIANT_TYPE("a(ssbs)"));
	for (unsigned i = 0; i < SWITCH_KINDS; i++) {
		GError *reason = NULL;
		gboolean can = switches_can(call->service, (enum switch_kind)i, &reason);

		g_variant_builder_add(&kinds, "(ssbs)", switch_kinds[i],
				      switch_kind_description((enum switch_kind)i), can,
				      reason ? reason->message : "");
		g_clear_error(&reason);
	}
	call_return(call, g_variant_new("(a(ssbs))", &kinds));
}

static void list_host_adapters(struct call *call)
{
	call_return(call, g_variant_new("(@aa{sv})", host_adapters_to_variant(call->service)));
}

/* --- changing ---------------------------------------------------------------------------------------- */

static void tell_adapter(struct call *call, const struct switch_config *config)
{
	if (config->kind == SWITCH_KIND_INTERNAL)
		call_step(call, "this host gets a network adapter on it, %s%s",
			  *config->address ? "with the address " : "without an address", config->address);
	if (config->kind != SWITCH_KIND_EXTERNAL)
		return;
	call_step(call,
		  "the adapter %s of this host takes the frames of all machines on the switch: where the "
		  "network allows one address only (most wireless and many cloud networks), they get no "
		  "connection",
		  config->adapter);
	host_adapters_describe(call, config->adapter);
}

static void create(struct call *call)
{
	struct switch_config *config = switch_config_new();
	GError *error = NULL;
	const char *name;
	GVariant *settings;
	gboolean is_good;

	g_variant_get(call->parameters, "(&s@a{sv}@a{sv})", &name, &settings, NULL);
	g_free(config->name);
	config->name = g_strdup(name);
	is_good = switch_config_change(config, settings, TRUE, &error) &&
		  switches_can(call->service, (enum switch_kind)config->kind, &error) &&
		  host_adapters_check(call->service, config, &error);
	g_variant_unref(settings);
	if (is_good && !call->is_plan)
		is_good = switches_add(call->service, config, &error);
	else if (is_good)
		is_good = switches_check_name(call->service, config, &error);
	if (!is_good) {
		switch_config_free(config);
		fail(call, error);
		return;
	}
	call_step(call, "the virtual switch %s is made: %s", config->name,
		  switch_kind_description((enum switch_kind)config->kind));
	tell_adapter(call, config);
	if (call->is_plan) {
		switch_config_free(config);
	} else {
		network_switch_changed(call->service->network, config, config, NULL);
		objects_switches_changed(call->service);
	}
	call_return_steps(call);
}

/* A new name goes into the machines' settings: all or, when one cannot be written, as it was. */
static gboolean rename_in_machines(const GPtrArray *machines, const char *from, const char *to,
				   GError **error)
{
	for (guint i = 0; i < machines->len; i++) {
		if (switches_move_adapters(machines->pdata[i], from, to, error))
			continue;
		while (i-- > 0)
			switches_move_adapters(machines->pdata[i], to, from, NULL);
		return FALSE;
	}
	return TRUE;
}

static void tell_followers(struct call *call, const struct switch_config *before,
			   const struct switch_config *now, const GPtrArray *machines)
{
	char *names = names_of(machines);

	if (machines->len > 0 && strcmp(before->name, now->name) != 0)
		call_step(call, "the settings of %s name it so", names);
	if (machines->len > 0 && switch_config_needs_restart(before, now))
		call_step(call,
			  "the switch starts anew: for running machines on it (%s) the cable is pulled for "
			  "a moment",
			  names);
	g_free(names);
}

/* Takes `config` and `machines`; answers. */
static void apply(struct call *call, struct switch_config *config, GPtrArray *machines)
{
	struct service *service = call->service;
	struct switch_config *before = switch_config_copy(switches_by_id(service, config->id));
	GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	gboolean is_renamed = strcmp(before->name, config->name) != 0;
	GError *error = NULL;

	if (!switches_replace(service, config, &error)) {
		switch_config_free(config);
	} else if (is_renamed && !rename_in_machines(machines, before->name, config->name, &error)) {
		switches_replace(service, switch_config_copy(before), NULL);
	} else {
		network_switch_changed(service->network, before, config, problems);
		for (guint i = 0; i < problems->len; i++)
			call_step(call, "%s", (char *)problems->pdata[i]);
		objects_switches_changed(service);
	}
	if (error)
		fail(call, error);
	else
		call_return_steps(call);
	switch_config_free(before);
	g_ptr_array_unref(problems);
	g_ptr_array_unref(machines);
}

static gboolean check_edit(struct call *call, const struct switch_config *before,
			   struct switch_config *config, GError **error)
{
	GVariant *changes = g_variant_get_child_value(call->parameters, 1);
	gboolean is_good = switch_config_change(config, changes, FALSE, error);

	g_variant_unref(changes);
	if (!is_good || !switches_check_name(call->service, config, error))
		return FALSE;
	if (switches_is_builtin(before) && strcmp(before->name, config->name) != 0) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "%s: the Default Switch keeps its name; create another switch", before->name);
		return FALSE;
	}
	return strcmp(before->adapter, config->adapter) == 0 ||
	       host_adapters_check(call->service, config, error);
}

static void edit(struct call *call)
{
	struct switch_config *before = find(call), *config;
	GPtrArray *machines, *lines;
	GError *error = NULL;
	gboolean is_idle;

	if (!before)
		return;
	config = switch_config_copy(before);
	if (!check_edit(call, before, config, &error)) {
		switch_config_free(config);
		fail(call, error);
		return;
	}
	machines = switches_machines(call->service, before->name);
	lines = switch_config_differences(before, config);
	for (guint i = 0; i < lines->len; i++)
		call_step(call, "%s: %s", before->name, (char *)lines->pdata[i]);
	tell_followers(call, before, config, machines);
	if (lines->len > 0 && strcmp(before->adapter, config->adapter) != 0)
		tell_adapter(call, config);
	is_idle = lines->len == 0 || check_idle(call, machines);
	if (!call->is_plan && lines->len > 0 && is_idle) {
		apply(call, config, machines);
	} else {
		if (is_idle)
			call_return_steps(call);
		g_ptr_array_unref(machines);
		switch_config_free(config);
	}
	g_ptr_array_unref(lines);
}

/* Unplugs its machines. FALSE: one of them cannot be; those before it stay unplugged. */
static gboolean unplug(const GPtrArray *machines, const char *name, GError **error)
{
	for (guint i = 0; i < machines->len; i++)
		if (!switches_move_adapters(machines->pdata[i], name, "", error))
			return FALSE;
	return TRUE;
}

static void remove_switch(struct call *call, struct switch_config *config, const GPtrArray *machines)
{
	struct switch_config *copy = switch_config_copy(config);
	GError *error = NULL;

	if (unplug(machines, copy->name, &error) && switches_remove(call->service, copy->id, &error)) {
		network_switch_removed(call->service->network, copy);
		objects_switches_changed(call->service);
		call_return_steps(call);
	} else {
		fail(call, error);
	}
	switch_config_free(copy);
}

static void delete (struct call *call)
{
	struct switch_config *config = find(call);
	GPtrArray *machines;
	char *names;

	if (!config)
		return;
	if (switches_is_builtin(config)) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: the Default Switch is always there; take machines off it instead",
			       config->name);
		return;
	}
	machines = switches_machines(call->service, config->name);
	names = names_of(machines);
	if (machines->len > 0 && !call->is_forced) {
		call_fail_text(
		    call, API_ERROR_INVALID_STATE,
		    "the virtual switch %s is used by %s; connect them to another one, or force it: "
		    "they become unplugged",
		    config->name, names);
	} else if (check_idle(call, machines)) {
		call_step(call, "the virtual switch %s is deleted", config->name);
		if (machines->len > 0)
			call_step(call, "the network adapters of %s become unplugged", names);
		if (call->is_plan)
			call_return_steps(call);
		else
			remove_switch(call, config, machines);
	}
	g_free(names);
	g_ptr_array_unref(machines);
}

const struct api_method switch_methods[] = {
	{ "List", RIGHT_HOST_VIEW, FALSE, list },
	{ "ListKinds", RIGHT_HOST_VIEW, FALSE, list_kinds },
	{ "ListHostAdapters", RIGHT_HOST_VIEW, FALSE, list_host_adapters },
	{ "Create", RIGHT_HOST_EDIT, TRUE, create },
	{ "Edit", RIGHT_HOST_EDIT, TRUE, edit },
	{ "Delete", RIGHT_HOST_EDIT, TRUE, delete },
};
const gsize switch_methods_count = G_N_ELEMENTS(switch_methods);
