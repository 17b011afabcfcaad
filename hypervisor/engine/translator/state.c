/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VP is besides its registers and MSRs, as it is saved (core/vp_state.h). No thread is in hv_vp_run(). */
#include "core/vp_state.h"
#include "engine/translator/interp/interp.h"
#include "engine/translator/mmu/mmu.h"
#include "engine/translator/translator.h"
#include "engine/translator/vector/vector_priv.h"

#include <errno.h>

_Static_assert((int)VP_HALTED == ACTIVITY_HALTED && (int)VP_WAIT_SIPI == ACTIVITY_WAIT_SIPI &&
		   (int)VP_SHUTDOWN == ACTIVITY_SHUTDOWN && (int)VP_IDLE == ACTIVITY_IDLE &&
		   (int)VP_STOPPED == ACTIVITY_STOPPED,
	       "numbers of activities");
_Static_assert(sizeof(struct vector_area) <= VP_STATE_XSAVE_BYTES, "room for the vector state");

/* --- saving -------------------------------------------------------------------------------------------- */

static void get_events(struct vcpu *cpu, struct vp_state *state)
{
	uint32_t events = atomic_load(&cpu->apic.events);
	state->activity = cpu->activity;
	state->interrupt_shadow = cpu->interrupt_shadow;
	state->nmi_blocked = cpu->nmi_blocked;
	state->nmi_pending = !!(events & APIC_EVENT_NMI);
	state->init_pending = !!(events & APIC_EVENT_INIT);
	state->sipi_pending = !!(events & APIC_EVENT_SIPI);
	state->sipi_vector = atomic_load(&cpu->apic.sipi_vector);
	state->has_interrupt = cpu->extint_ready;
	state->interrupt_vector = cpu->extint_vector;
	state->has_exception = cpu->raised;
	state->exception_vector = cpu->exception.vector;
	state->exception_has_error = cpu->exception.has_error;
	state->exception_error = cpu->exception.error;
	state->exception_payload =
	    cpu->exception.vector == VECTOR_PF ? cpu->exception.address : cpu->exception.dr6;
	for (unsigned i = 0; i < 4; i++)
		state->eoi_pending[i] = cpu->eoi_pending[i];
}

int translator_get_state(struct hv_vp *vp, struct vp_state *ret_state)
{
	struct vcpu *cpu = vp->engine;
	if (cpu->mmio.count || cpu->delivering)
		return -EBUSY;
	bytes_fill(ret_state, 0, sizeof(*ret_state));
	apic_get_state(&cpu->apic, &ret_state->apic);
	ret_state->tsc_offset = cpu->tsc_offset + cpu->tsc_base;
	ret_state->tsc_adjust = cpu->tsc_adjust;
	get_events(cpu, ret_state);
	bytes_copy(ret_state->xsave, cpu->vector_area, sizeof(struct vector_area));
	return 0;
}

/* --- restoring ----------------------------------------------------------------------------------------- */

/* XRSTOR faults on what it does not know: only known components, only known bits of MXCSR. */
static void set_vector(struct vcpu *cpu, const struct vp_state *state)
{
	struct vector_area *area = (struct vector_area *)cpu->vector_area;
	bytes_copy(area, state->xsave, sizeof(*area));
	area->xstate_bv &= vector_host.components & (cpu->xcr0 | VECTOR_SSE);
	area->xcomp_bv = 0;
	for (unsigned i = 0; i < 6; i++)
		area->header_rest[i] = 0;
	area->mxcsr &= vector_host.mxcsr_mask;
	area->sw = x87_status_fixed(area->sw, area->cw);
}

static void set_events(struct vcpu *cpu, const struct vp_state *state)
{
	uint32_t events = (state->nmi_pending ? APIC_EVENT_NMI : 0) |
			  (state->init_pending ? APIC_EVENT_INIT : 0) |
			  (state->sipi_pending ? APIC_EVENT_SIPI : 0);
	cpu->activity = state->activity;
	cpu->interrupt_shadow = !!state->interrupt_shadow;
	cpu->nmi_blocked = !!state->nmi_blocked;
	atomic_store(&cpu->apic.sipi_vector, state->sipi_vector);
	atomic_store(&cpu->apic.events, events);
	cpu->extint_ready = !!state->has_interrupt;
	cpu->extint_vector = state->interrupt_vector;
	cpu->raised = !!state->has_exception;
	cpu->exception = (struct exception){
		.vector = state->exception_vector & 31,
		.has_error = state->exception_has_error,
		.error = state->exception_error,
		.address = state->exception_payload,
		.dr6 = state->exception_vector == VECTOR_DB ? state->exception_payload : 0,
	};
	for (unsigned i = 0; i < 4; i++)
		cpu->eoi_pending[i] = state->eoi_pending[i];
}

/* With PAE paging the processor keeps four entries, which saved registers do not tell: they are where CR3 points. */
static bool set_pdptes(struct vcpu *cpu)
{
	bool is_pae = (cpu->cr0 & CR0_PG) && (cpu->cr4 & CR4_PAE) && !cpu_long_mode(cpu);
	return !is_pae || mmu_load_pdptes(cpu, cpu->cr3);
}

int translator_set_state(struct hv_vp *vp, const struct vp_state *state)
{
	struct vcpu *cpu = vp->engine;
	cpu->slots = atomic_load(&vp->partition->slots);
	cpu->tsc_offset = state->tsc_offset - cpu->tsc_base;
	cpu->tsc_adjust = state->tsc_adjust;
	if (state->activity >= VP_ACTIVITIES || !apic_set_state(&cpu->apic, &state->apic) || !set_pdptes(cpu))
		return -EINVAL;
	set_vector(cpu, state);
	set_events(cpu, state);
	tlb_flush_all(cpu);
	vcpu_request(cpu, REQUEST_INTERRUPT | REQUEST_TIMER);
	return 0;
}
