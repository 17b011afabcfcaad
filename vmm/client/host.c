/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/host.h"

enum { RETRY_FIRST_MS = 500, RETRY_MAX_MS = 15000 };

struct _VmcHost {
	GObject parent;
	char *place, *problem;
	enum vmc_link link;
	gboolean is_connecting; /* a thread is at it */
	struct vmc_connection *connection;
	struct vmc_inventory *inventory;
	gulong closed;
	guint retry, retry_ms;
};

G_DEFINE_TYPE(VmcHost, vmc_host, G_TYPE_OBJECT)

static guint changed_signal;

static void begin(VmcHost *host);

static void free_connection(gpointer connection)
{
	vmc_disconnect(connection);
}

/* Closing waits for what is still to be written: not here. */
static void disconnect_in_thread(GTask *task, gpointer source, gpointer connection, GCancellable *none)
{
	vmc_disconnect(connection);
	g_task_return_boolean(task, TRUE);
}

static void drop(VmcHost *host)
{
	GTask *task;

	host->inventory = vmc_inventory_free(host->inventory);
	if (!host->connection)
		return;
	g_clear_signal_handler(&host->closed, vmc_bus(host->connection));
	task = g_task_new(NULL, NULL, NULL, NULL);
	g_task_set_task_data(task, host->connection, NULL);
	g_task_run_in_thread(task, disconnect_in_thread);
	g_object_unref(task);
	host->connection = NULL;
}

static void set_link(VmcHost *host, enum vmc_link state, const char *problem)
{
	host->link = state;
	g_free(host->problem);
	host->problem = g_strdup(problem ? problem : "");
	g_signal_emit(host, changed_signal, 0);
}

static gboolean on_retry(gpointer opaque)
{
	VmcHost *host = opaque;

	host->retry = 0;
	begin(host);
	return G_SOURCE_REMOVE;
}

/* The lists go before anybody is told, so that nobody looks at those of a dead connection. */
static void lose(VmcHost *host, const char *problem)
{
	char *text = g_strdup(problem);

	drop(host);
	if (!host->retry)
		host->retry = g_timeout_add(host->retry_ms, on_retry, host);
	host->retry_ms = MIN(host->retry_ms * 2, RETRY_MAX_MS);
	set_link(host, VMC_LINK_LOST, text);
	g_free(text);
}

/* What ssh said last tells more than that there is no answer. */
static void lose_words(VmcHost *host, const char *problem)
{
	char *words = host->connection ? vmc_last_words(host->connection) : NULL,
	     *text = words ? g_strdup_printf("%s: %s; it is tried again", vmc_host_label(host), words) : NULL;

	lose(host, text ? text : problem);
	g_free(text);
	g_free(words);
}

static void on_closed(GDBusConnection *bus, gboolean is_by_peer, GError *error, gpointer opaque)
{
	VmcHost *host = opaque;

	lose_words(host, *host->place
			     ? "the connection to this host is lost; it is tried again"
			     : "the management service has ended; start it: bulkhead host start-service");
}

static void on_ready(struct vmc_inventory *inventory, const GError *error, gpointer opaque)
{
	VmcHost *host = opaque;

	if (error) {
		lose_words(host, error->message);
		return;
	}
	host->retry_ms = RETRY_FIRST_MS;
	set_link(host, VMC_LINK_CONNECTED, NULL);
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer opaque)
{
	VmcHost *host = VMC_HOST(source);
	GError *error = NULL;
	struct vmc_connection *connection = g_task_propagate_pointer(G_TASK(result), &error);

	host->is_connecting = FALSE;
	if (connection) {
		host->connection = connection;
		host->closed = g_signal_connect(vmc_bus(connection), "closed", G_CALLBACK(on_closed), host);
		host->inventory = vmc_inventory_open(connection, on_ready, host);
	} else {
		lose(host, error->message);
		g_error_free(error);
	}
}

static void connect_in_thread(GTask *task, gpointer source, gpointer place, GCancellable *none)
{
	GError *error = NULL;
	struct vmc_connection *connection = vmc_connect_silently(place, &error);

	if (connection)
		g_task_return_pointer(task, connection, free_connection);
	else
		g_task_return_error(task, error);
}

static void begin(VmcHost *host)
{
	GTask *task;

	if (host->is_connecting || host->connection)
		return;
	host->is_connecting = TRUE;
	task = g_task_new(host, NULL, on_connected, NULL);
	g_task_set_task_data(task, g_strdup(host->place), g_free);
	g_task_run_in_thread(task, connect_in_thread);
	g_object_unref(task);
}

void vmc_host_reconnect(VmcHost *host)
{
	if (host->link == VMC_LINK_CONNECTED)
		return;
	g_clear_handle_id(&host->retry, g_source_remove);
	host->retry_ms = RETRY_FIRST_MS;
	begin(host);
}

static void vmc_host_dispose(GObject *object)
{
	VmcHost *host = VMC_HOST(object);

	g_clear_handle_id(&host->retry, g_source_remove);
	drop(host);
	G_OBJECT_CLASS(vmc_host_parent_class)->dispose(object);
}

static void vmc_host_finalize(GObject *object)
{
	VmcHost *host = VMC_HOST(object);

	g_free(host->place);
	g_free(host->problem);
	G_OBJECT_CLASS(vmc_host_parent_class)->finalize(object);
}

static void vmc_host_class_init(VmcHostClass *class)
{
	G_OBJECT_CLASS(class)->dispose = vmc_host_dispose;
	G_OBJECT_CLASS(class)->finalize = vmc_host_finalize;
	changed_signal =
	    g_signal_new("changed", VMC_TYPE_HOST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void vmc_host_init(VmcHost *host)
{
	host->problem = g_strdup("");
	host->retry_ms = RETRY_FIRST_MS;
}

VmcHost *vmc_host_new(const char *place)
{
	VmcHost *host = g_object_new(VMC_TYPE_HOST, NULL);

	host->place = g_strdup(place ? place : "");
	begin(host);
	return host;
}

const char *vmc_host_place(VmcHost *host)
{
	return host->place;
}

const char *vmc_host_label(VmcHost *host)
{
	return *host->place ? host->place : "This computer";
}

enum vmc_link vmc_host_link(VmcHost *host)
{
	return host->link;
}

const char *vmc_host_problem(VmcHost *host)
{
	return host->problem;
}

struct vmc_connection *vmc_host_connection(VmcHost *host)
{
	return host->link == VMC_LINK_CONNECTED ? host->connection : NULL;
}

struct vmc_inventory *vmc_host_inventory(VmcHost *host)
{
	return host->link == VMC_LINK_CONNECTED ? host->inventory : NULL;
}
