/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine is made of: engine, memory, ports, screen, chips, synthetic devices; and what these ask of it. */
#include "worker/machine_priv.h"
#include "worker/gen1.h"
#include "worker/gen1_drives.h"
#include "worker/screen.h"
#include "worker/serial.h"
#include "worker/synthetic.h"
#include "worker/synthetic_storage.h"

#include "chipset/pc.h"

#include <errno.h>
#include <string.h>

/* --- between the chips and the hypervisor; without a partition the lines lead nowhere ----------------- */

static void on_power_off(void *opaque)
{
	machine_ask(opaque, REQUEST_POWER_OFF, "the guest switched itself off");
}

static void on_reset(void *opaque)
{
	machine_ask(opaque, REQUEST_RESET, "");
}

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

/* --- synthetic devices -------------------------------------------------------------------------------- */

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

/* --- making them -------------------------------------------------------------------------------------- */

int machine_choose_engine(struct machine *machine, struct machine_error *error)
{
	const char *reason = "";
	enum hv_engine_kind wanted;
	int r;

	if (hv_engine_parse(machine->config.engine, &wanted) < 0)
		return machine_fail(error, -EINVAL,
				    "--engine: there is no engine \"%s\"; give auto, translator or kvm",
				    machine->config.engine);
	r = hv_engine_choose(wanted, &machine->engine, &reason);
	if (r < 0)
		return machine_fail(error, r, "--engine %s: %s; give --engine auto", machine->config.engine,
				    reason);
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
	return r < 0 ? machine_fail(error, r, "the screen cannot be made: %s", strerror(-r)) : 0;
}

static int fail_com(struct machine_error *error, unsigned index, int r)
{
	return machine_fail(error, r, "COM %u: this cannot be a serial port: %s", index + 1, strerror(-r));
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
	struct pc_config config = { .ops = &pc_ops, .opaque = machine, .loop = machine->loop };
	int r;

	for (unsigned i = 0; i < WORKER_COMS; i++) {
		config.uart_ops[i] = machine->serials[i] ? &serial_uart_ops : NULL;
		config.uart_opaque[i] = machine->serials[i];
	}

	if (machine->gen1)
		gen1_fill_pc(machine->gen1, &config);
	r = pc_new(&config, &machine->pc);
	if (r < 0)
		return machine_fail(error, r, "the chips cannot be made: %s", strerror(-r));
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

int machine_make_devices(struct machine *machine, struct machine_error *error)
{
	struct worker_config *config = &machine->config;
	int r;

	r = machine_memory_init(&machine->memory, config->memory_mib << 20,
				worker_config_hot_mib(config) << 20);
	if (r < 0)
		return machine_fail(error, r, "--memory: the host gives no %llu MiB: %s; give less",
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
