/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device thread, the bus on it, and how the main thread and the VPs reach them. */
#include "worker/confine.h"
#include "worker/synthetic_priv.h"

#include "vmbus/vmbus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FREE_WAITS_S = 10 };

const struct synthetic_part *const synthetic_parts[SYNTHETIC_PARTS] = {
	&synthetic_console,	   &synthetic_storage, &synthetic_utilities,
	&synthetic_dynamic_memory, &synthetic_hvsock,  &synthetic_network,
};

/* --- on the device thread, while the main thread waits ----------------------------------------------- */

/* Before there is the device thread, whose system calls do not suffice for what queues and images need at
 * first. */
static void make(struct synthetic *synthetic)
{
	struct vmbus_config config = synthetic_bus_config(synthetic);

	synthetic->result = vmbus_new(&config, &synthetic->bus);
	if (synthetic->result < 0)
		snprintf(synthetic->error->text, sizeof(synthetic->error->text),
			 "the VMBus cannot be made: %s", strerror(-synthetic->result));
	for (unsigned i = 0; i < SYNTHETIC_PARTS && synthetic->result == 0; i++)
		synthetic->result =
		    synthetic_parts[i]->make(synthetic, &synthetic->made[i], synthetic->error);
}

static void unmake(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = SYNTHETIC_PARTS; i-- > 0;) {
		if (synthetic->made[i])
			synthetic_parts[i]->free(synthetic->made[i]);
		synthetic->made[i] = NULL;
	}
	synthetic->bus = vmbus_free(synthetic->bus);
}

static void attach(void *opaque)
{
	struct synthetic *synthetic = opaque;

	synthetic->result = vmbus_attach(synthetic->bus, synthetic->partition);
	for (unsigned i = 0; i < SYNTHETIC_PARTS && synthetic->result == 0; i++)
		if (synthetic->made[i] && synthetic_parts[i]->attached)
			synthetic_parts[i]->attached(synthetic->made[i]);
}

static void resumed(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++)
		if (synthetic->made[i] && synthetic_parts[i]->resumed)
			synthetic_parts[i]->resumed(synthetic->made[i]);
}

static void report(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++)
		if (synthetic->made[i] && synthetic_parts[i]->report)
			synthetic_parts[i]->report(synthetic->made[i]);
}

struct handling {
	struct synthetic *synthetic;
	struct link_message *message;
	bool is_handled;
};

static void handle(void *opaque)
{
	struct handling *handling = opaque;
	struct synthetic *synthetic = handling->synthetic;

	for (unsigned i = 0; i < SYNTHETIC_PARTS && !handling->is_handled; i++)
		if (synthetic->made[i] && synthetic_parts[i]->handle)
			handling->is_handled =
			    synthetic_parts[i]->handle(synthetic->made[i], handling->message);
}

/* --- stopping: nobody waits -------------------------------------------------------------------------- */

/* The device thread: no provider touches guest memory any more. */
static void on_bus_stopped(void *opaque)
{
	struct synthetic *synthetic = opaque;

	synthetic->partition = NULL;
	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_attached = false;
	pthread_cond_broadcast(&synthetic->changed);
	pthread_mutex_unlock(&synthetic->lock);
	loop_call(synthetic->main_loop, &synthetic->stopped_call);
}

static void stop(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++)
		if (synthetic->made[i] && synthetic_parts[i]->stopping)
			synthetic_parts[i]->stopping(synthetic->made[i]);
	if (synthetic->partition)
		vmbus_stop(synthetic->bus, on_bus_stopped, synthetic);
	else
		on_bus_stopped(synthetic);
}

/* The main thread. */
static void on_stopped(void *opaque)
{
	struct synthetic *synthetic = opaque;
	void (*done)(void *opaque) = synthetic->on_stopped;

	synthetic->on_stopped = NULL;
	if (done)
		done(synthetic->stopped_opaque);
}

void synthetic_stop(struct synthetic *synthetic, void (*done)(void *opaque), void *opaque)
{
	synthetic->on_stopped = done;
	synthetic->stopped_opaque = opaque;
	loop_call(synthetic->loop, &synthetic->stop_call);
}

/* --- the main thread --------------------------------------------------------------------------------- */

static void *run(void *opaque)
{
	struct synthetic *synthetic = opaque;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "device");
	if (confine_thread(CONFINE_DEVICE) < 0)
		synthetic->is_unconfined = true;
	loop_run(synthetic->loop);
	return NULL;
}

static void do_nothing(void *opaque)
{
}

static int start_thread(struct synthetic *synthetic, struct machine_error *error)
{
	int r = -pthread_create(&synthetic->thread, NULL, run, synthetic);

	synthetic->is_started = r == 0;
	if (r == 0)
		loop_call_sync(synthetic->loop, do_nothing, NULL);
	if (synthetic->is_unconfined)
		r = -EPERM;
	if (r < 0)
		snprintf(error->text, sizeof(error->text),
			 "the thread of the synthetic devices cannot start: %s; raise the limit of processes",
			 strerror(-r));
	return r;
}

int synthetic_new(struct loop *loop, struct worker_config *config, struct machine_memory *memory,
		  struct machine_screen *screen, const struct synthetic_ops *ops, void *opaque,
		  struct synthetic **ret_synthetic, struct machine_error *ret_error)
{
	struct synthetic *synthetic = calloc(1, sizeof(*synthetic));
	int r;

	if (!synthetic) {
		snprintf(ret_error->text, sizeof(ret_error->text), "no memory for the synthetic devices");
		return -ENOMEM;
	}
	synthetic->main_loop = loop;
	synthetic->config = config;
	synthetic->memory = memory;
	synthetic->screen = screen;
	synthetic->ops = ops;
	synthetic->opaque = opaque;
	synthetic->mail_tail = &synthetic->first_mail;
	synthetic->mail_call = (struct loop_call){ .fn = synthetic_on_mail, .opaque = synthetic };
	synthetic->stop_call = (struct loop_call){ .fn = stop, .opaque = synthetic };
	synthetic->stopped_call = (struct loop_call){ .fn = on_stopped, .opaque = synthetic };
	synthetic->hold_call = (struct loop_call){ .fn = synthetic_begin_hold, .opaque = synthetic };
	synthetic->held_call = (struct loop_call){ .fn = synthetic_on_held, .opaque = synthetic };
	pthread_mutex_init(&synthetic->lock, NULL);
	pthread_cond_init(&synthetic->changed, NULL);
	synthetic->error = ret_error;
	r = loop_new(&synthetic->loop);
	if (r < 0)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "no event loop: %s; raise the limit of open files", strerror(-r));
	if (r == 0)
		r = loop_timer_new(synthetic->loop, synthetic_on_hold_timer, synthetic,
				   &synthetic->hold_timer);
	if (r == 0) {
		make(synthetic);
		r = synthetic->result;
	}
	if (r == 0)
		r = start_thread(synthetic, ret_error);
	if (r < 0) {
		synthetic_free(synthetic);
		return r;
	}
	*ret_synthetic = synthetic;
	return 0;
}

static bool wait_stopped(struct synthetic *synthetic)
{
	struct timespec deadline;
	bool is_stopped;

	pthread_mutex_lock(&synthetic->lock);
	is_stopped = !synthetic->is_attached;
	pthread_mutex_unlock(&synthetic->lock);
	if (is_stopped)
		return true;
	synthetic_stop(synthetic, NULL, NULL);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += FREE_WAITS_S;
	pthread_mutex_lock(&synthetic->lock);
	while (synthetic->is_attached &&
	       pthread_cond_timedwait(&synthetic->changed, &synthetic->lock, &deadline) == 0)
		;
	is_stopped = !synthetic->is_attached;
	pthread_mutex_unlock(&synthetic->lock);
	return is_stopped;
}

bool synthetic_free(struct synthetic *synthetic)
{
	if (!synthetic)
		return true;
	if (synthetic->is_started) {
		if (!wait_stopped(synthetic))
			return false;
		loop_call_sync(synthetic->loop, unmake, synthetic);
		loop_quit(synthetic->loop);
		pthread_join(synthetic->thread, NULL);
	} else {
		unmake(synthetic);
	}
	loop_call_cancel(synthetic->main_loop, &synthetic->mail_call);
	loop_call_cancel(synthetic->main_loop, &synthetic->stopped_call);
	loop_call_cancel(synthetic->main_loop, &synthetic->held_call);
	loop_timer_free(synthetic->hold_timer);
	synthetic_drop_mail(synthetic);
	loop_free(synthetic->loop);
	pthread_cond_destroy(&synthetic->changed);
	pthread_mutex_destroy(&synthetic->lock);
	free(synthetic);
	return true;
}

int synthetic_attach(struct synthetic *synthetic, struct hv_partition *partition, struct machine_error *error)
{
	hv_set_guest_ops(partition, &synthetic_guest_ops, synthetic);
	synthetic->partition = partition;
	loop_call_sync(synthetic->loop, attach, synthetic);
	if (synthetic->result < 0) {
		snprintf(error->text, sizeof(error->text), "the VMBus cannot be attached: %s",
			 strerror(-synthetic->result));
		synthetic->partition = NULL;
		return synthetic->result;
	}
	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_attached = true;
	pthread_mutex_unlock(&synthetic->lock);
	return 0;
}

bool synthetic_handle(struct synthetic *synthetic, struct link_message *message)
{
	struct handling handling = { .synthetic = synthetic, .message = message };

	loop_call_sync(synthetic->loop, handle, &handling);
	return handling.is_handled;
}

void synthetic_resumed(struct synthetic *synthetic)
{
	loop_call_sync(synthetic->loop, resumed, synthetic);
}

void synthetic_report(struct synthetic *synthetic)
{
	loop_call_sync(synthetic->loop, report, synthetic);
}

/* --- for parts --------------------------------------------------------------------------------------- */

void *synthetic_made(struct synthetic *synthetic, const struct synthetic_part *part)
{
	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++)
		if (synthetic_parts[i] == part)
			return synthetic->made[i];
	return NULL;
}

struct loop *synthetic_loop(struct synthetic *synthetic)
{
	return synthetic->loop;
}

struct vmbus *synthetic_bus(struct synthetic *synthetic)
{
	return synthetic->bus;
}

struct worker_config *synthetic_config(struct synthetic *synthetic)
{
	return synthetic->config;
}

struct machine_screen *synthetic_screen(struct synthetic *synthetic)
{
	return synthetic->screen;
}

struct machine_memory *synthetic_memory(struct synthetic *synthetic)
{
	return synthetic->memory;
}

struct hv_partition *synthetic_partition(struct synthetic *synthetic)
{
	return synthetic->partition;
}
