/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/listener.h"
#include "service/gate.h"
#include "service/objects.h"
#include "service/peer.h"
#include "service/service.h"

#include "api/api.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FLUSH_MS = 300 };

struct listener {
	struct service *service;
	GSocketService *sockets;
	GDBusAuthObserver *observer;
	char *guid, *path;
};

/* --- peers ----------------------------------------------------------------------------------------- */

struct peer *peer_ref(struct peer *peer)
{
	peer->references++;
	return peer;
}

struct peer *peer_unref(struct peer *peer)
{
	if (!peer || --peer->references > 0)
		return NULL;
	if (peer->authentication_timeout)
		g_source_remove(peer->authentication_timeout);
	g_clear_object(&peer->connection);
	g_clear_object(&peer->stream);
	gate_free(peer->gate);
	identity_free(peer->identity);
	g_free(peer);
	return NULL;
}

gboolean peer_begin_call(struct peer *peer)
{
	if (peer->calls >= SERVICE_CALLS_PER_PEER_MAX)
		return FALSE;
	peer->calls++;
	peer_ref(peer);
	return TRUE;
}

void peer_end_call(struct peer *peer)
{
	peer->calls--;
	peer_unref(peer);
}

gboolean peer_may_log_refusal(struct peer *peer, guint *ret_hidden)
{
	gint64 now = g_get_monotonic_time();

	if (now - peer->refusals_since > SERVICE_REFUSALS_S * G_USEC_PER_SEC) {
		peer->refusals_since = now;
		peer->refusals = 0;
	}
	if (peer->refusals >= SERVICE_REFUSALS_LOGGED) {
		peer->refusals_hidden++;
		return FALSE;
	}
	peer->refusals++;
	*ret_hidden = peer->refusals_hidden;
	peer->refusals_hidden = 0;
	return TRUE;
}

const struct identity *peer_identity(struct peer *peer)
{
	gint64 now = g_get_monotonic_time();

	if (!peer->identity || now - peer->identity_time > G_USEC_PER_SEC) {
		identity_free(peer->identity);
		peer->identity = identity_of_uid(peer->uid, peer->gid);
		peer->identity_time = now;
	}
	return peer->identity;
}

static void drop_peer(struct peer *peer)
{
	if (peer->is_gone)
		return;
	peer->is_gone = TRUE;
	if (peer->connection) {
		objects_unregister(peer);
		g_signal_handlers_disconnect_by_data(peer->connection, peer);
	}
	peer->gate = gate_free(peer->gate);
	g_ptr_array_remove_fast(peer->service->peers, peer);
	peer_unref(peer);
}

/* --- connecting ------------------------------------------------------------------------------------ */

static gboolean on_authentication_timeout(gpointer opaque)
{
	struct peer *peer = opaque;

	peer->authentication_timeout = 0;
	/* which ends the attempt with an error */
	shutdown(g_socket_get_fd(g_socket_connection_get_socket(peer->stream)), SHUT_RDWR);
	return G_SOURCE_REMOVE;
}

static void on_closed(GDBusConnection *connection, gboolean remote_vanished, GError *error, gpointer opaque)
{
	drop_peer(opaque);
}

static void on_authenticated(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct peer *peer = opaque;
	GError *error = NULL;

	peer->connection = g_dbus_connection_new_finish(result, &error);
	if (peer->authentication_timeout)
		g_source_remove(peer->authentication_timeout);
	peer->authentication_timeout = 0;
	if (!peer->connection || peer->is_gone) {
		g_clear_error(&error);
		drop_peer(peer);
		peer_unref(peer); /* of the attempt */
		return;
	}
	g_signal_connect(peer->connection, "closed", G_CALLBACK(on_closed), peer);
	if (objects_register(peer, &error)) {
		g_dbus_connection_start_message_processing(peer->connection);
	} else {
		g_printerr("bulkhead-vmms: a client cannot be served: %s\n", error->message);
		g_error_free(error);
		g_dbus_connection_close(peer->connection, NULL, NULL, NULL);
	}
	peer_unref(peer);
}

static guint count_peers(const struct service *service, uid_t uid)
{
	guint count = 0;

	for (guint i = 0; i < service->peers->len; i++)
		count += ((struct peer *)service->peers->pdata[i])->uid == uid;
	return count;
}

static gboolean is_welcome(const struct service *service, uid_t uid)
{
	/* Root and the owner must get in even when others have taken all places. */
	if (uid != 0 && uid != service->uid && service->peers->len >= SERVICE_PEERS_MAX)
		return FALSE;
	return count_peers(service, uid) < SERVICE_PEERS_PER_USER_MAX;
}

/* A stream over a descriptor, which it takes. */
static GSocketConnection *stream_of(int fd)
{
	GSocket *socket = g_socket_new_from_fd(fd, NULL);
	GSocketConnection *stream;

	if (!socket) {
		close(fd);
		return NULL;
	}
	stream = g_socket_connection_factory_create_connection(socket);
	g_object_unref(socket);
	return stream;
}

static struct peer *peer_new(struct service *service, const struct ucred *credentials, struct gate *gate,
			     GSocketConnection *stream)
{
	struct peer *peer = g_new0(struct peer, 1);

	peer->service = service;
	peer->uid = credentials->uid;
	peer->gid = credentials->gid;
	peer->references = 2; /* the list's, and the attempt's */
	peer->stream = stream;
	peer->gate = gate;
	peer->authentication_timeout =
	    g_timeout_add_seconds(SERVICE_AUTHENTICATION_TIMEOUT_S, on_authentication_timeout, peer);
	g_ptr_array_add(service->peers, peer);
	return peer;
}

static gboolean on_incoming(GSocketService *sockets, GSocketConnection *outer, GObject *source,
			    gpointer opaque)
{
	struct listener *listener = opaque;
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	GSocketConnection *stream;
	struct gate *gate;
	int inner, fd = g_socket_get_fd(g_socket_connection_get_socket(outer));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0 ||
	    !is_welcome(listener->service, credentials.uid))
		return TRUE; /* it closes with its last reference */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	gate = fd < 0 ? NULL : gate_new(fd, credentials.uid, &inner);
	stream = gate ? stream_of(inner) : NULL;
	if (!stream) {
		gate_free(gate);
		return TRUE;
	}
	g_dbus_connection_new(G_IO_STREAM(stream), listener->guid,
			      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
				  G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
			      listener->observer, NULL, on_authenticated,
			      peer_new(listener->service, &credentials, gate, stream));
	return TRUE;
}

/* Called in a thread of GDBus. */
static gboolean on_mechanism(GDBusAuthObserver *observer, const char *mechanism, gpointer opaque)
{
	return strcmp(mechanism, "EXTERNAL") == 0;
}

static gboolean on_authorize(GDBusAuthObserver *observer, GIOStream *stream, GCredentials *credentials,
			     gpointer opaque)
{
	return credentials != NULL; /* who may do what is decided at each call */
}

/* --- life ------------------------------------------------------------------------------------------ */

static gboolean listen_at(struct listener *listener, GError **error)
{
	GSocketAddress *address;
	gboolean is_good;
	mode_t old;

	if (strlen(listener->path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "%s: a socket's path has at most 107 bytes; give a shorter folder",
			    listener->path);
		return FALSE;
	}
	unlink(listener->path); /* of one that died: the inventory's lock says that we are the only one */
	address = g_unix_socket_address_new(listener->path);
	old = umask(listener->service->is_system ? 0 : 077);
	is_good =
	    g_socket_listener_add_address(G_SOCKET_LISTENER(listener->sockets), address, G_SOCKET_TYPE_STREAM,
					  G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error);
	umask(old);
	g_object_unref(address);
	return is_good;
}

struct listener *listener_new(struct service *service, GError **error)
{
	struct listener *listener = g_new0(struct listener, 1);

	listener->service = service;
	listener->guid = g_dbus_generate_guid();
	listener->path = g_build_filename(service->runtime, API_SOCKET, NULL);
	listener->observer = g_dbus_auth_observer_new();
	g_signal_connect(listener->observer, "allow-mechanism", G_CALLBACK(on_mechanism), NULL);
	g_signal_connect(listener->observer, "authorize-authenticated-peer", G_CALLBACK(on_authorize), NULL);
	listener->sockets = g_socket_service_new();
	/* Many may come at once; a full backlog refuses them with "try again". */
	g_socket_listener_set_backlog(G_SOCKET_LISTENER(listener->sockets), SERVICE_PEERS_MAX);
	g_signal_connect(listener->sockets, "incoming", G_CALLBACK(on_incoming), listener);
	if (!listen_at(listener, error)) {
		g_clear_pointer(&listener->path, g_free);
		return listener_free(listener);
	}
	g_socket_service_start(listener->sockets);
	return listener;
}

static void close_peers(struct service *service)
{
	while (service->peers->len > 0) {
		struct peer *peer = peer_ref(service->peers->pdata[0]);

		if (peer->connection) {
			g_dbus_connection_flush_sync(peer->connection, NULL, NULL);
			gate_drain(peer->gate, FLUSH_MS);
			g_dbus_connection_close_sync(peer->connection, NULL, NULL);
		}
		drop_peer(peer);
		peer_unref(peer);
	}
}

struct listener *listener_free(struct listener *listener)
{
	if (!listener)
		return NULL;
	g_socket_service_stop(listener->sockets);
	g_socket_listener_close(G_SOCKET_LISTENER(listener->sockets));
	close_peers(listener->service);
	if (listener->path)
		unlink(listener->path);
	g_object_unref(listener->sockets);
	g_object_unref(listener->observer);
	g_free(listener->guid);
	g_free(listener->path);
	g_free(listener);
	return NULL;
}
