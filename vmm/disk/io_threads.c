/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine for kernels and sandboxes without io_uring: a few threads that make ordinary system calls.
 * The mutex guards the two lists; operations belong to a thread between them.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/io.h"
#include "disk/io_threads.h"

struct threads_engine {
	pthread_mutex_t lock;
	pthread_cond_t has_work;
	struct list work, done;
	int event_fd;
	bool is_stopping;
	unsigned thread_count;
	pthread_t threads[DISK_THREADS];
};

static void signal_done(struct threads_engine *engine)
{
	uint64_t one = 1;
	while (write(engine->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static int start_thread(pthread_t *ret_thread, void *(*fn)(void *opaque), void *opaque)
{
	return -pthread_create(ret_thread, NULL, fn, opaque);
}

static int (*thread_start)(pthread_t *ret_thread, void *(*fn)(void *opaque), void *opaque) = start_thread;
static void (*on_thread_start)(void);

void disk_set_threads(int (*start)(pthread_t *ret_thread, void *(*fn)(void *opaque), void *opaque),
		      void (*on_start)(void))
{
	thread_start = start;
	on_thread_start = on_start;
}

static void *worker_run(void *data)
{
	struct threads_engine *engine = data;
	pthread_setname_np(pthread_self(), "disk-io"); /* of another thread it would open a file of /proc */
	if (on_thread_start)
		on_thread_start();
	pthread_mutex_lock(&engine->lock);
	for (;;) {
		while (list_is_empty(&engine->work) && !engine->is_stopping)
			pthread_cond_wait(&engine->has_work, &engine->lock);
		if (list_is_empty(&engine->work))
			break;
		struct io_op *op = list_entry(list_take(&engine->work), struct io_op, link);
		pthread_mutex_unlock(&engine->lock);
		io_attempt_now(op);
		pthread_mutex_lock(&engine->lock);
		bool was_empty = list_is_empty(&engine->done);
		list_append(&engine->done, &op->link);
		if (was_empty)
			signal_done(engine);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}

static bool threads_start(void *data, struct io_op *op)
{
	struct threads_engine *engine = data;
	pthread_mutex_lock(&engine->lock);
	list_append(&engine->work, &op->link);
	pthread_cond_signal(&engine->has_work);
	pthread_mutex_unlock(&engine->lock);
	return true;
}

static int threads_reap(void *data, struct disk_io *io, int timeout_ms)
{
	struct threads_engine *engine = data;
	struct pollfd fd = { .fd = engine->event_fd, .events = POLLIN };
	if (timeout_ms != 0)
		poll(&fd, 1, timeout_ms);
	uint64_t count;
	struct list batch;
	list_init(&batch);
	pthread_mutex_lock(&engine->lock);
	if (read(engine->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR) {
		pthread_mutex_unlock(&engine->lock);
		return -errno;
	}
	list_move_all(&batch, &engine->done);
	pthread_mutex_unlock(&engine->lock);
	while (!list_is_empty(&batch))
		io_attempt_done(io, list_entry(list_take(&batch), struct io_op, link));
	return 0;
}

static int threads_fd(void *data)
{
	struct threads_engine *engine = data;
	return engine->event_fd;
}

static void threads_free(void *data)
{
	struct threads_engine *engine = data;
	pthread_mutex_lock(&engine->lock);
	engine->is_stopping = true;
	pthread_cond_broadcast(&engine->has_work);
	pthread_mutex_unlock(&engine->lock);
	for (unsigned i = 0; i < engine->thread_count; i++)
		pthread_join(engine->threads[i], NULL);
	if (engine->event_fd >= 0)
		close(engine->event_fd);
	pthread_cond_destroy(&engine->has_work);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

static const struct io_engine threads_engine = {
	.name = "threads",
	.copies_here = true,
	.start = threads_start,
	.reap = threads_reap,
	.fd = threads_fd,
	.free = threads_free,
};

static int start_threads(struct threads_engine *engine, unsigned count)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the other threads' business */
	int error = 0;
	while (!error && engine->thread_count < count) {
		error = thread_start(&engine->threads[engine->thread_count], worker_run, engine);
		if (!error)
			engine->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return engine->thread_count ? 0 : error;
}

int io_threads_engine_new(unsigned thread_count, const struct io_engine **ret_engine, void **ret_data)
{
	struct threads_engine *engine = calloc(1, sizeof(*engine));
	if (!engine)
		return -ENOMEM;
	pthread_mutex_init(&engine->lock, NULL);
	pthread_cond_init(&engine->has_work, NULL);
	list_init(&engine->work);
	list_init(&engine->done);
	engine->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = engine->event_fd < 0 ? -errno : start_threads(engine, thread_count);
	if (error) {
		threads_free(engine);
		return error;
	}
	*ret_engine = &threads_engine;
	*ret_data = engine;
	return 0;
}
