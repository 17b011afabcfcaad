/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's exits as those of hv.h. */
#include "engine/kvm/kvm.h"

#include <stdio.h>
#include <string.h>

static uint8_t *io_data(struct kvm_vp *vp)
{
	return (uint8_t *)vp->run + vp->run->io.data_offset + vp->io_done * vp->run->io.size;
}

/* --- ports: a string access comes as many elements, the caller gets them one at a time --------------- */

static void give_port(struct kvm_vp *vp, struct hv_exit *exit)
{
	exit->reason = HV_EXIT_PORT;
	exit->port.port = vp->run->io.port;
	exit->port.size = vp->run->io.size;
	exit->port.is_write = vp->run->io.direction == KVM_EXIT_IO_OUT;
	exit->port.data = 0;
	if (exit->port.is_write)
		memcpy(&exit->port.data, io_data(vp), exit->port.size);
}

static bool handle_io(struct kvm_vp *vp, struct hv_exit *exit)
{
	if (kvm_is_hypercall(vp)) {
		kvm_hypercall(vp);
		return false;
	}
	vp->io_done = 0;
	give_port(vp, exit);
	return true;
}

static bool complete_port(struct kvm_vp *vp, struct hv_exit *exit)
{
	if (!exit->port.is_write)
		memcpy(io_data(vp), &exit->port.data, exit->port.size);
	if (++vp->io_done >= vp->run->io.count)
		return false;
	give_port(vp, exit);
	return true;
}

/* --- memory ------------------------------------------------------------------------------------------ */

static bool handle_mmio(struct kvm_vp *vp, struct hv_exit *exit)
{
	exit->reason = HV_EXIT_MMIO;
	exit->mmio.gpa = vp->run->mmio.phys_addr;
	exit->mmio.size = (uint8_t)vp->run->mmio.len;
	exit->mmio.is_write = vp->run->mmio.is_write;
	memcpy(exit->mmio.data, vp->run->mmio.data, sizeof(exit->mmio.data));
	return true;
}

/* --- MSRs: only the synthetic ones come, and what msr_filter.c keeps from the kernel ------------------- */

/*
 * INIT resets a VP's synthetic state, too (TLFS, 11.7), but KVM tells nobody of it. It then clears an MSR of its own that nothing uses
 * here (the vector of asynchronous page faults, which are never switched on): where that is 0, an INIT has come since.
 */
enum { MSR_KVM_ASYNC_PF_INT = 0x4b564d06, INIT_MARK = 0x20 };

void kvm_mark_init(struct kvm_vp *vp)
{
	vp->has_init_mark = kvm_set_msr(vp->vp, MSR_KVM_ASYNC_PF_INT, INIT_MARK) == 0;
}

/* Those that are touched now and then: all of the SynIC but EOM and the timers' counts. */
static bool is_rare(uint32_t index)
{
	if (index >= HYPERV_STIMER0_CONFIG && index <= HYPERV_STIMER3_COUNT)
		return !(index & 1);
	return index == HYPERV_VP_ASSIST_PAGE ||
	       (index >= HYPERV_SCONTROL && index <= HYPERV_SINT15 && index != HYPERV_EOM);
}

static void look_for_init(struct kvm_vp *vp)
{
	uint64_t mark = INIT_MARK;

	if (!vp->has_init_mark || kvm_get_msr(vp->vp, MSR_KVM_ASYNC_PF_INT, &mark) < 0 || mark)
		return;
	vp->has_assist_page = false;
	hyperv_vp_reset(vp->vp);
	kvm_mark_init(vp);
}

static bool handle_msr(struct kvm_vp *vp, bool is_write)
{
	uint64_t value = vp->run->msr.data;
	uint32_t index = vp->run->msr.index;
	bool is_known = hyperv_is_msr(index) && vp->vp->hyperv, is_right = false;

	if (is_known && is_rare(index))
		look_for_init(vp);
	if (!is_known) {
		is_right = kvm_filtered_msr(vp, index, is_write, &value);
	} else if (index == HYPERV_GUEST_IDLE && !is_write) {
		kvm_guest_idle(vp);
		value = 0;
		is_right = true;
	} else {
		is_right = is_write ? hyperv_msr_write(vp->vp, index, value)
				    : hyperv_msr_read(vp->vp, index, &value);
	}
	/*
	 * Each exit takes "no EOI required" back, and KVM says it again only when it looks at interrupts anew, as it does for changed
	 * registers. Timers are set in the middle of their interrupts: this saves every tick's EOI.
	 */
	if (vp->has_assist_page)
		vp->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
	vp->run->msr.error = !is_right; /* #GP */
	vp->run->msr.data = value;
	return false;
}

/* --- the end ------------------------------------------------------------------------------------------- */

static bool fail(struct hv_exit *exit, const char *text)
{
	exit->reason = HV_EXIT_FAILURE;
	exit->failure = text;
	return true;
}

/* KVM tells the bytes in newer kernels (Linux: api.rst, KVM_EXIT_INTERNAL_ERROR, emulation_failure). */
static const char *describe_instruction(struct kvm_vp *vp)
{
	static const char head[] = "KVM cannot emulate an instruction of the guest",
			  tail[] = "; give --engine translator";
	unsigned size = vp->run->emulation_failure.insn_size, at;
	bool has_bytes =
	    vp->run->emulation_failure.ndata >= 3 &&
	    vp->run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
	struct kvm_regs regs = { 0 };

	(void)kvm_ioctl(vp->fd, KVM_GET_REGS, &regs);
	at = (unsigned)snprintf(vp->failure, sizeof(vp->failure), "%s at %llx", head,
				(unsigned long long)regs.rip);
	for (unsigned i = 0; has_bytes && i < size && i < sizeof(vp->run->emulation_failure.insn_bytes); i++)
		at += (unsigned)snprintf(vp->failure + at, sizeof(vp->failure) - at, "%s %02x",
					 i ? "" : ", bytes", vp->run->emulation_failure.insn_bytes[i]);
	snprintf(vp->failure + at, sizeof(vp->failure) - at, "%s", tail);
	return vp->failure;
}

static bool handle_internal_error(struct kvm_vp *vp, struct hv_exit *exit)
{
	switch (vp->run->internal.suberror) {
	case KVM_INTERNAL_ERROR_EMULATION: return fail(exit, describe_instruction(vp));
	case KVM_INTERNAL_ERROR_SIMUL_EX: return fail(exit, "KVM met two exceptions at once in the guest");
	case KVM_INTERNAL_ERROR_DELIVERY_EV: return fail(exit, "KVM could not deliver an event to the guest");
	default: return fail(exit, "KVM met an error of its own");
	}
}

bool kvm_handle_exit(struct kvm_vp *vp, struct hv_exit *exit)
{
	switch (vp->run->exit_reason) {
	case KVM_EXIT_IO: return handle_io(vp, exit);
	case KVM_EXIT_MMIO: return handle_mmio(vp, exit);
	case KVM_EXIT_X86_RDMSR: return handle_msr(vp, false);
	case KVM_EXIT_X86_WRMSR: return handle_msr(vp, true);
	case KVM_EXIT_IOAPIC_EOI:
		exit->reason = HV_EXIT_EOI;
		exit->eoi.vector = vp->run->eoi.vector;
		return true;
	case KVM_EXIT_DIRTY_RING_FULL: kvm_dirty_full(vp); return false;
	case KVM_EXIT_SHUTDOWN: exit->reason = HV_EXIT_SHUTDOWN; return true;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_INTR: return false;
	case KVM_EXIT_INTERNAL_ERROR: return handle_internal_error(vp, exit);
	case KVM_EXIT_FAIL_ENTRY: return fail(exit, "the processor refuses the guest's state");
	default: return fail(exit, "KVM ended the guest's run for a reason that we do not know");
	}
}

bool kvm_complete_exit(struct kvm_vp *vp, struct hv_exit *exit)
{
	if (exit->reason == HV_EXIT_PORT)
		return complete_port(vp, exit);
	if (exit->reason == HV_EXIT_MMIO && !exit->mmio.is_write)
		memcpy(vp->run->mmio.data, exit->mmio.data, sizeof(vp->run->mmio.data));
	return false;
}
