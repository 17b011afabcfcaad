/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers by name. */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* --- segments: KVM's fields and the descriptor's bits 40..55 ----------------------------------------- */

static struct hv_segment segment_from(const struct kvm_segment *from)
{
	uint16_t attr = (uint16_t)(from->type | from->s << 4 | from->dpl << 5 | from->present << 7 |
				   from->avl << 12 | from->l << 13 | from->db << 14 | from->g << 15);

	return (struct hv_segment){ .base = from->base,
				    .limit = from->limit,
				    .selector = from->selector,
				    .attr = from->unusable ? attr & (uint16_t)~0x80 : attr };
}

static struct kvm_segment segment_to(const struct hv_segment *from)
{
	return (struct kvm_segment){
		.base = from->base,
		.limit = from->limit,
		.selector = from->selector,
		.type = from->attr & 0xf,
		.s = from->attr >> 4 & 1,
		.dpl = from->attr >> 5 & 3,
		.present = from->attr >> 7 & 1,
		.avl = from->attr >> 12 & 1,
		.l = from->attr >> 13 & 1,
		.db = from->attr >> 14 & 1,
		.g = from->attr >> 15 & 1,
		.unusable = !(from->attr & 0x80),
	};
}

/* --- where a register is ----------------------------------------------------------------------------- */

static const uint16_t general[] = {
	[HV_REG_RAX] = offsetof(struct kvm_regs, rax), [HV_REG_RCX] = offsetof(struct kvm_regs, rcx),
	[HV_REG_RDX] = offsetof(struct kvm_regs, rdx), [HV_REG_RBX] = offsetof(struct kvm_regs, rbx),
	[HV_REG_RSP] = offsetof(struct kvm_regs, rsp), [HV_REG_RBP] = offsetof(struct kvm_regs, rbp),
	[HV_REG_RSI] = offsetof(struct kvm_regs, rsi), [HV_REG_RDI] = offsetof(struct kvm_regs, rdi),
	[HV_REG_R8] = offsetof(struct kvm_regs, r8),   [HV_REG_R9] = offsetof(struct kvm_regs, r9),
	[HV_REG_R10] = offsetof(struct kvm_regs, r10), [HV_REG_R11] = offsetof(struct kvm_regs, r11),
	[HV_REG_R12] = offsetof(struct kvm_regs, r12), [HV_REG_R13] = offsetof(struct kvm_regs, r13),
	[HV_REG_R14] = offsetof(struct kvm_regs, r14), [HV_REG_R15] = offsetof(struct kvm_regs, r15),
	[HV_REG_RIP] = offsetof(struct kvm_regs, rip), [HV_REG_RFLAGS] = offsetof(struct kvm_regs, rflags),
};

static const uint16_t segments[] = {
	[HV_REG_ES - HV_REG_ES] = offsetof(struct kvm_sregs, es),
	[HV_REG_CS - HV_REG_ES] = offsetof(struct kvm_sregs, cs),
	[HV_REG_SS - HV_REG_ES] = offsetof(struct kvm_sregs, ss),
	[HV_REG_DS - HV_REG_ES] = offsetof(struct kvm_sregs, ds),
	[HV_REG_FS - HV_REG_ES] = offsetof(struct kvm_sregs, fs),
	[HV_REG_GS - HV_REG_ES] = offsetof(struct kvm_sregs, gs),
	[HV_REG_LDTR - HV_REG_ES] = offsetof(struct kvm_sregs, ldt),
	[HV_REG_TR - HV_REG_ES] = offsetof(struct kvm_sregs, tr),
};

static uint64_t *control(struct kvm_sregs *sregs, enum hv_reg name)
{
	switch (name) {
	case HV_REG_CR0: return (uint64_t *)&sregs->cr0;
	case HV_REG_CR2: return (uint64_t *)&sregs->cr2;
	case HV_REG_CR3: return (uint64_t *)&sregs->cr3;
	case HV_REG_CR4: return (uint64_t *)&sregs->cr4;
	case HV_REG_CR8: return (uint64_t *)&sregs->cr8;
	case HV_REG_EFER: return (uint64_t *)&sregs->efer;
	default: return NULL;
	}
}

static uint64_t *debug(struct kvm_debugregs *regs, enum hv_reg name)
{
	if (name == HV_REG_DR6)
		return (uint64_t *)&regs->dr6;
	return name == HV_REG_DR7 ? (uint64_t *)&regs->dr7 : (uint64_t *)&regs->db[name - HV_REG_DR0];
}

/*
 * --- reading and writing: each group as a whole, since that is how KVM has them ---------------------------
 *
 * KVM checks a group for sense (long mode without paging ...) each time it gets one, but a caller sets one
 * register after the other: what is set is kept here until the VP runs.
 */

static int load(struct kvm_vp *vp)
{
	int r;

	if (vp->has_regs)
		return 0;
	r = kvm_ioctl(vp->fd, KVM_GET_REGS, &vp->regs);
	if (r == 0)
		r = kvm_ioctl(vp->fd, KVM_GET_SREGS, &vp->sregs);
	vp->has_regs = r == 0;
	return r;
}

int kvm_flush_regs(struct kvm_vp *vp)
{
	int r = 0;

	vp->run->kvm_dirty_regs = 0;
	if (vp->has_new_sregs)
		r = kvm_ioctl(vp->fd, KVM_SET_SREGS, &vp->sregs);
	if (r == 0 && vp->has_new_regs)
		r = kvm_ioctl(vp->fd, KVM_SET_REGS, &vp->regs);
	vp->has_regs = vp->has_new_regs = vp->has_new_sregs = false;
	return r;
}

static int access_general(struct kvm_vp *vp, enum hv_reg name, uint64_t *value, bool is_write)
{
	uint8_t *at = (uint8_t *)&vp->regs + general[name];
	int r = load(vp);

	if (r < 0)
		return r;
	if (is_write)
		memcpy(at, value, 8);
	else
		memcpy(value, at, 8);
	vp->has_new_regs |= is_write;
	return 0;
}

static void access_table(struct kvm_dtable *table, struct hv_segment *segment, bool is_write)
{
	if (is_write) {
		table->base = segment->base;
		table->limit = (uint16_t)segment->limit;
	} else {
		*segment = (struct hv_segment){ .base = table->base, .limit = table->limit };
	}
}

static void access_segment(struct kvm_sregs *sregs, enum hv_reg name, struct hv_segment *segment,
			   bool is_write)
{
	struct kvm_segment *at = (struct kvm_segment *)((uint8_t *)sregs + segments[name - HV_REG_ES]);

	if (is_write)
		*at = segment_to(segment);
	else
		*segment = segment_from(at);
}

static int access_system(struct kvm_vp *vp, enum hv_reg name, union hv_value *value, bool is_write)
{
	uint64_t *word = control(&vp->sregs, name);
	int r = load(vp);

	if (r < 0)
		return r;
	if (name == HV_REG_GDTR || name == HV_REG_IDTR)
		access_table(name == HV_REG_GDTR ? &vp->sregs.gdt : &vp->sregs.idt, &value->segment,
			     is_write);
	else if (!word)
		access_segment(&vp->sregs, name, &value->segment, is_write);
	else if (is_write)
		*word = value->u64;
	else
		value->u64 = *word;
	vp->has_new_sregs |= is_write;
	return 0;
}

static int access_debug(struct kvm_vp *vp, enum hv_reg name, uint64_t *value, bool is_write)
{
	struct kvm_debugregs regs;
	int r = kvm_ioctl(vp->fd, KVM_GET_DEBUGREGS, &regs);

	if (r < 0)
		return r;
	if (!is_write) {
		*value = *debug(&regs, name);
		return 0;
	}
	*debug(&regs, name) = *value;
	return kvm_ioctl(vp->fd, KVM_SET_DEBUGREGS, &regs);
}

static int access_xcr0(struct kvm_vp *vp, uint64_t *value, bool is_write)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1 };
	int r;

	if (is_write) {
		xcrs.xcrs[0].value = *value;
		r = kvm_ioctl(vp->fd, KVM_SET_XCRS, &xcrs);
		return *value == 1 ? 0 : r; /* so it is without XSAVE, too, where it cannot be set */
	}
	r = kvm_ioctl(vp->fd, KVM_GET_XCRS, &xcrs);
	*value = r == 0 && xcrs.nr_xcrs > 0 ? xcrs.xcrs[0].value : 1; /* without XSAVE: what it would be */
	return 0;
}

static int access_reg(struct kvm_vp *vp, enum hv_reg name, union hv_value *value, bool is_write)
{
	if (name <= HV_REG_RFLAGS)
		return access_general(vp, name, &value->u64, is_write);
	if (name >= HV_REG_DR0 && name <= HV_REG_DR7)
		return access_debug(vp, name, &value->u64, is_write);
	return name == HV_REG_XCR0 ? access_xcr0(vp, &value->u64, is_write)
				   : access_system(vp, name, value, is_write);
}

int kvm_get_reg(struct hv_vp *vp, enum hv_reg name, union hv_value *ret_value)
{
	memset(ret_value, 0, sizeof(*ret_value));
	return access_reg(vp->engine, name, ret_value, false);
}

int kvm_set_reg(struct hv_vp *vp, enum hv_reg name, const union hv_value *value)
{
	union hv_value copy = *value;

	return access_reg(vp->engine, name, &copy, true);
}

/* --- MSRs -------------------------------------------------------------------------------------------- */

union one_msr {
	struct kvm_msrs msrs;
	uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
};

int kvm_get_msr(struct hv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	union one_msr msr = { .room = { 0 } };
	int r;

	msr.msrs.nmsrs = 1;
	msr.msrs.entries[0].index = index;
	r = kvm_ioctl(((struct kvm_vp *)vp->engine)->fd, KVM_GET_MSRS, &msr);
	if (r != 1)
		return r < 0 ? r : -ENOENT;
	*ret_value = msr.msrs.entries[0].data;
	return 0;
}

int kvm_set_msr(struct hv_vp *vp, uint32_t index, uint64_t value)
{
	union one_msr msr = { .room = { 0 } };
	int r;

	msr.msrs.nmsrs = 1;
	msr.msrs.entries[0].index = index;
	msr.msrs.entries[0].data = value;
	r = kvm_ioctl(((struct kvm_vp *)vp->engine)->fd, KVM_SET_MSRS, &msr);
	return r == 1 ? 0 : r < 0 ? r : -ENOENT;
}
