/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HvCallSendSyntheticClusterIpi (TLFS 10.5), its Ex form, and HvCallNotifyLongSpinWait (TLFS 7.11). */
#include "core/vp_set.h"

#include <sched.h>
#include <string.h>

enum { IPI_VECTOR_MIN = 0x10, IPI_VECTOR_MAX = 0xff };

struct cluster_ipi {
	uint32_t vector;
	uint8_t target_vtl; /* there is one level only: no other bit may be set */
	uint8_t reserved[3];
};

/* The bits of HV_INPUT_VTL: level 0 with "use target VTL" or without. */
static bool ipi_is_valid(const struct cluster_ipi *ipi)
{
	return ipi->vector >= IPI_VECTOR_MIN && ipi->vector <= IPI_VECTOR_MAX && !(ipi->target_vtl & 0xf);
}

static void ipi_send(struct hyperv *hyperv, uint64_t vps, uint8_t vector)
{
	while (vps) {
		struct hyperv_vp *target = &hyperv->vps[__builtin_ctzll(vps)];

		vps &= vps - 1;
		pthread_mutex_lock(&target->lock);
		synic_post_vector(target, vector);
		pthread_mutex_unlock(&target->lock);
	}
}

unsigned hypercall_cluster_ipi(struct hypercall *call)
{
	struct {
		struct cluster_ipi ipi;
		uint64_t vps;
	} input;

	memcpy(&input, call->input, sizeof(input));
	if (!ipi_is_valid(&input.ipi))
		return HV_STATUS_INVALID_PARAMETER;
	ipi_send(call->vp->hyperv, input.vps & vp_set_all(call->vp->hyperv), (uint8_t)input.ipi.vector);
	return HV_STATUS_SUCCESS;
}

unsigned hypercall_cluster_ipi_ex(struct hypercall *call)
{
	struct {
		struct cluster_ipi ipi;
		struct vp_set_header set;
	} input;
	uint64_t vps;

	memcpy(&input, call->input, sizeof(input));
	if (!vp_set_parse(call, &input.set, call->input + sizeof(input), &vps))
		return STATUS_INVALID_INPUT;
	if (!ipi_is_valid(&input.ipi))
		return HV_STATUS_INVALID_PARAMETER;
	ipi_send(call->vp->hyperv, vps, (uint8_t)input.ipi.vector);
	return HV_STATUS_SUCCESS;
}

/* The VP that it spins for may be waiting for our processor. */
unsigned hypercall_long_spin_wait(struct hypercall *call)
{
	sched_yield();
	return HV_STATUS_SUCCESS;
}
