/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts to the local APICs in KVM, the line of the 8259, and the EOIs that the I/O APIC wants to see. */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <string.h>

enum {
	MSI_LEVEL = 1 << 15, /* trigger mode (SDM 3, 11.11.2) */
	MSI_VECTOR = 0xff,
};

/* KVM reports the EOI of a level-triggered vector only when a route of the I/O APIC's pins names it. */
static bool has_route(const struct kvm_partition *kvm, uint64_t address, uint32_t data)
{
	for (unsigned i = 0; i < kvm->route_count; i++)
		if (kvm->routes[i].u.msi.address_lo == (uint32_t)address && kvm->routes[i].u.msi.data == data)
			return true;
	return false;
}

/* The guest reprograms its I/O APIC now and then: the oldest route goes when all pins have one. */
static int add_route(struct kvm_partition *kvm, uint64_t address, uint32_t data)
{
	union {
		struct kvm_irq_routing routing;
		uint8_t room[sizeof(struct kvm_irq_routing) +
			     KVM_IOAPIC_PINS * sizeof(struct kvm_irq_routing_entry)];
	} table = { .room = { 0 } };
	unsigned at = kvm->route_next;

	kvm->routes[at] = (struct kvm_irq_routing_entry){
		.gsi = at,
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi = { .address_lo = (uint32_t)address,
			   .address_hi = (uint32_t)(address >> 32),
			   .data = data },
	};
	kvm->route_next = (at + 1) % KVM_IOAPIC_PINS;
	if (kvm->route_count < KVM_IOAPIC_PINS)
		kvm->route_count++;
	table.routing.nr = kvm->route_count;
	memcpy(table.routing.entries, kvm->routes, kvm->route_count * sizeof(kvm->routes[0]));
	return kvm_ioctl(kvm->vm, KVM_SET_GSI_ROUTING, &table);
}

int kvm_add_level_route(struct hv_vp *vp, uint8_t vector)
{
	struct kvm_partition *kvm = kvm_partition_of(vp->partition);
	uint64_t address = 0xfee00000u | vp->index << 12;
	uint32_t data = MSI_LEVEL | vector;
	int r = 0;

	pthread_mutex_lock(&kvm->route_lock);
	if (!has_route(kvm, address, data))
		r = add_route(kvm, address, data);
	pthread_mutex_unlock(&kvm->route_lock);
	return r;
}

int kvm_interrupt(struct hv_partition *partition, uint64_t address, uint32_t data)
{
	struct kvm_partition *kvm = kvm_partition_of(partition);
	struct kvm_msi msi = { .address_lo = (uint32_t)address,
			       .address_hi = (uint32_t)(address >> 32),
			       .data = data };
	int r = 0;

	if (data & MSI_LEVEL) {
		pthread_mutex_lock(&kvm->route_lock);
		if (!has_route(kvm, address, data))
			r = add_route(kvm, address, data);
		pthread_mutex_unlock(&kvm->route_lock);
	}
	if (r == 0)
		r = kvm_ioctl(kvm->vm, KVM_SIGNAL_MSI, &msi); /* 0: masked by the guest, as on hardware */
	return r < 0 ? r : 0;
}

void kvm_post_vector(struct hv_vp *vp, uint8_t vector)
{
	(void)kvm_interrupt(vp->partition, 0xfee00000u | vp->index << 12, vector);
}

void kvm_set_extint(struct hv_vp *vp, bool level)
{
	struct kvm_vp *kvm = vp->engine;

	if (atomic_exchange(&kvm->extint, level) != level && level)
		kvm_kick(kvm);
}

/* On the VP's thread, after HV_EXIT_EXTINT: the window is open. */
void kvm_inject_extint(struct hv_vp *vp, uint8_t vector)
{
	struct kvm_vp *kvm = vp->engine;
	struct kvm_interrupt interrupt = { .irq = vector };

	(void)kvm_ioctl(kvm->fd, KVM_INTERRUPT, &interrupt);
}

/*
 * "No EOI required" in the assist page's first bit (TLFS 10.3.5) is what KVM's own guests have in a word of theirs: same bit, same rules.
 * KVM forgets it at INIT.
 */
void kvm_set_assist_page(struct hv_vp *vp, uint64_t value)
{
	enum { MSR_KVM_PV_EOI = 0x4b564d04 }; /* Linux: Documentation/virt/kvm/x86/msr.rst */
	bool is_on = kvm_partition_of(vp->partition)->wants_apic_msrs && value & PAGE_MSR_ENABLE;

	((struct kvm_vp *)vp->engine)->has_assist_page =
	    kvm_set_msr(vp, MSR_KVM_PV_EOI, is_on ? PAGE_MSR_GPA(value) | 1 : 0) == 0 && is_on;
}

/* KVM_NMI is for the VP's thread. */
void kvm_inject_nmi(struct hv_vp *vp)
{
	struct kvm_vp *kvm = vp->engine;

	atomic_store(&kvm->nmi, true);
	kvm_kick(kvm);
}
