/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New sockets to a machine's serial port and screen: the worker gets one end, the client the other. */
#include "service/vm.h"

#include "api/api_error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gboolean check_running(const struct vm *vm, GError **error)
{
	return vm->worker != NULL || api_refuse(error, API_ERROR_INVALID_STATE, "%s is %s; start it first",
						vm->config->name, vm_state_name(vm->life.state));
}

/* Sends `message` with one end of a new socket pair as "fd"; frees it. The other end, or -1. */
static int send_socket(struct vm *vm, struct link_message *message, int type, GError **error)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) < 0) {
		link_message_free(message);
		api_refuse(error, API_ERROR_LIMIT, "no socket: %s; close some consoles", g_strerror(errno));
		return -1;
	}
	link_add_fd(message, "fd", pair[1]);
	if (!vm_send(vm, message, error)) {
		close(pair[0]);
		pair[0] = -1;
	}
	close(pair[1]);
	return pair[0];
}

static struct link_message *new_message(const char *verb, GError **error)
{
	struct link_message *message;

	if (link_message_new(verb, &message) == 0)
		return message;
	api_refuse(error, API_ERROR_LIMIT, "there is no memory left; close some consoles");
	return NULL;
}

int vm_open_serial(struct vm *vm, unsigned com, unsigned mode, guint64 history, GError **error)
{
	struct link_message *message;

	if (com >= VM_COMS) {
		api_refuse(error, API_ERROR_INVALID_ARGUMENT,
			   "COM %u: there are COM 1 and COM 2; give one of them", com + 1);
		return -1;
	}
	if (vm->config->coms[com].kind != VM_SERIAL_CONSOLE) {
		api_refuse(
		    error, API_ERROR_INVALID_STATE,
		    "%s: its serial port COM %u is no console; turn it off and set it: bulkhead vm set %s "
		    "--serial%s console",
		    vm->config->name, com + 1, vm->config->name, com ? "2" : "");
		return -1;
	}
	if (!check_running(vm, error) || !(message = new_message("serial", error)))
		return -1;
	link_add_number(message, "com", com);
	link_add_number(message, "write", mode);
	link_add_number(message, "history", history);
	return send_socket(vm, message, SOCK_STREAM, error);
}

int vm_open_display(struct vm *vm, GError **error)
{
	struct link_message *message;

	if (!check_running(vm, error) || !(message = new_message("display", error)))
		return -1;
	return send_socket(vm, message, SOCK_SEQPACKET, error);
}
