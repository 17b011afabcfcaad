/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/worker_process.h"
#include "service/counters_file.h"
#include "service/worker_record.h"
#include "service/worker_spawn.h"

#include "link/worker_verbs.h"
#include "model/durable.h"
#include "model/model_error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RESULT_MAX = 1024,
	LINGER_MS = 3000,
	/* What it says costs the service and who listens to it: so many in a row, and then so many a second. */
	MESSAGES_BURST = 3000,
	MESSAGES_PER_S = 200,
	MESSAGES_PAUSE_MS = 100,
};

struct worker_process {
	int folder;
	char *id;
	struct worker_record record;
	gboolean is_child; /* else of an earlier service */
	int link, pidfd;
	int counters; /* -1: it has none */
	guint link_watch, process_watch, linger, pause;
	guint messages_left;
	gint64 messages_since_us;
	const struct worker_ops *ops;
	gpointer opaque;
	char *verbs; /* as it told them; NULL: it is older than that */
	gboolean has_said;
	enum worker_cause cause;
	char *text;
};

static gboolean fail(GError **error, int r, const char *what)
{
	g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO, "%s: %s", what, g_strerror(-r));
	return FALSE;
}

/* --- the control socket ------------------------------------------------------------------------------ */

/* Through the folder's descriptor: a socket's path has at most 107 bytes, a folder's has more. */
static void socket_address(int folder, const char *id, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	g_snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s.sock", folder,
		   id);
}

static int listen_for_services(int folder, const char *id)
{
	struct sockaddr_un address;
	int r, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char *name = g_strconcat(id, ".sock", NULL);

	socket_address(folder, id, &address);
	unlinkat(folder, name, 0);
	g_free(name);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int connect_to_worker(int folder, const char *id)
{
	struct sockaddr_un address;
	int r, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	socket_address(folder, id, &address);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* --- its end ------------------------------------------------------------------------------------------- */

static char *read_result(int folder, const char *id)
{
	char *name = g_strconcat(id, ".end", NULL), *text = NULL;
	gsize size = 0;

	if (durable_read(folder, name, RESULT_MAX, &text, &size) < 0 || size == 0)
		g_clear_pointer(&text, g_free);
	g_free(name);
	return text;
}

static gboolean parse_result(const char *result, enum worker_cause *ret_cause, char **ret_text)
{
	char **lines = g_strsplit(result, "\n", 3);
	gboolean is_good = lines[0] && lines[1] && worker_cause_parse(lines[0], ret_cause) == 0;

	if (is_good)
		*ret_text = g_utf8_make_valid(lines[1], -1);
	g_strfreev(lines);
	return is_good;
}

static char *describe_death(gboolean is_known, int status)
{
	if (!is_known)
		return g_strdup("the worker process is gone, and no service was there to see how");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return g_strdup(
		    "the worker process was killed; if nobody did that, the host has too little memory");
	if (WIFSIGNALED(status))
		return g_strdup_printf("the worker process died of signal %d (%s)", WTERMSIG(status),
				       strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 127)
		return g_strdup(
		    "the worker process cannot be started; install all of Bulkhead in the same version");
	return g_strdup_printf("the worker process ended without a word (status %d)", WEXITSTATUS(status));
}

static void clear_sources(struct worker_process *worker)
{
	if (worker->link_watch)
		g_source_remove(worker->link_watch);
	if (worker->process_watch)
		g_source_remove(worker->process_watch);
	if (worker->linger)
		g_source_remove(worker->linger);
	if (worker->pause)
		g_source_remove(worker->pause);
	worker->link_watch = worker->process_watch = worker->linger = worker->pause = 0;
}

static void read_messages(struct worker_process *worker);

/* The owner frees us in on_gone(). */
static void gone(struct worker_process *worker, gboolean is_known, int status)
{
	char *result = NULL, *text = NULL;
	enum worker_cause cause = WORKER_FAILURE;

	if (worker->link >= 0)
		read_messages(worker); /* its last words may wait there */
	clear_sources(worker);
	if (!worker->has_said)
		result = read_result(worker->folder, worker->id);
	if (result && parse_result(result, &cause, &text)) {
		worker->has_said = TRUE;
		worker->cause = cause;
		g_free(worker->text);
		worker->text = text;
	}
	g_free(result);
	if (!worker->has_said)
		worker->text = describe_death(is_known, status);
	worker_record_remove(worker->folder, worker->id);
	worker->ops->on_gone(worker->opaque, worker->has_said, worker->cause, worker->text);
}

static void on_child_gone(GPid pid, int status, gpointer opaque)
{
	struct worker_process *worker = opaque;

	worker->process_watch = 0;
	gone(worker, TRUE, status);
}

static gboolean on_pidfd(int fd, GIOCondition condition, gpointer opaque)
{
	struct worker_process *worker = opaque;

	worker->process_watch = 0;
	gone(worker, FALSE, 0);
	return G_SOURCE_REMOVE;
}

static gboolean on_linger(gpointer opaque)
{
	struct worker_process *worker = opaque;

	worker->linger = 0;
	worker_process_kill(worker);
	return G_SOURCE_REMOVE;
}

/* --- the link ------------------------------------------------------------------------------------------ */

static void close_link(struct worker_process *worker)
{
	if (worker->link_watch)
		g_source_remove(worker->link_watch);
	if (worker->pause)
		g_source_remove(worker->pause);
	worker->link_watch = worker->pause = 0;
	if (worker->link >= 0)
		close(worker->link);
	worker->link = -1;
	if (!worker->linger) /* it has ended, or talks nonsense: its process goes now, or is made to */
		worker->linger = g_timeout_add(LINGER_MS, on_linger, worker);
}

static void on_ended(struct worker_process *worker, struct link_message *message)
{
	const char *text = link_get(message, "text");

	if (worker_cause_parse(link_get(message, "cause"), &worker->cause) < 0)
		worker->cause = WORKER_FAILURE;
	g_free(worker->text);
	worker->text = g_utf8_make_valid(text ? text : "", -1);
	worker->has_said = TRUE;
}

static void on_hello(struct worker_process *worker, struct link_message *message)
{
	const char *verbs = link_get(message, "verbs");

	g_free(worker->verbs);
	worker->verbs = g_strdup(verbs ? verbs : "");
}

static void read_messages(struct worker_process *worker)
{
	enum { MESSAGES_AT_ONCE = 16 };

	for (unsigned i = 0; i < MESSAGES_AT_ONCE && worker->link >= 0; i++) {
		struct link_message *message;
		int r = link_receive(worker->link, &message);

		if (r == LINK_AGAIN)
			return;
		if (r != 0) {
			close_link(worker);
			return;
		}
		worker->messages_left -= worker->messages_left > 0;
		if (strcmp(link_verb(message), "ended") == 0)
			on_ended(worker, message);
		else if (strcmp(link_verb(message), "hello") == 0)
			on_hello(worker, message);
		else
			worker->ops->on_message(worker->opaque, message);
		link_message_free(message);
	}
}

static gboolean on_link(int fd, GIOCondition condition, gpointer opaque);

static void watch_link(struct worker_process *worker)
{
	worker->link_watch = g_unix_fd_add(worker->link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_link, worker);
}

static gboolean on_pause_over(gpointer opaque)
{
	struct worker_process *worker = opaque;

	worker->pause = 0;
	watch_link(worker);
	return G_SOURCE_REMOVE;
}

static gboolean may_say_more(struct worker_process *worker)
{
	gint64 more = (g_get_monotonic_time() - worker->messages_since_us) * MESSAGES_PER_S / G_USEC_PER_SEC;

	if (more > 0) {
		worker->messages_since_us += more * G_USEC_PER_SEC / MESSAGES_PER_S;
		worker->messages_left = (guint)MIN(worker->messages_left + more, MESSAGES_BURST);
	}
	return worker->messages_left > 0;
}

/* One that says too much waits: its own messages, and nobody else's. */
static gboolean on_link(int fd, GIOCondition condition, gpointer opaque)
{
	struct worker_process *worker = opaque;

	if (!may_say_more(worker)) {
		worker->link_watch = 0;
		worker->pause = g_timeout_add(MESSAGES_PAUSE_MS, on_pause_over, worker);
		return G_SOURCE_REMOVE;
	}
	read_messages(worker);
	return worker->link >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

gboolean worker_process_send_message(struct worker_process *worker, const struct link_message *message)
{
	return worker->link >= 0 && link_send(worker->link, message) == 0;
}

gboolean worker_process_send(struct worker_process *worker, const char *verb)
{
	struct link_message *message;
	gboolean is_sent;

	if (link_message_new(verb, &message) < 0)
		return FALSE;
	is_sent = worker_process_send_message(worker, message);
	link_message_free(message);
	return is_sent;
}

gboolean worker_process_knows(const struct worker_process *worker, const char *verb)
{
	return worker_verbs_have(worker->verbs, verb);
}

void worker_process_kill(struct worker_process *worker)
{
	if (worker->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, worker->pidfd, SIGKILL, NULL, 0);
}

pid_t worker_process_pid(const struct worker_process *worker)
{
	return worker->record.pid;
}

gboolean worker_process_read_counts(const struct worker_process *worker, struct worker_counts *ret_counts)
{
	return worker->counters >= 0 && worker_counters_read(worker->counters, ret_counts) == 0;
}

gint64 worker_process_started_at(const struct worker_process *worker)
{
	return worker->record.started_at;
}

/* --- life ------------------------------------------------------------------------------------------ */

static struct worker_process *make(int folder, const char *id, const struct worker_ops *ops, gpointer opaque)
{
	struct worker_process *worker = g_new0(struct worker_process, 1);

	worker->folder = folder;
	worker->id = g_strdup(id);
	worker->ops = ops;
	worker->opaque = opaque;
	worker->link = worker->pidfd = worker->counters = -1;
	return worker;
}

struct worker_process *worker_process_free(struct worker_process *worker)
{
	if (!worker)
		return NULL;
	clear_sources(worker);
	if (worker->link >= 0)
		close(worker->link);
	if (worker->pidfd >= 0)
		close(worker->pidfd);
	if (worker->counters >= 0)
		close(worker->counters);
	g_free(worker->id);
	g_free(worker->text);
	g_free(worker->verbs);
	g_free(worker);
	return NULL;
}

static void watch(struct worker_process *worker)
{
	g_unix_set_fd_nonblocking(worker->link, TRUE, NULL);
	worker->messages_left = MESSAGES_BURST;
	worker->messages_since_us = g_get_monotonic_time();
	watch_link(worker);
	if (worker->is_child)
		worker->process_watch = g_child_watch_add(worker->record.pid, on_child_gone, worker);
	else
		worker->process_watch = g_unix_fd_add(worker->pidfd, G_IO_IN, on_pidfd, worker);
}

static int open_own(int folder, const char *id, const char *suffix, int flags)
{
	char *name = g_strconcat(id, suffix, NULL);
	int fd = openat(folder, name, flags | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	g_free(name);
	return fd < 0 ? -errno : fd;
}

static int spawn(struct worker_process *worker, struct worker_config *config)
{
	int log, r;

	config->control_fd = listen_for_services(worker->folder, worker->id);
	if (config->control_fd < 0)
		return config->control_fd;
	config->result_fd = open_own(worker->folder, worker->id, ".end", O_WRONLY);
	if (config->result_fd < 0)
		return config->result_fd;
	r = counters_file_make(worker->folder, worker->id, &worker->counters, &config->counters_fd);
	if (r < 0)
		return r;
	log = open_own(worker->folder, worker->id, ".log", O_WRONLY | O_APPEND);
	if (log < 0)
		return log;
	r = worker_spawn(worker->id, log, &worker->record.pid, &worker->link);
	close(log);
	return r;
}

/* From here on the process exists: whatever goes wrong, it gets no machine, and ends with its link. */
static int introduce(struct worker_process *worker, const struct worker_config *config)
{
	const struct timeval patience = { .tv_sec = 2 };
	int r;

	worker->is_child = TRUE;
	worker->pidfd = (int)syscall(SYS_pidfd_open, worker->record.pid, 0);
	if (worker->pidfd < 0 || !worker_record_of(worker->record.pid, &worker->record))
		return -ESRCH;
	r = worker_record_write(worker->folder, worker->id, &worker->record);
	if (r < 0)
		return r;
	/* A worker that does not read must not hold us up for long. */
	setsockopt(worker->link, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	r = worker_config_send(worker->link, config);
	return r > 0 ? -EPIPE : r;
}

static void reap(GPid pid, int status, gpointer opaque)
{
}

struct worker_process *worker_process_start(int folder, const char *id, struct worker_config *config,
					    const struct worker_ops *ops, gpointer opaque, GError **error)
{
	struct worker_process *worker = make(folder, id, ops, opaque);
	int r = spawn(worker, config);

	if (r == -ENOENT)
		fail(error, r,
		     "bulkhead-vmwp: this program is missing beside bulkhead-vmms; install all of Bulkhead");
	else if (r < 0)
		fail(error, r, "the worker process cannot be started");
	if (r == 0) {
		r = introduce(worker, config);
		if (r < 0) {
			fail(error, r, "the worker process cannot be given its machine");
			g_child_watch_add(worker->record.pid, reap, NULL);
		}
	}
	if (r < 0) {
		worker_process_kill(worker);
		worker_record_remove(folder, id);
		return worker_process_free(worker);
	}
	watch(worker);
	return worker;
}

/* A process that is ours by its record, but does not answer: no machine may run that nobody controls. */
static struct worker_process *give_up(struct worker_process *worker, char **ret_end)
{
	worker_process_kill(worker);
	*ret_end = g_strdup("failure\nthe worker process did not answer the new service, and was ended");
	worker_record_remove(worker->folder, worker->id);
	return worker_process_free(worker);
}

struct worker_process *worker_process_find(int folder, const char *id, const struct worker_ops *ops,
					   gpointer opaque, char **ret_end)
{
	struct worker_process *worker;
	struct worker_record record;

	*ret_end = NULL;
	if (!worker_record_read(folder, id, &record))
		return NULL;
	worker = make(folder, id, ops, opaque);
	worker->record = record;
	worker->pidfd = record.pid > 0 ? (int)syscall(SYS_pidfd_open, record.pid, 0) : -1;
	if (worker->pidfd < 0 || !worker_record_is_alive(&record)) {
		*ret_end = read_result(folder, id);
		if (!*ret_end)
			*ret_end = g_strdup(
			    "failure\nthe worker process is gone, and no service was there to see how");
		worker_record_remove(folder, id);
		return worker_process_free(worker);
	}
	worker->link = connect_to_worker(folder, id);
	if (worker->link < 0)
		return give_up(worker, ret_end);
	worker->counters = counters_file_open(folder, id); /* older workers have none */
	watch(worker);
	return worker;
}

void worker_process_list(int folder, void (*fn)(gpointer opaque, const char *id), gpointer opaque)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (g_str_has_suffix(entry->d_name, ".run"))
			g_ptr_array_add(ids,
					g_strndup(entry->d_name, strlen(entry->d_name) - strlen(".run")));
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	for (guint i = 0; i < ids->len; i++)
		fn(opaque, ids->pdata[i]);
	g_ptr_array_unref(ids);
}
