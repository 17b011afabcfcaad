/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI power management: event and control blocks, PM timer, SMI command port. */
#include <errno.h>
#include <stdlib.h>

#include "acpi_pm.h"
#include "io_bus.h"
#include "vm_clock.h"
#include "state/state.h"

enum {
	STS_TIMER = 1 << 0,
	STS_GLOBAL = 1 << 5,
	STS_POWER_BUTTON = 1 << 8,
	STS_SLEEP_BUTTON = 1 << 9,
	STS_RTC = 1 << 10,
	EN_ALL = STS_TIMER | STS_GLOBAL | STS_POWER_BUTTON | STS_SLEEP_BUTTON | STS_RTC,

	CNT_SCI_EN = 1 << 0,
	CNT_KEPT = 0x1c02, /* BM_RLD and SLP_TYP */
	CNT_SLP_TYP_SHIFT = 10,
	CNT_SLP_EN = 1 << 13,

	OFFSET_STATUS = 0, /* all by byte: the bus cuts wider accesses */
	OFFSET_ENABLE = 2,
	OFFSET_CONTROL = 4,
	OFFSET_TIMER = 8,
	OFFSET_GPE = 12,
};

struct acpi_pm {
	struct vm_clock *clock;
	struct irq_line sci;
	struct vm_timer *timer;
	const struct acpi_pm_ops *ops;
	void *opaque;
	struct io_bus *bus;
	uint16_t base;
	unsigned timer_bits;

	uint16_t status, enable, control;
	uint8_t smi_command, smi_data;
	uint64_t seen_halves; /* how often the timer's top bit had changed when it was looked at last */
};

static uint64_t timer_ticks(struct acpi_pm *pm)
{
	return vm_clock_scale(vm_clock_now(pm->clock), ACPI_PM_TIMER_HZ, NS_PER_SECOND);
}

/* TMR_STS: the timer's highest bit changed (ACPI 4.8.3.3). */
static void work_out_status(struct acpi_pm *pm)
{
	uint64_t halves = timer_ticks(pm) >> (pm->timer_bits - 1);

	if (halves != pm->seen_halves)
		pm->status |= STS_TIMER;
	pm->seen_halves = halves;
}

static void update(struct acpi_pm *pm)
{
	uint64_t deadline = VM_CLOCK_NEVER;
	bool is_acpi = pm->control & CNT_SCI_EN;

	work_out_status(pm);
	irq_line_set(&pm->sci, is_acpi && pm->status & pm->enable);
	if (is_acpi && pm->enable & STS_TIMER && !(pm->status & STS_TIMER))
		deadline = 1 + vm_clock_scale((pm->seen_halves + 1) << (pm->timer_bits - 1), NS_PER_SECOND,
					      ACPI_PM_TIMER_HZ);
	vm_timer_set(pm->timer, deadline);
}

static void on_timer(void *opaque)
{
	update(opaque);
}

static void write_control(struct acpi_pm *pm, uint16_t value)
{
	pm->control = (value & CNT_KEPT) | (pm->control & CNT_SCI_EN);
	if (value & CNT_SLP_EN && (value >> CNT_SLP_TYP_SHIFT & 7) == ACPI_PM_S5)
		pm->ops->on_power_off(pm->opaque);
}

static void set_byte(uint16_t *word, unsigned high, uint8_t byte)
{
	*word = (uint16_t)(high ? byte << 8 | (*word & 0xff) : (*word & 0xff00) | byte);
}

/* Registers are bytes here; `high` is the odd one of a word. */
static void pm_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct acpi_pm *pm = opaque;
	unsigned high = offset & 1;
	uint16_t word;

	switch (offset & ~1ull) {
	case OFFSET_STATUS: /* write 1 to clear */
		work_out_status(pm);
		pm->status &= (uint16_t) ~(value << high * 8);
		break;
	case OFFSET_ENABLE:
		set_byte(&pm->enable, high, (uint8_t)value);
		pm->enable &= EN_ALL;
		break;
	case OFFSET_CONTROL:
		word = pm->control;
		set_byte(&word, high, (uint8_t)value);
		write_control(pm, word);
		break;
	}
	update(pm);
}

static uint64_t pm_read(void *opaque, uint64_t offset, unsigned size)
{
	struct acpi_pm *pm = opaque;
	uint16_t word = 0;

	switch (offset & ~1ull) {
	case OFFSET_STATUS:
		work_out_status(pm);
		word = pm->status;
		break;
	case OFFSET_ENABLE: word = pm->enable; break;
	case OFFSET_CONTROL: word = pm->control; break;
	}
	return word >> (offset & 1) * 8 & 0xff;
}

/* The timer has a range of its own so that it is read at one instant. */
static uint64_t timer_read(void *opaque, uint64_t offset, unsigned size)
{
	struct acpi_pm *pm = opaque;
	uint32_t ticks = (uint32_t)timer_ticks(pm);

	if (pm->timer_bits == 24)
		ticks &= 0xffffff;
	return ticks >> offset * 8;
}

/* GPE0 has no events. */
static uint64_t gpe_read(void *opaque, uint64_t offset, unsigned size)
{
	return 0;
}

static void ignore_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
}

static uint64_t smi_read(void *opaque, uint64_t offset, unsigned size)
{
	struct acpi_pm *pm = opaque;

	return offset ? pm->smi_data : pm->smi_command;
}

static void smi_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct acpi_pm *pm = opaque;

	if (offset) {
		pm->smi_data = (uint8_t)value;
		return;
	}
	pm->smi_command = (uint8_t)value;
	if (value == ACPI_PM_ENABLE)
		pm->control |= CNT_SCI_EN;
	else if (value == ACPI_PM_DISABLE)
		pm->control &= (uint16_t)~CNT_SCI_EN;
	update(pm);
}

static const struct io_handler pm_handler = { pm_read, pm_write, 1 };
static const struct io_handler timer_handler = { timer_read, ignore_write, 4 };
static const struct io_handler gpe_handler = { gpe_read, ignore_write, 1 };
static const struct io_handler smi_handler = { smi_read, smi_write, 1 };

static void take_off_bus(struct acpi_pm *pm)
{
	if (!pm->base)
		return;
	io_bus_remove_ports(pm->bus, pm->base);
	io_bus_remove_ports(pm->bus, pm->base + OFFSET_TIMER);
	io_bus_remove_ports(pm->bus, pm->base + OFFSET_GPE);
	pm->base = 0;
}

int acpi_pm_move(struct acpi_pm *pm, uint16_t base)
{
	int r;

	take_off_bus(pm);
	if (base == 0)
		return 0;
	r = io_bus_add_ports(pm->bus, base, 8, &pm_handler, pm);
	if (r < 0)
		return r;
	r = io_bus_add_ports(pm->bus, base + OFFSET_TIMER, 4, &timer_handler, pm);
	if (r < 0)
		goto no_timer;
	r = io_bus_add_ports(pm->bus, base + OFFSET_GPE, 4, &gpe_handler, pm);
	if (r < 0)
		goto no_gpe;
	pm->base = base;
	return 0;
no_gpe:
	io_bus_remove_ports(pm->bus, base + OFFSET_TIMER);
no_timer:
	io_bus_remove_ports(pm->bus, base);
	return r;
}

int acpi_pm_attach(struct acpi_pm *pm, struct io_bus *bus)
{
	int r = io_bus_add_ports(bus, ACPI_PM_SMI_CMD, 2, &smi_handler, pm);

	pm->bus = bus;
	return r < 0 ? r : acpi_pm_move(pm, ACPI_PM_BASE);
}

static bool press(struct acpi_pm *pm, uint16_t event)
{
	pm->status |= event;
	update(pm);
	return pm->control & CNT_SCI_EN && pm->enable & event;
}

bool acpi_pm_power_button(struct acpi_pm *pm)
{
	return press(pm, STS_POWER_BUTTON);
}

bool acpi_pm_sleep_button(struct acpi_pm *pm)
{
	return press(pm, STS_SLEEP_BUTTON);
}

void acpi_pm_reset(struct acpi_pm *pm)
{
	pm->status = pm->enable = pm->control = 0;
	pm->smi_command = pm->smi_data = 0;
	pm->seen_halves = timer_ticks(pm) >> (pm->timer_bits - 1);
	update(pm);
}

int acpi_pm_new(struct vm_clock *clock, const struct irq_line *sci, bool has_32bit_timer,
		const struct acpi_pm_ops *ops, void *opaque, struct acpi_pm **ret_pm)
{
	struct acpi_pm *pm = calloc(1, sizeof(*pm));
	int r;

	if (!pm)
		return -ENOMEM;
	pm->clock = clock;
	pm->sci = *sci;
	pm->ops = ops;
	pm->opaque = opaque;
	pm->timer_bits = has_32bit_timer ? 32 : 24;
	r = vm_timer_new(clock, on_timer, pm, &pm->timer);
	if (r < 0) {
		free(pm);
		return r;
	}
	acpi_pm_reset(pm);
	*ret_pm = pm;
	return 0;
}

struct acpi_pm *acpi_pm_free(struct acpi_pm *pm)
{
	if (!pm)
		return NULL;
	vm_timer_free(pm->timer);
	free(pm);
	return NULL;
}

void acpi_pm_state(struct acpi_pm *pm, struct state *state)
{
	uint16_t base = pm->base;

	if (!state_begin(state, "acpi-pm", 1))
		return;
	if (!state_is_reading(state))
		update(pm);
	state_u16(state, &base);
	state_u16(state, &pm->status);
	state_u16(state, &pm->enable);
	state_u16(state, &pm->control);
	state_u8(state, &pm->smi_command);
	state_u8(state, &pm->smi_data);
	state_u64(state, &pm->seen_halves);
	state_end(state);
	if (!state_is_reading(state))
		return;
	pm->enable &= EN_ALL;
	if (base != pm->base)
		acpi_pm_move(pm, base);
	update(pm);
}
