/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why KVM is taken or not: apart from looking, so that each case can be tested where KVM is not so. */
#ifndef HV_KVM_EXPLAIN_H
#define HV_KVM_EXPLAIN_H

#include <stdbool.h>

struct kvm_findings {
	/* of /dev/kvm: 0, or negative errno; then the others but the next are not known */
	int open_error;
	bool has_virtualization; /* the processor says VMX or SVM */
	bool is_other_version;
	bool lacks_capability;
	int self_test; /* 0, or negative errno: a machine of one instruction */
	/* the self-test found that instructions of a guest's kernel are emulated, and some missing */
	bool is_emulated;
};

/* 0, or -ENODEV; the sentence in both cases (static). */
int kvm_explain(const struct kvm_findings *findings, const char **ret_reason);
/* Why "auto" takes the translator where the processor has no virtualization. */
const char *kvm_explain_translator(int open_error);

#endif
