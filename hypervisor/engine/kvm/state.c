/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM knows of a VP beyond its registers and MSRs, as it is saved (core/vp_state.h). */
#include "core/vp_state.h"
#include "core/apic_priv.h"
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <string.h>

enum { VECTOR_PF = 14 };
enum { MSR_APIC_BASE = 0x1b, MSR_TSC_ADJUST = 0x3b, MSR_TSC_DEADLINE = 0x6e0 };

_Static_assert(sizeof(struct kvm_xsave) == VP_STATE_XSAVE_BYTES, "room for the vector state");

/* --- saving -------------------------------------------------------------------------------------------- */

static int get_apic(struct hv_vp *vp, struct apic_state *ret_state)
{
	struct kvm_vp *kvm = vp->engine;
	struct kvm_lapic_state lapic;
	int r = kvm_get_msr(vp, MSR_APIC_BASE, &ret_state->base_msr);

	if (r == 0)
		r = kvm_ioctl(kvm->fd, KVM_GET_LAPIC, &lapic);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < APIC_STATE_REGISTERS; i++)
		memcpy(&ret_state->registers[i], lapic.regs + i * 16, 4);
	return kvm_get_msr(vp, MSR_TSC_DEADLINE, &ret_state->tsc_deadline);
}

static enum vp_activity activity_of(struct kvm_vp *kvm, uint32_t mp_state)
{
	if (kvm->is_stopped)
		return VP_STOPPED;
	switch (mp_state) {
	case KVM_MP_STATE_HALTED: return VP_HALTED;
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED: return VP_WAIT_SIPI;
	default: return VP_RUNNING;
	}
}

/* KVM has written to CR2 and DR6 already what belongs to it. */
static void get_exception(const struct kvm_vcpu_events *events, const struct kvm_sregs *sregs,
			  struct vp_state *state)
{
	state->has_exception = events->exception.injected || events->exception.pending;
	state->exception_vector = events->exception.nr;
	state->exception_has_error = events->exception.has_error_code;
	state->exception_error = events->exception.error_code;
	state->exception_payload = events->exception.nr == VECTOR_PF ? sregs->cr2 : 0;
}

static int get_events(struct kvm_vp *kvm, struct vp_state *state)
{
	struct kvm_vcpu_events events = { 0 };
	struct kvm_mp_state mp_state;
	struct kvm_sregs sregs;
	int r = kvm_ioctl(kvm->fd, KVM_GET_VCPU_EVENTS, &events);

	if (r == 0)
		r = kvm_ioctl(kvm->fd, KVM_GET_SREGS, &sregs);
	if (r == 0)
		r = kvm_ioctl(kvm->fd, KVM_GET_MP_STATE, &mp_state);
	if (r < 0)
		return r;
	state->activity = (uint8_t)activity_of(kvm, mp_state.mp_state);
	state->sipi_pending = mp_state.mp_state == KVM_MP_STATE_SIPI_RECEIVED;
	if (state->sipi_pending)
		state->activity = VP_WAIT_SIPI;
	state->sipi_vector = (uint8_t)events.sipi_vector;
	state->interrupt_shadow = !!events.interrupt.shadow;
	state->nmi_blocked = !!events.nmi.masked;
	state->nmi_pending = events.nmi.pending || events.nmi.injected || atomic_load(&kvm->nmi);
	state->has_interrupt = events.interrupt.injected && !events.interrupt.soft;
	state->interrupt_vector = events.interrupt.nr;
	get_exception(&events, &sregs, state);
	return 0;
}

int kvm_get_state(struct hv_vp *vp, struct vp_state *ret_state)
{
	struct kvm_vp *kvm = vp->engine;
	int r;

	if (kvm->is_half_done)
		return -EBUSY;
	memset(ret_state, 0, sizeof(*ret_state));
	r = kvm_flush_regs(kvm);
	if (r == 0)
		r = get_apic(vp, &ret_state->apic);
	if (r == 0)
		r = get_events(kvm, ret_state);
	if (r == 0)
		r = kvm_ioctl(kvm->fd, KVM_GET_XSAVE, ret_state->xsave);
	if (r == 0)
		r = kvm_vp_get_tsc_offset(vp, &ret_state->tsc_offset);
	if (r == 0 && kvm_get_msr(vp, MSR_TSC_ADJUST, &ret_state->tsc_adjust) < 0)
		ret_state->tsc_adjust = 0;
	return r;
}

/* --- restoring ----------------------------------------------------------------------------------------- */

/* KVM tells of the EOI of level-triggered vectors that a route names. */
static int set_level_routes(struct hv_vp *vp, const struct apic_state *state)
{
	int r = 0;

	for (unsigned vector = VECTOR_MIN; r == 0 && vector < 256; vector++) {
		uint32_t bit = 1u << vector % 32, word = vector / 32;
		uint32_t live = state->registers[APIC_ISR + word] | state->registers[APIC_IRR + word];

		if (live & state->registers[APIC_TMR + word] & bit)
			r = kvm_add_level_route(vp, (uint8_t)vector);
	}
	return r;
}

static int set_apic(struct hv_vp *vp, const struct apic_state *state)
{
	struct kvm_vp *kvm = vp->engine;
	struct kvm_lapic_state lapic = { 0 };
	int r = kvm_set_msr(vp, MSR_APIC_BASE, state->base_msr);

	for (unsigned i = 0; i < APIC_STATE_REGISTERS; i++)
		memcpy(lapic.regs + i * 16, &state->registers[i], 4);
	if (r == 0)
		r = kvm_ioctl(kvm->fd, KVM_SET_LAPIC, &lapic);
	if (r == 0 && state->tsc_deadline)
		r = kvm_set_msr(vp, MSR_TSC_DEADLINE, state->tsc_deadline);
	return r == 0 ? set_level_routes(vp, state) : r;
}

/* One that waits by HYPERV_GUEST_IDLE may go on at any time (kvm_guest_idle()). */
static int set_activity(struct kvm_vp *kvm, const struct vp_state *state)
{
	struct kvm_mp_state mp_state = { KVM_MP_STATE_RUNNABLE };

	if (state->activity == VP_HALTED)
		mp_state.mp_state = KVM_MP_STATE_HALTED;
	else if (state->activity == VP_WAIT_SIPI && state->sipi_pending)
		mp_state.mp_state = KVM_MP_STATE_SIPI_RECEIVED;
	else if (state->activity == VP_WAIT_SIPI)
		mp_state.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	kvm->is_stopped = state->activity == VP_STOPPED;
	return kvm_ioctl(kvm->fd, KVM_SET_MP_STATE, &mp_state);
}

/* An exception that waits is delivered as one that was already begun: what it wrote to CR2 or DR6 is saved with them. */
static int set_events(struct kvm_vp *kvm, const struct vp_state *state)
{
	struct kvm_vcpu_events events = {
		.exception = { .injected = state->has_exception,
			       .nr = state->exception_vector & 31,
			       .has_error_code = !!state->exception_has_error,
			       .error_code = state->exception_error },
		.interrupt = { .injected = state->has_interrupt,
			       .nr = state->interrupt_vector,
			       .shadow = state->interrupt_shadow ? KVM_X86_SHADOW_INT_STI : 0 },
		.nmi = { .pending = !!state->nmi_pending, .masked = !!state->nmi_blocked },
		.sipi_vector = state->sipi_vector,
		.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SIPI_VECTOR |
			 KVM_VCPUEVENT_VALID_SHADOW,
	};
	int r = kvm_ioctl(kvm->fd, KVM_SET_VCPU_EVENTS, &events);

	return r == 0 ? set_activity(kvm, state) : r;
}

int kvm_set_state(struct hv_vp *vp, const struct vp_state *state)
{
	struct kvm_vp *kvm = vp->engine;
	struct kvm_xsave xsave;
	int r;

	if (state->activity >= VP_ACTIVITIES || state->activity == VP_SHUTDOWN)
		return -EINVAL;
	memcpy(&xsave, state->xsave, sizeof(xsave));
	if (state->has_exception && state->exception_vector == VECTOR_PF)
		kvm->sregs.cr2 = state->exception_payload;
	r = kvm_flush_regs(kvm); /* KVM's registers, not our copy of them */
	if (r == 0)
		r = kvm_vp_set_tsc_offset(vp, state->tsc_offset);
	if (r == 0)
		r = kvm_ioctl(kvm->fd, KVM_SET_XSAVE, &xsave);
	if (r == 0)
		r = set_apic(vp, &state->apic);
	if (r == 0)
		r = set_events(kvm, state);
	if (r == 0 && state->tsc_adjust)
		r = kvm_set_msr(vp, MSR_TSC_ADJUST, state->tsc_adjust);
	return r;
}
