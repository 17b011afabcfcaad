/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/switch_runner.h"
#include "service/event_log.h"
#include "service/net_helper.h"
#include "service/service.h"

#include "api/api_error.h"
#include "link/worker_identity.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 2 };

struct switch_runner {
	struct service *service;
	char *id, *name;
	char *host_adapter; /* what this host has of it; NULL: nothing */
	struct switch_process process;
	guint watch;
	gboolean has_ended;
	GHashTable *forwards; /* text of each that is there */
	void (*on_end)(gpointer opaque, struct switch_runner *runner);
	gpointer opaque;
};

/* --- the process ------------------------------------------------------------------------------------- */

static void warn(struct switch_runner *runner, const char *text)
{
	char *valid = g_utf8_make_valid(text, -1);

	event_log_add(runner->service->log, EVENT_WARNING, NULL, NULL, NULL, "virtual switch %s: %s",
		      runner->name, valid);
	g_free(valid);
}

/* Between two requests: warnings, ports that workers closed, or its end. */
static gboolean on_link(int fd, GIOCondition condition, gpointer opaque)
{
	struct switch_runner *runner = opaque;
	struct link_message *message;
	const char *text;

	if (link_receive(fd, &message) != 0) {
		runner->watch = 0;
		runner->has_ended = TRUE;
		event_log_add(runner->service->log, EVENT_WARNING, NULL, NULL, NULL,
			      "the virtual switch %s ended; it is started anew", runner->name);
		runner->on_end(runner->opaque, runner); /* may free us */
		return G_SOURCE_REMOVE;
	}
	text = strcmp(link_verb(message), "warning") == 0 ? link_get(message, "text") : NULL;
	if (text)
		warn(runner, text);
	link_message_free(message);
	return G_SOURCE_CONTINUE;
}

static gboolean fail(const struct switch_runner *runner, const char *text, GError **error)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "the virtual switch %s: %s", runner->name, text);
	return FALSE;
}

static gboolean spawn(struct switch_runner *runner, const struct switch_config *config, GError **error)
{
	gboolean has_wire = config->kind == SWITCH_KIND_INTERNAL || config->kind == SWITCH_KIND_EXTERNAL;
	int wire = has_wire ? net_helper_open_wire(config, &runner->host_adapter, error) : -1;
	char *network = g_strndup(config->network, strcspn(config->network, "/"));
	const struct switch_start start = { .name = config->name,
					    .is_nat = config->kind == SWITCH_KIND_NAT,
					    .network = network,
					    .has_ipv6 = config->has_ipv6,
					    .has_host = config->has_host_services,
					    .has_no_dhcp = !config->has_dhcp,
					    .tftp_folder = *config->tftp_folder ? config->tftp_folder : NULL,
					    .boot_file = *config->boot_file ? config->boot_file : NULL,
					    .vlan = (unsigned)config->vlan,
					    .has_uplink = has_wire,
					    .uplink_fd = wire,
					    .uid = WORKER_UID_SWITCH };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char text[SWITCH_ERROR_MAX] = "";
	int r = 0;

	if (!has_wire || wire >= 0)
		r = switch_spawn(&start, -1, &runner->process, text);
	g_free(network);
	if (has_wire && wire < 0)
		return FALSE;
	if (wire >= 0)
		close(wire);
	if (r < 0) {
		runner->process = (struct switch_process){ .pid = -1, .link = -1 };
		return fail(runner, text, error);
	}
	if (*text)
		warn(runner, text);
	/* One that does not answer must not hold us up for long. */
	setsockopt(runner->process.link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(runner->process.link, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	runner->watch = g_unix_fd_add(runner->process.link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_link, runner);
	return TRUE;
}

struct switch_runner *switch_runner_new(struct service *service, const struct switch_config *config,
					void (*on_end)(gpointer opaque, struct switch_runner *runner),
					gpointer opaque, GError **error)
{
	struct switch_runner *runner = g_new0(struct switch_runner, 1);

	runner->service = service;
	runner->id = g_strdup(config->id);
	runner->name = g_strdup(config->name);
	runner->process = (struct switch_process){ .pid = -1, .link = -1 };
	runner->forwards = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	runner->on_end = on_end;
	runner->opaque = opaque;
	if (!spawn(runner, config, error))
		return switch_runner_free(runner);
	switch_runner_set_forwards(runner, config, NULL);
	return runner;
}

struct switch_runner *switch_runner_free(struct switch_runner *runner)
{
	if (!runner)
		return NULL;
	if (runner->watch)
		g_source_remove(runner->watch);
	if (runner->process.pid > 0)
		kill(runner->process.pid, SIGKILL);
	switch_stop(&runner->process);
	g_hash_table_unref(runner->forwards);
	g_free(runner->host_adapter);
	g_free(runner->name);
	g_free(runner->id);
	g_free(runner);
	return NULL;
}

const char *switch_runner_id(const struct switch_runner *runner)
{
	return runner->id;
}

const char *switch_runner_host_adapter(const struct switch_runner *runner)
{
	return runner->host_adapter ? runner->host_adapter : "";
}

gboolean switch_runner_has_ended(const struct switch_runner *runner)
{
	return runner->has_ended;
}

/* --- ports ------------------------------------------------------------------------------------------- */

int switch_runner_add_port(struct switch_runner *runner, const struct switch_port *port, GError **error)
{
	char text[SWITCH_ERROR_MAX] = "";
	int fd = -1;

	if (switch_add_port(runner->process.link, port, &fd, text) == 0)
		return fd;
	fail(runner, text, error);
	return -1;
}

gboolean switch_runner_change_port(struct switch_runner *runner, const struct switch_port *port,
				   GError **error)
{
	char text[SWITCH_ERROR_MAX] = "";

	return switch_change_port(runner->process.link, port, text) == 0 || fail(runner, text, error);
}

void switch_runner_remove_port(struct switch_runner *runner, guint32 id)
{
	char text[SWITCH_ERROR_MAX];

	switch_remove_port(runner->process.link, id, text); /* or it is gone already */
}

/* --- forwards ---------------------------------------------------------------------------------------- */

static struct switch_forward request_of(const struct switch_rule *rule)
{
	return (struct switch_forward){ .is_udp = rule->is_udp,
					.host = rule->host,
					.host_port = rule->host_port,
					.guest = *rule->guest ? rule->guest : NULL,
					.guest_port = rule->guest_port };
}

static void add_forward(struct switch_runner *runner, const char *text, GPtrArray *problems)
{
	char problem[SWITCH_ERROR_MAX] = "";
	struct switch_forward request;
	struct switch_rule rule;

	if (!switch_forward_parse(text, &rule, NULL) || g_hash_table_contains(runner->forwards, text))
		return;
	request = request_of(&rule);
	if (switch_add_forward(runner->process.link, &request, problem) == 0) {
		g_hash_table_add(runner->forwards, g_strdup(text));
		return;
	}
	warn(runner, problem);
	if (problems)
		g_ptr_array_add(problems, g_utf8_make_valid(problem, -1));
}

static void remove_forward(struct switch_runner *runner, const char *text)
{
	char problem[SWITCH_ERROR_MAX] = "";
	struct switch_forward request;
	struct switch_rule rule;

	if (!switch_forward_parse(text, &rule, NULL))
		return;
	request = request_of(&rule);
	if (switch_remove_forward(runner->process.link, &request, problem) < 0)
		warn(runner, problem);
}

void switch_runner_set_forwards(struct switch_runner *runner, const struct switch_config *config,
				GPtrArray *problems)
{
	char **lines = g_strsplit(config->kind == SWITCH_KIND_NAT ? config->forwards : "", "\n", -1);
	GHashTableIter iter;
	gpointer text;

	for (unsigned i = 0; lines[i]; i++)
		g_strstrip(lines[i]);
	g_hash_table_iter_init(&iter, runner->forwards);
	while (g_hash_table_iter_next(&iter, &text, NULL))
		if (!g_strv_contains((const char *const *)lines, text)) {
			remove_forward(runner, text);
			g_hash_table_iter_remove(&iter);
		}
	for (unsigned i = 0; lines[i]; i++)
		if (*lines[i])
			add_forward(runner, lines[i], problems);
	g_strfreev(lines);
}
