/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/why.h"
#include "service/event_log.h"
#include "service/service.h"
#include "service/vm.h"

#include "model/durable.h"

#include <string.h>

enum { EVIDENCE_EVENTS = 5, LOG_MAX = 65536 };

static gboolean is_about(gpointer opaque, const struct event *event)
{
	return strcmp(event->vm, opaque) == 0;
}

static void add_events(const struct vm *vm, GVariantBuilder *evidence)
{
	GPtrArray *events = event_log_query(vm->service->log, EVIDENCE_EVENTS, is_about, vm->config->id);

	for (guint i = 0; i < events->len; i++) {
		const struct event *event = events->pdata[i];
		GDateTime *time = g_date_time_new_from_unix_local(event->time_us / G_USEC_PER_SEC);
		char *when = g_date_time_format(time, "%F %T");
		char *line = g_strdup_printf("%s %s%s%s: %s", when, event_kind_name(event->kind),
					     *event->user ? " by " : "", event->user, event->text);

		g_variant_builder_add_value(evidence, g_variant_new_take_string(g_utf8_make_valid(line, -1)));
		g_free(line);
		g_free(when);
		g_date_time_unref(time);
	}
	g_ptr_array_unref(events);
}

/* What the worker said last on stderr: only when it died without a word. */
static void add_last_words(const struct vm *vm, GVariantBuilder *evidence)
{
	char *name = g_strconcat(vm->config->id, ".log", NULL), *text = NULL, *line;
	gsize size = 0;

	if (strcmp(vm->cause, "worker-failed") == 0 &&
	    durable_read(vm->service->workers_fd, name, LOG_MAX, &text, &size) == 0 && size > 0) {
		g_strchomp(text);
		line = strrchr(text, '\n');
		line = g_strdup_printf("the worker's last words: %.500s", line ? line + 1 : text);
		g_variant_builder_add_value(evidence, g_variant_new_take_string(g_utf8_make_valid(line, -1)));
		g_free(line);
	}
	g_free(text);
	g_free(name);
}

/* The whole text of the guest's last crash, as long as the machine that crashed is the one that runs, or was the last. */
static void add_panic(const struct vm *vm, GVariantBuilder *evidence)
{
	char *name = g_strconcat(vm->config->id, ".panic", NULL), *text = NULL, **lines;
	gsize size = 0;

	if (durable_read(vm->service->workers_fd, name, VM_GUEST_PANIC_MAX, &text, &size) == 0 && size > 0) {
		g_variant_builder_add(evidence, "s", "its guest's log at its last crash:");
		lines = g_strsplit(g_strchomp(text), "\n", -1);
		for (guint i = 0; lines[i]; i++)
			g_variant_builder_add_value(
			    evidence, g_variant_new_take_string(g_utf8_make_valid(lines[i], -1)));
		g_strfreev(lines);
	}
	g_free(text);
	g_free(name);
}

static const char *remedy_of(const struct vm *vm)
{
	static const struct {
		const char *cause, *remedy;
	} ends[] = {
		{ "power-off", "nothing is wrong; start it again when you need it" },
		{ "stopped", "nothing is wrong; start it again when you need it" },
		{ "crash",
		  "the guest's last output may tell why: start it again with `bulkhead vm connect` open" },
		{ "failure", "remove the cause that is named above, then start it again" },
		{ "worker-failed", "start it again; when it happens again, report it with the events above" },
	};

	switch (vm->life.state) {
	case VM_OFF: break;
	case VM_RUNNING: return "nothing is wrong";
	case VM_PAUSED: return "`bulkhead vm resume` lets it go on";
	case VM_STARTING: return "wait; `bulkhead vm off` gives up";
	case VM_STOPPING: return "wait for the guest; `bulkhead vm off` pulls the plug";
	case VM_OFF_CRITICAL:
		return "bring the file back, or take it out of the settings (`bulkhead vm set`); then start "
		       "it";
	case VM_PAUSED_CRITICAL:
		return "make room where that disk image is, or put its storage right; then `bulkhead vm resume` "
		       "goes on, and nothing is lost; `bulkhead vm off` gives up what was not written";
	default: return "bring back what it lacks";
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++)
		if (strcmp(ends[i].cause, vm->cause) == 0)
			return ends[i].remedy;
	return "nothing is wrong; `bulkhead vm start` starts it";
}

GVariant *why_of(const struct vm *vm)
{
	GVariantBuilder evidence;
	char *cause;

	g_variant_builder_init(&evidence, G_VARIANT_TYPE("as"));
	cause = g_strdup_printf("%s is %s%s%s", vm->config->name, vm_state_name(vm->life.state),
				vm->life.reason ? ": " : "", vm->life.reason ? vm->life.reason : "");
	if (*vm->engine) {
		char *line = g_strdup_printf("engine %s: %s", vm->engine, vm->engine_reason);

		g_variant_builder_add(&evidence, "s", line);
		g_free(line);
	}
	add_events(vm, &evidence);
	add_last_words(vm, &evidence);
	add_panic(vm, &evidence);
	return g_variant_new("(sass)", cause, &evidence, remedy_of(vm));
}
