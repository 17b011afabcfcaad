/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device thread, the bus on it, and how the main thread and the VPs reach them. */
#include "worker/confine.h"
#include "worker/counters.h"
#include "worker/synthetic.h"

#include "state/state.h"
#include "vmbus/vmbus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { FREE_WAITS_S = 10, MAIL_MAX = 256, WARNINGS_MAX = 20, CRASHES_MAX = 5 };

#define WARNING_NS 10000000000u /* one more may be given after this time */
#define CRASHES_NS 60000000000u /* so many crashes of a guest's kernel are told within this time */
#define HOLD_NS	   30000000000u /* for what is under way when a machine is to be saved */
#define HOLD_STEP_NS 1000000u

static const struct synthetic_part *const parts[] = {
	&synthetic_console,	   &synthetic_storage, &synthetic_utilities,
	&synthetic_dynamic_memory, &synthetic_hvsock,  &synthetic_network,
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* For the main thread, in order. */
struct mail {
	struct mail *next;
	struct link_message *message; /* NULL: a warning */
	char text[320];
};

struct synthetic {
	struct loop *main_loop;
	struct worker_config *config;
	struct machine_memory *memory;
	struct machine_screen *screen;
	const struct synthetic_ops *ops;
	void *opaque;

	struct loop *loop;
	pthread_t thread;
	bool is_started;
	bool is_unconfined; /* the kernel refuses the filter of system calls */

	/* The device thread's. */
	struct vmbus *bus;
	struct hv_partition *partition;
	void *made[PARTS];
	struct machine_error *error; /* of what the main thread waits for */
	int result;

	pthread_mutex_t lock; /* a leaf: all below */
	pthread_cond_t changed;
	bool is_attached;
	struct mail *first_mail, **mail_tail;
	unsigned mail_count;
	/* Of warnings: how many may come now, since when, and how many did not. */
	unsigned warnings_left, warnings_lost;
	uint64_t warnings_at;
	unsigned crashes; /* told since */
	uint64_t crashes_since;
	struct loop_call mail_call, stop_call, stopped_call;
	void (*on_stopped)(void *opaque);
	void *stopped_opaque;

	/* Saving: synthetic_hold(). */
	struct loop_timer *hold_timer; /* the device thread's */
	uint64_t hold_until;
	bool is_hold_wanted, is_hold_for_stop, is_held; /* under the lock */
	const char *hold_error;
	bool lends; /* set before the device thread is asked to hold */
	struct loop_call hold_call, held_call;
	void (*on_held)(void *opaque, const char *error);
	void *held_opaque;
	struct state *state; /* that is taken back */
};

/* --- to the main thread ------------------------------------------------------------------------------ */

static void free_mail(struct mail *mail)
{
	if (mail->message)
		link_message_free(mail->message);
	free(mail);
}

/* A guest that causes more than the main thread takes loses the rest. */
static void post(struct synthetic *synthetic, struct mail *mail)
{
	bool is_taken;

	mail->next = NULL;
	pthread_mutex_lock(&synthetic->lock);
	is_taken = synthetic->mail_count < MAIL_MAX;
	if (is_taken) {
		*synthetic->mail_tail = mail;
		synthetic->mail_tail = &mail->next;
		synthetic->mail_count++;
	}
	pthread_mutex_unlock(&synthetic->lock);
	if (is_taken)
		loop_call(synthetic->main_loop, &synthetic->mail_call);
	else
		free_mail(mail);
}

static struct mail *next_mail(struct synthetic *synthetic)
{
	struct mail *mail;

	pthread_mutex_lock(&synthetic->lock);
	mail = synthetic->first_mail;
	if (mail) {
		synthetic->first_mail = mail->next;
		synthetic->mail_count--;
	}
	if (!synthetic->first_mail)
		synthetic->mail_tail = &synthetic->first_mail;
	pthread_mutex_unlock(&synthetic->lock);
	return mail;
}

static void on_mail(void *opaque)
{
	struct synthetic *synthetic = opaque;
	struct mail *mail;

	while ((mail = next_mail(synthetic)) != NULL) {
		if (mail->message) {
			synthetic->ops->on_message(synthetic->opaque, mail->message);
			mail->message = NULL;
		} else {
			synthetic->ops->on_warning(synthetic->opaque, mail->text);
		}
		free_mail(mail);
	}
}

/* Whether there may be one more: a guest must not fill its host's log. */
static bool may_warn(struct synthetic *synthetic, unsigned *ret_lost)
{
	uint64_t now = loop_now(), more;
	bool may;

	pthread_mutex_lock(&synthetic->lock);
	more = (now - synthetic->warnings_at) / WARNING_NS;
	if (more > 0) {
		synthetic->warnings_at = now;
		synthetic->warnings_left = more > WARNINGS_MAX - synthetic->warnings_left
					       ? WARNINGS_MAX
					       : synthetic->warnings_left + (unsigned)more;
	}
	may = synthetic->warnings_left > 0;
	synthetic->warnings_left -= may;
	*ret_lost = synthetic->warnings_lost;
	synthetic->warnings_lost = may ? 0 : synthetic->warnings_lost + 1;
	pthread_mutex_unlock(&synthetic->lock);
	return may;
}

void synthetic_warn(struct synthetic *synthetic, const char *text)
{
	unsigned lost = 0;
	struct mail *mail;

	if (!may_warn(synthetic, &lost) || !(mail = calloc(1, sizeof(*mail))))
		return;
	if (lost > 0)
		snprintf(mail->text, sizeof(mail->text), "%s (%u warnings before this one were not shown)",
			 text, lost);
	else
		snprintf(mail->text, sizeof(mail->text), "%s", text);
	post(synthetic, mail);
}

void synthetic_tell(struct synthetic *synthetic, struct link_message *message)
{
	struct mail *mail = calloc(1, sizeof(*mail));

	if (!mail) {
		link_message_free(message);
		return;
	}
	mail->message = message;
	post(synthetic, mail);
}

/* --- from the hypervisor, on VP threads -------------------------------------------------------------- */

static void on_message_room(void *opaque, unsigned vp, unsigned sint)
{
	vmbus_message_room(((struct synthetic *)opaque)->bus);
}

/* Any bytes may be in it: what is no text of one byte per character becomes a question mark. */
static void clean_text(char *text, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (text[i] != '\n' && text[i] != '\t' && (text[i] < ' ' || text[i] > '~'))
			text[i] = '?';
	text[size] = '\0';
}

/* The line that tells most: that of the panic, else the last one; without "<0>" and "[    1.234567] " before
 * it. */
static void summarize(const char *text, char *line, size_t size)
{
	const char *at = strstr(text, "Kernel panic"), *end;

	if (!at) {
		at = strrchr(text, '\n');
		at = at && at[1] ? at + 1 : text;
		if (*at == '<' && strchr(at, '>'))
			at = strchr(at, '>') + 1;
		if (*at == '[' && strchr(at, ']'))
			at = strchr(at, ']') + 1 + (strchr(at, ']')[1] == ' ');
	}
	end = strchrnul(at, '\n');
	snprintf(line, size, "%.*s", (int)(end - at < 400 ? end - at : 400), at);
}

/* A kernel gives up once, and the next one perhaps again; one that plays writes the MSR all the time. */
static bool may_tell_crash(struct synthetic *synthetic)
{
	uint64_t now = loop_now();
	bool may;

	pthread_mutex_lock(&synthetic->lock);
	if (synthetic->crashes_since == 0 || now - synthetic->crashes_since > CRASHES_NS) {
		synthetic->crashes_since = now;
		synthetic->crashes = 0;
	}
	may = synthetic->crashes < CRASHES_MAX;
	synthetic->crashes += may;
	pthread_mutex_unlock(&synthetic->lock);
	return may;
}

/* The kernel gave up: the service keeps its last words. */
static void on_crash(void *opaque, unsigned vp, const struct hv_crash *crash)
{
	struct link_message *message;
	char text[HV_CRASH_TEXT_MAX + 1], line[401], key[8];
	uint32_t size = crash->text_size < HV_CRASH_TEXT_MAX ? crash->text_size : HV_CRASH_TEXT_MAX;

	if (!may_tell_crash(opaque) || link_message_new("guest-crash", &message) < 0)
		return;
	memcpy(text, crash->text, size);
	clean_text(text, size);
	summarize(text, line, sizeof(line));
	link_add(message, "summary", line);
	link_add(message, "text", text);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "p%u", i);
		link_add_number(message, key, crash->parameters[i]);
	}
	synthetic_tell(opaque, message);
}

static void on_reset(void *opaque)
{
	struct synthetic *synthetic = opaque;

	synthetic->ops->on_reset(synthetic->opaque);
}

static void on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	struct synthetic *synthetic = opaque;
	void *host = guest_ram_at(&synthetic->memory->ram, gpa, size);

	if (host)
		madvise(host, size, MADV_DONTNEED);
}

static const struct hv_guest_ops guest_ops = {
	.message_room = on_message_room,
	.crash = on_crash,
	.reset = on_reset,
	.discard = on_discard,
};

/* --- from the bus ------------------------------------------------------------------------------------ */

static void *map_memory(void *opaque, uint64_t gpa, uint64_t size)
{
	struct synthetic *synthetic = opaque;

	return guest_ram_at(&synthetic->memory->ram, gpa, size);
}

static void memory_written(void *opaque, uint64_t gpa, uint64_t size)
{
	struct synthetic *synthetic = opaque;

	if (synthetic->partition)
		hv_memory_written(synthetic->partition, gpa, size);
}

static void on_bus_log(void *opaque, const char *text)
{
	char sentence[300];

	snprintf(sentence, sizeof(sentence), "VMBus: %s", text);
	synthetic_warn(opaque, sentence);
}

static int on_connect(void *opaque, const struct vmbus_guid *endpoint, const struct vmbus_guid *service)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < PARTS; i++)
		if (synthetic->made[i] && parts[i]->connect)
			return parts[i]->connect(synthetic->made[i], endpoint, service);
	return -ECONNREFUSED;
}

/* --- on the device thread, while the main thread waits ----------------------------------------------- */

/* Before there is the device thread, whose system calls do not suffice for what queues and images need at
 * first. */
static void make(struct synthetic *synthetic)
{
	struct vmbus_config config = { .loop = synthetic->loop,
				       .memory = { map_memory, memory_written, synthetic },
				       .vp_count = synthetic->config->processors,
				       .log = on_bus_log,
				       .connect = on_connect,
				       .opaque = synthetic,
				       .counters = counters_vmbus() };

	synthetic->result = vmbus_new(&config, &synthetic->bus);
	if (synthetic->result < 0)
		snprintf(synthetic->error->text, sizeof(synthetic->error->text),
			 "the VMBus cannot be made: %s", strerror(-synthetic->result));
	for (unsigned i = 0; i < PARTS && synthetic->result == 0; i++)
		synthetic->result = parts[i]->make(synthetic, &synthetic->made[i], synthetic->error);
}

static void unmake(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = PARTS; i-- > 0;) {
		if (synthetic->made[i])
			parts[i]->free(synthetic->made[i]);
		synthetic->made[i] = NULL;
	}
	synthetic->bus = vmbus_free(synthetic->bus);
}

static void attach(void *opaque)
{
	struct synthetic *synthetic = opaque;

	synthetic->result = vmbus_attach(synthetic->bus, synthetic->partition);
	for (unsigned i = 0; i < PARTS && synthetic->result == 0; i++)
		if (synthetic->made[i] && parts[i]->attached)
			parts[i]->attached(synthetic->made[i]);
}

static void resumed(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < PARTS; i++)
		if (synthetic->made[i] && parts[i]->resumed)
			parts[i]->resumed(synthetic->made[i]);
}

static void report(void *opaque)
{
	struct synthetic *synthetic = opaque;

	for (unsigned i = 0; i < PARTS; i++)
		if (synthetic->made[i] && parts[i]->report)
			parts[i]->report(synthetic->made[i]);
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

	for (unsigned i = 0; i < PARTS && !handling->is_handled; i++)
		if (synthetic->made[i] && parts[i]->handle)
			handling->is_handled = parts[i]->handle(synthetic->made[i], handling->message);
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

	for (unsigned i = 0; i < PARTS; i++)
		if (synthetic->made[i] && parts[i]->stopping)
			parts[i]->stopping(synthetic->made[i]);
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

/* --- saving: the device thread stands still ---------------------------------------------------------- */

static void released(struct synthetic *synthetic)
{
	vmbus_hold(synthetic->bus, false);
	for (unsigned i = 0; i < PARTS; i++)
		if (synthetic->made[i] && parts[i]->released)
			parts[i]->released(synthetic->made[i]);
}

/* Here it stands, while the main thread reads what is the device thread's. */
static void stand_still(struct synthetic *synthetic)
{
	bool is_for_stop;

	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_held = synthetic->is_hold_wanted;
	pthread_mutex_unlock(&synthetic->lock);
	loop_call(synthetic->main_loop, &synthetic->held_call);
	pthread_mutex_lock(&synthetic->lock);
	while (synthetic->is_hold_wanted)
		pthread_cond_wait(&synthetic->changed, &synthetic->lock);
	synthetic->is_held = false;
	is_for_stop = synthetic->is_hold_for_stop;
	pthread_mutex_unlock(&synthetic->lock);
	if (!is_for_stop)
		released(synthetic);
}

static int quiesce(struct synthetic *synthetic)
{
	int all = vmbus_is_quiet(synthetic->bus);

	for (unsigned i = 0; i < PARTS; i++) {
		int r = synthetic->made[i] && parts[i]->quiesce ? parts[i]->quiesce(synthetic->made[i]) : 1;

		if (r < 0)
			return r;
		all &= r;
	}
	return all;
}

static void give_up_hold(struct synthetic *synthetic, const char *error)
{
	synthetic->hold_error = error;
	released(synthetic);
	loop_call(synthetic->main_loop, &synthetic->held_call);
}

static void on_hold_timer(void *opaque)
{
	struct synthetic *synthetic = opaque;
	bool is_wanted;
	int r;

	pthread_mutex_lock(&synthetic->lock);
	is_wanted = synthetic->is_hold_wanted;
	pthread_mutex_unlock(&synthetic->lock);
	if (!is_wanted) { /* given up meanwhile */
		released(synthetic);
		return;
	}
	r = synthetic->partition ? quiesce(synthetic) : -ENODEV;
	if (r > 0)
		stand_still(synthetic);
	else if (r < 0)
		give_up_hold(synthetic, "a disk image cannot be flushed; look at its disk");
	else if (loop_now() > synthetic->hold_until)
		give_up_hold(synthetic, "a disk does not answer; look at its storage");
	else
		loop_timer_set(synthetic->hold_timer, loop_now() + HOLD_STEP_NS);
}

static void hold(void *opaque)
{
	struct synthetic *synthetic = opaque;

	vmbus_hold(synthetic->bus, true);
	synthetic->hold_until = loop_now() + HOLD_NS;
	on_hold_timer(synthetic);
}

/* The main thread. */
static void on_held(void *opaque)
{
	struct synthetic *synthetic = opaque;
	void (*held)(void *opaque, const char *error) = synthetic->on_held;

	synthetic->on_held = NULL;
	if (held)
		held(synthetic->held_opaque, synthetic->hold_error);
}

void synthetic_hold(struct synthetic *synthetic, bool lends, void (*held)(void *opaque, const char *error), void *opaque)
{
	synthetic->on_held = held;
	synthetic->held_opaque = opaque;
	synthetic->hold_error = NULL;
	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_hold_wanted = true;
	synthetic->is_hold_for_stop = false;
	synthetic->lends = lends;
	pthread_mutex_unlock(&synthetic->lock);
	loop_call(synthetic->loop, &synthetic->hold_call);
}

static void release(struct synthetic *synthetic, bool is_for_stop)
{
	synthetic->on_held = NULL;
	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_hold_wanted = false;
	synthetic->is_hold_for_stop = is_for_stop;
	pthread_cond_broadcast(&synthetic->changed);
	pthread_mutex_unlock(&synthetic->lock);
}

void synthetic_release(struct synthetic *synthetic)
{
	release(synthetic, false);
}

void synthetic_release_to_stop(struct synthetic *synthetic)
{
	release(synthetic, true);
}

static void go_on(void *opaque)
{
	released(opaque);
}

void synthetic_go_on(struct synthetic *synthetic)
{
	loop_call_sync(synthetic->loop, go_on, synthetic);
}

bool synthetic_lends(const struct synthetic *synthetic)
{
	return synthetic->lends;
}

static void take_back(void *opaque)
{
	struct synthetic *synthetic = opaque;

	vmbus_batch_begin(synthetic->bus);
	vmbus_state(synthetic->bus, synthetic->state);
	vmbus_batch_end(synthetic->bus);
}

void synthetic_state(struct synthetic *synthetic, struct state *state)
{
	if (!state_is_reading(state)) {
		vmbus_state(synthetic->bus, state);
		return;
	}
	synthetic->state = state;
	loop_call_sync(synthetic->loop, take_back, synthetic);
}

void synthetic_memory_areas(struct synthetic *synthetic,
			    void (*fn)(void *opaque, const char *name, void *host, uint64_t size), void *opaque)
{
	for (unsigned i = 0; i < PARTS; i++) {
		uint64_t size;
		void *host = synthetic->made[i] && parts[i]->memory ? parts[i]->memory(synthetic->made[i], &size) : NULL;

		if (host)
			fn(opaque, parts[i]->memory_name, host, size);
	}
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
	synthetic->mail_call = (struct loop_call){ .fn = on_mail, .opaque = synthetic };
	synthetic->stop_call = (struct loop_call){ .fn = stop, .opaque = synthetic };
	synthetic->stopped_call = (struct loop_call){ .fn = on_stopped, .opaque = synthetic };
	synthetic->hold_call = (struct loop_call){ .fn = hold, .opaque = synthetic };
	synthetic->held_call = (struct loop_call){ .fn = on_held, .opaque = synthetic };
	pthread_mutex_init(&synthetic->lock, NULL);
	pthread_cond_init(&synthetic->changed, NULL);
	synthetic->error = ret_error;
	r = loop_new(&synthetic->loop);
	if (r < 0)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "no event loop: %s; raise the limit of open files", strerror(-r));
	if (r == 0)
		r = loop_timer_new(synthetic->loop, on_hold_timer, synthetic, &synthetic->hold_timer);
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
	struct mail *mail;

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
	while ((mail = next_mail(synthetic)) != NULL)
		free_mail(mail);
	loop_free(synthetic->loop);
	pthread_cond_destroy(&synthetic->changed);
	pthread_mutex_destroy(&synthetic->lock);
	free(synthetic);
	return true;
}

int synthetic_attach(struct synthetic *synthetic, struct hv_partition *partition, struct machine_error *error)
{
	hv_set_guest_ops(partition, &guest_ops, synthetic);
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
	for (unsigned i = 0; i < PARTS; i++)
		if (parts[i] == part)
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
