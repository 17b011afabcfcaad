/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /dev/kvm: whether it is there, ours, and real. */
#include "engine/kvm/explain.h"
#include "engine/kvm/kvm.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static _Atomic int device = -1, device_error;

int kvm_ioctl(int fd, unsigned long request, void *argument)
{
	int r = ioctl(fd, request, argument);

	return r < 0 ? -errno : r;
}

/* Two threads that race here open it twice: one is closed again. */
int kvm_device(void)
{
	int fd = atomic_load(&device), none = -1;

	if (fd >= 0)
		return fd;
	if (atomic_load(&device_error))
		return -atomic_load(&device_error);
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!atomic_compare_exchange_strong(&device, &none, fd)) {
		close(fd);
		fd = none;
	}
	return fd;
}

void hv_kvm_set_device(int fd)
{
	int old = atomic_exchange(&device, fd);

	if (old >= 0)
		close(old);
}

void hv_kvm_set_device_error(int error)
{
	atomic_store(&device_error, error);
}

bool hv_kvm_is_real(void)
{
	unsigned a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d) && c & 1u << 5 /* VMX (SDM 2A, CPUID) */)
		return true;
	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & 1u << 2; /* SVM (APM 3, E.4.2) */
}

/* A worker may open nothing: it asks the device where that tells. */
static bool is_parameter_on(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text = 0;

	if (fd < 0 || read(fd, &text, 1) != 1)
		text = 0;
	if (fd >= 0)
		close(fd);
	return text == 'Y' || text == '1';
}

/* With it an EOI does not exit, while one through a synthetic MSR would. */
bool kvm_has_virtual_apic(void)
{
	enum { TRUE_PINBASED_CTLS = 0x48d }; /* SDM 3, A.3.1: bit 7 of what may be 1, posted interrupts */
	union {
		struct kvm_msrs msrs;
		uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} msr = { .room = { 0 } };

	msr.msrs.nmsrs = 1;
	msr.msrs.entries[0].index = TRUE_PINBASED_CTLS;
	if (kvm_ioctl(kvm_device(), KVM_GET_MSRS, &msr) == 1)
		return msr.msrs.entries[0].data >> 32 & 1 << 7;
	return is_parameter_on("/sys/module/kvm_intel/parameters/enable_apicv") ||
	       is_parameter_on("/sys/module/kvm_amd/parameters/avic");
}

/* --- what the kernel must have ----------------------------------------------------------------------- */

static bool lacks_capability(int fd)
{
	static const int needed[] = { KVM_CAP_USER_MEMORY,	     KVM_CAP_READONLY_MEM,
				      KVM_CAP_SPLIT_IRQCHIP,	     KVM_CAP_SIGNAL_MSI,
				      KVM_CAP_IMMEDIATE_EXIT,	     KVM_CAP_X86_USER_SPACE_MSR,
				      KVM_CAP_X86_MSR_FILTER,	     KVM_CAP_SYNC_REGS,
				      KVM_CAP_SET_IDENTITY_MAP_ADDR, KVM_CAP_SET_TSS_ADDR };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (ioctl(fd, KVM_CHECK_EXTENSION, needed[i]) <= 0)
			return true;
	return false;
}

int kvm_probe(const char **ret_reason)
{
	int fd = kvm_device();
	struct kvm_findings findings = { .open_error = fd < 0 ? fd : 0,
					 .has_virtualization = hv_kvm_is_real() };

	if (fd >= 0) {
		findings.is_other_version = kvm_ioctl(fd, KVM_GET_API_VERSION, NULL) != KVM_API_VERSION;
		findings.lacks_capability = lacks_capability(fd);
		findings.self_test = kvm_self_test(fd, &findings.is_emulated);
	}
	return kvm_explain(&findings, ret_reason);
}

const char *hv_kvm_why_not(void)
{
	int fd = kvm_device();

	return kvm_explain_translator(fd < 0 ? fd : 0);
}
