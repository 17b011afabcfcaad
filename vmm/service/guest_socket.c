/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/guest_socket.h"
#include "service/authority.h"
#include "service/event_log.h"
#include "service/service.h"
#include "service/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, REFUSALS_LOGGED_S = 10 };

struct guest_socket {
	struct vm *vm;
	char *path;
	int fd;
	guint watch;
	gint64 refused_at; /* when a refusal was logged last */
};

const char *guest_socket_path(const struct guest_socket *socket)
{
	return socket ? socket->path : "";
}

static void refuse(struct guest_socket *socket, int fd, const struct identity *who, const char *why)
{
	struct vm *vm = socket->vm;
	char *line = g_strdup_printf("NO %s\n", why);
	gint64 now = g_get_monotonic_time();

	send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
	g_free(line);
	if (socket->refused_at && now - socket->refused_at < REFUSALS_LOGGED_S * G_USEC_PER_SEC)
		return;
	socket->refused_at = now;
	event_log_add(vm->service->log, EVENT_REFUSAL, who->user, vm->config->id, vm->config->name,
		      "a connection to its guest was refused: %s", why);
}

static void hand_over(struct vm *vm, int fd)
{
	struct link_message *message;

	if (!vm->worker || link_message_new("hvsock", &message) < 0)
		return;
	link_add_fd(message, "fd", fd);
	vm_send(vm, message, NULL);
}

static gboolean on_client(int listening, GIOCondition condition, gpointer opaque)
{
	struct guest_socket *socket = opaque;
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct identity *who;
	char *why = NULL;

	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
		who = identity_of_uid(peer.uid, peer.gid);
		if (authority_allows(socket->vm->service, who, RIGHT_CONSOLE, socket->vm, &why))
			hand_over(socket->vm, fd);
		else
			refuse(socket, fd, who, why);
		identity_free(who);
		g_free(why);
	}
	close(fd);
	return G_SOURCE_CONTINUE;
}

/* Through the folder's descriptor: the path of the runtime folder may be longer than a socket's may be. */
static int listen_in(int folder, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	g_snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", folder, name);
	unlinkat(folder, name, 0);
	/* Everybody may knock; on_client() decides. A user's own runtime folder lets nobody else in. */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    fchmodat(folder, name, 0666, 0) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int open_folder(const struct service *service)
{
	char *path = g_build_filename(service->runtime, "guests", NULL);
	int fd = g_mkdir_with_parents(path, 0755) == 0
		     ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
		     : -1;

	if (fd >= 0)
		fchmod(fd, 0755);
	g_free(path);
	return fd < 0 ? -errno : fd;
}

void guest_socket_open(struct vm *vm)
{
	struct guest_socket *socket;
	char *name;
	int folder, fd;

	if (vm->guest_socket)
		return;
	name = g_strconcat(vm->config->id, ".sock", NULL);
	folder = open_folder(vm->service);
	fd = folder < 0 ? folder : listen_in(folder, name);
	if (folder >= 0)
		close(folder);
	if (fd < 0) {
		event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
			      "the socket to its guest cannot be made: %s", g_strerror(-fd));
	} else {
		socket = g_new0(struct guest_socket, 1);
		*socket = (struct guest_socket){ .vm = vm,
						 .fd = fd,
						 .path = g_build_filename(vm->service->runtime, "guests",
									  name, NULL),
						 .watch = g_unix_fd_add(fd, G_IO_IN, on_client, socket) };
		vm->guest_socket = socket;
	}
	g_free(name);
}

struct guest_socket *guest_socket_free(struct guest_socket *socket)
{
	if (!socket)
		return NULL;
	g_source_remove(socket->watch);
	close(socket->fd);
	unlink(socket->path);
	g_free(socket->path);
	g_free(socket);
	return NULL;
}
