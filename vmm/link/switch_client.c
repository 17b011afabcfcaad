/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The owner's side of a switch. */
#include "link/switch_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_BUFFER = 4 << 20 };

static int fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(char *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, SWITCH_ERROR_MAX, format, args);
	va_end(args);
	return code;
}

/* A "done" may come with a sentence, too: with what it does without. Reads up to the answer; what else the switch says in between is for who watches the link, and nobody does
 * now. */
static int read_answer(int link, char *error)
{
	struct link_message *message;
	int r;

	for (;;) {
		const char *text;
		bool is_done;

		r = link_receive(link, &message);
		if (r != 0)
			return fail(error, r < 0 ? r : -EPIPE,
				    "the virtual switch ended; look at the log for why");
		is_done = strcmp(link_verb(message), "done") == 0;
		text =
		    is_done || strcmp(link_verb(message), "failed") == 0 ? link_get(message, "text") : NULL;
		r = text ? fail(error, is_done ? 0 : -EINVAL, "%s", text) : 0;
		link_message_free(message);
		if (is_done || r < 0)
			return r;
	}
}

/* Sends and frees the message. */
static int request(int link, struct link_message *message, char *error)
{
	int r = link_send(link, message);

	link_message_free(message);
	if (r != 0)
		return fail(error, r < 0 ? r : -EPIPE, "the virtual switch cannot be asked: %s",
			    r < 0 ? strerror(-r) : "it ended");
	return read_answer(link, error);
}

static int new_message(const char *verb, struct link_message **ret_message, char *error)
{
	int r = link_message_new(verb, ret_message);

	return r < 0 ? fail(error, r, "no memory for a message") : 0;
}

static int start(int link, const struct switch_start *config, char *error)
{
	struct link_message *message;
	int r = new_message("start", &message, error);

	if (r < 0)
		return r;
	link_add(message, "name", config->name);
	link_add(message, "type", config->is_nat ? "nat" : config->has_uplink ? "wire" : "private");
	link_add_number(message, "vlan", config->vlan);
	link_add_number(message, "dhcp", !config->has_no_dhcp);
	if (config->has_uplink)
		link_add_fd(message, "uplink-fd", config->uplink_fd);
	link_add(message, "network", config->network ? config->network : "10.0.2.0");
	link_add_number(message, "ipv6", config->has_ipv6);
	link_add_number(message, "host", config->has_host);
	if (config->tftp_folder)
		link_add(message, "tftp-folder", config->tftp_folder);
	if (config->boot_file)
		link_add(message, "boot-file", config->boot_file);
	return request(link, message, error);
}

int switch_spawn(const struct switch_start *config, int log, struct switch_process *ret_process,
		 char ret_error[SWITCH_ERROR_MAX])
{
	struct switch_process process;
	struct spawned spawned;
	struct spawn spawn;
	char path[PATH_MAX];
	int r;

	if (!config->program && !spawn_find("bulkhead-switch", "switch", path))
		return fail(ret_error, -ENOENT,
			    "bulkhead-switch: this program is missing; install all of Bulkhead");
	spawn_init(&spawn, config->program ? config->program : path);
	spawn.log = log;
	if (config->uid && geteuid() == 0)
		spawn.uid = spawn.gid = config->uid;
	r = spawn_process(&spawn, &spawned);
	if (r < 0)
		return fail(ret_error, r, "the virtual switch cannot be started: %s", strerror(-r));
	process = (struct switch_process){ .pid = spawned.pid, .link = spawned.link };
	r = start(process.link, config, ret_error);
	if (r < 0) {
		switch_stop(&process);
		return r;
	}
	*ret_process = process;
	return 0;
}

void switch_stop(struct switch_process *process)
{
	if (process->link >= 0)
		close(process->link);
	process->link = -1;
	while (process->pid > 0 && waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		;
	process->pid = -1;
}

static void add_port_fields(struct link_message *message, const struct switch_port *port)
{
	link_add_number(message, "id", port->id);
	link_add(message, "mac", port->mac);
	link_add_number(message, "vlan", port->vlan);
	link_add_number(message, "trunk", port->is_trunk);
	link_add_number(message, "spoofing", port->may_spoof);
	link_add_number(message, "up", port->is_up);
	link_add_number(message, "dhcp-guard", port->has_dhcp_guard);
	link_add_number(message, "router-guard", port->has_router_guard);
	link_add_number(message, "max-kbps", port->max_kbps);
}

int switch_add_port(int link, const struct switch_port *port, int *ret_fd, char ret_error[SWITCH_ERROR_MAX])
{
	struct link_message *message;
	int pair[2], r, buffer = PORT_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail(ret_error, -errno, "no port for a network adapter: %s", strerror(errno));
	/* Who gets this end may not set it. Less room is slower, but good enough. */
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	r = new_message("port", &message, ret_error);
	if (r == 0) {
		add_port_fields(message, port);
		link_add_fd(message, "fd", pair[1]);
		r = request(link, message, ret_error);
	}
	close(pair[1]);
	if (r < 0)
		close(pair[0]);
	else
		*ret_fd = pair[0];
	return r;
}

int switch_change_port(int link, const struct switch_port *port, char ret_error[SWITCH_ERROR_MAX])
{
	struct link_message *message;
	int r = new_message("port-change", &message, ret_error);

	if (r < 0)
		return r;
	add_port_fields(message, port);
	return request(link, message, ret_error);
}

int switch_remove_port(int link, uint32_t id, char ret_error[SWITCH_ERROR_MAX])
{
	struct link_message *message;
	int r = new_message("port-remove", &message, ret_error);

	if (r < 0)
		return r;
	link_add_number(message, "id", id);
	return request(link, message, ret_error);
}

static int request_forward(int link, const char *verb, const struct switch_forward *forward, char *error)
{
	struct link_message *message;
	int r = new_message(verb, &message, error);

	if (r < 0)
		return r;
	link_add(message, "protocol", forward->is_udp ? "udp" : "tcp");
	link_add(message, "host", forward->host ? forward->host : "127.0.0.1");
	link_add_number(message, "host-port", forward->host_port);
	link_add(message, "guest", forward->guest ? forward->guest : "0.0.0.0");
	link_add_number(message, "guest-port", forward->guest_port);
	return request(link, message, error);
}

int switch_add_forward(int link, const struct switch_forward *forward, char ret_error[SWITCH_ERROR_MAX])
{
	return request_forward(link, "forward", forward, ret_error);
}

int switch_remove_forward(int link, const struct switch_forward *forward, char ret_error[SWITCH_ERROR_MAX])
{
	return request_forward(link, "forward-remove", forward, ret_error);
}
