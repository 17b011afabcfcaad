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

int engine_choose_ops(enum hv_engine_kind wanted, const struct hv_engine_ops **ret_ops,
		      const char **ret_reason)
{
	int r;

	switch (wanted) {
	case HV_ENGINE_KVM: *ret_reason = "this build has no KVM engine yet"; return -ENODEV;
	case HV_ENGINE_TRANSLATOR:
	case HV_ENGINE_AUTO: break;
	default: *ret_reason = "there is no such engine"; return -EINVAL;
	}
	r = hv_translator_ops.probe(ret_reason);
	if (r < 0)
		return r;
	if (wanted == HV_ENGINE_AUTO)
		*ret_reason = "the translator, because this build has no KVM engine yet";
	*ret_ops = &hv_translator_ops;
	return 0;
}

int hv_engine_choose(enum hv_engine_kind wanted, enum hv_engine_kind *ret_kind, const char **ret_reason)
{
	const struct hv_engine_ops *ops;
	int r = engine_choose_ops(wanted, &ops, ret_reason);

	if (r == 0)
		*ret_kind = ops->kind;
	return r;
}
