/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/net_helper.h"

#include "api/api_error.h"
#include "link/link.h"
#include "link/net_link.h"
#include "link/spawn.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 2 };

gboolean net_helper_is_possible(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	char path[PATH_MAX];

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & 1u << CAP_NET_ADMIN) &&
	       spawn_find("bulkhead-net", "helpers", path);
}

static int fail(const struct switch_config *config, const char *text, GError **error)
{
	char *valid = g_utf8_make_valid(text, -1);

	g_set_error(error, API_ERROR, API_ERROR_FAILED, "the virtual switch %s: %s", config->name, valid);
	g_free(valid);
	return -1;
}

/* "bh-mylab" for "My Lab!": of its name what an adapter may be called. */
static char *adapter_name(const struct switch_config *config)
{
	GString *name = g_string_new("bh-");

	for (const char *p = config->name; *p && name->len < NET_LINK_NAME_MAX; p++)
		if (g_ascii_isalnum(*p) || *p == '-' || *p == '_')
			g_string_append_c(name, g_ascii_tolower(*p));
	if (name->len == strlen("bh-"))
		g_string_append(name, "switch");
	return g_string_free(name, FALSE);
}

static int send_question(int link, const struct switch_config *config)
{
	gboolean is_internal = config->kind == SWITCH_KIND_INTERNAL;
	char *name = adapter_name(config);
	struct link_message *message;
	int r = link_message_new(is_internal ? "internal" : "external", &message);

	if (r == 0) {
		if (is_internal)
			link_add(message, "address", config->address);
		link_add(message, is_internal ? "name" : "adapter", is_internal ? name : config->adapter);
		r = link_send(link, message);
		link_message_free(message);
	}
	g_free(name);
	return r;
}

static int read_answer(int link, const struct switch_config *config, char **ret_adapter, GError **error)
{
	struct link_message *message;
	const char *text, *name;
	int fd = -1;

	if (link_receive(link, &message) != 0)
		return fail(config, "the network helper did not answer", error);
	text = link_get(message, "text");
	name = link_get(message, "name");
	if (strcmp(link_verb(message), "done") != 0 || !name || link_take_fd(message, "fd", &fd) < 0)
		fail(config, text ? text : "the network helper answered nonsense", error);
	else
		*ret_adapter = g_utf8_make_valid(name, -1);
	link_message_free(message);
	return fd;
}

int net_helper_open_wire(const struct switch_config *config, char **ret_adapter, GError **error)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct spawned spawned;
	struct spawn spawn;
	char path[PATH_MAX];
	int fd, r;

	if (!spawn_find("bulkhead-net", "helpers", path))
		return fail(config, "bulkhead-net: this program is missing; install all of Bulkhead", error);
	spawn_init(&spawn, path);
	r = spawn_process(&spawn, &spawned);
	if (r < 0)
		return fail(config, g_strerror(-r), error);
	setsockopt(spawned.link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(spawned.link, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	fd = send_question(spawned.link, config) == 0
		 ? read_answer(spawned.link, config, ret_adapter, error)
		 : fail(config, "the network helper cannot be asked", error);
	close(spawned.link);
	kill(spawned.pid, SIGKILL); /* it has answered, or will not */
	while (waitpid(spawned.pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}
