/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RTL8139: registers, interrupts, timer, life. Sections are those of the data sheet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io_bus.h"
#include "pci.h"
#include "rtl8139_priv.h"
#include "state/state.h"
#include "vm_clock.h"

enum {
	PCI_TIMING = 0x3e,
	REVISION = 0x10,
	TIMER_HZ = 33000000, /* TCTR counts PCI clocks */

	CONFIG1_MAPPED = 3 << 2, /* by ports and by memory: always */
	CONFIG1_WRITABLE = 0xf3,
	MSR_NO_LINK = 1 << 2,
	BMCR_WRITABLE = 0x3100, /* 100 Mbit/s, negotiation, both ways at once */
	BMCR_RESET = 1 << 15,
	BMSR_ABILITIES = 0x7809,
	BMSR_LINK = 1 << 2 | 1 << 5, /* and negotiated */
	ANAR_DEFAULT = 0x01e1,
	PARTNER = 0x41e1,
	CSCR_DEFAULT = 0x07c0,
	CSCR_LINK = 1 << 3,
};

/* --- interrupts and timer ---------------------------------------------------------------------------- */

static void update_irq(struct rtl8139 *nic)
{
	pci_set_irq(nic->function, nic->isr & nic->imr);
}

void rtl_interrupt(struct rtl8139 *nic, unsigned bits)
{
	nic->isr |= (uint16_t)bits;
	update_irq(nic);
}

static uint32_t timer_count(const struct rtl8139 *nic)
{
	return (uint32_t)vm_clock_scale(vm_clock_now(nic->config.clock) - nic->timer_start_ns, TIMER_HZ,
					NS_PER_SECOND);
}

/* 5.11: when TCTR comes to TimerInt again; 0 is never. */
static void set_timer(struct rtl8139 *nic)
{
	uint32_t left = nic->timer_wanted - timer_count(nic);
	uint64_t ticks = left ? left : (uint64_t)1 << 32;

	vm_timer_set(nic->timer, nic->timer_wanted ? vm_clock_now(nic->config.clock) +
							 vm_clock_scale(ticks, NS_PER_SECOND, TIMER_HZ) + 1
						   : VM_CLOCK_NEVER);
}

static void on_timer(void *opaque)
{
	struct rtl8139 *nic = opaque;

	rtl_interrupt(nic, RTL_INT_TIMER);
	set_timer(nic);
}

/* --- reset ------------------------------------------------------------------------------------------- */

/* 5.4, RST: all but addresses, PCI and what the EEPROM says. */
static void reset_operation(struct rtl8139 *nic)
{
	for (unsigned i = 0; i < RTL_DESCRIPTORS; i++) {
		nic->tsd[i] = RTL_TSD_OWN;
		nic->tsad[i] = 0;
	}
	nic->next = 0;
	nic->rbstart = 0;
	nic->command = 0;
	nic->imr = nic->isr = 0;
	nic->tcr = nic->rcr = nic->missed = nic->timer_wanted = 0;
	nic->multiple = 0;
	rtl_restart_ring(nic);
	nic->timer_start_ns = vm_clock_now(nic->config.clock);
	set_timer(nic);
	update_irq(nic);
}

static void power_on(void *opaque)
{
	struct rtl8139 *nic = opaque;

	memcpy(nic->idr, nic->config.mac, sizeof(nic->idr));
	memset(nic->mar, 0, sizeof(nic->mar));
	nic->config1 = CONFIG1_MAPPED;
	nic->config3 = nic->config4 = 0;
	nic->bmcr = BMCR_WRITABLE;
	nic->advertised = ANAR_DEFAULT;
	rtl_eeprom_write(nic, 0);
	reset_operation(nic);
	nic->config.ops->on_work(nic->config.opaque); /* nobody receives any more */
}

/* --- reading ----------------------------------------------------------------------------------------- */

/*
 * Each register has a width; accesses are put together from those of whole registers. 1: bytes of their own.
 */
static unsigned width_of(unsigned offset)
{
	if ((offset >= RTL_TSD && offset < RTL_RBSTART + 4) || (offset >= RTL_TCR && offset < RTL_9346CR) ||
	    (offset >= RTL_TIMERINT && offset < RTL_TIMERINT + 4))
		return 4;
	if ((offset >= RTL_CAPR && offset < RTL_ISR + 2) ||
	    (offset >= RTL_MULINT && offset < RTL_MULINT + 2) ||
	    (offset >= RTL_TSAD_ALL && offset < RTL_ANER + 2) ||
	    (offset >= RTL_CSCR && offset < RTL_CSCR + 2))
		return 2;
	return 1;
}

static uint32_t read_wide(const struct rtl8139 *nic, unsigned offset)
{
	if (offset < RTL_TSAD)
		return nic->tsd[(offset - RTL_TSD) / 4];
	if (offset < RTL_RBSTART)
		return nic->tsad[(offset - RTL_TSAD) / 4];
	switch (offset) {
	case RTL_RBSTART: return nic->rbstart;
	case RTL_TCR: return nic->tcr | RTL_TCR_VERSION;
	case RTL_RCR: return nic->rcr;
	case RTL_TCTR: return timer_count(nic);
	case RTL_MPC: return nic->missed;
	default: return nic->timer_wanted;
	}
}

static uint32_t read_word(const struct rtl8139 *nic, unsigned offset)
{
	switch (offset) {
	case RTL_CAPR: return (nic->read_at - 16) & 0xffff;
	case RTL_CBR: return nic->write_at;
	case RTL_IMR: return nic->imr;
	case RTL_ISR: return nic->isr;
	case RTL_MULINT: return nic->multiple;
	case RTL_TSAD_ALL: return rtl_all_tsd(nic);
	case RTL_BMCR: return nic->bmcr;
	case RTL_BMSR: return BMSR_ABILITIES | (nic->is_link_up ? BMSR_LINK : 0);
	case RTL_ANAR: return nic->advertised;
	case RTL_ANLPAR: return nic->is_link_up ? PARTNER : 0;
	case RTL_ANER: return nic->is_link_up;
	default: return CSCR_DEFAULT | (nic->is_link_up ? CSCR_LINK : 0);
	}
}

static uint32_t read_byte(const struct rtl8139 *nic, unsigned offset)
{
	if (offset < RTL_IDR + 6)
		return nic->idr[offset];
	if (offset >= RTL_MAR && offset < RTL_MAR + 8)
		return nic->mar[offset - RTL_MAR];
	switch (offset) {
	case RTL_COMMAND: return nic->command | (nic->read_at == nic->write_at ? RTL_COMMAND_EMPTY : 0);
	case RTL_9346CR: return rtl_eeprom_read(nic);
	case RTL_CONFIG1: return nic->config1;
	case RTL_MSR: return nic->is_link_up ? 0 : MSR_NO_LINK;
	case RTL_CONFIG3: return nic->config3;
	case RTL_CONFIG4: return nic->config4;
	case RTL_RERID: return REVISION;
	default: return 0;
	}
}

static uint32_t read_register(const struct rtl8139 *nic, unsigned offset, unsigned width)
{
	return width == 4   ? read_wide(nic, offset)
	       : width == 2 ? read_word(nic, offset)
			    : read_byte(nic, offset);
}

static uint64_t on_read(void *opaque, uint64_t offset, unsigned size)
{
	const struct rtl8139 *nic = opaque;
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++) {
		unsigned at = (unsigned)offset + i, width = width_of(at), byte = at & (width - 1);

		value |= (uint64_t)(read_register(nic, at - byte, width) >> byte * 8 & 0xff) << i * 8;
	}
	return value;
}

/* --- writing ----------------------------------------------------------------------------------------- */

static bool may_configure(const struct rtl8139 *nic)
{
	return (nic->eeprom.lines & RTL_9346_MODE) == RTL_9346_CONFIG;
}

static void work(struct rtl8139 *nic)
{
	nic->config.ops->on_work(nic->config.opaque);
}

static void write_command(struct rtl8139 *nic, uint8_t value)
{
	uint8_t had = nic->command;

	if (value & RTL_COMMAND_RESET) {
		reset_operation(nic);
		work(nic);
		return;
	}
	nic->command = value & (RTL_COMMAND_SEND | RTL_COMMAND_RECEIVE);
	if (nic->command & ~had & RTL_COMMAND_RECEIVE)
		rtl_restart_ring(nic);
	work(nic);
}

static void write_rcr(struct rtl8139 *nic, uint32_t value)
{
	nic->rcr = value & RTL_RCR_WRITABLE;
	nic->read_at &= rtl_ring_size(nic) - 1;
	nic->write_at &= rtl_ring_size(nic) - 1;
	work(nic);
}

static void write_wide(struct rtl8139 *nic, unsigned offset, uint32_t value)
{
	switch (offset) {
	case RTL_RBSTART:
		nic->rbstart = value;
		rtl_restart_ring(nic);
		work(nic);
		return;
	case RTL_TCR: nic->tcr = value & RTL_TCR_WRITABLE; return;
	case RTL_RCR: write_rcr(nic, value); return;
	case RTL_MPC: nic->missed = 0; return; /* 5.10: whatever is written */
	case RTL_TCTR: nic->timer_start_ns = vm_clock_now(nic->config.clock); break;
	case RTL_TIMERINT: nic->timer_wanted = value; break;
	default:
		if (offset < RTL_TSAD)
			rtl_write_tsd(nic, (offset - RTL_TSD) / 4, value);
		else
			nic->tsad[(offset - RTL_TSAD) / 4] = value;
		return;
	}
	set_timer(nic);
}

static void write_word(struct rtl8139 *nic, unsigned offset, uint16_t value)
{
	switch (offset) {
	case RTL_CAPR:
		nic->read_at = (value + 16u) & (rtl_ring_size(nic) - 1);
		work(nic);
		return;
	case RTL_IMR: nic->imr = value & RTL_INT_ALL; break;
	case RTL_ISR: nic->isr &= (uint16_t)~value; break;
	case RTL_MULINT: nic->multiple = value & 0xfff; return;
	case RTL_BMCR: nic->bmcr = value & BMCR_RESET ? BMCR_WRITABLE : value & BMCR_WRITABLE; return;
	case RTL_ANAR: nic->advertised = value; return;
	default: return;
	}
	update_irq(nic);
}

static void write_byte(struct rtl8139 *nic, unsigned offset, uint8_t value)
{
	if (offset < RTL_IDR + 6 && may_configure(nic))
		nic->idr[offset] = value;
	else if (offset >= RTL_MAR && offset < RTL_MAR + 8)
		nic->mar[offset - RTL_MAR] = value;
	else if (offset == RTL_COMMAND)
		write_command(nic, value);
	else if (offset == RTL_9346CR)
		rtl_eeprom_write(nic, value);
	else if (offset == RTL_CONFIG1 && may_configure(nic))
		nic->config1 = (value & CONFIG1_WRITABLE) | CONFIG1_MAPPED;
	else if (offset == RTL_CONFIG3 && may_configure(nic))
		nic->config3 = value;
	else if (offset == RTL_CONFIG4 && may_configure(nic))
		nic->config4 = value;
}

/* A part of a register leaves the rest as it is; of ISR, where ones clear, the rest is zeros. */
static void write_register(struct rtl8139 *nic, unsigned offset, unsigned width, uint32_t value,
			   uint32_t mask)
{
	uint32_t whole = offset == RTL_ISR ? value : (read_register(nic, offset, width) & ~mask) | value;

	if (width == 4)
		write_wide(nic, offset, whole);
	else if (width == 2)
		write_word(nic, offset, (uint16_t)whole);
	else
		write_byte(nic, offset, (uint8_t)whole);
}

static void on_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	while (size > 0) {
		unsigned width = width_of((unsigned)offset), byte = (unsigned)offset & (width - 1);
		unsigned count = width - byte < size ? width - byte : size;
		uint32_t mask = (count == 4 ? UINT32_MAX : (1u << count * 8) - 1) << byte * 8;

		write_register(opaque, (unsigned)offset - byte, width, (uint32_t)(value << byte * 8) & mask,
			       mask);
		offset += count;
		size -= count;
		value >>= count * 8;
	}
}

static const struct io_handler handler = { on_read, on_write, 4 };

/* --- life -------------------------------------------------------------------------------------------- */

void rtl8139_set_link(struct rtl8139 *nic, bool is_up)
{
	if (nic->is_link_up == is_up)
		return;
	nic->is_link_up = is_up;
	rtl_interrupt(nic, RTL_INT_LINK);
}

static void on_config_write(void *opaque, unsigned offset, unsigned size)
{
	if (offset < PCI_COMMAND + 2)
		work(opaque); /* it may be a bus master now */
}

static int add_function(struct rtl8139 *nic)
{
	const struct pci_function_config config = {
		.vendor = RTL8139_VENDOR,
		.device = RTL8139_DEVICE,
		.subsystem_vendor = RTL8139_VENDOR,
		.subsystem = RTL8139_DEVICE,
		.class_code = 0x020000,
		.revision = REVISION,
		.interrupt_pin = 1,
		.on_write = on_config_write,
		.on_reset = power_on,
		.opaque = nic,
	};
	int r = pci_function_new(nic->config.pci, nic->config.devfn, &config, &nic->function);

	if (r == 0)
		r = pci_add_port_bar(nic->function, 0, RTL_SPACE, &handler, nic);
	if (r == 0)
		r = pci_add_memory_bar(nic->function, 1, RTL_SPACE, &handler, nic);
	if (r == 0)
		pci_define(nic->function, PCI_TIMING, 2, 0x4020, 0);
	return r;
}

int rtl8139_new(const struct rtl8139_config *config, struct rtl8139 **ret_nic)
{
	struct rtl8139 *nic = calloc(1, sizeof(*nic));
	int r;

	if (!nic)
		return -ENOMEM;
	nic->config = *config;
	r = vm_timer_new(config->clock, on_timer, nic, &nic->timer);
	if (r == 0)
		r = add_function(nic);
	if (r < 0) {
		rtl8139_free(nic);
		return r;
	}
	power_on(nic);
	*ret_nic = nic;
	return 0;
}

struct rtl8139 *rtl8139_free(struct rtl8139 *nic)
{
	if (!nic)
		return NULL;
	pci_function_free(nic->function);
	vm_timer_free(nic->timer);
	free(nic);
	return NULL;
}

/* --- saved state ------------------------------------------------------------------------------------- */

static void frames_state(struct rtl8139 *nic, struct state *state)
{
	for (unsigned i = 0; i < RTL_DESCRIPTORS; i++) {
		state_u32(state, &nic->tsd[i]);
		state_u32(state, &nic->tsad[i]);
	}
	state_u32_max(state, &nic->next, RTL_DESCRIPTORS - 1);
	state_u32(state, &nic->rbstart);
	state_u8(state, &nic->command);
	state_u32(state, &nic->tcr);
	state_u32(state, &nic->rcr);
	state_u32_max(state, &nic->read_at, rtl_ring_size(nic) - 1);
	state_u32_max(state, &nic->write_at, rtl_ring_size(nic) - 1);
	state_u32_max(state, &nic->missed, 0xffffff);
}

static void eeprom_state(struct rtl_eeprom *eeprom, struct state *state)
{
	state_u8(state, &eeprom->lines);
	state_u8(state, &eeprom->bits);
	state_u16(state, &eeprom->shift);
	state_u8(state, &eeprom->out_left);
	state_bool(state, &eeprom->is_reading);
	state_bool(state, &eeprom->data_out);
}

void rtl8139_state(struct rtl8139 *nic, struct state *state, const char *name)
{
	if (!state_begin(state, name, 1))
		return;
	state_bytes(state, nic->idr, sizeof(nic->idr));
	state_bytes(state, nic->mar, sizeof(nic->mar));
	frames_state(nic, state);
	state_u16(state, &nic->imr);
	state_u16(state, &nic->isr);
	state_bool(state, &nic->is_link_up);
	state_u32(state, &nic->timer_wanted);
	state_u64(state, &nic->timer_start_ns);
	state_u8(state, &nic->config1);
	state_u8(state, &nic->config3);
	state_u8(state, &nic->config4);
	state_u16(state, &nic->multiple);
	state_u16(state, &nic->bmcr);
	state_u16(state, &nic->advertised);
	eeprom_state(&nic->eeprom, state);
	state_end(state);
	if (state_is_reading(state)) {
		set_timer(nic);
		work(nic);
	}
}
