/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls. Our hypercall page holds a port access, since VMCALL is answered by the kernel itself. KVM ends
 * the OUT instruction when it runs the VP again; only the result register is changed here.
 */
#include "engine/kvm/kvm.h"

enum { EFER_LMA = 1 << 10 };

static bool is_64_bit(const struct kvm_sregs *sregs)
{
	return sregs->efer & EFER_LMA && sregs->cs.l;
}

/* From privilege level 0 in protected mode (TLFS 3.3); for all others it is a port that nothing has. */
bool kvm_is_hypercall(struct kvm_vp *vp)
{
	const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

	return vp->run->io.port == KVM_HYPERCALL_PORT && vp->run->io.direction == KVM_EXIT_IO_OUT &&
	       vp->run->io.size == 1 && vp->run->io.count == 1 && vp->vp->hyperv &&
	       hyperv_has_calls(vp->vp->partition) && sregs->cr0 & 1 && sregs->ss.dpl == 0;
}

static uint64_t pair(uint64_t high, uint64_t low)
{
	return high << 32 | (low & UINT32_MAX);
}

void kvm_hypercall(struct kvm_vp *vp)
{
	struct kvm_regs *regs = &vp->run->s.regs.regs;
	struct hyperv_call call;
	uint64_t result;

	if (is_64_bit(&vp->run->s.regs.sregs)) {
		call = (struct hyperv_call){ regs->rcx, regs->rdx, regs->r8 };
		regs->rax = hyperv_hypercall(vp->vp, &call);
	} else {
		call = (struct hyperv_call){ pair(regs->rdx, regs->rax), pair(regs->rbx, regs->rcx),
					     pair(regs->rdi, regs->rsi) };
		result = hyperv_hypercall(vp->vp, &call);
		regs->rdx = result >> 32;
		regs->rax = result & UINT32_MAX;
	}
	vp->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}
