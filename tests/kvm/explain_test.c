/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people are told about KVM, for hosts that this one is not. */
#include "engine/kvm/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	struct kvm_findings findings;
	int result;
	const char *says[3];
} cases[] = {
	{ "real", { .has_virtualization = true }, 0, { "the processor's virtualization" } },
	{ "no permission",
	  { .open_error = -EACCES, .has_virtualization = true },
	  -ENODEV,
	  { "/dev/kvm", "may not be opened", "group kvm" } },
	{ "permission taken", { .open_error = -EPERM }, -ENODEV, { "group kvm" } },
	{ "off in the firmware",
	  { .open_error = -ENOENT, .has_virtualization = true },
	  -ENODEV,
	  { "no /dev/kvm", "load kvm", "firmware" } },
	{ "module without device",
	  { .open_error = -ENODEV, .has_virtualization = true },
	  -ENODEV,
	  { "load kvm", "firmware" } },
	{ "no virtualization",
	  { .open_error = -ENOENT },
	  -ENODEV,
	  { "no /dev/kvm", "processor offers no virtualization" } },
	{ "no descriptors",
	  { .open_error = -EMFILE, .has_virtualization = true },
	  -ENODEV,
	  { "cannot be opened" } },
	{ "old kernel",
	  { .has_virtualization = true, .lacks_capability = true },
	  -ENODEV,
	  { "lacks", "Linux 5.16" } },
	{ "other version",
	  { .has_virtualization = true, .is_other_version = true },
	  -ENODEV,
	  { "version", "newer kernel" } },
	{ "held",
	  { .has_virtualization = true, .self_test = -EBUSY },
	  -ENODEV,
	  { "another hypervisor", "stop it" } },
	{ "locked", { .has_virtualization = true, .self_test = -EOPNOTSUPP }, -ENODEV, { "firmware" } },
	{ "does not run",
	  { .has_virtualization = true, .self_test = -EIO },
	  -ENODEV,
	  { "does not run guest code" } },
	{ "emulated",
	  { .has_virtualization = true, .is_emulated = true },
	  -ENODEV,
	  { "emulates", "can virtualize", "load kvm_intel" } },
	{ "page tables only, seen",
	  { .is_emulated = true },
	  0,
	  { "/dev/kvm, though", "emulates every instruction" } },
	{ "page tables only", { 0 }, 0, { "/dev/kvm, though", "emulates every instruction" } },
};

static unsigned failures;

static void check(const char *name, const char *text, const char *part)
{
	if (!part || (text && strstr(text, part)))
		return;
	failures++;
	printf("%s: \"%s\" does not say \"%s\"\n", name, text ? text : "(nothing)", part);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *reason = NULL;
		int r = kvm_explain(&cases[i].findings, &reason);

		if (r != cases[i].result) {
			failures++;
			printf("%s: %d instead of %d\n", cases[i].name, r, cases[i].result);
		}
		for (unsigned k = 0; k < 3; k++)
			check(cases[i].name, reason, cases[i].says[k]);
	}
	check("auto, page tables only", kvm_explain_translator(0), "/dev/kvm is there, but");
	check("auto, nothing", kvm_explain_translator(-ENOENT), "offers no virtualization here");
	printf("%zu hosts, %u failures\n", sizeof(cases) / sizeof(cases[0]), failures);
	return failures != 0;
}
