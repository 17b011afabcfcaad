/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/machine_priv.h"
#include "worker/gen1.h"
#include "worker/screen.h"
#include "worker/serial.h"
#include "worker/synthetic.h"

#include "chipset/pc.h"
#include "firmware/boot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERIAL_DRAIN_MS = 2000 };

int machine_fail(struct machine_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

/* --- requests -------------------------------------------------------------------------------------- */

void machine_ask(struct machine *machine, enum machine_request request, const char *text)
{
	pthread_mutex_lock(&machine->request_lock);
	if (request == REQUEST_STOP)
		machine->is_stop_wanted = true;
	if (machine->request == REQUEST_NONE) {
		machine->request = request;
		snprintf(machine->request_text, sizeof(machine->request_text), "%s", text);
	}
	pthread_mutex_unlock(&machine->request_lock);
	for (unsigned i = 0; i < machine->config.processors; i++)
		if (machine->vcpus[i].vp)
			vcpu_thread_stop(&machine->vcpus[i]);
	loop_call(machine->loop, &machine->request_call);
}

/* --- life ------------------------------------------------------------------------------------------ */

static int start_vcpus(struct machine *machine, struct machine_error *error)
{
	vm_clock_go_on(machine->pc->clock);
	machine->is_paused = false;
	machine->ops->on_running(machine->opaque, hv_engine_name(machine->engine), machine->engine_reason,
				 loop_now());
	for (unsigned i = 0; i < machine->config.processors; i++) {
		int r = vcpu_thread_start(&machine->vcpus[i]);

		if (r < 0)
			return machine_fail(
			    error, r,
			    "the thread of processor %u cannot start: %s; give fewer processors with "
			    "--processors, or raise the limit of processes",
			    i, strerror(-r));
	}
	if (machine->gen1)
		gen1_run(machine->gen1, true);
	return 0;
}

int machine_start(struct machine *machine, struct machine_error *ret_error)
{
	bool has_kernel = machine->config.kernel_fd >= 0;
	struct boot_entry entry;
	int r;

	/* first: most that can be wrong is wrong here */
	r = has_kernel ? machine_load_kernel(machine, &entry, ret_error)
		       : gen1_load(machine->gen1, ret_error);
	if (r == 0)
		r = machine_make_partition(machine, ret_error);
	if (r == 0 && machine->config.state_fd >= 0)
		r = machine_restore(machine, ret_error);
	else if (r == 0 && has_kernel)
		r = machine_enter_kernel(machine, &entry, ret_error);
	if (r == 0)
		r = start_vcpus(machine, ret_error);
	return r; /* what was made is freed with the machine */
}

static int restart(struct machine *machine, struct machine_error *error)
{
	int r;

	machine_free_partition(machine);
	pc_reset(machine->pc);
	if (machine->gen1)
		gen1_reset(machine->gen1);
	r = machine_memory_clear(&machine->memory);
	if (r < 0)
		return machine_fail(error, r, "the memory cannot be cleared for a reset: %s", strerror(-r));
	pthread_mutex_lock(&machine->request_lock);
	machine->request = REQUEST_NONE;
	machine->is_request_handled = false;
	pthread_mutex_unlock(&machine->request_lock);
	return machine_start(machine, error);
}

static void end(struct machine *machine, enum worker_cause cause, const char *text)
{
	machine->is_stop_wanted = false;
	for (unsigned i = 0; i < WORKER_COMS; i++)
		if (machine->serials[i])
			serial_drain(machine->serials[i], SERIAL_DRAIN_MS);
	machine->ops->on_ended(machine->opaque, cause, text);
}

/* Nothing of the partition is used any more. */
static void act_on_request(void *opaque)
{
	static const enum worker_cause causes[] = {
		[REQUEST_POWER_OFF] = WORKER_POWER_OFF, [REQUEST_STOP] = WORKER_STOPPED,
		[REQUEST_CRASH] = WORKER_CRASH,		[REQUEST_FAILURE] = WORKER_FAILURE,
		[REQUEST_SAVED] = WORKER_SAVED,
	};
	struct machine *machine = opaque;
	struct machine_error error = { "" };
	char text[sizeof(machine->request_text)];
	enum machine_request request;

	pthread_mutex_lock(&machine->request_lock);
	request = machine->request;
	if (request == REQUEST_RESET && machine->is_stop_wanted)
		request = REQUEST_STOP;
	memcpy(text, machine->request_text, sizeof(text));
	pthread_mutex_unlock(&machine->request_lock);
	if (request != REQUEST_RESET)
		end(machine, causes[request], text);
	else if (restart(machine, &error) < 0)
		end(machine, WORKER_FAILURE, error.text);
}

/* All VPs were told to stop when the request was made; then the devices let go of the guest's memory. */
static void on_request(void *opaque)
{
	struct machine *machine = opaque;
	bool is_nothing;

	pthread_mutex_lock(&machine->request_lock);
	is_nothing = machine->request == REQUEST_NONE || machine->is_request_handled;
	machine->is_request_handled = true;
	pthread_mutex_unlock(&machine->request_lock);
	if (is_nothing)
		return;
	machine_save_abort(machine);
	merge_stopping(machine);
	machine_stop_vcpus(machine);
	if (machine->gen1)
		gen1_stopping(machine->gen1);
	if (machine->synthetic)
		synthetic_stop(machine->synthetic, act_on_request, machine);
	else
		act_on_request(machine);
}

/* --- all of it -------------------------------------------------------------------------------------- */

int machine_new(struct loop *loop, struct worker_config *config, const struct machine_ops *ops, void *opaque,
		struct machine **ret_machine, struct machine_error *ret_error)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int r;

	if (!machine)
		return machine_fail(ret_error, -ENOMEM, "no memory for the machine");
	machine->loop = loop;
	machine->ops = ops;
	machine->opaque = opaque;
	machine->request_call = (struct loop_call){ .fn = on_request, .opaque = machine };
	pthread_mutex_init(&machine->request_lock, NULL);
	machine->config = *config;
	worker_config_init(config);
	r = machine_choose_engine(machine, ret_error);
	if (r == 0)
		r = machine_make_devices(machine, ret_error);
	if (r < 0) {
		machine_free(machine);
		return r;
	}
	*ret_machine = machine;
	return 0;
}

struct machine *machine_free(struct machine *machine)
{
	if (!machine)
		return NULL;
	machine_save_abort(machine);
	machine_stop_vcpus(machine);
	merge_stopping(machine);
	machine_merge_abort(machine);
	/* The end of the process frees what a device still uses. Drives go before the synthetic storage that
	   they share disks with. */
	if (machine->gen1 && !gen1_drain(machine->gen1))
		return NULL;
	if (machine->gen1)
		gen1_unmap(machine->gen1);
	machine->gen1 = gen1_free(machine->gen1);
	if (!synthetic_free(machine->synthetic))
		return NULL;
	machine_free_partition(machine);
	loop_call_cancel(machine->loop, &machine->request_call);
	machine_screen_free(machine->screen);
	pc_free(machine->pc);
	for (unsigned i = 0; i < WORKER_COMS; i++)
		serial_free(machine->serials[i]);
	machine_memory_deinit(&machine->memory);
	worker_config_deinit(&machine->config);
	pthread_mutex_destroy(&machine->request_lock);
	free(machine);
	return NULL;
}

bool machine_handle(struct machine *machine, struct link_message *message)
{
	return (machine->gen1 && gen1_handle(machine->gen1, message)) ||
	       (machine->synthetic && synthetic_handle(machine->synthetic, message));
}

void machine_report(struct machine *machine)
{
	if (machine->gen1)
		gen1_report(machine->gen1);
	if (machine->synthetic)
		synthetic_report(machine->synthetic);
}

void machine_power_button(struct machine *machine)
{
	io_bus_lock(machine->pc->bus);
	acpi_pm_power_button(machine->pc->pm);
	io_bus_unlock(machine->pc->bus);
}

int machine_pause(struct machine *machine)
{
	if (machine->is_paused)
		return -EALREADY;
	for (unsigned i = 0; i < machine->config.processors; i++)
		if (machine->vcpus[i].is_started)
			vcpu_thread_pause(&machine->vcpus[i]);
	/* No time passes for the guest, by whatever clock it looks. */
	vm_clock_stop(machine->pc->clock);
	if (machine->partition)
		machine->paused_clock = hv_clock(machine->partition);
	if (machine->gen1)
		gen1_run(machine->gen1, false);
	machine->is_paused = true;
	return 0;
}

int machine_resume(struct machine *machine)
{
	if (!machine->is_paused)
		return -EALREADY;
	vm_clock_go_on(machine->pc->clock);
	if (machine->partition)
		hv_set_clock(machine->partition, machine->paused_clock);
	for (unsigned i = 0; i < machine->config.processors; i++)
		if (machine->vcpus[i].is_started)
			vcpu_thread_resume(&machine->vcpus[i]);
	machine->is_paused = false;
	if (machine->gen1)
		gen1_run(machine->gen1, true);
	if (machine->gen1)
		gen1_resumed(machine->gen1);
	if (machine->synthetic)
		synthetic_resumed(machine->synthetic);
	return 0;
}

int machine_add_display(struct machine *machine, int fd)
{
	if (machine->screen)
		return machine_screen_add_display(machine->screen, fd);
	close(fd);
	return -ENODEV;
}

void machine_reset(struct machine *machine)
{
	machine_ask(machine, REQUEST_RESET, "");
}

void machine_end_saved(struct machine *machine)
{
	machine_ask(machine, REQUEST_SAVED, "the machine was saved");
}

void machine_stop(struct machine *machine)
{
	machine_ask(machine, REQUEST_STOP, "the machine was stopped");
}
