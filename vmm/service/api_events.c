/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Events1. Whoever may not see all events gets those of its machines. */
#include "service/authority.h"
#include "service/call.h"
#include "service/event_log.h"
#include "service/properties.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

struct filter {
	struct call *call;
	gboolean sees_all;
	const char *vm;
	enum event_kind kind; /* EVENT_KIND_COUNT: any */
	gint64 since;
};

static gboolean may_see(const struct filter *filter, const struct event *event)
{
	const struct vm *vm = *event->vm ? vm_by_id(filter->call->service, event->vm) : NULL;
	char *why = NULL;
	gboolean may = filter->sees_all || (vm && authority_allows(filter->call->service, filter->call->who,
								   RIGHT_VIEW, vm, &why));

	g_free(why);
	return may;
}

/* Whoever has a role on any machine may see the host. */
static gboolean may_see_any(const struct call *call)
{
	char *why = NULL;
	gboolean may = authority_allows(call->service, call->who, RIGHT_HOST_VIEW, NULL, &why);

	g_free(why);
	return may;
}

static gboolean wants(gpointer opaque, const struct event *event)
{
	const struct filter *filter = opaque;

	return event->time_us >= filter->since && (!filter->vm || strcmp(filter->vm, event->vm) == 0) &&
	       (filter->kind == EVENT_KIND_COUNT || filter->kind == event->kind) && may_see(filter, event);
}

static void query(struct call *call)
{
	struct filter filter = { .call = call, .kind = EVENT_KIND_COUNT };
	GVariant *options = g_variant_get_child_value(call->parameters, 0);
	GVariantBuilder list;
	GPtrArray *events;
	const char *kind = NULL;
	char *why = NULL;
	guint32 limit = 100;

	g_variant_lookup(options, "vm", "&s", &filter.vm);
	g_variant_lookup(options, "since", "x", &filter.since);
	g_variant_lookup(options, "limit", "u", &limit);
	if (g_variant_lookup(options, "kind", "&s", &kind) && !event_kind_parse(kind, &filter.kind)) {
		call_fail_text(
		    call, API_ERROR_INVALID_ARGUMENT,
		    "\"%s\": there is no such kind; give change, refusal, state, warning or service", kind);
		g_variant_unref(options);
		return;
	}
	filter.sees_all = authority_allows(call->service, call->who, RIGHT_AUDIT, NULL, &why);
	g_free(why);
	if (!may_see_any(call)) /* nor does the service go through the whole log for that */
		limit = 0;
	events = event_log_query(call->service->log, limit, wants, &filter);
	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < events->len; i++)
		g_variant_builder_add_value(&list, event_to_variant(events->pdata[i]));
	g_ptr_array_unref(events);
	g_variant_unref(options);
	call_return(call, g_variant_new("(aa{sv})", &list));
}

static void verify(struct call *call)
{
	guint64 count = 0;
	char *text = NULL;
	gboolean is_whole = event_log_verify(call->service->log, &count, &text);

	call_return(call, g_variant_new("(bts)", is_whole, count, text));
	g_free(text);
}

const struct api_method event_methods[] = {
	{ "Query", RIGHT_NONE, FALSE, query },
	{ "Verify", RIGHT_AUDIT, FALSE, verify },
};
const gsize event_methods_count = G_N_ELEMENTS(event_methods);
