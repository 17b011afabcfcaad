/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/cgroup.h"

#include <gio/gio.h>
#include <unistd.h>

enum {
	WORKER_MIB =
	    512, /* what a worker may need beside its guest's memory: code cache, images, page cache */
	THREADS_MAX = 256,
	CALL_TIMEOUT_MS = 10000,
};

/* systemd's own socket: a peer, not a message bus, which need not run. */
static char *manager_address(void)
{
	char *path = geteuid() == 0 ? g_strdup("/run/systemd/private")
				    : g_build_filename(g_get_user_runtime_dir(), "systemd", "private", NULL);
	char *address = g_file_test(path, G_FILE_TEST_EXISTS) ? g_strconcat("unix:path=", path, NULL) : NULL;

	g_free(path);
	return address;
}

static void add(GVariantBuilder *properties, const char *name, GVariant *value)
{
	g_variant_builder_add(properties, "(sv)", name, value);
}

/* org.freedesktop.systemd1(5), systemd.resource-control(5) */
static GVariant *make_scope(const char *id, pid_t pid, const struct cgroup_limits *limits)
{
	guint32 pids[] = { (guint32)pid };
	const char *const before[] = { "bulkhead-machines.service", NULL };
	char *name = g_strdup_printf(CGROUP_PREFIX "%s-%d.scope", id, (int)pid),
	     *description = g_strdup_printf("Virtual machine %s of Bulkhead", id);
	GVariantBuilder properties;
	GVariant *call;

	g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
	add(&properties, "Description", g_variant_new_string(description));
	add(&properties, "PIDs", g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, pids, 1, sizeof(*pids)));
	add(&properties, "CollectMode", g_variant_new_string("inactive-or-failed"));
	add(&properties, "MemoryMax", g_variant_new_uint64((limits->memory_mib + WORKER_MIB) << 20));
	add(&properties, "TasksMax", g_variant_new_uint64(THREADS_MAX));
	add(&properties, "CPUWeight", g_variant_new_uint64(CLAMP(limits->weight, 1, 10000)));
	if (limits->limit_percent > 0 && limits->limit_percent < 100)
		add(&properties, "CPUQuotaPerSecUSec",
		    g_variant_new_uint64(limits->limit_percent * limits->processors * 10000));
	if (geteuid() == 0) /* that one stops first when the host goes down, and asks the guests */
		add(&properties, "Before", g_variant_new_strv(before, -1));
	call = g_variant_new("(ssa(sv)a(sa(sv)))", name, "fail", &properties, NULL);
	g_free(name);
	g_free(description);
	return call;
}

static void on_answer(GObject *object, GAsyncResult *result, gpointer opaque)
{
	GDBusConnection *manager = G_DBUS_CONNECTION(object);
	GVariant *answer = g_dbus_connection_call_finish(manager, result, NULL);

	g_clear_pointer(&answer, g_variant_unref); /* the live process shows what became of it */
	g_dbus_connection_close(manager, NULL, NULL, NULL);
	g_object_unref(manager);
}

static void on_connected(GObject *object, GAsyncResult *result, gpointer opaque)
{
	GDBusConnection *manager = g_dbus_connection_new_for_address_finish(result, NULL);
	GVariant *call = opaque;

	if (manager)
		g_dbus_connection_call(manager, NULL, "/org/freedesktop/systemd1",
				       "org.freedesktop.systemd1.Manager", "StartTransientUnit", call, NULL,
				       G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS, NULL, on_answer, NULL);
	g_variant_unref(call);
}

void cgroup_enter(const char *id, pid_t pid, const struct cgroup_limits *limits)
{
	char *address = manager_address();

	if (address)
		g_dbus_connection_new_for_address(address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
						  NULL, NULL, on_connected,
						  g_variant_ref_sink(make_scope(id, pid, limits)));
	g_free(address);
}
