/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/dispatch.h"
#include "service/authority.h"
#include "service/job.h"
#include "service/peer.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

static const struct {
	const char *interface;
	const struct api_method *methods;
	const gsize *count;
} tables[] = {
	{ API_HOST_INTERFACE, host_methods, &host_methods_count },
	{ API_VM_INTERFACE, vm_methods, &vm_methods_count },
	{ API_JOB_INTERFACE, job_methods, &job_methods_count },
	{ API_DISKS_INTERFACE, disk_methods, &disk_methods_count },
	{ API_SWITCHES_INTERFACE, switch_methods, &switch_methods_count },
	{ API_EVENTS_INTERFACE, event_methods, &event_methods_count },
	{ API_ADMINS_INTERFACE, admin_methods, &admin_methods_count },
	{ API_DISPLAY_INTERFACE, display_methods, &display_methods_count },
	{ API_GUEST_INTERFACE, guest_methods, &guest_methods_count },
	{ API_CHECKPOINTS_INTERFACE, checkpoint_methods, &checkpoint_methods_count },
};

const struct api_method *dispatch_find(const char *interface, const char *name)
{
	for (unsigned t = 0; t < G_N_ELEMENTS(tables); t++)
		for (gsize i = 0; strcmp(tables[t].interface, interface) == 0 && i < *tables[t].count; i++)
			if (strcmp(tables[t].methods[i].name, name) == 0)
				return &tables[t].methods[i];
	return NULL;
}

/* The last argument of a method that changes something. */
static gboolean read_options(struct call *call, GError **error)
{
	gsize count = g_variant_n_children(call->parameters);
	GVariant *options, *value;
	GVariantIter iter;
	const char *name;
	gboolean is_good = TRUE;

	options = g_variant_get_child_value(call->parameters, count - 1);
	g_variant_iter_init(&iter, options);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		gboolean *place = strcmp(name, "plan") == 0    ? &call->is_plan
				  : strcmp(name, "force") == 0 ? &call->is_forced
							       : NULL;

		is_good = place && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN);
		if (is_good)
			*place = g_variant_get_boolean(value);
		else
			g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
				    "%s: there is no such option; leave it out", name);
		g_variant_unref(value);
	}
	g_variant_unref(options);
	return is_good;
}

static struct call *call_new(struct peer *peer, const char *path, GVariant *parameters,
			     GDBusMethodInvocation *invocation)
{
	struct call *call = g_new0(struct call, 1);
	const struct vm *vm = objects_find_vm(peer->service, path);
	const struct job *job = objects_find_job(peer->service, path);

	call->service = peer->service;
	call->who = identity_of_uid(peer->uid, peer->gid);
	call->vm_id = vm ? g_strdup(vm->config->id) : job ? g_strdup(job->vm_id) : NULL;
	call->job = job ? job->number : 0;
	call->invocation = invocation;
	call->parameters = g_variant_ref(parameters);
	call->steps = g_ptr_array_new_with_free_func(g_free);
	return call;
}

void dispatch_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
		   const char *name, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer opaque)
{
	const struct api_method *method = dispatch_find(interface, name);
	struct peer *peer = opaque;
	struct call *call = call_new(peer, path, parameters, invocation);
	GError *error = NULL;

	if (!peer_begin_call(peer)) {
		call_fail_text(call, API_ERROR_LIMIT, "too many calls are under way; wait for their answers");
		return;
	}
	call->peer = peer;
	if (!method) {
		call_fail_text(call, API_ERROR_NOT_SUPPORTED, "%s.%s: this version does not have it",
			       interface, name);
		return;
	}
	if (method->right != RIGHT_NONE && !call_require(call, method->right, call_vm(call)))
		return;
	call->is_change = method->is_change;
	if (method->is_change && !read_options(call, &error)) {
		call_fail(call, error);
		g_error_free(error);
		return;
	}
	method->handle(call);
}
