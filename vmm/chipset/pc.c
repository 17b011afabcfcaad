/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest PC: makes the chips, wires them, resets them. */
#include <errno.h>
#include <stdlib.h>

#include "pc.h"
#include "state/state.h"

/* --- wires --------------------------------------------------------------------------------------- */

static void set_intr(void *opaque, bool level)
{
	struct pc *pc = opaque;

	pc->ops->set_extint(pc->opaque, level);
	ioapic_set_line(pc->ioapic, 0, level); /* for a guest that takes the 8259s through an ExtINT pin */
}

static void update_pit(struct pc *pc)
{
	pit_set_listened(pc->pit, pc->pic_listens || pc->ioapic_listens);
}

static void on_pic_listen(void *opaque, unsigned irq, bool is_listened)
{
	struct pc *pc = opaque;

	if (irq != 0)
		return;
	pc->pic_listens = is_listened;
	update_pit(pc);
}

static void on_ioapic_listen(void *opaque, unsigned pin, bool is_listened)
{
	struct pc *pc = opaque;

	if (pin != 2)
		return;
	pc->ioapic_listens = is_listened;
	update_pit(pc);
}

static void sync_sources(void *opaque)
{
	struct pc *pc = opaque;

	pit_sync(pc->pit);
}

static void deliver(void *opaque, uint64_t address, uint32_t data)
{
	struct pc *pc = opaque;

	pc->ops->interrupt(pc->opaque, address, data);
}

static void on_power_off(void *opaque)
{
	struct pc *pc = opaque;

	pc->ops->on_power_off(pc->opaque);
}

static void on_reset(void *opaque)
{
	struct pc *pc = opaque;

	pc->ops->on_reset(pc->opaque);
}

static const struct pic_ops pic_ops = { .set_intr = set_intr, .listen = on_pic_listen, .sync = sync_sources };
static const struct ioapic_ops ioapic_ops = { .deliver = deliver, .listen = on_ioapic_listen };
static const struct acpi_pm_ops pm_ops = { .on_power_off = on_power_off };
static const struct reset_ops reset_ops = { .on_reset = on_reset };

/* --- ports that are written by habit -------------------------------------------------------------- */

static uint64_t ignore_read(void *opaque, uint64_t offset, unsigned size)
{
	return UINT64_MAX;
}

static void ignore_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
}

static const struct io_handler ignore_handler = { ignore_read, ignore_write, 4 };

static int add_ignored_ports(struct io_bus *bus)
{
	/* POST codes, delays; the 387's busy latch and reset. */
	static const struct {
		uint16_t first, count;
	} ports[] = { { 0x80, 1 }, { 0xed, 1 }, { 0xf0, 2 } };
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(ports) / sizeof(ports[0]); i++)
		r = io_bus_add_ports(bus, ports[i].first, ports[i].count, &ignore_handler, NULL);
	return r;
}

/* --- making -------------------------------------------------------------------------------------- */

static int make_interrupts(struct pc *pc, bool has_pci)
{
	int r = pic_new(&pic_ops, pc, &pc->pic);

	if (r == 0)
		r = ioapic_new(has_pci ? IOAPIC_PINS : IOAPIC_ISA_PINS, &ioapic_ops, pc, &pc->ioapic);
	if (r == 0)
		r = irq_router_new(pc->pic, pc->ioapic, &pc->irqs);
	if (r == 0)
		r = pic_attach(pc->pic, pc->bus);
	if (r == 0)
		r = ioapic_attach(pc->ioapic, pc->bus);
	return r;
}

static int make_timers(struct pc *pc, int64_t rtc_utc_offset_s)
{
	struct irq_line irq;
	int r = irq_router_connect(pc->irqs, 0, &irq);

	if (r == 0)
		r = pit_new(pc->clock, &irq, &pc->pit);
	if (r == 0)
		r = pit_attach(pc->pit, pc->bus);
	if (r == 0)
		r = irq_router_connect(pc->irqs, 8, &irq);
	if (r == 0)
		r = rtc_new(pc->clock, &irq, rtc_utc_offset_s, &pc->rtc);
	if (r == 0)
		r = rtc_attach(pc->rtc, pc->bus);
	return r;
}

static int make_uart(struct pc *pc, unsigned index, const struct uart_ops *ops, void *opaque)
{
	static const uint16_t ports[PC_UARTS] = { UART_COM1, UART_COM2 };
	static const uint8_t irqs[PC_UARTS] = { 4, 3 };
	struct irq_line irq;
	int r;

	if (!ops)
		return 0;
	r = irq_router_connect(pc->irqs, irqs[index], &irq);
	if (r == 0)
		r = uart_new(pc->clock, &irq, ops, opaque, &pc->uarts[index]);
	if (r == 0)
		r = uart_attach(pc->uarts[index], pc->bus, ports[index]);
	return r;
}

static int make_power(struct pc *pc, bool has_pci)
{
	struct irq_line irq;
	int r = irq_router_connect(pc->irqs, ACPI_PM_IRQ, &irq);

	if (r == 0)
		r = acpi_pm_new(pc->clock, &irq, true, &pm_ops, pc, &pc->pm);
	if (r == 0)
		r = acpi_pm_attach(pc->pm, pc->bus);
	if (r == 0)
		r = reset_control_new(&reset_ops, pc, &pc->reset);
	if (r == 0)
		r = reset_control_attach(pc->reset, pc->bus, !has_pci);
	return r;
}

static int make_keyboard_controller(struct pc *pc)
{
	struct irq_line irqs[2];
	int r = irq_router_connect(pc->irqs, 1, &irqs[I8042_KEYBOARD]);

	if (r == 0)
		r = irq_router_connect(pc->irqs, 12, &irqs[I8042_MOUSE]);
	if (r == 0)
		r = i8042_new(irqs, &reset_ops, pc, &pc->i8042);
	if (r == 0)
		r = i8042_attach(pc->i8042, pc->bus);
	return r;
}

static int make_board(struct pc *pc)
{
	int r = pci_bus_new(pc->bus, pc->irqs, pc->reset, &pc->pci);

	if (r == 0)
		r = pci_bus_attach(pc->pci);
	if (r == 0)
		r = i440fx_new(pc->pci, pc->pm, &pc->board);
	return r;
}

static int make_ide(struct pc *pc, const struct pc_config *config)
{
	struct irq_line irqs[2];
	int r = irq_router_connect(pc->irqs, 14, &irqs[0]);

	if (r == 0)
		r = irq_router_connect(pc->irqs, 15, &irqs[1]);
	if (r == 0)
		r = ide_new(pc->bus, pc->pci, irqs, config->dma, config->ide_ops, config->ide_opaque,
			    &pc->ide);
	if (r == 0)
		r = ide_attach(pc->ide);
	return r;
}

static int make_all(struct pc *pc, const struct pc_config *config)
{
	int r = io_bus_new(&pc->bus);

	pc->clock = config->clock;
	if (r == 0 && !pc->clock) {
		r = vm_clock_new(config->loop, pc->bus, &pc->clock);
		pc->owns_clock = r == 0;
	}
	if (r == 0)
		r = make_interrupts(pc, config->has_pci);
	if (r == 0)
		r = make_timers(pc, config->rtc_utc_offset_s);
	for (unsigned i = 0; r == 0 && i < PC_UARTS; i++)
		r = make_uart(pc, i, config->uart_ops[i], config->uart_opaque[i]);
	if (r == 0)
		r = make_power(pc, config->has_pci);
	if (r == 0)
		r = make_keyboard_controller(pc);
	if (r == 0 && config->has_pci)
		r = make_board(pc);
	if (r == 0 && config->has_pci && config->dma)
		r = make_ide(pc, config);
	if (r == 0)
		r = add_ignored_ports(pc->bus);
	return r;
}

int pc_new(const struct pc_config *config, struct pc **ret_pc)
{
	struct pc *pc = calloc(1, sizeof(*pc));
	int r;

	if (!pc)
		return -ENOMEM;
	pc->ops = config->ops;
	pc->opaque = config->opaque;
	pc->pic_listens = true; /* no mask is set at first */
	r = make_all(pc, config);
	if (r < 0) {
		pc_free(pc);
		return r;
	}
	*ret_pc = pc;
	return 0;
}

struct pc *pc_free(struct pc *pc)
{
	if (!pc)
		return NULL;
	ide_free(pc->ide);
	i440fx_free(pc->board);
	pci_bus_free(pc->pci);
	i8042_free(pc->i8042);
	reset_control_free(pc->reset);
	acpi_pm_free(pc->pm);
	for (unsigned i = 0; i < PC_UARTS; i++)
		uart_free(pc->uarts[i]);
	rtc_free(pc->rtc);
	pit_free(pc->pit);
	irq_router_free(pc->irqs);
	ioapic_free(pc->ioapic);
	pic_free(pc->pic);
	if (pc->owns_clock)
		vm_clock_free(pc->clock);
	io_bus_free(pc->bus);
	free(pc);
	return NULL;
}

void pc_reset(struct pc *pc)
{
	io_bus_lock(pc->bus);
	i8042_reset(pc->i8042);
	reset_control_reset(pc->reset);
	acpi_pm_reset(pc->pm);
	if (pc->pci)
		pci_bus_reset(pc->pci);
	if (pc->ide)
		ide_reset(pc->ide);
	for (unsigned i = 0; i < PC_UARTS; i++)
		if (pc->uarts[i])
			uart_reset(pc->uarts[i]);
	rtc_reset(pc->rtc);
	pit_reset(pc->pit);
	irq_router_reset(pc->irqs);
	pic_reset(pc->pic);
	ioapic_reset(pc->ioapic);
	io_bus_unlock(pc->bus);
}

/* --- what the VP threads call ---------------------------------------------------------------------- */

uint32_t pc_port_read(struct pc *pc, uint16_t port, unsigned size)
{
	return io_bus_port_read(pc->bus, port, size);
}

void pc_port_write(struct pc *pc, uint16_t port, unsigned size, uint32_t value)
{
	io_bus_port_write(pc->bus, port, size, value);
}

uint64_t pc_mmio_read(struct pc *pc, uint64_t gpa, unsigned size)
{
	return io_bus_mmio_read(pc->bus, gpa, size);
}

void pc_mmio_write(struct pc *pc, uint64_t gpa, unsigned size, uint64_t value)
{
	io_bus_mmio_write(pc->bus, gpa, size, value);
}

void pc_eoi(struct pc *pc, uint8_t vector)
{
	io_bus_lock(pc->bus);
	ioapic_eoi(pc->ioapic, vector);
	io_bus_unlock(pc->bus);
}

uint8_t pc_extint_vector(struct pc *pc)
{
	uint8_t vector;

	io_bus_lock(pc->bus);
	vector = pic_acknowledge(pc->pic);
	io_bus_unlock(pc->bus);
	return vector;
}

/* --- saved state ----------------------------------------------------------------------------------- */

static void wires_state(struct pc *pc, struct state *state)
{
	if (!state_begin(state, "wires", 1))
		return;
	state_bool(state, &pc->pic_listens);
	state_bool(state, &pc->ioapic_listens);
	state_end(state);
}

/* The PIC drives its INTR while the I/O APIC is masked still; the lines between are taken back as they stood. */
void pc_state(struct pc *pc, struct state *state)
{
	static const char *const uart_names[PC_UARTS] = { "uart com1", "uart com2" };

	io_bus_lock(pc->bus);
	if (pc->owns_clock)
		vm_clock_state(pc->clock, state);
	wires_state(pc, state);
	if (pc->pci)
		pci_bus_state(pc->pci, state);
	pit_state(pc->pit, state);
	rtc_state(pc->rtc, state);
	for (unsigned i = 0; i < PC_UARTS; i++)
		if (pc->uarts[i])
			uart_state(pc->uarts[i], state, uart_names[i]);
	acpi_pm_state(pc->pm, state);
	reset_control_state(pc->reset, state);
	i8042_state(pc->i8042, state);
	pic_state(pc->pic, state);
	ioapic_state(pc->ioapic, state);
	irq_router_state(pc->irqs, state);
	io_bus_unlock(pc->bus);
}
