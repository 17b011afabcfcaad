/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long work with progress and cancel: copying files in a thread of its own. The thread touches only `work`,
 * the atomic counters, and descriptors that it owns; everything else happens on the main thread, `finish`
 * too.
 */
#ifndef SERVICE_JOB_H
#define SERVICE_JOB_H

#include <glib.h>
#include <gio/gio.h>

struct service;

enum job_state { JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED, JOB_STATE_COUNT };

struct job {
	struct service *service;
	guint number;
	char *path, *title, *user;
	char *doing;	       /* what it does, or waits for, now; NULL: what its title says */
	char *vm_id, *vm_path; /* NULL: about none */
	enum job_state state;
	char *error;
	GVariant *result;    /* aa{sv}; NULL: none */
	gboolean is_passing; /* somebody waits for its answer: no event, and forgotten when it is over */
	gint64 started_at;
	gint done_permille; /* atomic */
	GCancellable *cancellable;
	guint progress_timer;
	gint shown_permille;
	gpointer work;
	/* In the thread. FALSE: failed, or cancelled. */
	gboolean (*run)(struct job *job, gpointer work, GError **error);
	/*
	 * On the main thread, once: takes the result over or cleans up; `failure` is what run() said. May
	 * turn success into a failure.
	 */
	gboolean (*finish)(struct job *job, gpointer work, gboolean is_done, const GError *failure,
			   GError **error);
	GDestroyNotify free_work;
};

const char *job_state_name(enum job_state state);
double job_progress(const struct job *job);
struct job *job_by_number(const struct service *service, guint number);

/* Takes `work`. NULL when too many run (API_ERROR_LIMIT). */
struct job *job_start(struct service *service, const char *user, const char *vm_id, const char *title,
		      gpointer work, gboolean (*run)(struct job *job, gpointer work, GError **error),
		      gboolean (*finish)(struct job *job, gpointer work, gboolean is_done,
					 const GError *failure, GError **error),
		      GDestroyNotify free_work, GError **error);
/* Main thread: the consoles show it behind the title; NULL: that is over. */
void job_set_doing(struct job *job, const char *doing);
void job_cancel(struct job *job);
void job_free(struct job *job);
guint job_count_running(const struct service *service);

/* In the thread: `done` of `total` bytes; FALSE with an error when it was cancelled. */
gboolean job_advance(struct job *job, guint64 done, guint64 total, GError **error);

#endif
