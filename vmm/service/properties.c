/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/properties.h"
#include "service/checkpoint.h"
#include "service/display_viewers.h"
#include "service/event_log.h"
#include "service/guest_socket.h"
#include "service/job.h"
#include "service/memory_share.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api_interfaces.h"

#include <string.h>

#ifndef BULKHEAD_VERSION
#define BULKHEAD_VERSION "unknown"
#endif

static GVariant *broken_files(const struct service *service)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ss)"));
	for (guint i = 0; i + 1 < service->broken->len; i += 2)
		g_variant_builder_add(&builder, "(ss)", service->broken->pdata[i],
				      service->broken->pdata[i + 1]);
	return g_variant_builder_end(&builder);
}

static GVariant *host_property_of_nobody(const char *name)
{
	if (strcmp(name, "Version") == 0)
		return g_variant_new_string(BULKHEAD_VERSION);
	if (strcmp(name, "ApiVersion") == 0)
		return g_variant_new_uint32(API_VERSION);
	if (strcmp(name, "BrokenFiles") == 0)
		return g_variant_new_array(G_VARIANT_TYPE("(ss)"), NULL, 0);
	return g_variant_new_string("");
}

GVariant *host_property(const struct service *service, const char *name)
{
	/* Whoever has no right to see this host learns which service it is that refuses. */
	if (!service)
		return host_property_of_nobody(name);
	if (strcmp(name, "Version") == 0)
		return g_variant_new_string(BULKHEAD_VERSION);
	if (strcmp(name, "ApiVersion") == 0)
		return g_variant_new_uint32(API_VERSION);
	if (strcmp(name, "Mode") == 0)
		return g_variant_new_string(service->is_system ? "system" : "user");
	if (strcmp(name, "HostName") == 0)
		return g_variant_new_string(g_get_host_name());
	if (strcmp(name, "DataFolder") == 0)
		return g_variant_new_string(vm_store_path(service->store));
	if (strcmp(name, "BrokenFiles") == 0)
		return broken_files(service);
	return NULL;
}

static GVariant *vm_text_property(const struct vm *vm, const char *name)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "Id", vm->config->id },
		{ "Name", vm->config->name },
		{ "State", vm_state_name(vm->life.state) },
		{ "Reason", vm->life.reason ? vm->life.reason : "" },
		{ "Cause", vm->cause },
		{ "Notes", vm->config->notes },
		{ "Engine", vm->engine },
		{ "EngineReason", vm->engine_reason },
		{ "Heartbeat", vm->heartbeat },
		{ "GuestOs", vm->guest_facts[VM_GUEST_OS] },
		{ "GuestKernel", vm->guest_facts[VM_GUEST_KERNEL] },
		{ "GuestHostName", vm->guest_facts[VM_GUEST_HOST_NAME] },
		{ "GuestIpv4", vm->guest_facts[VM_GUEST_IPV4] },
		{ "GuestIpv6", vm->guest_facts[VM_GUEST_IPV6] },
		{ "GuestSocket", guest_socket_path(vm->guest_socket) },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return g_variant_new_take_string(
			    g_utf8_make_valid(texts[i].value ? texts[i].value : "", -1));
	if (strcmp(name, "MemoryStatus") == 0)
		return g_variant_new_string(memory_status_name(memory_status(
		    vm->memory_assigned_mib, vm->memory_demand_mib, vm->config->memory_buffer_percent)));
	return NULL;
}

GVariant *vm_property(const struct vm *vm, const char *name)
{
	if (strcmp(name, "Generation") == 0)
		return g_variant_new_uint32((guint32)vm->config->generation);
	if (strcmp(name, "Processors") == 0)
		return g_variant_new_uint32((guint32)vm->config->processors);
	if (strcmp(name, "MemoryMib") == 0)
		return g_variant_new_uint64(vm->config->memory_mib);
	if (strcmp(name, "MemoryDemandMib") == 0)
		return g_variant_new_uint64(vm->memory_demand_mib);
	if (strcmp(name, "MemoryAssignedMib") == 0)
		return g_variant_new_uint64(vm->memory_assigned_mib);
	if (strcmp(name, "IsFrozen") == 0)
		return g_variant_new_boolean(vm->is_frozen);
	if (strcmp(name, "Since") == 0)
		return g_variant_new_int64(vm->life.since / G_USEC_PER_SEC);
	if (strcmp(name, "StartedAt") == 0)
		return g_variant_new_int64(vm->worker ? worker_process_started_at(vm->worker) : 0);
	if (strcmp(name, "WorkerPid") == 0)
		return g_variant_new_uint32(vm->worker ? (guint32)worker_process_pid(vm->worker) : 0);
	if (strcmp(name, "Viewers") == 0)
		return g_variant_new_uint32(display_count_viewers(vm));
	if (strcmp(name, "Checkpoints") == 0)
		return g_variant_new_uint32(checkpoints_count(vm));
	return vm_text_property(vm, name);
}

/* Floating, as all of these are. */
static GVariant *job_result(const struct job *job)
{
	GBytes *bytes = job->result ? g_variant_get_data_as_bytes(job->result) : NULL;
	GVariant *result = bytes ? g_variant_new_from_bytes(G_VARIANT_TYPE("aa{sv}"), bytes, TRUE)
				 : g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0);

	g_clear_pointer(&bytes, g_bytes_unref);
	return result;
}

GVariant *job_property(const struct job *job, const char *name)
{
	if (strcmp(name, "Number") == 0)
		return g_variant_new_uint32(job->number);
	if (strcmp(name, "Title") == 0)
		return job->doing
			   ? g_variant_new_take_string(g_strdup_printf("%s (%s)", job->title, job->doing))
			   : g_variant_new_string(job->title);
	if (strcmp(name, "VirtualMachine") == 0)
		return g_variant_new_object_path(job->vm_path ? job->vm_path : "/");
	if (strcmp(name, "State") == 0)
		return g_variant_new_string(job_state_name(job->state));
	if (strcmp(name, "Progress") == 0)
		return g_variant_new_double(job_progress(job));
	if (strcmp(name, "Error") == 0)
		return g_variant_new_take_string(g_utf8_make_valid(job->error ? job->error : "", -1));
	if (strcmp(name, "Result") == 0)
		return job_result(job);
	if (strcmp(name, "User") == 0)
		return g_variant_new_string(job->user);
	if (strcmp(name, "StartedAt") == 0)
		return g_variant_new_int64(job->started_at);
	return NULL;
}

typedef GVariant *(*property_fn)(gconstpointer object, const char *name);

static GVariant *all(const GDBusInterfaceInfo *info, property_fn get, gconstpointer object)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (unsigned i = 0; info->properties && info->properties[i]; i++)
		g_variant_builder_add(&builder, "{sv}", info->properties[i]->name,
				      get(object, info->properties[i]->name));
	return g_variant_builder_end(&builder);
}

static GVariant *get_vm(gconstpointer object, const char *name)
{
	return vm_property(object, name);
}

static GVariant *get_job(gconstpointer object, const char *name)
{
	return job_property(object, name);
}

static GVariant *get_host(gconstpointer object, const char *name)
{
	return host_property(object, name);
}

GVariant *vm_properties(const struct vm *vm)
{
	return all(&org_bulkhead_virtual_machine1_interface, get_vm, vm);
}

GVariant *job_properties(const struct job *job)
{
	return all(&org_bulkhead_job1_interface, get_job, job);
}

GVariant *host_properties(const struct service *service)
{
	return all(&org_bulkhead_host1_interface, get_host, service);
}

GVariant *event_to_variant(const struct event *event)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "number", g_variant_new_uint64(event->number));
	g_variant_builder_add(&builder, "{sv}", "time", g_variant_new_int64(event->time_us));
	g_variant_builder_add(&builder, "{sv}", "kind", g_variant_new_string(event_kind_name(event->kind)));
	g_variant_builder_add(&builder, "{sv}", "user",
			      g_variant_new_take_string(g_utf8_make_valid(event->user, -1)));
	g_variant_builder_add(&builder, "{sv}", "vm",
			      g_variant_new_take_string(g_utf8_make_valid(event->vm, -1)));
	g_variant_builder_add(&builder, "{sv}", "name",
			      g_variant_new_take_string(g_utf8_make_valid(event->name, -1)));
	g_variant_builder_add(&builder, "{sv}", "text",
			      g_variant_new_take_string(g_utf8_make_valid(event->text, -1)));
	return g_variant_builder_end(&builder);
}
