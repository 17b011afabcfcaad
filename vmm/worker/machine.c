/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/machine_priv.h"
#include "worker/gen1.h"
#include "worker/gen1_drives.h"
#include "worker/screen.h"
#include "worker/serial.h"
#include "worker/synthetic.h"
#include "worker/synthetic_storage.h"

#include "chipset/pc.h"
#include "firmware/acpi_tables.h"
#include "firmware/boot.h"
#include "firmware/boot_regs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERIAL_DRAIN_MS = 2000 };

static int fail(struct machine_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int fail(struct machine_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

/* --- requests -------------------------------------------------------------------------------------- */

static void ask(struct machine *machine, enum machine_request request, const char *text)
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

static void on_vcpu_event(void *opaque, enum vcpu_event event, const char *text)
{
	ask(opaque, event == VCPU_CRASHED ? REQUEST_CRASH : REQUEST_FAILURE, text);
}

static void on_power_off(void *opaque)
{
	ask(opaque, REQUEST_POWER_OFF, "the guest switched itself off");
}

static void on_reset(void *opaque)
{
	ask(opaque, REQUEST_RESET, "");
}

/* --- between the chips and the hypervisor; without a partition the lines lead nowhere ----------------- */

static void set_extint(void *opaque, bool level)
{
	struct machine *machine = opaque;

	if (machine->partition)
		hv_set_extint(machine->partition, 0, level);
}

static void interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct machine *machine = opaque;

	if (machine->partition)
		hv_interrupt(machine->partition, address, data);
}

static const struct pc_ops pc_ops = {
	.set_extint = set_extint,
	.interrupt = interrupt,
	.on_power_off = on_power_off,
	.on_reset = on_reset,
};

/* --- the partition and its VPs, made anew at each reset ------------------------------------------------ */

static void stop_vcpus(struct machine *machine)
{
	for (unsigned i = 0; i < machine->config.processors; i++)
		if (machine->vcpus[i].vp)
			vcpu_thread_stop(&machine->vcpus[i]);
	for (unsigned i = 0; i < machine->config.processors; i++)
		vcpu_thread_join(&machine->vcpus[i]);
}

/* A chip may raise an interrupt just now, on another thread, but only under the bus lock. */
static struct hv_partition *take_partition(struct machine *machine)
{
	struct hv_partition *partition = machine->partition;

	if (machine->pc)
		io_bus_lock(machine->pc->bus);
	machine->partition = NULL;
	if (machine->pc)
		io_bus_unlock(machine->pc->bus);
	return partition;
}

static void free_partition(struct machine *machine)
{
	struct hv_partition *partition;

	stop_vcpus(machine);
	if (machine->gen1)
		gen1_unmap(machine->gen1);
	partition = take_partition(machine);
	for (unsigned i = 0; i < machine->config.processors; i++)
		machine->vcpus[i].vp = hv_vp_free(machine->vcpus[i].vp);
	hv_partition_free(partition);
}

static int make_vcpus(struct machine *machine)
{
	for (unsigned i = 0; i < machine->config.processors; i++) {
		struct vcpu_thread *vcpu = &machine->vcpus[i];
		int r;

		*vcpu = (struct vcpu_thread){
			.index = i, .pc = machine->pc, .on_event = on_vcpu_event, .opaque = machine
		};
		r = hv_vp_new(machine->partition, i, &vcpu->vp);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_partition(struct machine *machine, struct machine_error *error)
{
	struct hv_partition_config config = { .engine = machine->engine,
					      .vp_count = machine->config.processors,
					      .is_enlightened = machine->config.is_enlightened,
					      .is_compatible = machine->config.is_compatible };
	int r;

	r = hv_partition_new(&config, &machine->partition);
	if (r < 0) {
		machine->partition = NULL;
		return fail(error, r, "the %s engine cannot make a machine with %u processors: %s",
			    hv_engine_name(machine->engine), machine->config.processors, strerror(-r));
	}
	r = machine_memory_map(&machine->memory, machine->partition, machine->gen1);
	if (r < 0)
		return fail(error, r, "the memory cannot be given to the guest: %s; %s", strerror(-r),
			    r == -ENOMEM ? "stop other programs, or give it less"
					 : "where KVM has too few slots for it, use a newer kernel or give --engine translator");
	/* A wish: without it each of the guest's reads comes to us. */
	(void)hv_map(machine->partition, IOAPIC_GPA, ioapic_page(machine->pc->ioapic), IOAPIC_MMIO_SIZE, 0);
	if (machine->gen1) {
		r = gen1_map(machine->gen1, machine->partition, error);
		if (r < 0)
			return r;
	}
	if (machine->synthetic) {
		r = synthetic_attach(machine->synthetic, machine->partition, error);
		if (r < 0)
			return r;
	}
	r = make_vcpus(machine);
	if (r < 0)
		return fail(error, r, "the processors cannot be made: %s; give fewer with --processors",
			    strerror(-r));
	return 0;
}

/* --- firmware -------------------------------------------------------------------------------------- */

static int open_image(int fd, const char *name, struct image_file *ret_file, struct machine_error *error)
{
	int r;

	*ret_file = (struct image_file){ .fd = -1, .name = name };
	if (fd < 0)
		return 0;
	r = image_file_init(ret_file, fd, name);
	if (r == -EINVAL)
		return fail(error, r, "%s: this is no regular file; give a file", name);
	if (r < 0)
		return fail(error, r, "%s: cannot be read: %s; check the file and its disk", name,
			    strerror(-r));
	return 0;
}

static int load(struct machine *machine, struct boot_entry *ret_entry, struct machine_error *error)
{
	const struct worker_config *config = &machine->config;
	struct acpi_config acpi = { .vp_count = config->processors,
				    .has_32bit_timer = true,
				    .has_i8042_devices = machine->gen1,
				    .has_vga = machine->gen1,
				    .has_pci = machine->gen1,
				    .has_com2 = machine->serials[1],
				    .has_vmbus = config->is_enlightened,
				    .high_gap = guest_ram_high_gap(&machine->memory.ram) };
	struct boot_request request = { .cmdline = config->cmdline };
	struct boot_error boot_error = { "" };
	int r;

	r = open_image(config->kernel_fd, config->kernel_name, &request.kernel, error);
	if (r == 0)
		r = open_image(config->initrd_fd, config->initrd_name, &request.initrd, error);
	if (r < 0)
		return r;
	request.rsdp = acpi_tables_build(&machine->memory.ram, &acpi);
	if (!request.rsdp)
		return fail(error, -EINVAL, "the ACPI tables do not fit");
	r = boot_load(&machine->memory.ram, &request, ret_entry, &boot_error);
	if (r < 0)
		return fail(error, r, "%s", boot_error.text);
	return 0;
}

static int set_registers(struct machine *machine, const struct boot_entry *entry, struct machine_error *error)
{
	int r = boot_set_registers(&machine->memory.ram, machine->vcpus[0].vp, entry);

	if (r < 0)
		return fail(error, r, "processor 0 cannot be put at the kernel's entry: %s", strerror(-r));
	return 0;
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
			return fail(error, r,
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
	r = has_kernel ? load(machine, &entry, ret_error) : gen1_load(machine->gen1, ret_error);
	if (r == 0)
		r = make_partition(machine, ret_error);
	if (r == 0 && machine->config.state_fd >= 0)
		r = machine_restore(machine, ret_error);
	else if (r == 0 && has_kernel)
		r = set_registers(machine, &entry, ret_error);
	if (r == 0)
		r = start_vcpus(machine, ret_error);
	return r; /* what was made is freed with the machine */
}

static int restart(struct machine *machine, struct machine_error *error)
{
	int r;

	free_partition(machine);
	pc_reset(machine->pc);
	if (machine->gen1)
		gen1_reset(machine->gen1);
	r = machine_memory_clear(&machine->memory);
	if (r < 0)
		return fail(error, r, "the memory cannot be cleared for a reset: %s", strerror(-r));
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
		[REQUEST_POWER_OFF] = WORKER_POWER_OFF,
		[REQUEST_STOP] = WORKER_STOPPED,
		[REQUEST_CRASH] = WORKER_CRASH,
		[REQUEST_FAILURE] = WORKER_FAILURE,
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
	stop_vcpus(machine);
	if (machine->gen1)
		gen1_stopping(machine->gen1);
	if (machine->synthetic)
		synthetic_stop(machine->synthetic, act_on_request, machine);
	else
		act_on_request(machine);
}

/* --- synthetic devices ------------------------------------------------------------------------------ */

static void on_synthetic_warning(void *opaque, const char *text)
{
	struct machine *machine = opaque;

	machine->ops->on_warning(machine->opaque, text);
}

static void on_synthetic_message(void *opaque, struct link_message *message)
{
	struct machine *machine = opaque;

	machine->ops->on_message(machine->opaque, message);
}

static const struct synthetic_ops synthetic_ops = {
	.on_warning = on_synthetic_warning,
	.on_message = on_synthetic_message,
	.on_reset = on_reset,
};

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

static int choose_engine(struct machine *machine, struct machine_error *error)
{
	const char *reason = "";
	enum hv_engine_kind wanted;
	int r;

	if (hv_engine_parse(machine->config.engine, &wanted) < 0)
		return fail(error, -EINVAL,
			    "--engine: there is no engine \"%s\"; give auto, translator or kvm",
			    machine->config.engine);
	r = hv_engine_choose(wanted, &machine->engine, &reason);
	if (r < 0)
		return fail(error, r, "--engine %s: %s; give --engine auto", machine->config.engine, reason);
	machine->engine_reason = reason;
	return 0;
}

/* A machine that only its starter's terminal sees has none. */
static int make_screen(struct machine *machine, struct machine_error *error)
{
	struct worker_config *config = &machine->config;
	int listen_fd = config->display_fd, viewer_fd = config->viewer_fd, r;

	if (config->generation != 1 && listen_fd < 0 && viewer_fd < 0 && !config->has_screen)
		return 0;
	config->display_fd = config->viewer_fd = -1;
	r = machine_screen_new(machine->loop, listen_fd, viewer_fd, &machine->screen);
	return r < 0 ? fail(error, r, "the screen cannot be made: %s", strerror(-r)) : 0;
}

static int fail_com(struct machine_error *error, unsigned index, int r)
{
	return fail(error, r, "COM %u: this cannot be a serial port: %s", index + 1, strerror(-r));
}

static int make_serials(struct machine *machine, struct machine_error *error)
{
	for (unsigned i = 0; i < WORKER_COMS; i++) {
		struct worker_com *com = &machine->config.coms[i];
		int fd = com->fd, r;

		if (i > 0 && com->kind == WORKER_SERIAL_NONE)
			continue;
		com->fd = -1;
		r = serial_new(machine->loop, com->kind, fd, machine->ops->on_warning, machine->opaque,
			       &machine->serials[i]);
		if (r < 0)
			return fail_com(error, i, r);
	}
	return 0;
}

static int attach_serials(struct machine *machine, struct machine_error *error)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < WORKER_COMS; i++)
		if (machine->serials[i]) {
			r = serial_attach(machine->serials[i], machine->pc->bus, machine->pc->uarts[i]);
			if (r < 0)
				fail_com(error, i, r);
		}
	return r;
}

static int make_chips(struct machine *machine, struct machine_error *error)
{
	struct pc_config config = { .ops = &pc_ops,
				    .opaque = machine,
				    .loop = machine->loop };
	int r;

	for (unsigned i = 0; i < WORKER_COMS; i++) {
		config.uart_ops[i] = machine->serials[i] ? &serial_uart_ops : NULL;
		config.uart_opaque[i] = machine->serials[i];
	}

	if (machine->gen1)
		gen1_fill_pc(machine->gen1, &config);
	r = pc_new(&config, &machine->pc);
	if (r < 0)
		return fail(error, r, "the chips cannot be made: %s", strerror(-r));
	r = attach_serials(machine, error);
	if (r < 0)
		return r;
	return machine->gen1 ? gen1_attach(machine->gen1, machine->pc, error) : 0;
}

static void share_disks(struct machine *machine)
{
	struct gen1_shared_disk shared;

	for (unsigned unit = 0; unit < WORKER_DRIVES; unit++)
		if (synthetic_storage_share(machine->synthetic, unit, &shared))
			gen1_share_disk(machine->gen1, unit, &shared);
}

static int make_devices(struct machine *machine, struct machine_error *error)
{
	struct worker_config *config = &machine->config;
	int r;

	r = machine_memory_init(&machine->memory, config->memory_mib << 20, worker_config_hot_mib(config) << 20);
	if (r < 0)
		return fail(error, r, "--memory: the host gives no %llu MiB: %s; give less",
			    (unsigned long long)config->memory_mib, strerror(-r));
	r = make_serials(machine, error);
	if (r == 0)
		r = make_screen(machine, error);
	if (r == 0 && config->generation == 1)
		r = gen1_new(machine->loop, config, &machine->memory, machine->screen, machine->ops,
			     machine->opaque, &machine->gen1, error);
	if (r == 0 && config->is_enlightened)
		r = synthetic_new(machine->loop, config, &machine->memory, machine->screen, &synthetic_ops,
				  machine, &machine->synthetic, error);
	if (r == 0 && machine->gen1 && machine->synthetic)
		share_disks(machine);
	return r < 0 ? r : make_chips(machine, error);
}

int machine_new(struct loop *loop, struct worker_config *config, const struct machine_ops *ops, void *opaque,
		struct machine **ret_machine, struct machine_error *ret_error)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int r;

	if (!machine)
		return fail(ret_error, -ENOMEM, "no memory for the machine");
	machine->loop = loop;
	machine->ops = ops;
	machine->opaque = opaque;
	machine->request_call = (struct loop_call){ .fn = on_request, .opaque = machine };
	pthread_mutex_init(&machine->request_lock, NULL);
	machine->config = *config;
	worker_config_init(config);
	r = choose_engine(machine, ret_error);
	if (r == 0)
		r = make_devices(machine, ret_error);
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
	stop_vcpus(machine);
	/* The end of the process frees what a device still uses. Drives go before the synthetic storage that
	   they share disks with. */
	if (machine->gen1 && !gen1_drain(machine->gen1))
		return NULL;
	if (machine->gen1)
		gen1_unmap(machine->gen1);
	machine->gen1 = gen1_free(machine->gen1);
	if (!synthetic_free(machine->synthetic))
		return NULL;
	free_partition(machine);
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
	ask(machine, REQUEST_RESET, "");
}

void machine_end_saved(struct machine *machine)
{
	ask(machine, REQUEST_SAVED, "the machine was saved");
}

void machine_stop(struct machine *machine)
{
	ask(machine, REQUEST_STOP, "the machine was stopped");
}
