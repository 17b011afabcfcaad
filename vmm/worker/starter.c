/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/starter.h"
#include "worker/confine.h"

#include <signal.h>
#include <stdbool.h>

enum { STACK_BYTES = 128 << 10 };

struct job {
	size_t stack_bytes;
	void *(*fn)(void *opaque);
	void *opaque;
	sigset_t signals; /* blocked in the new thread */
	pthread_t thread;
	int result;
	bool is_done;
};

static struct {
	pthread_mutex_t lock; /* a leaf */
	pthread_cond_t changed;
	bool is_there;
	int result; /* of its own confinement, when it is ready */
	bool is_ready;
	struct job *job; /* NULL: done */
} starter = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static int create(struct job *job)
{
	pthread_attr_t attr;
	sigset_t before;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, job->stack_bytes);
	pthread_sigmask(SIG_SETMASK, &job->signals, &before);
	r = -pthread_create(&job->thread, &attr, job->fn, job->opaque);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return r;
}

/* For the life of the process. */
static void *run(void *unused)
{
	pthread_setname_np(pthread_self(), "starter");
	pthread_mutex_lock(&starter.lock);
	starter.result = confine_thread(CONFINE_STARTER);
	starter.is_ready = true;
	pthread_cond_broadcast(&starter.changed);
	for (;;) {
		while (!starter.job)
			pthread_cond_wait(&starter.changed, &starter.lock);
		starter.job->result = create(starter.job);
		starter.job->is_done = true;
		starter.job = NULL;
		pthread_cond_broadcast(&starter.changed);
	}
	return NULL;
}

int starter_new(void)
{
	struct job job = { .stack_bytes = STACK_BYTES, .fn = run };
	int r;

	if (starter.is_there)
		return 0;
	sigfillset(&job.signals); /* they are the other threads' business */
	r = create(&job);
	if (r < 0)
		return r;
	pthread_detach(job.thread);
	pthread_mutex_lock(&starter.lock);
	while (!starter.is_ready)
		pthread_cond_wait(&starter.changed, &starter.lock);
	starter.is_there = starter.result == 0;
	pthread_mutex_unlock(&starter.lock);
	return starter.result;
}

int starter_run(pthread_t *ret_thread, size_t stack_bytes, void *(*fn)(void *opaque), void *opaque)
{
	struct job job = { .stack_bytes = stack_bytes, .fn = fn, .opaque = opaque };

	pthread_sigmask(SIG_SETMASK, NULL, &job.signals);
	if (!starter.is_there) {
		job.result = create(&job);
	} else {
		pthread_mutex_lock(&starter.lock);
		while (starter.job) /* of another thread */
			pthread_cond_wait(&starter.changed, &starter.lock);
		starter.job = &job;
		pthread_cond_broadcast(&starter.changed);
		while (!job.is_done)
			pthread_cond_wait(&starter.changed, &starter.lock);
		pthread_mutex_unlock(&starter.lock);
	}
	if (job.result == 0)
		*ret_thread = job.thread;
	return job.result;
}
