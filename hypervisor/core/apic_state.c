/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC as it is saved: its registers by their numbers. */
#include "core/apic_priv.h"
#include "core/vp_state.h"

static const uint8_t lvt_registers[LVT_COUNT] = {
	[LVT_CMCI] = APIC_LVT_CMCI,   [LVT_TIMER] = APIC_LVT_TIMER, [LVT_THERMAL] = APIC_LVT_THERMAL,
	[LVT_PERF] = APIC_LVT_PERF,   [LVT_LINT0] = APIC_LVT_LINT0, [LVT_LINT1] = APIC_LVT_LINT1,
	[LVT_ERROR] = APIC_LVT_ERROR,
};

static void put_bitmap(uint32_t *registers, const uint64_t bits[4])
{
	for (unsigned i = 0; i < 8; i++)
		registers[i] = (uint32_t)(bits[i / 2] >> i % 2 * 32);
}

static void get_bitmap(uint64_t bits[4], const uint32_t *registers)
{
	for (unsigned i = 0; i < 4; i++)
		bits[i] = registers[2 * i] | (uint64_t)registers[2 * i + 1] << 32;
	bits[0] &= ~0ull << VECTOR_MIN;
}

static void load_all(uint64_t copy[4], _Atomic uint64_t bits[4])
{
	for (unsigned i = 0; i < 4; i++)
		copy[i] = atomic_load(&bits[i]);
}

static void store_all(_Atomic uint64_t bits[4], const uint64_t copy[4])
{
	for (unsigned i = 0; i < 4; i++)
		atomic_store(&bits[i], copy[i]);
}

/* A count that has just reached 0, whose interrupt is still to come, is not one that has stopped. */
static uint32_t count_left(struct apic *apic)
{
	uint32_t count = apic_timer_current(apic);
	bool is_counting = apic->timer_initial && apic->timer_deadline;

	return count == 0 && is_counting ? 1 : count;
}

void apic_get_state(struct apic *apic, struct apic_state *ret_state)
{
	uint32_t *registers = ret_state->registers;
	uint64_t bits[4];

	for (unsigned i = 0; i < APIC_STATE_REGISTERS; i++)
		registers[i] = 0;
	ret_state->base_msr = atomic_load(&apic->base_msr);
	ret_state->tsc_deadline = apic_timer_get_deadline(apic);
	ret_state->esr_pending = apic->esr_pending;
	ret_state->reserved = 0;
	registers[APIC_ID] = apic_is_x2(apic) ? apic->id : apic->id << 24;
	registers[APIC_VERSION] = APIC_VERSION_VALUE;
	registers[APIC_TPR] = apic->tpr;
	registers[APIC_LDR] = atomic_load(&apic->ldr);
	registers[APIC_DFR] = atomic_load(&apic->dfr);
	registers[APIC_SVR] = atomic_load(&apic->svr);
	registers[APIC_ESR] = apic->esr;
	registers[APIC_ICR] = (uint32_t)apic->icr;
	registers[APIC_ICR_HIGH] = (uint32_t)(apic->icr >> 32);
	registers[APIC_INITIAL_COUNT] = apic->timer_initial;
	registers[APIC_CURRENT_COUNT] = count_left(apic);
	registers[APIC_DIVIDE] = apic->timer_divide;
	for (unsigned i = 0; i < LVT_COUNT; i++)
		registers[lvt_registers[i]] = apic->lvt[i];
	put_bitmap(&registers[APIC_ISR], apic->isr);
	load_all(bits, apic->tmr);
	put_bitmap(&registers[APIC_TMR], bits);
	load_all(bits, apic->irr);
	put_bitmap(&registers[APIC_IRR], bits);
}

static bool base_is_valid(uint64_t base)
{
	uint64_t mode = base & (BASE_ENABLE | BASE_EXTD);

	return mode != BASE_EXTD && !(base & 0xff) && base >> 40 == 0;
}

static void set_bitmaps(struct apic *apic, const uint32_t *registers)
{
	uint64_t bits[4];

	get_bitmap(apic->isr, &registers[APIC_ISR]);
	get_bitmap(bits, &registers[APIC_TMR]);
	store_all(apic->tmr, bits);
	get_bitmap(bits, &registers[APIC_IRR]);
	store_all(apic->irr, bits);
}

bool apic_set_state(struct apic *apic, const struct apic_state *state)
{
	const uint32_t *registers = state->registers;

	if (!base_is_valid(state->base_msr))
		return false;
	atomic_store(&apic->base_msr, state->base_msr);
	atomic_store(&apic->ldr, registers[APIC_LDR]);
	atomic_store(&apic->dfr, registers[APIC_DFR] | 0x0fffffff);
	atomic_store(&apic->svr, registers[APIC_SVR] & 0x3ff);
	apic->tpr = registers[APIC_TPR] & 0xff;
	apic->esr = registers[APIC_ESR] & 0xff;
	apic->esr_pending = state->esr_pending & 0xff;
	apic->icr = (registers[APIC_ICR] & 0xccfff) | (uint64_t)registers[APIC_ICR_HIGH] << 32;
	for (unsigned i = 0; i < LVT_COUNT; i++)
		apic->lvt[i] = registers[lvt_registers[i]] & 0x7a7ff;
	atomic_store(&apic->lint0, apic->lvt[LVT_LINT0]);
	set_bitmaps(apic, registers);
	apic->timer_initial = registers[APIC_INITIAL_COUNT];
	apic->timer_divide = registers[APIC_DIVIDE] & 0xb;
	apic_timer_restore(apic, registers[APIC_CURRENT_COUNT], state->tsc_deadline);
	return true;
}
