/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engines by name, and which one a partition gets. */
#include "core/core_priv.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {
	[HV_ENGINE_AUTO] = "auto",
	[HV_ENGINE_TRANSLATOR] = "translator",
	[HV_ENGINE_KVM] = "kvm",
};

const char *hv_engine_name(enum hv_engine_kind kind)
{
	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

int hv_engine_parse(const char *text, enum hv_engine_kind *ret_kind)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_kind = (enum hv_engine_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int choose(const struct hv_engine_ops *ops, const struct hv_engine_ops **ret_ops,
		  const char **ret_reason)
{
	int r = ops->probe(ret_reason);

	if (r == 0)
		*ret_ops = ops;
	return r;
}

/*
 * Where the processor has none, /dev/kvm can still be there: it would run the guest by an instruction emulator. When KVM should work and
 * does not, the reason says why; the translator's own matters only when it fails too.
 */
static int choose_auto(const struct hv_engine_ops **ret_ops, const char **ret_reason)
{
	const char *reason;
	int r;

	if (!hv_kvm_is_real())
		*ret_reason = hv_kvm_why_not();
	else if (choose(&hv_kvm_ops, ret_ops, ret_reason) == 0)
		return 0;
	r = choose(&hv_translator_ops, ret_ops, &reason);
	if (r < 0)
		*ret_reason = reason;
	return r;
}

int engine_choose_ops(enum hv_engine_kind wanted, const struct hv_engine_ops **ret_ops,
		      const char **ret_reason)
{
	switch (wanted) {
	case HV_ENGINE_KVM: return choose(&hv_kvm_ops, ret_ops, ret_reason);
	case HV_ENGINE_TRANSLATOR: return choose(&hv_translator_ops, ret_ops, ret_reason);
	case HV_ENGINE_AUTO: return choose_auto(ret_ops, ret_reason);
	default: *ret_reason = "there is no such engine"; return -EINVAL;
	}
}

int hv_engine_choose(enum hv_engine_kind wanted, enum hv_engine_kind *ret_kind, const char **ret_reason)
{
	const struct hv_engine_ops *ops;
	int r = engine_choose_ops(wanted, &ops, ret_reason);

	if (r == 0)
		*ret_kind = ops->kind;
	return r;
}
