// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For the bed only (nested): what the processor that QEMU emulates does wrong with the interrupts of a nested
 * guest.
 *
 * KVM hands an interrupt to its guest as an event that VMRUN injects. QEMU (7.2, helper_vmrun()) delivers it
 * and forgets to take back the number of the exception: when the emulated processor is asked to stop before
 * the guest's next exit, as it is at each timer of a bed that counts its instructions, it delivers the same
 * interrupt again, whether the guest has interrupts on or not. A guest that holds a lock of its scheduler's
 * then waits for itself for ever.
 *
 * So such an event becomes a virtual interrupt (APM 2, 15.21.4), which KVM's guest takes at once, since KVM
 * injects only what can be taken; that way the number is taken back. If the guest left before that, or in the
 * middle of it, KVM is told as it is used to. When KVM itself makes the guest leave at once, to inject
 * another event, only the injected one gets on: that is the third try.
 */
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <asm/svm.h>

/* struct vcpu_svm (arch/x86/kvm/svm/svm.h) begins so. */
struct vcpu_head {
	struct kvm_vcpu vcpu;
	struct vmcb *vmcb;
};

enum { MISSES_MAX = 2 };

/* The bed has one processor, and interrupts are off until this is looked at again. */
static struct vmcb *changed;
static u32 event;
/* Entries in a row that an interrupt of the bed's own ended before the guest took its own. */
static unsigned misses;

static int before_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct vmcb *vmcb = ((struct vcpu_head *)regs->di)->vmcb;
	struct vmcb_control_area *control = &vmcb->control;

	changed = NULL;
	if (misses >= MISSES_MAX) {
		misses = 0;
		return 0;
	}
	if ((control->event_inj & (SVM_EVTINJ_VALID | SVM_EVTINJ_TYPE_MASK)) !=
		(SVM_EVTINJ_VALID | SVM_EVTINJ_TYPE_INTR) ||
	    control->int_ctl & V_IRQ_MASK || !(vmcb->save.rflags & X86_EFLAGS_IF) ||
	    control->int_state & SVM_INTERRUPT_SHADOW_MASK)
		return 0;
	changed = vmcb;
	event = control->event_inj;
	control->event_inj = 0;
	control->int_vector = event & SVM_EVTINJ_VEC_MASK;
	control->int_ctl |= V_IRQ_MASK | V_IGN_TPR_MASK | V_INTR_PRIO_MASK;
	return 0;
}

/*
 * The guest did not take the interrupt, or faulted while it did (the page of its stack or of its handler is
 * not there yet). Of the latter QEMU (handle_even_inj()) tells that an exception of that number was underway,
 * and refuses to enter a guest with that.
 */
static bool was_left(const struct vmcb_control_area *control)
{
	u32 info = control->exit_int_info;

	if (!(info & SVM_EXITINTINFO_VALID))
		return misses > 0;
	return (info & SVM_EXITINTINFO_VEC_MASK) == (event & SVM_EVTINJ_VEC_MASK) &&
	       (info & SVM_EXITINTINFO_TYPE_MASK) == SVM_EXITINTINFO_TYPE_EXEPT;
}

static int after_exit(struct kprobe *probe, struct pt_regs *regs)
{
	struct vmcb_control_area *control;

	if (!changed || ((struct vcpu_head *)regs->di)->vmcb != changed)
		return 0;
	control = &changed->control;
	changed = NULL;
	misses = control->int_ctl & V_IRQ_MASK ? misses + 1 : 0;
	if (was_left(control))
		control->exit_int_info = event;
	control->int_ctl &= ~(V_IRQ_MASK | V_IGN_TPR_MASK | V_INTR_PRIO_MASK);
	return 0;
}

static struct kprobe entry = { .symbol_name = "svm_vcpu_run", .pre_handler = before_entry };
static struct kprobe leave = { .symbol_name = "kvm_load_host_xsave_state", .pre_handler = after_exit };

static int __init start(void)
{
	int r = register_kprobe(&entry);

	if (r == 0)
		r = register_kprobe(&leave);
	return r;
}

module_init(start);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Interrupts of nested guests on QEMU's SVM");
