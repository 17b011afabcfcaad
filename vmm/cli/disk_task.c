/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk_task.h"
#include "cli/disk_progress.h"
#include "cli/disk_spawn.h"
#include "cli/message.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* One run. */
struct run {
	struct disk_task *task;
	struct disk_progress progress;
	pid_t pid;
	int link, signals;
	guint interrupts;
	gboolean is_over;
};

/* What was ignored when we came (nohup, a shell's background) stays so: a blocked signal would come
 * nevertheless. */
static void stop_signals(sigset_t *set)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	sigemptyset(set);
	for (gsize i = 0; i < G_N_ELEMENTS(stops); i++)
		if (sigaction(stops[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, stops[i]);
}

gboolean disk_task_init(struct disk_task *task, const char *verb)
{
	sigset_t stops;

	*task = (struct disk_task){ 0 };
	disk_files_init_chain(&task->chain);
	if (link_message_new(verb, &task->request) < 0) {
		say("there is no memory left");
		return FALSE;
	}
	stop_signals(&stops);
	sigprocmask(SIG_BLOCK, &stops, NULL);
	return TRUE;
}

void disk_task_deinit(struct disk_task *task)
{
	sigset_t stops;

	link_message_free(task->request);
	disk_chain_clear(&task->chain);
	g_free(task->text);
	*task = (struct disk_task){ 0 };
	stop_signals(&stops);
	sigprocmask(SIG_UNBLOCK, &stops, NULL);
}

void disk_task_add_file(struct disk_task *task, const char *field, const char *path, int fd)
{
	char *name = g_strdup_printf("%s-name", field);

	link_add_fd(task->request, field, fd);
	link_add(task->request, name, path);
	if (task->chain.count == 0)
		disk_chain_set(&task->chain, 0, path, fd);
	g_free(name);
}

void disk_task_add_parent(struct disk_task *task, guint depth, const char *path, int fd)
{
	link_add_fd(task->request, "parent", fd);
	link_add(task->request, "parent-name", path);
	disk_chain_set(&task->chain, depth, path, fd);
}

/* --- what the helper says -------------------------------------------------------------------------- */

static guint64 number_of(struct link_message *message, const char *key)
{
	guint64 value;

	return link_get_number(message, key, G_MAXUINT64, &value) == 0 ? value : 0;
}

static const char *text_of(struct link_message *message, const char *key)
{
	const char *value = link_get(message, key);

	return value ? value : "";
}

static void take_result(struct run *run, struct link_message *message)
{
	run->task->error = (int)number_of(message, "error");
	g_free(run->task->text);
	run->task->text = g_strdup(text_of(message, "text"));
	run->is_over = TRUE;
}

static void on_message(struct run *run, struct link_message *message)
{
	const char *verb = link_verb(message);

	if (strcmp(verb, "progress") == 0) {
		disk_progress_show(&run->progress, text_of(message, "stage"), number_of(message, "done"),
				   number_of(message, "total"));
	} else if (strcmp(verb, "open-parent") == 0) {
		disk_chain_answer(&run->task->chain, run->task->request, run->link, message);
	} else if (strcmp(verb, "image") == 0) {
		if (run->task->on_image)
			run->task->on_image(run->task->userdata, message);
	} else if (strcmp(verb, "result") == 0) {
		take_result(run, message);
	}
}

static void on_link(struct run *run)
{
	struct link_message *message;
	int r = link_receive(run->link, &message);

	if (r != 0) {
		run->task->error = run->interrupts ? ECANCELED : EPIPE;
		run->is_over = TRUE;
		return;
	}
	on_message(run, message);
	link_message_free(message);
}

/* --- the run --------------------------------------------------------------------------------------- */

static void on_signal(struct run *run)
{
	struct signalfd_siginfo info;
	struct link_message *message;

	if (read(run->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (++run->interrupts > 1) {
		kill(run->pid, SIGKILL);
	} else if (link_message_new("cancel", &message) == 0) {
		link_send(run->link, message);
		link_message_free(message);
	}
}

static void serve(struct run *run)
{
	struct pollfd ready[2] = { { .fd = run->link, .events = POLLIN },
				   { .fd = run->signals, .events = POLLIN } };

	while (!run->is_over) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			break;
		if (ready[1].revents)
			on_signal(run);
		if (ready[0].revents)
			on_link(run);
	}
}

static void collect(struct run *run)
{
	struct disk_task *task = run->task;
	int status = 0;

	close(run->link);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (task->error == EPIPE && WIFSIGNALED(status))
		task->text = g_strdup_printf("the disk helper died of signal %d (%s)", WTERMSIG(status),
					     strsignal(WTERMSIG(status)));
	else if (task->error == EPIPE)
		task->text = g_strdup("the disk helper ended without a result");
}

static gboolean start(struct run *run)
{
	sigset_t stops;
	int r = disk_spawn(&run->pid, &run->link);

	if (r < 0) {
		run->task->error = -r;
		run->task->text = g_strdup(
		    r == -ENOENT ? "the program bulkhead-disk is missing; install Bulkhead completely"
				 : "the disk helper cannot be started");
		return FALSE;
	}
	stop_signals(&stops);
	run->signals = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
	r = link_send(run->link, run->task->request);
	if (r < 0) {
		run->task->error = -r;
		run->task->text = g_strdup(r == -E2BIG ? "the names are too long" : g_strerror(-r));
	}
	return r >= 0;
}

gboolean disk_task_run(struct disk_task *task)
{
	struct run run = { .task = task, .link = -1, .signals = -1 };

	task->error = 0;
	g_clear_pointer(&task->text, g_free);
	if (start(&run))
		serve(&run);
	disk_progress_clear(&run.progress);
	if (run.pid > 0)
		collect(&run);
	if (run.signals >= 0)
		close(run.signals);
	return task->error == 0;
}

static const char *remedy(int error)
{
	switch (error) {
	case EBUSY: return "turn off the machine or end the program that uses it, then try again";
	case ENOSPC: return "free some space, or choose another place";
	case EDQUOT: return "your quota is used up: free some space, or choose another place";
	case EUCLEAN: return "look at it with `bulkhead disk check`, or take it from a backup";
	case EIO: return "the storage failed: look at the kernel's log";
	case EFBIG: return "this file system has a limit for the size of files: choose another one";
	default: return NULL;
	}
}

/* The first sentence of the library, with what to do in terms of this command. */
static char *sentence(const struct disk_task *task)
{
	const char *text = task->text && *task->text ? task->text : g_strerror(task->error);
	const char *more = remedy(task->error), *end = strchr(text, ';');

	if (task->error == EMEDIUMTYPE) {
		int length = end ? (int)(end - text) : (int)strlen(text);

		return task->format_option ? g_strdup_printf("%.*s; name its format with --%s", length, text,
							     task->format_option)
					   : g_strdup_printf("%.*s; name a VHDX or VHD", length, text);
	}
	return !end && more ? g_strdup_printf("%.*s; %s", (int)(strlen(text) - g_str_has_suffix(text, ".")),
					      text, more)
			    : g_strndup(text, strlen(text) - g_str_has_suffix(text, "."));
}

int disk_task_report(const struct disk_task *task, const char *path, const char *kept)
{
	char *text;

	if (task->error == ECANCELED) {
		say("%s: canceled; %s", path, kept);
		return STATUS_INTERRUPTED;
	}
	text = sentence(task);
	say("%s", text);
	g_free(text);
	return STATUS_FAILED;
}
