/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC's registers, and the way of a vector from IRR through ISR to EOI. Timer and IPIs have their
 * own files.
 */
#include "core/apic_priv.h"
#include "hv/hv.h"

/* --- vectors ------------------------------------------------------------------------------------------- */

static int highest_vector(const uint64_t words[4])
{
	for (int i = 3; i >= 0; i--)
		if (words[i])
			return i * 64 + 63 - __builtin_clzll(words[i]);
	return -1;
}

static int highest_irr(const struct apic *apic)
{
	for (int i = 3; i >= 0; i--) {
		uint64_t word = atomic_load(&apic->irr[i]);

		if (word)
			return i * 64 + 63 - __builtin_clzll(word);
	}
	return -1;
}

/* SDM 3, 11.8.3.1. */
static uint32_t processor_priority(const struct apic *apic)
{
	int in_service = highest_vector(apic->isr);

	if (in_service < 0 || (apic->tpr & 0xf0) >= (uint32_t)(in_service & 0xf0))
		return apic->tpr;
	return (uint32_t)(in_service & 0xf0);
}

int apic_pending_vector(struct apic *apic)
{
	int vector = highest_irr(apic);

	if (vector < 0 || !apic_is_enabled(apic))
		return -1;
	return (uint32_t)(vector & 0xf0) > (processor_priority(apic) & 0xf0) ? vector : -1;
}

/* After something that lowers the priority threshold. */
static void kick_if_pending(struct apic *apic)
{
	if (apic_pending_vector(apic) >= 0)
		apic->ops->kick(apic);
}

void apic_accept(struct apic *apic, uint8_t vector)
{
	uint64_t bit = 1ull << (vector % 64);

	atomic_fetch_and(&apic->irr[vector / 64], ~bit);
	if (apic->auto_eoi[vector / 64] & bit)
		return;
	apic->isr[vector / 64] |= bit;
}

static void end_of_interrupt(struct apic *apic)
{
	int vector = highest_vector(apic->isr);
	uint64_t bit;

	if (vector < 0)
		return;
	bit = 1ull << (vector % 64);
	apic->isr[vector / 64] &= ~bit;
	if (atomic_load(&apic->tmr[vector / 64]) & bit)
		apic->ops->eoi(apic, (uint8_t)vector);
	kick_if_pending(apic);
}

void apic_post_vector(struct apic *apic, uint8_t vector, bool level)
{
	uint64_t bit = 1ull << (vector % 64);

	if (vector < VECTOR_MIN)
		return;
	if (level)
		atomic_fetch_or(&apic->tmr[vector / 64], bit);
	else
		atomic_fetch_and(&apic->tmr[vector / 64], ~bit);
	if (!(atomic_fetch_or(&apic->irr[vector / 64], bit) & bit))
		apic->ops->kick(apic);
}

/* --- events ------------------------------------------------------------------------------------------ */

void apic_post_event(struct apic *apic, enum apic_event event)
{
	if (event == APIC_EVENT_SMI)
		return; /* there is no system-management mode */
	atomic_fetch_or(&apic->events, (uint32_t)event);
	apic->ops->kick(apic);
}

void apic_set_extint_level(struct apic *apic, bool level)
{
	if (!level)
		atomic_fetch_and(&apic->events, ~(uint32_t)APIC_EVENT_EXTINT);
	else if (!(atomic_fetch_or(&apic->events, APIC_EVENT_EXTINT) & APIC_EVENT_EXTINT))
		apic->ops->kick(apic);
}

bool apic_extint_pending(const struct apic *apic)
{
	uint32_t lint0 = atomic_load(&apic->lint0);

	if (!(atomic_load(&apic->events) & APIC_EVENT_EXTINT))
		return false;
	/* Without the APIC, LINT0 is the processor's INTR pin (SDM 3, 11.4.3). */
	return !apic_is_enabled(apic) || (!(lint0 & LVT_MASKED) && (lint0 >> 8 & 7) == DELIVERY_EXTINT);
}

void apic_error(struct apic *apic, uint32_t bits)
{
	uint32_t lvt = apic->lvt[LVT_ERROR];

	apic->esr_pending |= bits;
	if (!(lvt & LVT_MASKED))
		apic_post_vector(apic, (uint8_t)lvt, false);
}

/* --- local vector table -------------------------------------------------------------------------------- */

/* Writable bits; delivery status and remote IRR read as 0 (nothing stays underway). */
static const uint32_t lvt_writable[LVT_COUNT] = {
	[LVT_CMCI] = 0x107ff,  [LVT_TIMER] = 0x700ff, [LVT_THERMAL] = 0x107ff, [LVT_PERF] = 0x107ff,
	[LVT_LINT0] = 0x1a7ff, [LVT_LINT1] = 0x1a7ff, [LVT_ERROR] = 0x100ff,
};

static int lvt_of_register(uint32_t reg)
{
	if (reg == APIC_LVT_CMCI)
		return LVT_CMCI;
	if (reg >= APIC_LVT_TIMER && reg <= APIC_LVT_ERROR)
		return (int)(LVT_TIMER + (reg - APIC_LVT_TIMER));
	return -1;
}

static void lvt_set(struct apic *apic, unsigned index, uint32_t value)
{
	uint32_t old = apic->lvt[index];

	value &= lvt_writable[index];
	if (!apic_is_software_enabled(apic))
		value |= LVT_MASKED; /* SDM 3, 11.4.7.2 */
	apic->lvt[index] = value;
	if (index == LVT_TIMER)
		apic_timer_lvt_changed(apic, old);
	if (index == LVT_LINT0) {
		atomic_store(&apic->lint0, value);
		if (apic_extint_pending(apic))
			apic->ops->kick(apic);
	}
}

static void svr_set(struct apic *apic, uint32_t value)
{
	bool was_enabled = apic_is_software_enabled(apic);

	atomic_store(&apic->svr, value & 0x3ff);
	if (was_enabled && !(value & SVR_ENABLE))
		for (unsigned i = 0; i < LVT_COUNT; i++)
			lvt_set(apic, i, apic->lvt[i]);
}

/* --- registers --------------------------------------------------------------------------------------- */

static uint32_t bitmap_word(const uint64_t *words, unsigned index)
{
	return (uint32_t)(words[index / 2] >> index % 2 * 32);
}

static uint32_t atomic_bitmap_word(const _Atomic uint64_t *words, unsigned index)
{
	return (uint32_t)(atomic_load(&words[index / 2]) >> index % 2 * 32);
}

static bool register_read_bitmaps(struct apic *apic, uint32_t reg, uint32_t *ret_value)
{
	if (reg >= APIC_ISR && reg < APIC_ISR + 8)
		*ret_value = bitmap_word(apic->isr, reg - APIC_ISR);
	else if (reg >= APIC_TMR && reg < APIC_TMR + 8)
		*ret_value = atomic_bitmap_word(apic->tmr, reg - APIC_TMR);
	else if (reg >= APIC_IRR && reg < APIC_IRR + 8)
		*ret_value = atomic_bitmap_word(apic->irr, reg - APIC_IRR);
	else
		return false;
	return true;
}

/* What both modes have; false for any other register. */
static bool register_read(struct apic *apic, uint32_t reg, uint32_t *ret_value)
{
	int lvt = lvt_of_register(reg);

	if (lvt >= 0) {
		*ret_value = apic->lvt[lvt];
		return true;
	}
	switch (reg) {
	case APIC_ID: *ret_value = apic_is_x2(apic) ? apic->id : apic->id << 24; return true;
	case APIC_VERSION: *ret_value = APIC_VERSION_VALUE; return true;
	case APIC_TPR: *ret_value = apic->tpr; return true;
	case APIC_PPR: *ret_value = processor_priority(apic); return true;
	case APIC_LDR: *ret_value = atomic_load(&apic->ldr); return true;
	case APIC_SVR: *ret_value = atomic_load(&apic->svr); return true;
	case APIC_ESR: *ret_value = apic->esr; return true;
	case APIC_ICR: *ret_value = (uint32_t)apic->icr; return true;
	case APIC_INITIAL_COUNT: *ret_value = apic->timer_initial; return true;
	case APIC_CURRENT_COUNT: *ret_value = apic_timer_current(apic); return true;
	case APIC_DIVIDE: *ret_value = apic->timer_divide; return true;
	default: return register_read_bitmaps(apic, reg, ret_value);
	}
}

static void tpr_set(struct apic *apic, uint32_t value)
{
	bool lowered = value < apic->tpr;

	apic->tpr = value & 0xff;
	if (lowered)
		kick_if_pending(apic);
}

static bool register_write(struct apic *apic, uint32_t reg, uint32_t value)
{
	int lvt = lvt_of_register(reg);

	if (lvt >= 0) {
		lvt_set(apic, (unsigned)lvt, value);
		return true;
	}
	switch (reg) {
	case APIC_TPR: tpr_set(apic, value); return true;
	case APIC_EOI: end_of_interrupt(apic); return true;
	case APIC_SVR: svr_set(apic, value); return true;
	case APIC_ESR: /* a write makes readable what has gathered (SDM 3, 11.5.3) */
		apic->esr = apic->esr_pending;
		apic->esr_pending = 0;
		return true;
	case APIC_INITIAL_COUNT: apic_timer_set_initial(apic, value); return true;
	case APIC_DIVIDE: apic_timer_set_divide(apic, value & 0xb); return true;
	default: return false;
	}
}

/* --- xAPIC: the page --------------------------------------------------------------------------------- */

bool apic_is_mmio_page(const struct apic *apic, uint64_t gpa)
{
	uint64_t base = atomic_load_explicit(&apic->base_msr, memory_order_relaxed);

	return !((base ^ gpa) >> 12) && (base & (BASE_ENABLE | BASE_EXTD)) == BASE_ENABLE;
}

uint32_t apic_mmio_read(struct apic *apic, uint32_t offset)
{
	uint32_t reg = offset >> 4, value = 0;

	if ((offset & 15) || register_read(apic, reg, &value))
		return value;
	switch (reg) {
	case APIC_DFR: return atomic_load(&apic->dfr);
	case APIC_ICR_HIGH: return (uint32_t)(apic->icr >> 32);
	case APIC_APR:
	case APIC_RRD:
	case APIC_EOI: return 0;
	default: apic_error(apic, ESR_ILLEGAL_REGISTER); return 0;
	}
}

void apic_mmio_write(struct apic *apic, uint32_t offset, uint32_t value)
{
	uint32_t reg = offset >> 4, ignored;

	if ((offset & 15) || register_write(apic, reg, value))
		return;
	switch (reg) {
	case APIC_LDR: atomic_store(&apic->ldr, value & 0xff000000); break;
	case APIC_DFR: atomic_store(&apic->dfr, value | 0x0fffffff); break;
	case APIC_ICR_HIGH: apic->icr = (uint32_t)apic->icr | (uint64_t)(value & 0xff000000) << 32; break;
	case APIC_ICR:
		apic->icr = (apic->icr & ~0xffffffffull) | (value & 0xccfff);
		apic_send_ipi(apic, apic->icr);
		break;
	default: /* read-only registers are not errors */
		if (!register_read(apic, reg, &ignored) && reg != APIC_APR && reg != APIC_RRD)
			apic_error(apic, ESR_ILLEGAL_REGISTER);
		break;
	}
}

/* --- x2APIC: the MSRs (SDM 3, 11.12) ----------------------------------------------------------------- */

static int x2_read(struct apic *apic, uint32_t reg, uint64_t *ret_value)
{
	uint32_t value;

	if (reg == APIC_ICR) {
		*ret_value = apic->icr;
		return 0;
	}
	if (!register_read(apic, reg, &value))
		return 1;
	*ret_value = value;
	return 0;
}

/* Bits of a register that may be written as 1; all others give #GP. -1: cannot be written. */
static int64_t x2_writable(uint32_t reg)
{
	int lvt = lvt_of_register(reg);

	if (lvt >= 0) /* delivery status and remote IRR are read-only, not reserved: Linux writes them as 1 */
		return lvt_writable[lvt] | 0x1000 | (lvt == LVT_LINT0 || lvt == LVT_LINT1 ? 0x4000 : 0);
	switch (reg) {
	case APIC_TPR:
	case APIC_SELF_IPI: return 0xff;
	case APIC_EOI:
	case APIC_ESR: return 0;
	case APIC_SVR: return 0x3ff;
	case APIC_INITIAL_COUNT: return 0xffffffff;
	case APIC_DIVIDE: return 0xb;
	default: return -1;
	}
}

static int x2_write_icr(struct apic *apic, uint64_t value)
{
	if (value & 0xfff33000)
		return 1;
	apic->icr = value;
	apic_send_ipi(apic, value);
	return 0;
}

static int x2_write(struct apic *apic, uint32_t reg, uint64_t value)
{
	int64_t writable = x2_writable(reg);

	if (reg == APIC_ICR)
		return x2_write_icr(apic, value);
	if (writable < 0 || (value & ~(uint64_t)writable))
		return 1;
	if (reg == APIC_SELF_IPI) {
		if (value < VECTOR_MIN)
			apic_error(apic, ESR_SEND_ILLEGAL_VECTOR);
		else if (apic_is_software_enabled(apic))
			apic_post_vector(apic, (uint8_t)value, false);
		return 0;
	}
	register_write(apic, reg, (uint32_t)value);
	return 0;
}

/* SDM 3, 11.12.10.2: clusters of 16 by the id. */
static uint32_t x2_logical_id(uint32_t id)
{
	return id >> 4 << 16 | 1u << (id & 15);
}

static void registers_reset(struct apic *apic);

/* The states and transitions of SDM 3, figure 11-27. */
static int base_write(struct apic *apic, uint64_t value)
{
	uint64_t old = atomic_load(&apic->base_msr), mode = BASE_ENABLE | BASE_EXTD;
	uint64_t allowed = BASE_BSP | mode | (((1ull << HV_GPA_BITS) - 1) & ~4095ull);

	if ((value & ~allowed) || (value & mode) == BASE_EXTD)
		return 1;
	if (!(old & BASE_ENABLE) && (value & BASE_EXTD))
		return 1;
	if ((old & BASE_EXTD) && (value & mode) == BASE_ENABLE)
		return 1;
	atomic_store(&apic->base_msr, (value & ~BASE_BSP) | (old & BASE_BSP));
	if ((old & BASE_ENABLE) && !(value & BASE_ENABLE)) {
		registers_reset(apic);
	} else if (!(old & BASE_EXTD) && (value & BASE_EXTD)) {
		atomic_store(&apic->ldr, x2_logical_id(apic->id));
		apic->icr &= 0xffffffff;
	}
	return 0;
}

enum { MSR_APIC_BASE = 0x1b, MSR_TSC_DEADLINE = 0x6e0, MSR_X2APIC = 0x800, MSR_X2APIC_LAST = 0x8ff };

int apic_msr_read(struct apic *apic, uint32_t index, uint64_t *ret_value)
{
	if (index == MSR_APIC_BASE)
		*ret_value = atomic_load(&apic->base_msr);
	else if (index == MSR_TSC_DEADLINE)
		*ret_value = apic_timer_get_deadline(apic);
	else if (index >= MSR_X2APIC && index <= MSR_X2APIC_LAST && apic_is_x2(apic))
		return x2_read(apic, index - MSR_X2APIC, ret_value);
	else
		return 1;
	return 0;
}

int apic_msr_write(struct apic *apic, uint32_t index, uint64_t value)
{
	if (index == MSR_APIC_BASE)
		return base_write(apic, value);
	if (index == MSR_TSC_DEADLINE)
		apic_timer_set_deadline(apic, value);
	else if (index >= MSR_X2APIC && index <= MSR_X2APIC_LAST && apic_is_x2(apic))
		return x2_write(apic, index - MSR_X2APIC, value);
	else
		return 1;
	return 0;
}

uint8_t apic_get_cr8(const struct apic *apic)
{
	return (uint8_t)(apic->tpr >> 4);
}

void apic_set_cr8(struct apic *apic, uint8_t value)
{
	tpr_set(apic, (uint32_t)(value & 15) << 4);
}

/*
 * --- reset
 * ---------------------------------------------------------------------------------------------------
 */

static void registers_reset(struct apic *apic)
{
	for (unsigned i = 0; i < 4; i++) {
		atomic_store(&apic->irr[i], 0);
		atomic_store(&apic->tmr[i], 0);
		apic->isr[i] = 0;
	}
	atomic_store(&apic->ldr, 0);
	atomic_store(&apic->dfr, 0xffffffff);
	atomic_store(&apic->svr, 0xff);
	apic->tpr = 0;
	apic->esr = apic->esr_pending = 0;
	apic->icr = 0;
	for (unsigned i = 0; i < LVT_COUNT; i++)
		apic->lvt[i] = LVT_MASKED;
	atomic_store(&apic->lint0, LVT_MASKED);
	apic_timer_reset(apic);
}

/*
 * The bootstrap processor begins in virtual-wire mode (LINT0 = ExtINT, unmasked), as firmware leaves it: a
 * machine whose kernel is loaded directly has no firmware that would do it.
 */
static void virtual_wire(struct apic *apic)
{
	apic->lvt[LVT_LINT0] = DELIVERY_EXTINT << 8;
	atomic_store(&apic->lint0, DELIVERY_EXTINT << 8);
}

void apic_reset(struct apic *apic, bool init)
{
	registers_reset(apic);
	if (init) {
		if (apic_is_x2(apic))
			atomic_store(&apic->ldr, x2_logical_id(apic->id));
		return;
	}
	atomic_store(&apic->base_msr, APIC_DEFAULT_BASE_MSR | BASE_ENABLE | (apic->id == 0 ? BASE_BSP : 0));
	if (apic->id == 0)
		virtual_wire(apic);
}

void apic_bus_init(struct apic_bus *bus)
{
	bus->count = 0;
	for (unsigned i = 0; i < sizeof(bus->apics) / sizeof(bus->apics[0]); i++)
		bus->apics[i] = NULL;
	atomic_store(&bus->next_lowest, 0);
}

void apic_init(struct apic *apic, struct apic_bus *bus, uint32_t id, const struct apic_ops *ops, void *owner)
{
	apic->ops = ops;
	apic->owner = owner;
	apic->bus = bus;
	apic->id = id;
	atomic_store(&apic->events, 0);
	atomic_store(&apic->sipi_vector, 0);
	apic->timer_divide = 0;
	apic_reset(apic, false);
	/* Last: from here on others may send to it. */
	__atomic_store_n(&bus->apics[id], apic, __ATOMIC_RELEASE);
	if (id >= bus->count)
		__atomic_store_n(&bus->count, id + 1, __ATOMIC_RELEASE);
}

void apic_deinit(struct apic *apic)
{
	if (apic->bus)
		__atomic_store_n(&apic->bus->apics[apic->id], NULL, __ATOMIC_RELEASE);
}
