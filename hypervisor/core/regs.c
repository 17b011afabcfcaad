/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Register batches. */
#include "core/core_priv.h"
#include "core/hyperv.h"

#include <errno.h>

static int names_check(const enum hv_reg *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((unsigned)names[i] >= HV_REG_COUNT)
			return -EINVAL;
	return 0;
}

int hv_vp_get_regs(struct hv_vp *vp, const enum hv_reg *names, size_t count, union hv_value *ret_values)
{
	int r = names_check(names, count);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = vp->partition->ops->get_reg(vp, names[i], &ret_values[i]);
	return r;
}

int hv_vp_set_regs(struct hv_vp *vp, const enum hv_reg *names, size_t count, const union hv_value *values)
{
	int r = names_check(names, count);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = vp->partition->ops->set_reg(vp, names[i], &values[i]);
	return r;
}

int hv_vp_get_msr(struct hv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	if (vp->hyperv && hyperv_is_msr(index))
		return hyperv_msr_read(vp, index, ret_value) ? 0 : -ENOENT;
	return vp->partition->ops->get_msr(vp, index, ret_value);
}

int hv_vp_set_msr(struct hv_vp *vp, uint32_t index, uint64_t value)
{
	if (vp->hyperv && hyperv_is_msr(index))
		return hyperv_msr_write(vp, index, value) ? 0 : -ENOENT;
	return vp->partition->ops->set_msr(vp, index, value);
}
