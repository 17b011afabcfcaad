/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found about /dev/kvm, as a sentence for people. */
#include "engine/kvm/explain.h"

#include <errno.h>

static const char *explain_open(const struct kvm_findings *findings)
{
	switch (-findings->open_error) {
	case EACCES:
	case EPERM:
		return "/dev/kvm may not be opened by this user; add the user to the group kvm and log in again";
	case EBUSY: return "/dev/kvm is held by another program; stop it";
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return findings->has_virtualization
			   ? "there is no /dev/kvm though the processor can virtualize; load kvm_intel or kvm_amd, and when "
			     "that fails switch virtualization (VT-x, AMD-V) on in the firmware's settings"
			   : "there is no /dev/kvm, and the processor offers no virtualization here";
	default: return "/dev/kvm cannot be opened; see what the kernel's log says of kvm";
	}
}

static const char *explain_self_test(int error)
{
	switch (-error) {
	case EBUSY: return "another hypervisor holds the processor's virtualization; stop it";
	case ENOMEM: return "KVM has no memory left for a machine; stop other programs";
	case EOPNOTSUPP:
		return "KVM does not run guest code here; switch virtualization (VT-x, AMD-V) on in the firmware's settings";
	default: return "KVM does not run guest code here; see what the kernel's log says of kvm";
	}
}

int kvm_explain(const struct kvm_findings *findings, const char **ret_reason)
{
	if (findings->open_error < 0)
		*ret_reason = explain_open(findings);
	else if (findings->is_other_version)
		*ret_reason = "/dev/kvm speaks another version of the interface; use a newer kernel";
	else if (findings->lacks_capability)
		*ret_reason =
		    "this kernel's KVM lacks what we need (split irqchip, MSR filter); use Linux 5.16 or newer";
	else if (findings->self_test < 0)
		*ret_reason = explain_self_test(findings->self_test);
	else if (findings->has_virtualization && findings->is_emulated)
		*ret_reason =
		    "KVM emulates the instructions of a guest's kernel here, and not all of them, though the processor can "
		    "virtualize; load kvm_intel or kvm_amd instead of the module that does so";
	else if (!findings->has_virtualization)
		*ret_reason =
		    "/dev/kvm, though the processor offers no virtualization: the kernel emulates every instruction "
		    "of a guest's kernel, which is slow and incomplete";
	else {
		*ret_reason = "the processor's virtualization, through KVM";
	}
	return findings->open_error < 0 || findings->is_other_version || findings->lacks_capability ||
		       findings->self_test < 0 || (findings->has_virtualization && findings->is_emulated)
		   ? -ENODEV
		   : 0;
}

const char *kvm_explain_translator(int open_error)
{
	return open_error < 0
		   ? "the processor offers no virtualization here"
		   : "/dev/kvm is there, but the processor offers no virtualization: the kernel would emulate every "
		     "instruction of a guest's kernel";
}
