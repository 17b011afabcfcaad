/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead event ...` */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>

/* A machine by its name; one that is gone by its identity. */
static char *identity_of(struct invocation *invocation, const char *name)
{
	char *path = vmc_find_vm(invocation->connection, name, NULL), *id;

	if (!path)
		return g_strdup(name);
	id = g_strdup(path + strlen(API_VM_PREFIX));
	g_strdelimit(id, "_", '-');
	g_free(path);
	return id;
}

/* NULL: said. */
static GVariant *filter_of(struct invocation *invocation)
{
	const char *vm = invocation_option(invocation, "vm"), *kind = invocation_option(invocation, "kind");
	const char *limit = invocation_option(invocation, "limit");
	GVariantBuilder filter;
	guint64 count = 0;

	if (limit && !g_ascii_string_to_unsigned(limit, 10, 1, 1000, &count, NULL)) {
		say("--limit %s: give a number from 1 to 1000", limit);
		return NULL;
	}

	g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
	if (vm)
		g_variant_builder_add(&filter, "{sv}", "vm",
				      g_variant_new_take_string(identity_of(invocation, vm)));
	if (kind)
		g_variant_builder_add(&filter, "{sv}", "kind", g_variant_new_string(kind));
	if (limit)
		g_variant_builder_add(&filter, "{sv}", "limit", g_variant_new_uint32((guint32)count));
	return g_variant_builder_end(&filter);
}

static void print_event(GVariant *event)
{
	const char *kind = "", *user = "", *name = "", *text = "";
	char *when, *plain, *plain_name;
	gint64 time = 0;

	g_variant_lookup(event, "time", "x", &time);
	g_variant_lookup(event, "kind", "&s", &kind);
	g_variant_lookup(event, "user", "&s", &user);
	g_variant_lookup(event, "name", "&s", &name);
	g_variant_lookup(event, "text", "&s", &text);
	when = vmc_time_text(time / G_USEC_PER_SEC);
	plain = vmc_plain_text(text);
	plain_name = vmc_plain_text(name);
	printf("%s  %-8s %-10s %-16s %s\n", when, kind, *user ? user : "-", *plain_name ? plain_name : "-",
	       plain);
	g_free(plain_name);
	g_free(plain);
	g_free(when);
}

int event_list(struct invocation *invocation)
{
	GVariant *filter = filter_of(invocation), *result, *list;

	if (!filter)
		return STATUS_USAGE;
	result = manage_call(invocation, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Query",
			     g_variant_new("(@a{sv})", filter));
	if (!result)
		return invocation->failure;
	list = g_variant_get_child_value(result, 0);
	if (invocation->wants_json)
		manage_print_json(list);
	for (gsize i = 0; i < g_variant_n_children(list) && !invocation->wants_json; i++) {
		GVariant *event = g_variant_get_child_value(list, i);

		print_event(event);
		g_variant_unref(event);
	}
	g_variant_unref(list);
	g_variant_unref(result);
	return STATUS_DONE;
}

/* --- as they come ---------------------------------------------------------------------------------- */

struct follower {
	struct invocation *invocation;
	char *vm; /* NULL: all */
	const char *kind;
	GMainLoop *loop;
};

static gboolean is_wanted(const struct follower *follower, GVariant *event)
{
	const char *vm = "", *kind = "";

	g_variant_lookup(event, "vm", "&s", &vm);
	g_variant_lookup(event, "kind", "&s", &kind);
	return (!follower->vm || strcmp(follower->vm, vm) == 0) &&
	       (!follower->kind || strcmp(follower->kind, kind) == 0);
}

static void on_event(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		     const char *signal, GVariant *parameters, gpointer opaque)
{
	struct follower *follower = opaque;
	GVariant *event;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(a{sv})")))
		return;
	event = g_variant_get_child_value(parameters, 0);
	if (is_wanted(follower, event)) {
		if (follower->invocation->wants_json)
			manage_print_json(event);
		else
			print_event(event);
		if (fflush(stdout) < 0)
			g_main_loop_quit(follower->loop); /* nobody reads any more */
	}
	g_variant_unref(event);
}

static void on_closed(GDBusConnection *bus, gboolean has_vanished, GError *error, gpointer opaque)
{
	g_main_loop_quit(opaque);
}

int event_follow(struct invocation *invocation)
{
	const char *vm = invocation_option(invocation, "vm");
	GDBusConnection *bus = vmc_bus(invocation->connection);
	struct follower follower = { .invocation = invocation,
				     .vm = vm ? identity_of(invocation, vm) : NULL,
				     .kind = invocation_option(invocation, "kind"),
				     .loop = g_main_loop_new(NULL, FALSE) };
	gulong closed = g_signal_connect(bus, "closed", G_CALLBACK(on_closed), follower.loop);
	guint subscription =
	    g_dbus_connection_signal_subscribe(bus, NULL, API_EVENTS_INTERFACE, "Added", NULL, NULL,
					       G_DBUS_SIGNAL_FLAGS_NONE, on_event, &follower, NULL);

	if (!g_dbus_connection_is_closed(bus))
		g_main_loop_run(follower.loop);
	g_dbus_connection_signal_unsubscribe(bus, subscription);
	g_signal_handler_disconnect(bus, closed);
	g_main_loop_unref(follower.loop);
	g_free(follower.vm);
	if (g_dbus_connection_is_closed(bus))
		say("the management service ended; start it again: bulkhead host start-service");
	return STATUS_FAILED;
}

int event_verify(struct invocation *invocation)
{
	GVariant *result = manage_call(invocation, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Verify", NULL);
	gboolean is_whole;
	const char *text;

	if (!result)
		return STATUS_FAILED;
	g_variant_get(result, "(bt&s)", &is_whole, NULL, &text);
	if (is_whole)
		printf("%s\n", text);
	else
		say("%s; keep the files of the log, and find out who wrote to them", text);
	g_variant_unref(result);
	return is_whole ? STATUS_DONE : STATUS_FAILED;
}
