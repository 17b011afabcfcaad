/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_listener.h"
#include "service/display_lockout.h"
#include "service/display_secrets.h"
#include "service/display_viewers.h"
#include "service/event_log.h"
#include "service/service.h"

#include "model/vm_listen.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 16, ACCEPTS_AT_ONCE = 8, UNANSWERED_MS = 30000 };

struct vm_listener {
	struct vm *vm;
	char *place; /* as the settings have it */
	int fd;
	guint watch;
	struct display_lockout *lockout;
};

static void warn(struct vm *vm, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void warn(struct vm *vm, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name, "%s", text);
	g_free(text);
}

/* --- who comes --------------------------------------------------------------------------------------- */

static GInetAddress *address_of(const struct sockaddr_storage *peer)
{
	if (peer->ss_family == AF_INET)
		return g_inet_address_new_from_bytes(
		    (const guint8 *)&((const struct sockaddr_in *)peer)->sin_addr, G_SOCKET_FAMILY_IPV4);
	if (IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)peer)->sin6_addr))
		return g_inet_address_new_from_bytes(
		    ((const struct sockaddr_in6 *)peer)->sin6_addr.s6_addr + 12, G_SOCKET_FAMILY_IPV4);
	return g_inet_address_new_from_bytes(((const struct sockaddr_in6 *)peer)->sin6_addr.s6_addr,
					     G_SOCKET_FAMILY_IPV6);
}

/* A viewer whose computer or network is gone is noticed; what it draws does not wait for more. */
static void set_options(int fd)
{
	const int on = 1, unanswered = UNANSWERED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof(unanswered));
}

static gint64 now_s(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

static void admit(struct vm_listener *listener, int fd, const struct sockaddr_storage *peer)
{
	GInetAddress *address = address_of(peer);
	char *text = g_inet_address_to_string(address);
	GError *error = NULL;

	if (display_lockout_wait(listener->lockout, address, now_s()) == 0 &&
	    display_count_strangers(listener->vm, NULL) < DISPLAY_STRANGERS_MAX &&
	    display_count_strangers(listener->vm, text) < DISPLAY_STRANGERS_PER_ADDRESS) {
		set_options(fd);
		if (!display_add_stranger(listener->vm, text, fd, &error)) {
			warn(listener->vm, "a viewer from %s: %s", text, error->message);
			g_error_free(error);
		}
	}
	g_free(text);
	g_object_unref(address);
}

static gboolean on_connection(int fd, GIOCondition condition, gpointer opaque)
{
	struct vm_listener *listener = opaque;

	for (unsigned i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage peer = { 0 };
		socklen_t size = sizeof(peer);
		int viewer = accept4(fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);

		if (viewer < 0)
			break;
		admit(listener, viewer, &peer);
		close(viewer);
	}
	return G_SOURCE_CONTINUE;
}

void display_listener_judge(struct vm *vm, const char *text, gboolean was_right)
{
	GInetAddress *address = vm->listener ? g_inet_address_new_from_string(text) : NULL;

	if (!address)
		return;
	if (was_right) {
		display_lockout_right(vm->listener->lockout, address);
	} else {
		gboolean is_locked = display_lockout_wrong(vm->listener->lockout, address, now_s());

		event_log_add(vm->service->log, EVENT_REFUSAL, NULL, vm->config->id, vm->config->name,
			      "a viewer from %s gave a wrong password%s", text,
			      is_locked ? "; that address is kept out for a while" : "");
	}
	g_object_unref(address);
}

/* --- listening --------------------------------------------------------------------------------------- */

static int bind_to(const struct vm_listen *place)
{
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(place->port) };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(place->port) };
	const struct sockaddr *address = place->is_ipv6 ? (struct sockaddr *)&ipv6 : (struct sockaddr *)&ipv4;
	int on = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(&ipv6.sin6_addr, place->address, sizeof(ipv6.sin6_addr));
	memcpy(&ipv4.sin_addr, place->address, sizeof(ipv4.sin_addr));
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, place->is_ipv6 ? sizeof(ipv6) : sizeof(ipv4)) < 0 || listen(fd, BACKLOG) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

void display_listener_close(struct vm *vm)
{
	struct vm_listener *listener = vm->listener;

	vm->listener = NULL;
	if (!listener)
		return;
	g_source_remove(listener->watch);
	close(listener->fd);
	display_lockout_free(listener->lockout);
	g_free(listener->place);
	g_free(listener);
}

static void open_listener(struct vm *vm, const struct vm_listen *listen)
{
	struct vm_listener *listener;
	int fd = bind_to(listen);

	if (fd < 0) {
		warn(
		    vm,
		    "its screen is not offered at %s: %s; choose another address or port: bulkhead vm set %s "
		    "--display-listen ...",
		    vm->config->display_listen, g_strerror(-fd), vm->config->name);
		return;
	}
	listener = g_new0(struct vm_listener, 1);
	listener->vm = vm;
	listener->place = g_strdup(vm->config->display_listen);
	listener->fd = fd;
	listener->lockout = display_lockout_new();
	listener->watch = g_unix_fd_add(fd, G_IO_IN, on_connection, listener);
	vm->listener = listener;
}

/* --- when -------------------------------------------------------------------------------------------- */

static gboolean has_password(const struct vm *vm)
{
	struct display_passwords passwords;
	gboolean has_one;

	display_passwords_read(vm, &passwords);
	has_one = *passwords.full || *passwords.view_only;
	display_passwords_clear(&passwords);
	return has_one;
}

/* All machines that waited for it. */
static void on_certificate(gpointer opaque, const char *error)
{
	struct service *service = opaque;
	GHashTableIter iter;
	char *fingerprint;
	gpointer vm;

	service->is_making_certificate = FALSE;
	if (error) {
		event_log_add(service->log, EVENT_WARNING, NULL, NULL, NULL,
			      "the certificate for viewers cannot be made: %s", error);
		return;
	}
	fingerprint = display_certificate_fingerprint(service);
	event_log_add(service->log, EVENT_SERVICE, NULL, NULL, NULL,
		      "a certificate for viewers was made; its SHA-256 fingerprint is %s", fingerprint);
	g_free(fingerprint);
	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		display_listener_update(vm);
}

static gboolean need_certificate(struct service *service)
{
	int certificate, key;

	if (display_certificate_open(service, &certificate, &key)) {
		close(certificate);
		close(key);
		return TRUE;
	}
	if (!service->is_making_certificate) {
		service->is_making_certificate = TRUE;
		display_certificate_make(service, on_certificate, service);
	}
	return FALSE;
}

static gboolean wants_listener(struct vm *vm, struct vm_listen *ret_listen)
{
	gboolean is_running = vm->worker && vm_state_is_up(vm->life.state);

	if (!is_running || !vm_listen_parse(vm->config->display_listen, ret_listen, NULL) ||
	    !ret_listen->port)
		return FALSE;
	if (has_password(vm))
		return TRUE;
	warn(vm, "its screen is not offered at %s: it has no password; set one: bulkhead vm password %s",
	     vm->config->display_listen, vm->config->name);
	return FALSE;
}

void display_listener_update(struct vm *vm)
{
	struct vm_listen listen;

	if (strcmp(vm->config->display_listen, "none") == 0 && !vm->listener)
		return;
	if (!wants_listener(vm, &listen)) {
		display_listener_close(vm);
		return;
	}
	if (!need_certificate(vm->service))
		return; /* it comes back here */
	if (vm->listener && strcmp(vm->listener->place, vm->config->display_listen) != 0)
		display_listener_close(vm);
	if (!vm->listener)
		open_listener(vm, &listen);
}

void display_listener_renew(struct vm *vm)
{
	display_forget_security(vm);
	display_listener_update(vm);
}

char *display_listener_describe(const struct vm *vm)
{
	if (vm->listener)
		return g_strdup(vm->listener->place);
	return g_strdup("none");
}
