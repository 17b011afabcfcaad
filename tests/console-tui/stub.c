/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A service without machines behind it: stub SOCKET [COUNT] [hostile]. It has COUNT machines (default 12),
 * whose states follow the calls, with fixed times and names, so that screens can be compared with golden
 * ones. Every call of a client is printed, a line each. With "hostile" names and texts are what a guest would
 * send to break a terminal; with "states" each state has a machine of its name. At SIGUSR1 each machine that
 * is off runs, and the others are off.
 */
#include "client/connection.h"
#include "client/switch_draft.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MACHINES_MAX = 2000, JOBS_MAX = 4 };

struct machine {
	char *path, *id, *name, *state;
	guint processors, generation;
	guint64 memory;
	gboolean is_there, is_trash;
	GVariant *settings;
};

static struct machine machines[MACHINES_MAX];
static guint machine_count;
static gboolean is_hostile, has_states;
static GPtrArray *peers; /* GDBusConnection */
static GMainLoop *loop;

/* --- machines ---------------------------------------------------------------------------------------- */

static const char *const hostile_names[] = {
	"esc\033[31mred\033[2J",
	"bel\a\b\r\nline",
	"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d-server",
	"\xe4\xb8\xad\xe6\x96\x87\xe6\x9c\xba",
	"c1\xc2\x9b"
	"31m",
	"rlo\xe2\x80\xae"
	"txet",
	"zalgo\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84",
	"\xf0\x9f\x90\xa7 tux",
	"osc\033]0;title\a",
	"del\x7f",
	"wide\xef\xbc\xa1\xef\xbc\xa2",
	"very-long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-for-ever",
};

static char *name_of(guint i)
{
	static const char *const names[] = { "web",    "database", "mail",  "build",   "desktop", "router",
					     "backup", "test",	   "proxy", "monitor", "git",	  "wiki" };

	if (is_hostile && i < G_N_ELEMENTS(hostile_names))
		return g_strdup(hostile_names[i]);
	return i < G_N_ELEMENTS(names) ? g_strdup(names[i]) : g_strdup_printf("machine-%03u", i);
}

static void machine_init(guint i, const char *name, const char *state)
{
	struct machine *machine = &machines[i];

	machine->name = g_strdup(name);
	machine->id = g_strdup_printf("00000000-0000-4000-8000-%012u", i);
	machine->path = g_strdelimit(g_strconcat(API_VM_PREFIX, machine->id, NULL), "-", '_');
	machine->state = g_strdup(state);
	machine->processors = 1 + i % 4;
	machine->generation = 1 + i % 2;
	machine->memory = 512u << i % 4;
	machine->is_there = TRUE;
}

static gboolean is_on(const struct machine *machine)
{
	return !g_str_has_prefix(machine->state, "off") && !g_str_has_prefix(machine->state, "saved");
}

static void put(GVariantBuilder *dict, const char *name, const char *text)
{
	g_variant_builder_add(dict, "{sv}", name, g_variant_new_string(text));
}

static GVariant *properties(const struct machine *machine)
{
	GVariantBuilder dict;
	char *valid = g_utf8_make_valid(machine->name, -1);

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	put(&dict, "Id", machine->id);
	put(&dict, "Name", valid);
	put(&dict, "State", machine->state);
	put(&dict, "Reason", g_str_has_suffix(machine->state, "-critical") ? "its disk is not there" : "");
	put(&dict, "Cause", "");
	put(&dict, "Notes", is_hostile ? "\033]52;c;aGk=\a" : "");
	put(&dict, "Engine", is_on(machine) ? "translator" : "");
	put(&dict, "EngineReason", is_on(machine) ? "this host has no hardware virtualization" : "");
	put(&dict, "Heartbeat", is_on(machine) ? "ok" : "");
	put(&dict, "GuestOs", is_hostile ? "\033[H\033[JOS" : is_on(machine) ? "Debian GNU/Linux 12" : "");
	put(&dict, "GuestKernel", "");
	put(&dict, "GuestHostName", "");
	put(&dict, "GuestIpv4", is_on(machine) ? "10.0.2.15" : "");
	put(&dict, "GuestIpv6", "");
	g_variant_builder_add(&dict, "{sv}", "Generation", g_variant_new_uint32(machine->generation));
	g_variant_builder_add(&dict, "{sv}", "Processors", g_variant_new_uint32(machine->processors));
	g_variant_builder_add(&dict, "{sv}", "MemoryMib", g_variant_new_uint64(machine->memory));
	g_variant_builder_add(&dict, "{sv}", "MemoryDemandMib", g_variant_new_uint64(0));
	g_variant_builder_add(&dict, "{sv}", "MemoryAssignedMib", g_variant_new_uint64(0));
	g_variant_builder_add(&dict, "{sv}", "Since", g_variant_new_int64(1700000000));
	g_variant_builder_add(&dict, "{sv}", "StartedAt", g_variant_new_int64(0));
	g_variant_builder_add(&dict, "{sv}", "WorkerPid", g_variant_new_uint32(is_on(machine) ? 4242 : 0));
	g_free(valid);
	return g_variant_builder_end(&dict);
}

static void signal_all(const char *path, const char *interface, const char *name, GVariant *parameters)
{
	g_variant_ref_sink(parameters);
	for (guint i = 0; i < peers->len; i++)
		g_dbus_connection_emit_signal(peers->pdata[i], NULL, path, interface, name, parameters, NULL);
	g_variant_unref(parameters);
}

static void changed(const struct machine *machine)
{
	signal_all(machine->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
		   g_variant_new("(s@a{sv}@as)", API_VM_INTERFACE, properties(machine),
				 g_variant_new_strv(NULL, 0)));
}

static GVariant *interfaces(const struct machine *machine)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_builder_add(&builder, "{s@a{sv}}", API_VM_INTERFACE, properties(machine));
	return g_variant_builder_end(&builder);
}

static void added(const struct machine *machine)
{
	signal_all(API_ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
		   g_variant_new("(o@a{sa{sv}})", machine->path, interfaces(machine)));
}

static void removed(const struct machine *machine)
{
	signal_all(API_ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
		   g_variant_new("(o@as)", machine->path,
				 g_variant_new_strv((const char *[]){ API_VM_INTERFACE }, 1)));
}

static GVariant *managed(void)
{
	GVariantBuilder all, host, dict;

	g_variant_builder_init(&all, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
	g_variant_builder_init(&host, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	put(&dict, "Version", "0.1.0");
	put(&dict, "Mode", "user");
	put(&dict, "HostName", "stub");
	g_variant_builder_add(&host, "{sa{sv}}", API_HOST_INTERFACE, &dict);
	g_variant_builder_add(&all, "{oa{sa{sv}}}", API_HOST_PATH, &host);
	for (guint i = 0; i < machine_count; i++)
		if (machines[i].is_there)
			g_variant_builder_add(&all, "{o@a{sa{sv}}}", machines[i].path,
					      interfaces(&machines[i]));
	return g_variant_new("(a{oa{sa{sv}}})", &all);
}

/* --- calls ------------------------------------------------------------------------------------------- */

static gboolean is_plan(GVariant *parameters)
{
	gsize count = g_variant_n_children(parameters);
	GVariant *last = count ? g_variant_get_child_value(parameters, count - 1) : NULL;
	gboolean plan = FALSE;

	if (last && g_variant_is_of_type(last, G_VARIANT_TYPE_VARDICT))
		g_variant_lookup(last, "plan", "b", &plan);
	g_clear_pointer(&last, g_variant_unref);
	return plan;
}

static GVariant *steps(const char *step)
{
	return g_variant_new("(^as)", (const char *[]){ step, NULL });
}

static GVariant *settings_of(const struct machine *machine)
{
	GVariantBuilder dict, none;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	put(&dict, "vm.name", machine->name);
	put(&dict, "vm.notes", "");
	g_variant_builder_add(&dict, "{sv}", "vm.generation", g_variant_new_uint64(machine->generation));
	g_variant_builder_add(&dict, "{sv}", "memory.startup-mib", g_variant_new_uint64(machine->memory));
	g_variant_builder_add(&dict, "{sv}", "processor.count", g_variant_new_uint64(machine->processors));
	put(&dict, "boot.engine", "auto");
	put(&dict, "actions.start", "nothing");
	g_variant_builder_init(&none, G_VARIANT_TYPE("aa{sv}"));
	g_variant_builder_add(&dict, "{sv}", "disks", g_variant_builder_end(&none));
	g_variant_builder_init(&none, G_VARIANT_TYPE("aa{sv}"));
	g_variant_builder_add(&dict, "{sv}", "adapters", g_variant_builder_end(&none));
	return g_variant_new("(a{sv})", &dict);
}

static void set_state(struct machine *machine, const char *state)
{
	g_free(machine->state);
	machine->state = g_strdup(state);
	changed(machine);
}

/* Methods that only change the state. */
static const struct {
	const char *method, *state, *step;
} moves[] = {
	{ "Start", "running", "start the machine" },
	{ "ShutDown", "off", "ask the guest to shut down" },
	{ "TurnOff", "off", "end the machine at once" },
	{ "Pause", "paused", "pause the processors" },
	{ "Resume", "running", "let the processors run" },
	{ "Reset", "running", "reset the machine" },
};

static GVariant *move(struct machine *machine, const char *method, gboolean plan)
{
	for (guint i = 0; i < G_N_ELEMENTS(moves); i++)
		if (strcmp(moves[i].method, method) == 0) {
			if (!plan)
				set_state(machine, moves[i].state);
			return steps(moves[i].step);
		}
	return NULL;
}

static GVariant *statistics(void)
{
	static guint64 calls;
	GVariantBuilder dict;

	calls++;
	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&dict, "{sv}", "cpu-ns",
			      g_variant_new_uint64((guint64)g_get_monotonic_time() * 250));
	g_variant_builder_add(&dict, "{sv}", "memory-bytes", g_variant_new_uint64(200u << 20));
	g_variant_builder_add(&dict, "{sv}", "disk-bytes", g_variant_new_uint64(calls * 300000));
	g_variant_builder_add(&dict, "{sv}", "network-bytes", g_variant_new_uint64(calls * 150000));
	g_variant_builder_add(&dict, "{sv}", "exits", g_variant_new_uint64(calls * (calls % 7 + 20) * 100));
	return g_variant_new("(a{sv})", &dict);
}

static GVariant *delete (struct machine *machine, gboolean plan)
{
	if (!plan) {
		machine->is_there = FALSE;
		machine->is_trash = TRUE;
		removed(machine);
	}
	return steps("move the machine into the trash");
}

static GVariant *call_vm(struct machine *machine, const char *method, GVariant *parameters)
{
	static const char *const rights[] = { "view", "console", "power",    "checkpoint",
					      "edit", "delete",	 "delegate", NULL };
	gboolean plan = is_plan(parameters);
	GVariant *result = move(machine, method, plan);

	if (result)
		return result;
	if (strcmp(method, "GetSettings") == 0)
		return settings_of(machine);
	if (strcmp(method, "GetRights") == 0)
		return g_variant_new("(^as)", rights);
	if (strcmp(method, "GetStatistics") == 0)
		return statistics();
	if (strcmp(method, "GetAccess") == 0)
		return g_variant_new("(@a{sv})", g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0));
	if (strcmp(method, "SetPassword") == 0)
		return steps("set the password of viewers");
	if (strcmp(method, "ListCheckpoints") == 0)
		return g_variant_new("(@aa{sv})", g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
	if (strcmp(method, "Why") == 0)
		return g_variant_new("(s^ass)", "It was turned off by alice.",
				     (const char *[]){ "event 7 says so", NULL },
				     "start it: bulkhead vm start");
	if (strcmp(method, "Delete") == 0)
		return delete (machine, plan);
	if (strcmp(method, "SetSettings") == 0) {
		GVariant *changes = g_variant_get_child_value(parameters, 0);

		if (!plan)
			g_variant_lookup(changes, "memory.startup-mib", "t", &machine->memory);
		g_variant_unref(changes);
		if (!plan)
			changed(machine);
		return steps("change the settings");
	}
	if (strcmp(method, "Rename") == 0) {
		if (!plan) {
			g_free(machine->name);
			g_variant_get_child(parameters, 0, "s", &machine->name);
			changed(machine);
		}
		return steps("rename the machine");
	}
	return NULL;
}

static GVariant *create(GVariant *parameters)
{
	const char *name;
	gboolean plan = is_plan(parameters);

	g_variant_get_child(parameters, 0, "&s", &name);
	if (!plan && machine_count < MACHINES_MAX) {
		machine_init(machine_count, name, "off");
		added(&machines[machine_count++]);
	}
	return g_variant_new("(o^as)", plan ? "/" : machines[machine_count - 1].path,
			     (const char *[]){ "make the machine", NULL });
}

static GVariant *trash(void)
{
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < machine_count; i++)
		if (machines[i].is_trash) {
			GVariantBuilder dict;

			g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
			put(&dict, "id", machines[i].id);
			put(&dict, "name", machines[i].name);
			g_variant_builder_add(&dict, "{sv}", "deleted", g_variant_new_int64(1700000000));
			g_variant_builder_add_value(&list, g_variant_builder_end(&dict));
		}
	return g_variant_new("(aa{sv})", &list);
}

static GVariant *undelete(GVariant *parameters)
{
	const char *name;

	g_variant_get_child(parameters, 0, "&s", &name);
	for (guint i = 0; i < machine_count; i++)
		if (machines[i].is_trash &&
		    (strcmp(machines[i].id, name) == 0 || strcmp(machines[i].name, name) == 0)) {
			if (!is_plan(parameters)) {
				machines[i].is_trash = FALSE;
				machines[i].is_there = TRUE;
				added(&machines[i]);
			}
			return g_variant_new("(o^as)", machines[i].path,
					     (const char *[]){ "take it out of the trash", NULL });
		}
	return NULL;
}

/* Host1's list and Switches1's, which has the settings, too. */
static GVariant *switches(void)
{
	GVariantBuilder list, dict;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	put(&dict, "name", SWITCH_DEFAULT_NAME);
	put(&dict, "kind", "nat");
	put(&dict, "notes", "the way out");
	put(&dict, "switch.name", SWITCH_DEFAULT_NAME);
	put(&dict, "switch.kind", "nat");
	put(&dict, "nat.network", "10.0.2.0/24");
	g_variant_builder_add(&dict, "{sv}", "available", g_variant_new_boolean(TRUE));
	g_variant_builder_add(&dict, "{sv}", "machines",
			      g_variant_new_strv((const char *[]){ machines[0].name, NULL }, -1));
	g_variant_builder_add_value(&list, g_variant_builder_end(&dict));
	return g_variant_new("(aa{sv})", &list);
}

static GVariant *call_switches(const char *method)
{
	GVariantBuilder list;

	if (strcmp(method, "List") == 0)
		return switches();
	if (strcmp(method, "ListKinds") == 0) {
		g_variant_builder_init(&list, G_VARIANT_TYPE("a(ssbs)"));
		g_variant_builder_add(&list, "(ssbs)", "nat", "out through this host", TRUE, "");
		g_variant_builder_add(&list, "(ssbs)", "private", "machines only", TRUE, "");
		g_variant_builder_add(&list, "(ssbs)", "external", "the host's network", FALSE,
				      "the stub has no adapters; use a real service");
		return g_variant_new("(a(ssbs))", &list);
	}
	if (strcmp(method, "ListHostAdapters") == 0)
		return g_variant_new("(@aa{sv})", g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
	return steps("change the switches");
}

/* Two, one below the other, of the first machine; Now goes on from the second. */
static GVariant *call_checkpoints(const struct machine *machine, const char *method)
{
	const char *const names[] = { "before the update", is_hostile ? "\033[5mafter it" : "after it" };
	GVariantBuilder list;

	if (strcmp(method, "Rename") == 0)
		return steps("rename the checkpoint");
	if (strcmp(method, "List") != 0)
		return g_variant_new("(o^as)", "/", (const char *[]){ "change the checkpoints", NULL });
	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < G_N_ELEMENTS(names) && machine == &machines[0]; i++) {
		GVariantBuilder dict;

		g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
		put(&dict, "id", i ? "two" : "one");
		put(&dict, "name", names[i]);
		put(&dict, "parent", i ? "one" : "");
		put(&dict, "kind", "disks");
		g_variant_builder_add(&dict, "{sv}", "depth", g_variant_new_uint32(i));
		g_variant_builder_add(&dict, "{sv}", "created", g_variant_new_int64(1700000000 + i));
		g_variant_builder_add(&dict, "{sv}", "present", g_variant_new_boolean(i == 1));
		g_variant_builder_add(&dict, "{sv}", "automatic", g_variant_new_boolean(FALSE));
		g_variant_builder_add(&dict, "{sv}", "bytes", g_variant_new_uint64(3 << 20));
		g_variant_builder_add_value(&list, g_variant_builder_end(&dict));
	}
	return g_variant_new("(@aa{sv}s)", g_variant_builder_end(&list),
			     machine == &machines[0] ? "two" : "");
}

static GVariant *call_host(const char *method, GVariant *parameters)
{
	if (strcmp(method, "WhoAmI") == 0)
		return g_variant_new("(ss^ass)", "alice", "owner",
				     (const char *[]){ "host-view", "create", "host-edit", "audit", NULL },
				     "it is your own service");
	if (strcmp(method, "CreateVirtualMachine") == 0)
		return create(parameters);
	if (strcmp(method, "ListTrash") == 0)
		return trash();
	if (strcmp(method, "Undelete") == 0)
		return undelete(parameters);
	if (strcmp(method, "EmptyTrash") == 0)
		return steps("remove what is in the trash for ever");
	if (strcmp(method, "ListSwitches") == 0)
		return switches();
	return NULL;
}

static GVariant *events(void)
{
	static const char *const texts[] = { "alice started it", "it runs", "bob may not turn it off" };
	static const char *const kinds[] = { "change", "state", "refusal" };
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		GVariantBuilder dict;

		g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&dict, "{sv}", "number", g_variant_new_uint64(i + 1));
		g_variant_builder_add(&dict, "{sv}", "time",
				      g_variant_new_int64((1700000000 + i) * G_USEC_PER_SEC));
		put(&dict, "kind", kinds[i]);
		put(&dict, "user", i == 2 ? "bob" : "alice");
		put(&dict, "vm", machines[0].id);
		put(&dict, "name", machines[0].name);
		put(&dict, "text", is_hostile ? "\033[5mblink\033[0m" : texts[i]);
		g_variant_builder_add_value(&list, g_variant_builder_end(&dict));
	}
	return g_variant_new("(aa{sv})", &list);
}

static GVariant *call_admins(const char *method)
{
	GVariantBuilder list;

	if (strcmp(method, "List") == 0) {
		g_variant_builder_init(&list, G_VARIANT_TYPE("a(ssss)"));
		g_variant_builder_add(&list, "(ssss)", "user:bob", "operator", machines[0].id,
				      machines[0].name);
		g_variant_builder_add(&list, "(ssss)", "group:lab", "viewer", machines[1].id,
				      machines[1].name);
		g_variant_builder_add(&list, "(ssss)", "user:carol", "pass-through", "", "");
		return g_variant_new("(a(ssss))", &list);
	}
	if (strcmp(method, "Grant") == 0 || strcmp(method, "Revoke") == 0)
		return steps("change who may do what");
	if (strcmp(method, "Search") == 0) {
		g_variant_builder_init(&list, G_VARIANT_TYPE("a(ss)"));
		g_variant_builder_add(&list, "(ss)", "user:root", "The\033[5m Owner");
		g_variant_builder_add(&list, "(ss)", "group:rowers", "");
		return g_variant_new("(a(ss))", &list);
	}
	if (strcmp(method, "Explain") == 0) {
		g_variant_builder_init(&list, G_VARIANT_TYPE("a(sbs)"));
		g_variant_builder_add(&list, "(sbs)", "view", TRUE, "user:bob is operator of it");
		g_variant_builder_add(&list, "(sbs)", "edit", FALSE, "no role grants it");
		return g_variant_new("(a(sbs))", &list);
	}
	return NULL;
}

static GVariant *answer(const char *path, const char *interface, const char *method, GVariant *parameters)
{
	if (strcmp(method, "GetManagedObjects") == 0)
		return managed();
	if (strcmp(path, API_HOST_PATH) == 0)
		return call_host(method, parameters);
	if (strcmp(interface, API_EVENTS_INTERFACE) == 0)
		return strcmp(method, "Query") == 0 ? events()
						    : g_variant_new("(bts)", TRUE, (guint64)3, "it is whole");
	if (strcmp(interface, API_SWITCHES_INTERFACE) == 0)
		return call_switches(method);
	if (strcmp(interface, API_ADMINS_INTERFACE) == 0)
		return call_admins(method);
	for (guint i = 0; i < machine_count; i++)
		if (strcmp(machines[i].path, path) == 0)
			return strcmp(interface, API_CHECKPOINTS_INTERFACE) == 0
				   ? call_checkpoints(&machines[i], method)
				   : call_vm(&machines[i], method, parameters);
	return NULL;
}

/* --- the peer ---------------------------------------------------------------------------------------- */

struct pending_call {
	GDBusConnection *connection;
	GDBusMessage *message;
};

/* In the main thread, where the machines are. */
static gboolean on_call(gpointer opaque)
{
	struct pending_call *call = opaque;
	GDBusMessage *message = call->message, *reply;
	const char *method = g_dbus_message_get_member(message), *path = g_dbus_message_get_path(message);
	GVariant *body = g_dbus_message_get_body(message), *none = g_variant_ref_sink(g_variant_new("()"));
	GVariant *result = answer(path, g_dbus_message_get_interface(message), method, body ? body : none);

	if (strcmp(method, "GetStatistics") != 0) {
		char *text = body ? g_variant_print(body, FALSE) : g_strdup("()");

		printf("%s %s %s\n", path + strlen(API_ROOT), method, text);
		fflush(stdout);
		g_free(text);
	}
	if (result) {
		reply = g_dbus_message_new_method_reply(message);
		g_dbus_message_set_body(reply, result);
	} else {
		reply = g_dbus_message_new_method_error_literal(
		    message, "org.bulkhead.Error.NotSupported",
		    "the stub service cannot do that; use a real one");
	}
	g_dbus_connection_send_message(call->connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
	g_object_unref(reply);
	g_variant_unref(none);
	g_object_unref(call->message);
	g_object_unref(call->connection);
	g_free(call);
	return G_SOURCE_REMOVE;
}

static GDBusMessage *filter(GDBusConnection *connection, GDBusMessage *message, gboolean is_incoming,
			    gpointer unused)
{
	struct pending_call *call;

	if (!is_incoming || g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
		return message;
	call = g_new0(struct pending_call, 1);
	*call = (struct pending_call){ g_object_ref(connection), message };
	g_idle_add(on_call, call);
	return NULL;
}

static void on_closed(GDBusConnection *connection, gboolean by_peer, GError *error, gpointer unused)
{
	g_ptr_array_remove(peers, connection);
}

static gboolean on_peer(GDBusServer *server, GDBusConnection *connection, gpointer unused)
{
	g_dbus_connection_add_filter(connection, filter, NULL, NULL);
	g_signal_connect(connection, "closed", G_CALLBACK(on_closed), NULL);
	g_ptr_array_add(peers, g_object_ref(connection));
	return TRUE;
}

static gboolean on_all_change(gpointer unused)
{
	for (guint i = 0; i < machine_count; i++)
		set_state(&machines[i], strcmp(machines[i].state, "off") == 0 ? "running" : "off");
	printf("all have changed\n");
	fflush(stdout);
	return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
	static const char *const states[] = {
		"running", "off", "paused", "running", "saved", "off-critical"
	};
	static const char *const all[] = { "off",	    "starting",	    "running",
					   "paused",	    "saving",	    "saved",
					   "stopping",	    "off-critical", "paused-critical",
					   "saved-critical" };
	char *address, *guid = g_dbus_generate_guid();
	GError *error = NULL;
	GDBusServer *server;

	if (argc < 2)
		return 2;
	is_hostile = argc > 3 && strcmp(argv[3], "hostile") == 0;
	has_states = argc > 3 && strcmp(argv[3], "states") == 0;
	machine_count = argc > 2 ? (guint)MIN(strtoul(argv[2], NULL, 10), MACHINES_MAX / 2) : 12;
	for (guint i = 0; i < machine_count; i++) {
		const char *state =
		    has_states ? all[i % G_N_ELEMENTS(all)] : states[i % G_N_ELEMENTS(states)];
		char *name = has_states ? g_strdup(state) : name_of(i);

		machine_init(i, name, state);
		g_free(name);
	}
	peers = g_ptr_array_new_with_free_func(g_object_unref);
	g_unix_signal_add(SIGUSR1, on_all_change, NULL);
	unlink(argv[1]);
	address = g_strdup_printf("unix:path=%s", argv[1]);
	server = g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
	if (!server) {
		fprintf(stderr, "stub: %s\n", error->message);
		return 1;
	}
	g_signal_connect(server, "new-connection", G_CALLBACK(on_peer), NULL);
	g_dbus_server_start(server);
	loop = g_main_loop_new(NULL, FALSE);
	g_main_loop_run(loop);
	return 0;
}
